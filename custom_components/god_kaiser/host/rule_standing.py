"""Where a rule stands, in one word: the one definition of what people call an active rule."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from ..core.rules.explaining import Why
from .engine_host import EngineHost


class Standing(StrEnum):
    """Where a rule stands, in one word."""

    IDLE = "idle"
    WAITING = "waiting"
    ACTIVE = "active"
    COOLING = "cooling"
    UNDECIDED = "undecided"
    DEGRADED = "degraded"
    OFF = "off"


STANDINGS: Final[Mapping[Why, Standing]] = {
    Why.SWITCHED_OFF: Standing.OFF,
    Why.DEGRADED: Standing.DEGRADED,
    Why.WAITING_FOR_DEVICES: Standing.UNDECIDED,
    Why.UNKNOWN: Standing.UNDECIDED,
    Why.UNKNOWN_BUT_HELD: Standing.ACTIVE,
    Why.NOT_SO: Standing.IDLE,
    Why.NOT_FOR_LONG_ENOUGH: Standing.WAITING,
    Why.COOLDOWN: Standing.COOLING,
    Why.MAX_PER_HOUR: Standing.WAITING,
    Why.MAX_PER_DAY: Standing.WAITING,
    Why.TRYING_AGAIN: Standing.WAITING,
    Why.RUNNING: Standing.ACTIVE,
    Why.PULSING: Standing.ACTIVE,
    Why.DONE: Standing.ACTIVE,
    Why.FAILED: Standing.WAITING,
    Why.OUTRANKED: Standing.WAITING,
    Why.REFUSED: Standing.WAITING,
    Why.TAKEN: Standing.WAITING,
    Why.RAN_OUT: Standing.WAITING,
    Why.RUN_TAKEN: Standing.WAITING,
    Why.NOT_CONFIRMED: Standing.ACTIVE,
    Why.MOVING: Standing.ACTIVE,
    Why.ONE_BY_ONE: Standing.ACTIVE,
    Why.BROKEN_OFF: Standing.ACTIVE,
}


def standing_of(host: EngineHost, key: str) -> Standing:
    """Return where a rule stands: why it does what it does, in one word for several reasons."""
    return standing_by(host, key, host.engine.rules.answers.why(key, host.now()) or Why.SWITCHED_OFF)


def standing_by(host: EngineHost, key: str, why: Why) -> Standing:
    """Return where a rule stands of which it is known why it does what it does."""
    is_in_trouble = why is not Why.SWITCHED_OFF and bool(host.rules.trouble_of(key))
    return Standing.DEGRADED if is_in_trouble else STANDINGS[why]


def is_active(host: EngineHost, key: str) -> bool:
    """Tell whether a rule has what it wants, or is on the way to it."""
    return standing_of(host, key) is Standing.ACTIVE

"""A planned start of a sequence, and what becomes of it when its time has come or has passed."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple

from msgspec import Struct

from ..ids import ChannelId
from ..instant import Epoch
from .findings import Check, Finding, Require, Severity
from .limits import PUNCTUAL, USUALLY_LATE_BY
from .overrides import Overrides
from .run import Trigger
from .steps.base import OnRestart

# Who lets a run go on after a crash without being asked agrees to a late start as well.
_GOES_ON: Final = frozenset({OnRestart.RESUME, OnRestart.RESTART_STEP})
# Devices and readings come back by themselves.
_PASSING: Final = frozenset({Check.DELIVERY, Check.READINGS})


class Missed(StrEnum):
    """What happens to a start that nobody was there for."""

    SKIP = "skip"
    LATE = "late"
    ASK = "ask"


class WhatNow(StrEnum):
    """What is to be done about a planned start at this moment."""

    WAIT = "wait"
    START = "start"
    SKIP = "skip"
    ASK = "ask"


class Schedule(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A planned start; moments are seconds since 1970. Its id becomes that of the run, so that no start comes twice.

    ``is_missed`` says that people were asked what to do instead: nothing starts by itself any more.
    """

    id: str
    sequence: str
    at: Epoch
    roles: dict[str, ChannelId] = {}
    variables: dict[str, str | float | bool] = {}
    trigger: Trigger = Trigger(kind="schedule")
    require: Require = Require.WARN
    until_phase: str = ""
    overrides: Overrides = Overrides()
    missed: Missed = Missed.LATE
    late_by: float = USUALLY_LATE_BY
    created_at: Epoch = 0.0
    created_by: str = ""
    is_missed: bool = False


class Uptime(NamedTuple):
    """Since when this run of Home Assistant exists and was able to start something, and whether the last one crashed."""

    since: float
    ready: float
    was_crash: bool = False


def what_now(schedule: Schedule, now: float, up: Uptime, on_restart: OnRestart) -> WhatNow:
    """Return what is to be done: after a crash a late start is never silent unless its sequence goes on by itself."""
    if schedule.is_missed or now < schedule.at:
        return WhatNow.WAIT
    was_down = schedule.at < up.since
    if not was_down and now - max(schedule.at, up.ready) <= PUNCTUAL:
        return WhatNow.START
    if schedule.missed is Missed.ASK:
        return WhatNow.ASK
    if schedule.missed is Missed.SKIP or now - schedule.at > schedule.late_by:
        return WhatNow.SKIP
    return WhatNow.ASK if was_down and up.was_crash and on_restart not in _GOES_ON else WhatNow.START


def may_pass(findings: Iterable[Finding], require: Require) -> bool:
    """Tell whether a start is refused only by what passes by itself, as devices that are not back yet do."""
    against = [each for each in findings if require is Require.OK or each.severity is Severity.ERROR]
    return bool(against) and all(each.check in _PASSING for each in against)

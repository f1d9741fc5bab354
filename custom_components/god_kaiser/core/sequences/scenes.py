"""What can be seen in a rehearsal, moment by moment."""

from enum import StrEnum
from typing import Any

from msgspec import Struct

from ..ids import ChannelId
from .findings import Finding


class What(StrEnum):
    """What can be seen in a rehearsal."""

    PHASE_BEGUN = "phase_begun"
    PHASE_ENDED = "phase_ended"
    STEP_BEGUN = "step_begun"
    STEP_ENDED = "step_ended"
    SET = "set"
    LET_GO = "let_go"
    TIME_OVER = "time_over"
    WORK_OUT = "work_out"
    CALL = "call"
    TELL = "tell"
    ASK = "ask"
    LOG = "log"


class Scene(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One moment of a rehearsal, in seconds on the clock of the run; ``findings`` are what the gate says about it."""

    at: float
    what: What
    place: str = ""
    channel: ChannelId | None = None
    level: float | None = None
    duration: float | None = None
    words: str = ""
    details: dict[str, Any] = {}
    findings: tuple[Finding, ...] = ()

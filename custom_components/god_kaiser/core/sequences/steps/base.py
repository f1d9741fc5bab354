"""What every step has, whatever it does."""

from enum import StrEnum

from msgspec import Struct


class OnFailure(StrEnum):
    """What becomes of a run when a step has failed for good."""

    ABORT = "abort"
    CONTINUE = "continue"
    RETRY = "retry"
    RECOVER = "recover"


class OnRestart(StrEnum):
    """What becomes of a step in whose middle Home Assistant has ended."""

    RESUME = "resume"
    RESTART_STEP = "restart_step"
    SKIP = "skip"
    ASK = "ask"
    ABORT = "abort"


class StepBase(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The fields of every step; times are seconds, and None leaves a choice to the sequence.

    ``retries`` counts the attempts after the first one; the wait doubles each time, and ``retry_jitter`` is the share by
    which it may be longer. ``recovery`` is the sequence that is run when the step has failed.
    """

    name: str = ""
    timeout: float | None = None
    delay_before: float = 0.0
    delay_after: float = 0.0
    retries: int = 0
    retry_delay: float = 1.0
    retry_jitter: float = 0.0
    on_failure: OnFailure | None = None
    recovery: str | None = None
    on_restart: OnRestart | None = None

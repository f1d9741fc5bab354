"""Standing still: paused with the outputs at rest, or held with the outputs as they are; never a toggle."""

from enum import StrEnum

from msgspec.structs import replace

from .codes import SequenceCode as Code
from .errors import SequenceError
from .orders import LetGo, Order
from .restart import run_again
from .run import Run
from .status import RunStatus, may_follow

STANDING = frozenset({RunStatus.PAUSED, RunStatus.HELD})


class AtPauseEnd(StrEnum):
    """What becomes of a run that nobody has let go on in time."""

    ABORT = "abort"
    GO_ON = "go_on"


def stand_still(
    run: Run, status: RunStatus, *, reason: str = "", until: float | None = None, then: AtPauseEnd = AtPauseEnd.ABORT
) -> tuple[Run, tuple[Order, ...]]:
    """Return a run that stands still from now on; one that does so already only learns the reason and the deadline.

    ``until`` is a moment in seconds since 1970: the clock of the run stands still as well.
    """
    if run.status is not status and not may_follow(run.status, status):
        raise SequenceError(Code.INVALID_DEFINITION, given=run.status.value, wanted=status.value)
    orders: tuple[Order, ...] = ()
    if status is RunStatus.PAUSED and run.status is not RunStatus.PAUSED and run.energised:
        orders = (LetGo(channels=tuple(reversed(run.energised))),)
    return replace(run, status=status, reason=reason, paused_until=until, at_pause_end=then.value), orders


def go_on(run: Run) -> tuple[Run, tuple[Order, ...]]:
    """Return a run that moves again; what a pause has rested is switched on again, with the orders for that."""
    if run.status not in STANDING:
        return run, ()
    moving = replace(run, status=RunStatus.RUNNING, reason="", paused_until=None)
    return run_again(moving) if run.status is RunStatus.PAUSED else (moving, ())

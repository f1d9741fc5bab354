"""Standing still: paused with the outputs at rest, or held with the outputs as they are; never a toggle."""

from enum import StrEnum

from msgspec.structs import replace

from ..ids import ChannelId
from .codes import SequenceCode as Code
from .errors import SequenceError
from .orders import LetGo, Order
from .restart import run_again
from .run import Run
from .status import STANDING, RunStatus, may_follow


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
        raise SequenceError(Code.INVALID_DEFINITION, why="wrong_status", given=run.status.value)
    gone = tuple(channel for channel in reversed(run.energised) if _rests(run, status, channel))
    orders = (LetGo(channels=gone),) if gone else ()
    return replace(run, status=status, reason=reason, paused_until=until, at_pause_end=then.value), orders


def _rests(run: Run, status: RunStatus, channel: ChannelId) -> bool:
    """Tell whether an output rests from now on: of a run that is held, only what needs somebody who measures it."""
    is_measured = run.energised[channel].is_measured
    if run.status in STANDING:
        return status is RunStatus.PAUSED and run.status is RunStatus.HELD and not is_measured
    return status is RunStatus.PAUSED or is_measured


def go_on(run: Run) -> tuple[Run, tuple[Order, ...]]:
    """Return a run that moves again; what was rested is switched on again, with the orders for that."""
    if run.status not in STANDING:
        return run, ()
    moving = replace(run, status=RunStatus.RUNNING, reason="", paused_until=None)
    if run.status is RunStatus.PAUSED or run.comebacks or run.comes_back in run.resuming:
        return run_again(moving)
    held = {channel: output for channel, output in run.energised.items() if not output.is_measured}
    measuring = {channel: output for channel, output in run.energised.items() if output.is_measured}
    again, orders = run_again(replace(moving, energised=measuring))
    return replace(again, energised=held | again.energised, resuming=(*run.resuming, *again.resuming)), orders

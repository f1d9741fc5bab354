"""What may happen to an alarm, and in which state that leaves it."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from msgspec.structs import replace

from ..errors import DefinitionError
from .alarm import Alarm, Shelf


class Motion(StrEnum):
    """Everything that moves an alarm from one state to another, as the journal names it."""

    RAISE = "raised"
    RETURN = "returned"
    ACKNOWLEDGE = "acknowledged"
    RESET = "reset"
    SHELVE = "shelved"
    UNSHELVE = "unshelved"
    SUPPRESS = "suppressed"
    RELEASE = "released"


def moved(alarm: Alarm, motion: Motion, at: float, *, by: str = "") -> Alarm:
    """Return an alarm after something that needs no more words; the same one where nothing changes."""
    return _MOVES[motion](alarm, at, by)


def shelved(alarm: Alarm, shelf: Shelf, at: float) -> Alarm:
    """Return an alarm that is set aside for a while, or for another while than before."""
    demand_shelvable(alarm, shelf.until - at)
    return replace(alarm, shelf=shelf)


def demand_shelvable(alarm: Alarm, seconds: float) -> None:
    """Say why an alarm may not be set aside for so long, if that is so."""
    longest = alarm.traits.longest_shelf
    if not longest:
        raise DefinitionError("alarm_not_shelvable", alarm=alarm.id)
    # A moment is written down with less than a millisecond.
    if not 0 < seconds <= longest + 0.001:
        raise DefinitionError("alarm_shelf_too_long", alarm=alarm.id, limit=longest // 60)


def demand_resettable(alarm: Alarm) -> None:
    """Say why an alarm cannot be reset, if that is so."""
    if not alarm.is_held:
        raise DefinitionError("alarm_not_latched", alarm=alarm.id)
    if alarm.is_present:
        raise DefinitionError("alarm_still_active", alarm=alarm.id)


def demand_shelved(alarm: Alarm) -> None:
    """Say that an alarm lies on no shelf, if that is so."""
    if alarm.shelf is None:
        raise DefinitionError("alarm_not_shelved", alarm=alarm.id)


def suppressed(alarm: Alarm, cause: str) -> Alarm:
    """Return an alarm that hides behind another one; what is about safety does not, and nothing that is over."""
    return replace(alarm, cause=cause) if alarm.is_present and not alarm.traits.is_safety else alarm


def _raise(alarm: Alarm, at: float, _by: str) -> Alarm:
    if alarm.is_present:
        return alarm
    return replace(
        alarm,
        raised_at=at,
        is_present=True,
        is_acknowledged=False,
        is_held=alarm.traits.latches,
        was_shown=False,
        returned_at=None,
        acknowledged_at=None,
        acknowledged_by="",
        times=alarm.times + 1,
        told_at=None,
        told=0,
    )


def _return(alarm: Alarm, at: float, _by: str) -> Alarm:
    if not alarm.is_present:
        return alarm
    # Nobody was ever asked about what came and went with its cause.
    is_unasked = bool(alarm.cause) and not (alarm.was_shown or alarm.is_held)
    return replace(
        alarm, is_present=False, returned_at=at, cause="", is_acknowledged=alarm.is_acknowledged or is_unasked
    )


def _acknowledge(alarm: Alarm, at: float, by: str) -> Alarm:
    if alarm.is_acknowledged:
        return alarm
    return replace(alarm, is_acknowledged=True, acknowledged_at=at, acknowledged_by=by)


def _reset(alarm: Alarm, _at: float, _by: str) -> Alarm:
    demand_resettable(alarm)
    return replace(alarm, is_held=False)


def _unshelve(alarm: Alarm, _at: float, _by: str) -> Alarm:
    demand_shelved(alarm)
    if not alarm.is_present:
        return replace(alarm, shelf=None)
    # What is still there is told again: nothing becomes normal in silence.
    return replace(
        alarm,
        shelf=None,
        was_shown=True,
        is_acknowledged=False,
        acknowledged_at=None,
        acknowledged_by="",
        told_at=None,
        told=0,
    )


def _release(alarm: Alarm, _at: float, _by: str) -> Alarm:
    return replace(alarm, cause="") if alarm.cause else alarm


_MOVES: Final[dict[Motion, Callable[[Alarm, float, str], Alarm]]] = {
    Motion.RAISE: _raise,
    Motion.RETURN: _return,
    Motion.ACKNOWLEDGE: _acknowledge,
    Motion.RESET: _reset,
    Motion.UNSHELVE: _unshelve,
    Motion.RELEASE: _release,
}

"""What has become of what a rule has done: one record for each time that it has acted or let go."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from ..truth import Truth
from .actions import Action, SetOutput


class Outcome(StrEnum):
    """How one action of a rule has ended.

    One that is queued has not begun: the one before it goes first. Of one that moves the device has said that it has
    begun. One that waits is carried out when nothing speaks against it any more; one that is barred, by a stop or by a
    tag, is not, and a pulse that runs is cut short by them. What follows an action that has failed is left out where
    the rule says so.
    """

    QUEUED = "queued"
    PENDING = "pending"
    MOVING = "moving"
    CONFIRMED = "confirmed"
    DONE = "done"
    WAITING = "waiting"
    REFUSED = "refused"
    BARRED = "barred"
    CUT_SHORT = "cut_short"
    UNCONFIRMED = "unconfirmed"
    FAILED = "failed"
    LEFT_OUT = "left_out"


class Cause(StrEnum):
    """Why a rule carries out actions: which of its lists they are from."""

    THEN = "then"
    OTHERWISE = "otherwise"
    INSTEAD = "instead"


_OPEN = frozenset({Outcome.QUEUED, Outcome.PENDING, Outcome.MOVING, Outcome.WAITING})
_GOOD = frozenset({Outcome.CONFIRMED, Outcome.DONE})


class Evidence(Struct, frozen=True, kw_only=True, gc=False):
    """What one question has seen: whom it has asked, what that said, how old it was, and what it was compared with."""

    kind: str
    truth: Truth
    source: str = ""
    value: float | str | None = None
    operator: str = ""
    threshold: float | str | None = None
    high: float | None = None
    age: float | None = None
    at: datetime | None = None


class ActionRecord(Struct, frozen=True, kw_only=True, gc=False):
    """One action and what has become of it."""

    action: Action
    outcome: Outcome = Outcome.QUEUED
    # A code, with what was said about it after a colon where there is more to say.
    reason: str = ""


class Execution(Struct, frozen=True, kw_only=True, gc=False):
    """One time that a rule has done something, and why; where it ``stops_on_error`` one action follows the other."""

    key: str
    rule: str
    at: datetime
    is_release: bool = False
    cause: Cause = Cause.THEN
    stops_on_error: bool = False
    evidence: tuple[Evidence, ...] = ()
    actions_executed: tuple[ActionRecord, ...] = ()
    began: float = 0.0
    execution_time_ms: float | None = None

    @property
    def is_over(self) -> bool:
        """Tell whether it is known what has become of every action."""
        return not any(record.outcome in _OPEN for record in self.actions_executed)

    @property
    def outcomes(self) -> frozenset[Outcome]:
        """Return what has become of the actions."""
        return frozenset(record.outcome for record in self.actions_executed)

    @property
    def success(self) -> bool:
        """Tell whether every action is known to have been carried out."""
        return all(record.outcome in _GOOD for record in self.actions_executed)

    @property
    def error_message(self) -> str:
        """Return what has gone wrong, in codes."""
        return "; ".join(parted(record.reason)[0] for record in self.actions_executed if record.reason)

    @property
    def errors(self) -> str:
        """Return what has gone wrong, in codes and with what was said about it."""
        return "; ".join(record.reason for record in self.actions_executed if record.reason)

    @property
    def due(self) -> list[int]:
        """Return which actions begin now: all, or the one that follows those that have gone well."""
        queued = [number for number, each in enumerate(self.actions_executed) if each.outcome is Outcome.QUEUED]
        if not (queued and self.stops_on_error):
            return queued
        before = self.actions_executed[: queued[0]]
        return queued[:1] if all(record.outcome in _GOOD for record in before) else []

    def says(self, actions: tuple[Action, ...]) -> bool:
        """Tell whether it is these actions that are carried out."""
        return tuple(record.action for record in self.actions_executed) == actions

    def begin(self, numbers: Iterable[int]) -> Execution:
        """Return the record with actions that have begun."""
        records = list(self.actions_executed)
        for number in numbers:
            records[number] = replace(records[number], outcome=Outcome.PENDING)
        return replace(self, actions_executed=tuple(records))

    def settle(self, number: int, outcome: Outcome, reason: str, now: float) -> Execution:
        """Return the record with what has become of one action, and of those that do not follow it any more."""
        records = list(self.actions_executed)
        records[number] = replace(records[number], outcome=outcome, reason=reason)
        if self.stops_on_error and outcome not in _OPEN | _GOOD:
            records = _broken_off(records)
        return replace(
            self, actions_executed=tuple(records), execution_time_ms=round(max(0.0, now - self.began) * 1000, 1)
        )

    def cut_short(self, number: int, reason: str) -> Execution:
        """Return the record of a pulse that something has ended before its time."""
        records = list(self.actions_executed)
        records[number] = replace(records[number], outcome=Outcome.CUT_SHORT, reason=reason)
        return replace(self, actions_executed=tuple(_broken_off(records) if self.stops_on_error else records))

    def break_off(self) -> Execution:
        """Return the record without what has not begun."""
        return replace(self, actions_executed=tuple(_broken_off(self.actions_executed)))

    @property
    def is_refused(self) -> bool:
        """Tell whether nothing has come of any output that should have run."""
        wanted = [record for record in self.actions_executed if isinstance(record.action, SetOutput)]
        return bool(wanted) and all(
            record.outcome in (Outcome.REFUSED, Outcome.UNCONFIRMED, Outcome.FAILED, Outcome.LEFT_OUT)
            for record in wanted
        )


def parted(reason: str) -> tuple[str, str]:
    """Return the code of a reason, and what was said about it; what is no code is said as it is."""
    code, colon, said = reason.partition(": ")
    is_code = bool(colon) and "_" in code and code.isidentifier() and code.islower()
    return (code, said) if is_code else (reason, "")


def _broken_off(records: Iterable[ActionRecord]) -> list[ActionRecord]:
    return [replace(each, outcome=Outcome.LEFT_OUT) if each.outcome is Outcome.QUEUED else each for each in records]

"""What has become of what a rule has done: one record for each time that it has acted or let go."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from ..truth import Truth
from .actions import Action, SetOutput


class Outcome(StrEnum):
    """How one action of a rule has ended.

    One that waits is carried out when nothing speaks against it any more; one that is barred, by a stop or by a tag, is not.
    """

    PENDING = "pending"
    CONFIRMED = "confirmed"
    DONE = "done"
    WAITING = "waiting"
    REFUSED = "refused"
    BARRED = "barred"
    UNCONFIRMED = "unconfirmed"
    FAILED = "failed"


_OPEN = frozenset({Outcome.PENDING, Outcome.WAITING})
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
    outcome: Outcome = Outcome.PENDING
    reason: str = ""


class Execution(Struct, frozen=True, kw_only=True, gc=False):
    """One time that a rule has done something, and why."""

    key: str
    rule: str
    at: datetime
    is_release: bool = False
    cause: str = ""
    evidence: tuple[Evidence, ...] = ()
    actions_executed: tuple[ActionRecord, ...] = ()
    began: float = 0.0
    execution_time_ms: float | None = None

    @property
    def is_over(self) -> bool:
        """Tell whether it is known what has become of every action."""
        return not any(record.outcome in _OPEN for record in self.actions_executed)

    @property
    def success(self) -> bool:
        """Tell whether every action is known to have been carried out."""
        return all(record.outcome in _GOOD for record in self.actions_executed)

    @property
    def error_message(self) -> str:
        """Return what has gone wrong."""
        return "; ".join(record.reason for record in self.actions_executed if record.reason)

    def settle(self, number: int, outcome: Outcome, reason: str, now: float) -> Execution:
        """Return the record with what has become of one action."""
        records = list(self.actions_executed)
        records[number] = replace(records[number], outcome=outcome, reason=reason)
        return replace(
            self, actions_executed=tuple(records), execution_time_ms=round(max(0.0, now - self.began) * 1000, 1)
        )

    @property
    def is_refused(self) -> bool:
        """Tell whether nothing has come of any output that should have run."""
        wanted = [record for record in self.actions_executed if isinstance(record.action, SetOutput)]
        return bool(wanted) and all(
            record.outcome in (Outcome.REFUSED, Outcome.UNCONFIRMED, Outcome.FAILED) for record in wanted
        )

"""Bringing one device's configuration in line: one push in flight, retried, never in a loop."""

from msgspec import UNSET, Struct
from msgspec.structs import replace

from ..devices.plan import DevicePlan
from ..facts import ConfigAnswered, ConfigFailure, ConfigResult, OutcomeReported
from .differences import Batch, batches, fingerprint

ANSWER_TIMEOUT = 75.0
COMMIT_GRACE = 5.0
COUNT_COOL_DOWN = 45.0
RETRY_AFTER = (10.0, 30.0, 60.0)
_NVS = "NVS_"
_RETRYABLE = frozenset(
    {
        "QUEUE_FULL",
        "CONFIG_LANE_BUSY",
        "WRITE_TIMEOUT",
        "REGISTRATION_PENDING",
        "COMMIT_FAILED",
        "REPLAY_QUEUE_FULL",
        "TIMEOUT",
    }
)


class Mark(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a device has confirmed to know, and in which of its boots."""

    plan: DevicePlan
    boot_sequence: str | None = None


class Flight(Struct, frozen=True, kw_only=True):
    """The push that waits for its answer."""

    batch: Batch
    correlation_id: str
    deadline: float
    open_scopes: frozenset[str]
    failures: tuple[ConfigFailure, ...] = ()


class Sync(Struct, frozen=True, kw_only=True):
    """Where the configuration of one device stands."""

    mark: Mark | None = None
    target: DevicePlan | None = None
    queue: tuple[Batch, ...] = ()
    flight: Flight | None = None
    attempts: int = 0
    not_before: float = 0.0
    mismatches: int = 0
    cools_until: float = 0.0
    failures: tuple[ConfigFailure, ...] = ()

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing is in flight or waiting to be sent."""
        return self.flight is None and not self.queue

    @property
    def may_pass(self) -> bool:
        """Tell whether whatever its device has not taken may be taken another time."""
        return all(may_pass(failure) for failure in self.failures)


def may_pass(failure: ConfigFailure) -> bool:
    """Tell whether a failure says nothing against the configuration itself."""
    return failure.error in _RETRYABLE or failure.error.startswith(_NVS)


def start(sync: Sync, plan: DevicePlan, boot: str | None, *, fully: bool = False) -> Sync:
    """Plan the pushes that a device needs; everything after a boot, else only the difference."""
    mark = sync.mark
    same_boot = mark is not None and (boot is None or mark.boot_sequence == boot)
    known = mark.plan if mark is not None and same_boot and not fully else None
    queue = batches(plan, known)
    if mark is not None and known is None:
        gone = [batch for batch in batches(plan, mark.plan) if batch.removed_sensors or batch.removed_actuators]
        queue = [replace(batch, sensors=(), actuators=()) for batch in gone] + queue
    return replace(sync, target=plan, queue=tuple(queue), attempts=0, failures=())


def needs_start(sync: Sync, plan: DevicePlan, boot: str | None) -> bool:
    """Tell whether a device in session has to be told anything."""
    if not sync.is_idle or sync.failures:
        return False
    mark = sync.mark
    if mark is None or (boot is not None and mark.boot_sequence != boot):
        return True
    return mark.plan != plan and fingerprint(mark.plan) != fingerprint(plan)


def launch(sync: Sync, correlation_id: str, now: float) -> Sync:
    """Put the next push in flight."""
    batch = sync.queue[0]
    flight = Flight(
        batch=batch,
        correlation_id=correlation_id,
        deadline=now + ANSWER_TIMEOUT,
        open_scopes=batch.scopes,
    )
    return replace(sync, flight=flight, mark=_doubted(sync.mark, batch))


def _doubted(mark: Mark | None, batch: Batch) -> Mark | None:
    """Return what a device knows for certain while a push is on its way: not its rules, if that changes them."""
    if mark is None or mark.plan.rules == (batch.rules or UNSET):
        return mark
    return replace(mark, plan=replace(mark.plan, rules=None))


def answered(sync: Sync, fact: ConfigAnswered, now: float) -> Sync:
    """Note the answer of one scope; when all have answered, the commit has a moment left to fail."""
    flight = sync.flight
    if flight is None or (fact.correlation_id and fact.correlation_id != flight.correlation_id):
        return sync
    failures = flight.failures + fact.failures
    if fact.result is not ConfigResult.SUCCESS and not fact.failures:
        whole = ConfigFailure(scope=fact.scope, gpio=None, error=fact.error, detail=fact.message)
        failures = (*failures, whole)
    # A failure of the system is one of the whole push: no other scope will answer.
    open_scopes = frozenset() if fact.scope == "system" else flight.open_scopes - {fact.scope}
    deadline = flight.deadline if open_scopes else min(flight.deadline, now + COMMIT_GRACE)
    return replace(sync, flight=replace(flight, failures=failures, open_scopes=open_scopes, deadline=deadline))


def concluded(sync: Sync, fact: OutcomeReported, now: float) -> Sync:
    """End the push by its final outcome."""
    flight = sync.flight
    if flight is None or not fact.final or fact.correlation_id != flight.correlation_id:
        return sync
    if fact.success or flight.failures:
        return _landed(sync, flight, now)
    failure = ConfigFailure(scope="system", gpio=None, error=fact.code, detail=fact.reason)
    return _landed(sync, replace(flight, failures=(failure,)), now)


def timed_out(sync: Sync, now: float) -> Sync:
    """End a push that got no final outcome: with its answers if it has them all."""
    flight = sync.flight
    if flight is None or flight.deadline > now:
        return sync
    # What has no scopes of its own is answered by the outcome alone.
    if not flight.failures and (flight.open_scopes or not flight.batch.scopes):
        silence = ConfigFailure(scope="system", gpio=None, error="TIMEOUT")
        flight = replace(flight, failures=(silence,))
    return _landed(sync, flight, now)


def interrupted(sync: Sync) -> Sync:
    """Forget a push to a device that has gone; its return starts afresh."""
    return replace(sync, flight=None, queue=(), attempts=0, not_before=0.0)


def _landed(sync: Sync, flight: Flight, now: float) -> Sync:
    if not flight.failures:
        queue = sync.queue[1:]
        return replace(sync, flight=None, queue=queue, attempts=0)
    if all(map(may_pass, flight.failures)) and sync.attempts < len(RETRY_AFTER):
        wait = RETRY_AFTER[sync.attempts]
        return replace(sync, flight=None, attempts=sync.attempts + 1, not_before=now + wait)
    return replace(sync, flight=None, queue=sync.queue[1:], attempts=0, failures=sync.failures + flight.failures)

"""What runs want is carried out here, and what has become of it is put into words that a run understands."""

from collections.abc import Iterator
from math import ceil

from msgspec.structs import replace

from ..effects import Assist, Effect, Ending, KeepRun, Reject, Settle
from ..events import DemandReleased, RunCancelled
from ..ids import CommandId
from ..instant import Instant
from ..requests import BY_AUTOMATION, BY_PERSON, CommandRequest, Origin
from ..sequences.codes import SequenceCode as Code
from ..sequences.deliveries import BY_GATE, Counts, Delivery, Signature
from ..sequences.limits import MOST_DELIVERIES, MOST_SIGNATURES
from ..sequences.orders import CallHome, LetGo, Order, SetOutput, StepBegun, TellPeople, WorkOut, WriteAhead
from ..sequences.refusals import refused
from ..sequences.run import Answer, Cursor, Run
from ..sequences.status import RunStatus
from ..sequences.steps.tell import Approval, Log
from .program_runs import ProgramRuns
from .runs import Runs
from .state import EngineState

_ENDINGS: dict[Ending, tuple[Code, bool]] = {
    Ending.REFUSED_BY_DEVICE: (Code.STEP_FAILED, True),
    Ending.UNCONFIRMED: (Code.STEP_TIMED_OUT, True),
    Ending.POSITION_UNKNOWN: (Code.STEP_FAILED, False),
}


def how_ended(wish: RunCancelled) -> RunStatus:
    """Return as what a run ends that somebody ends; work that was forced to its end is never completed."""
    if wish.is_overdue:
        return RunStatus.TIMED_OUT
    return RunStatus.FAILED if wish.is_forced else RunStatus.CANCELLED


def answer_of(effect: Settle | Reject) -> Answer:
    """Return what has become of a command, as its run understands it."""
    if isinstance(effect, Reject):
        return refused(effect.refused.request.id, effect.refused.reasons)
    if effect.ending is Ending.CONFIRMED:
        return Answer(key=effect.id, source=effect.source.value)
    code, may_retry = _ENDINGS[effect.ending]
    reason = effect.message or effect.code or effect.ending.value
    source = effect.source.value
    return Answer(key=effect.id, is_done=False, code=code, reason=reason, may_retry=may_retry, source=source)


def delivered(run: Run, answer: Answer) -> Run:
    """Return a run that knows what has become of one of its commands or questions."""
    if any(each.key == answer.key for each in run.deliveries):
        state = "confirmed" if answer.is_done else "failed"
        told = tuple(
            replace(each, state=state, reason=answer.reason, source=answer.source) if each.key == answer.key else each
            for each in run.deliveries
        )
        return replace(run, deliveries=told, counts=_counted(run.counts, answer))
    if any(each.key == answer.key for each in run.signatures):
        by = str(answer.values.get("by", ""))
        state = "approved" if answer.is_done else "rejected"
        signed = tuple(replace(each, state=state, by=by) if each.key == answer.key else each for each in run.signatures)
        return replace(run, signatures=signed)
    return run


def _counted(counts: Counts, answer: Answer) -> Counts:
    if answer.is_done:
        return replace(counts, confirmed=counts.confirmed + 1)
    if answer.source == BY_GATE:
        return replace(counts, sent=counts.sent - 1, refused=counts.refused + 1)
    return replace(counts, failed=counts.failed + 1)


class ProgramOrders:
    """Hands the wishes of runs to the funnel, to the disk and to Home Assistant."""

    def __init__(self, state: EngineState, outputs: Runs, runs: ProgramRuns) -> None:
        """Connect to the shared state, to who lets go of outputs, and to the runs."""
        self._state = state
        self._outputs = outputs
        self._runs = runs

    def note(self, run: Run, orders: tuple[Order, ...], now: Instant) -> Run:
        """Return a run that remembers what it has ordered."""
        deliveries, signatures = list(run.deliveries), list(run.signatures)
        waited_for = frozenset() if run.is_over else frozenset(_waited_for(run.cursor))
        for order in orders:
            match order:
                case SetOutput(key=key, channel=channel, level=level):
                    deliveries.append(Delivery(key=key, channel=channel, level=level))
                case TellPeople(key=key, step=Approval(name=name)):
                    signatures.append(Signature(key=key, place=name, at=now.utc.timestamp()))
                case _:
                    pass
        sent = sum(isinstance(order, SetOutput) for order in orders)
        again = sum(isinstance(order, StepBegun) and order.attempt > 1 for order in orders)
        counts = replace(run.counts, sent=run.counts.sent + sent, retries=run.counts.retries + again)
        return replace(
            run,
            deliveries=tuple(deliveries[-MOST_DELIVERIES:]),
            signatures=tuple(
                each if each.key in waited_for else _expired(each) for each in signatures[-MOST_SIGNATURES:]
            ),
            counts=counts,
        )

    def carry_out(self, run: Run, orders: tuple[Order, ...], now: Instant) -> list[Effect]:
        """Carry out what a run wants, in its order."""
        effects: list[Effect] = []
        for order in orders:
            match order:
                case SetOutput(key=key, channel=channel):
                    self._runs.asked[key] = (run.id, channel)
                    effects += self._state.funnel.submit(_request(run, order), now)
                case LetGo(channels=channels):
                    for channel in channels:
                        effects += self._outputs.release(DemandReleased(channel=channel, owner=run.owner), now)
                case WriteAhead(key=key):
                    effects.append(KeepRun(run=run, key=key))
                case TellPeople(step=Log()):
                    pass
                case WorkOut() | CallHome() | TellPeople():
                    effects.append(Assist(run=run, order=order))
                case _:
                    pass
        return effects


def _waited_for(cursor: Cursor) -> Iterator[CommandId]:
    """Yield the keys of everything that a run waits for."""
    if cursor.node is not None:
        yield cursor.node.key
        for inner in cursor.node.inner:
            yield from _waited_for(inner)


def _expired(signature: Signature) -> Signature:
    """Return an approval that nobody can give any more."""
    return replace(signature, state="expired") if signature.state == "pending" else signature


def _request(run: Run, order: SetOutput) -> CommandRequest:
    is_persons = run.trigger.kind == "user"
    return CommandRequest(
        id=CommandId(order.key),
        channel=order.channel,
        level=order.level,
        origin=Origin.SEQUENCE,
        owner=run.owner,
        duration=None if order.duration is None else max(1, ceil(order.duration)),
        asked_by=BY_PERSON if is_persons else BY_AUTOMATION,
        person=run.trigger.name if is_persons else "",
    )

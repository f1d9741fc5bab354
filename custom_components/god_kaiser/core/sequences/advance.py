"""Moving a run on: pure, from where it is as far as it can go at this moment."""

from msgspec import Struct
from msgspec.structs import replace

from ..conditions.view import ConditionView
from ..ids import ChannelId
from ..instant import Instant
from .codes import SequenceCode as Code
from .journey import Journey, Scope
from .orders import LetGo, Order
from .run import Answer, Cursor, Fault, Part, Run
from .status import ENDED, RunStatus
from .walking import walk

# Cleaning up is bounded too: a device that says nothing must not keep a run from ending.
CLEAN_UP = 60.0
_STANDING = frozenset({RunStatus.PAUSED, RunStatus.HELD})


class Advance(Struct, frozen=True, kw_only=True):
    """What has become of a run: what it wants, when on its clock to look again, and whose change matters to it."""

    run: Run
    orders: tuple[Order, ...] = ()
    looks_again_at: float | None = None
    sources: frozenset[str] = frozenset()


def advance(run: Run, view: ConditionView, now: Instant, answer: Answer | None = None) -> Advance:
    """Go as far as the run can go now; its clock is set by the caller, and stands still while it is paused."""
    if run.status in ENDED or run.status is RunStatus.INTERRUPTED:
        return Advance(run=run)
    if run.status in _STANDING:
        return Advance(run=run if answer is None else replace(run, kept=(*run.kept, answer)))
    if run.kept and answer is None:
        answer, run = run.kept[0], replace(run, kept=run.kept[1:])
    if answer is not None and answer.key in run.resuming:
        run = _resumed(run, answer)
    journey = Journey(run, view, now, answer)
    moved = _move(run, journey)
    if moved.part is Part.OVER:
        return _over(moved, journey, now)
    busy = RunStatus.RUNNING if journey.is_busy else RunStatus.WAITING
    status = RunStatus.STOPPING if moved.part is Part.FINALLY else busy
    return Advance(
        run=_with(moved, journey, status),
        orders=tuple(journey.orders),
        looks_again_at=run.clock if run.kept else journey.looks_again_at,
        sources=frozenset(journey.sources),
    )


def ending(run: Run, status: RunStatus, reason: str = "", fault: Fault | None = None) -> Run:
    """Return a run that goes on to its end: cleaning up first. The first reason for an end stays the reason."""
    if run.ending is not None or run.status in ENDED:
        return run
    ends = run.clock + CLEAN_UP
    return replace(
        run,
        part=Part.FINALLY,
        cursor=Cursor(),
        status=RunStatus.STOPPING,
        ending=status,
        reason=reason,
        fault=fault,
        part_ends=ends,
    )


def _resumed(run: Run, answer: Answer) -> Run:
    """Go on only if everything that ran before a pause or a restart runs again."""
    run = replace(run, resuming=tuple(key for key in run.resuming if key != answer.key))
    if answer.is_done:
        return run
    fault = Fault(code=answer.code, reason=answer.reason, may_retry=False)
    return ending(run, RunStatus.FAILED, answer.reason, fault)


def _move(run: Run, journey: Journey) -> Run:
    while run.part is Part.PHASES:
        if journey.is_reached(run.program.max_duration):
            fault = Fault(code=Code.MAX_DURATION_EXCEEDED, may_retry=False)
            run = ending(run, RunStatus.TIMED_OUT, fault=fault)
            break
        phase = run.program.phases[run.phase]
        if phase.timeout is not None and journey.is_reached(run.phase_began + phase.timeout):
            fault = Fault(code=Code.TIMED_OUT, place=phase.name, may_retry=False)
            run = ending(run, RunStatus.TIMED_OUT, fault=fault)
            break
        outcome = walk(
            phase.steps, run.cursor, journey, _scope(run, phase.name, goes_on=not run.program.abort_on_failure)
        )
        finished = sum(len(each.steps) for each in run.program.phases[: run.phase])
        if isinstance(outcome, Cursor):
            return replace(run, cursor=outcome, finished=finished + outcome.index)
        if isinstance(outcome, Fault):
            run = ending(run, RunStatus.FAILED, reason=outcome.reason, fault=outcome)
            break
        run = replace(run, finished=finished + len(phase.steps))
        if run.phase + 1 == len(run.program.phases):
            run = ending(run, RunStatus.COMPLETED)
        else:
            run = replace(run, phase=run.phase + 1, cursor=Cursor(), phase_began=journey.clock)
    return _clean_up(run, journey) if run.part is Part.FINALLY else run


def _clean_up(run: Run, journey: Journey) -> Run:
    """Do what is to be done at every end; nothing that fails there keeps the rest from being done."""
    if journey.is_reached(run.part_ends):
        return replace(run, part=Part.OVER)
    outcome = walk(run.program.afterwards, run.cursor, journey, _scope(run, "finally", goes_on=True))
    return replace(run, cursor=outcome) if isinstance(outcome, Cursor) else replace(run, part=Part.OVER)


def _over(run: Run, journey: Journey, now: Instant) -> Advance:
    """Let go of everything that the run has energised: whoever is behind it may have it, otherwise it rests."""
    # A pump stops before its valve closes.
    channels: tuple[ChannelId, ...] = tuple(reversed(journey.energised))
    orders = (*journey.orders, LetGo(channels=channels)) if channels else tuple(journey.orders)
    journey.energised.clear()
    ended = _with(run, journey, run.ending or RunStatus.FAILED)
    return Advance(run=replace(ended, ended_at=now.utc.timestamp(), cursor=Cursor()), orders=orders)


def _scope(run: Run, place: str, *, goes_on: bool) -> Scope:
    return Scope(place=place, roles=run.roles, variables=run.variables, goes_on=goes_on)


def _with(run: Run, journey: Journey, status: RunStatus) -> Run:
    return replace(
        run,
        status=status,
        issued=journey.issued,
        energised=journey.energised,
        results=tuple(journey.results),
        is_partial=journey.is_partial,
    )

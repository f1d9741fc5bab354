"""Moving a run on: pure, from where it is as far as it can go at this moment."""

from msgspec import Struct
from msgspec.structs import replace

from ..conditions.view import ConditionView
from ..ids import ChannelId
from ..instant import Instant
from .binding import channel_of, value_of
from .codes import SequenceCode as Code
from .journey import Journey
from .limits import CLEAN_UP, MOST_BEGUN
from .orders import LetGo, Order, SetOutput
from .phases import go_through, scope_of
from .run import Answer, Cursor, Energised, Fault, Part, PhaseResult, Run
from .status import ENDED, STANDING, RunStatus
from .walking import walk

_AT_REST = frozenset({RunStatus.QUEUED, RunStatus.PREFLIGHT, RunStatus.INTERRUPTED}) | ENDED


class Advance(Struct, frozen=True, kw_only=True):
    """What has become of a run: what it wants, when on its clock to look again, and whose change matters to it."""

    run: Run
    orders: tuple[Order, ...] = ()
    looks_again_at: float | None = None
    sources: frozenset[str] = frozenset()


def advance(run: Run, view: ConditionView, now: Instant, answer: Answer | None = None) -> Advance:
    """Go as far as the run can go now; its clock is set by the caller, and stands still while it is paused."""
    if run.status in _AT_REST:
        return Advance(run=run)
    if run.status in STANDING:
        return Advance(run=run if answer is None else replace(run, kept=(*run.kept, answer)))
    if run.kept and answer is None:
        answer, run = run.kept[0], replace(run, kept=run.kept[1:])
    if run.comebacks:
        return _bring_back(run, view, now, answer)
    if answer is not None and answer.key in run.resuming:
        run = _resumed(run, answer)
    journey = Journey(run, view, now, answer)
    if run.observed_first is None:
        run = replace(run, observed_first=_observed(run, journey))
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


def _bring_back(run: Run, view: ConditionView, now: Instant, answer: Answer | None) -> Advance:
    """Let the next output come back when the one before it has; meanwhile the run goes no further."""
    if answer is None:
        return Advance(run=run)
    if answer.key in run.resuming:
        run = _resumed(run, answer)
    else:
        run = replace(run, kept=(*run.kept, answer))
    if answer.key != run.comes_back or not run.comebacks:
        return Advance(run=run) if run.comebacks else advance(run, view, now)
    following, *later = run.comebacks
    # What was kept for a time is kept for what is left of it now.
    order = SetOutput(key=following.key, channel=following.channel, level=following.level, duration=following.duration)
    run = replace(run, comebacks=tuple(later), comes_back=following.key)
    moved = Advance(run=run) if later else advance(run, view, now)
    return Advance(
        run=moved.run,
        orders=(order, *moved.orders),
        looks_again_at=moved.looks_again_at,
        sources=moved.sources,
    )


def ending(run: Run, status: RunStatus, reason: str = "", fault: Fault | None = None) -> Run:
    """Return a run that goes on to its end: cleaning up first. The first reason for an end stays the reason."""
    if run.ending is not None or run.status in ENDED:
        return run
    return replace(
        _left(run, status, reason, fault), part=Part.FINALLY, status=RunStatus.STOPPING, part_ends=run.clock + CLEAN_UP
    )


def cut_off(run: Run, status: RunStatus, now: Instant, reason: str = "", fault: Fault | None = None) -> Advance:
    """End a run at once, without cleaning up: what it has energised rests, and nothing else is done."""
    if run.status in ENDED:
        return Advance(run=run)
    if run.ending is None:
        run = _left(run, status, reason, fault)
    let_go = _let_go(run.energised)
    ended = replace(run, status=run.ending or status, part=Part.OVER, energised={}, ended_at=now.utc.timestamp())
    return Advance(run=replace(ended, cursor=Cursor(), resuming=(), kept=()), orders=let_go)


def _left(run: Run, status: RunStatus, reason: str, fault: Fault | None) -> Run:
    """Return a run that has left its phases, with where it stood and what has become of the phase there."""
    if run.part is Part.PHASES and run.phase_began is not None:
        code = fault.code if fault is not None else Code.CANCELLED
        unfinished = PhaseResult(
            name=run.program.phases[run.phase].name,
            began=run.phase_began,
            ended=run.clock,
            steps=run.cursor.index,
            attempt=run.phase_attempt,
            code=code,
            reason=reason or (fault.reason if fault is not None else ""),
        )
        run = replace(run, phases=(*run.phases, unfinished), phase_began=None)
    return replace(
        run,
        cursor=Cursor(),
        comebacks=(),
        left_at=run.cursor.index if run.part is Part.PHASES else run.left_at,
        phase_waits_until=None,
        ending=status,
        reason=reason,
        fault=fault,
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
        run, outcome = go_through(run, journey)
        match outcome:
            case Cursor():
                return run
            case Fault(code=Code.TIMED_OUT):
                run = ending(run, RunStatus.TIMED_OUT, fault=outcome)
            case Fault():
                run = ending(run, RunStatus.FAILED, reason=outcome.reason, fault=outcome)
            case _ if run.phase + 1 == len(run.program.phases) or run.phases[-1].name == run.until_phase:
                run = ending(run, RunStatus.COMPLETED)
            case _:
                run = replace(run, phase=run.phase + 1, cursor=Cursor(), phase_attempt=1)
    return _clean_up(run, journey) if run.part is Part.FINALLY else run


def _clean_up(run: Run, journey: Journey) -> Run:
    """Do what is to be done at every end; nothing that fails there keeps the rest from being done."""
    journey.most_begun = 2 * MOST_BEGUN
    if journey.is_reached(run.part_ends):
        return replace(run, part=Part.OVER)
    outcome = walk(run.program.afterwards, run.cursor, journey, scope_of(run, "finally", goes_on=True))
    return replace(run, cursor=outcome) if isinstance(outcome, Cursor) else replace(run, part=Part.OVER)


def _over(run: Run, journey: Journey, now: Instant) -> Advance:
    """Let go of everything that the run has energised: whoever is behind it may have it, otherwise it rests."""
    orders = (*journey.orders, *_let_go(journey.energised))
    journey.energised.clear()
    ended = _with(run, journey, run.ending or RunStatus.FAILED)
    return Advance(
        run=replace(
            ended, ended_at=now.utc.timestamp(), cursor=Cursor(), resuming=(), observed_last=_observed(run, journey)
        ),
        orders=orders,
    )


def _let_go(energised: dict[ChannelId, Energised]) -> tuple[Order, ...]:
    # A pump stops before its valve closes.
    return (LetGo(channels=tuple(reversed(energised))),) if energised else ()


def _observed(run: Run, journey: Journey) -> float | None:
    name = run.program.observe
    observed = None if name is None else channel_of(name, run.roles)
    return None if observed is None else value_of(journey.view, observed, journey.now)


def _with(run: Run, journey: Journey, status: RunStatus) -> Run:
    return replace(
        run,
        status=status,
        issued=journey.issued,
        begun=journey.begun_so_far,
        energised=journey.energised,
        learned=journey.learned,
        results=tuple(journey.results),
        is_partial=journey.is_partial,
    )

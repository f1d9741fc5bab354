"""Moving a run on: pure, from where it is as far as it can go at this moment."""

from msgspec import Struct
from msgspec.structs import replace

from ..conditions.reading_is import value_of
from ..conditions.view import ConditionView
from ..ids import ChannelId, CommandId
from ..instant import Instant
from ..requests import is_rest
from .acting import fault_of
from .binding import channel_of
from .codes import SequenceCode as Code
from .fault import Fault
from .inside import part_of
from .journey import CLEANING_UP, Journey
from .leaving import left
from .limits import SEEN_WITHIN
from .orders import LetGo, Order, SetOutput
from .phases import go_through, scope_of
from .run import Answer, Cursor, Energised, Part, PhaseResult, Run
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
    if _is_coming_back(run):
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
    status = busy if moved.part is Part.PHASES else RunStatus.STOPPING
    return Advance(
        run=_with(moved, journey, status),
        orders=tuple(journey.orders),
        looks_again_at=run.clock if run.kept else journey.looks_again_at,
        sources=frozenset(journey.sources),
    )


def _is_coming_back(run: Run) -> bool:
    """Tell whether outputs are to come back, or the last of them is not back yet."""
    return bool(run.comebacks) or run.comes_back in run.resuming


def _bring_back(run: Run, view: ConditionView, now: Instant, answer: Answer | None) -> Advance:
    """Let the next output come back when the one before it has; meanwhile the run goes no further."""
    if answer is not None:
        run = _resumed(run, answer) if answer.key in run.resuming else replace(run, kept=(*run.kept, answer))
        if answer.key == run.comes_back:
            run = replace(run, comes_back=CommandId(""), seen_by=run.clock + SEEN_WITHIN)
    if not _is_coming_back(run):
        return advance(run, view, now)
    if run.comes_back:
        return Advance(run=run)
    following, *later = run.comebacks
    before = _before(following.channel, run)
    if before is not None and run.clock < run.seen_by and _is_seen_at_rest(before, view):
        return Advance(run=run, looks_again_at=run.seen_by, sources=frozenset({before}))
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


def _before(channel: ChannelId, run: Run) -> ChannelId | None:
    """Return the output that comes back before another one."""
    running = list(run.energised)
    position = running.index(channel) if channel in running else 0
    return running[position - 1] if position else None


def _is_seen_at_rest(channel: ChannelId, view: ConditionView) -> bool:
    """Tell whether a device says that an output rests: its word that it obeys may come before its report."""
    report = view.fleet.report(channel)
    return report is not None and report.level is not None and is_rest(report.level)


def ending(run: Run, status: RunStatus, reason: str = "", fault: Fault | None = None) -> Run:
    """Return a run that goes on to its end: cleaning up first. The first reason for an end stays the reason."""
    if run.ending is not None or run.status in ENDED:
        return run
    inside = left(run.cursor, part_of(run)[1], run.library)
    return replace(
        _left(run, status, reason, fault),
        part=Part.FINALLY if inside is None else Part.LEAVING,
        cursor=inside or Cursor(),
        status=RunStatus.STOPPING,
        part_ends=run.clock + run.overrides.clean_up,
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
        comes_back=CommandId(""),
        had_at_step=_still_on(run.had_at_step, run.clock),
        had_at_phase=_still_on(run.had_at_phase, run.clock),
        phase_waits_until=None,
        ending=status,
        reason=reason,
        fault=fault,
    )


def _still_on(had: dict[ChannelId, Energised], clock: float) -> dict[ChannelId, Energised]:
    """Return what is left of what ran, counted from now on."""
    return {
        channel: replace(output, until=None if output.until is None else output.until - clock, by=CommandId(""))
        for channel, output in had.items()
        if not output.is_measured and (output.until is None or output.until > clock)
    }


def _resumed(run: Run, answer: Answer) -> Run:
    """Go on only if everything that ran before a pause or a restart runs again."""
    run = replace(run, resuming=tuple(key for key in run.resuming if key != answer.key))
    if answer.is_done:
        return run
    fault = replace(fault_of(answer), may_retry=False)
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
    return run if run.part is Part.OVER else _clean_up(run, journey)


def _clean_up(run: Run, journey: Journey) -> Run:
    """Do what is to be done at every end; nothing that fails there keeps the rest from being done.

    Sequences that were run inside of the steps that are left come first, within the same time.
    """
    journey.shares, journey.phase = CLEANING_UP, ""
    journey.rest_unwatched()
    while run.part is not Part.OVER:
        if journey.is_reached(run.part_ends):
            return replace(run, part=Part.OVER)
        name, steps = part_of(run)
        outcome = walk(steps, run.cursor, journey, scope_of(run, name, goes_on=True))
        if isinstance(outcome, Cursor):
            return replace(run, cursor=outcome)
        run = replace(run, part=Part.FINALLY if run.part is Part.LEAVING else Part.OVER, cursor=Cursor())
    return run


def _over(run: Run, journey: Journey, now: Instant) -> Advance:
    """Let go of everything that the run has energised: whoever is behind it may have it, otherwise it rests."""
    orders = (*journey.orders, *_let_go(journey.energised))
    journey.energised.clear()
    ended = _with(run, journey, run.ending or RunStatus.FAILED)
    return Advance(
        run=replace(
            ended,
            ended_at=now.utc.timestamp(),
            cursor=Cursor(),
            resuming=(),
            kept=(),
            observed_last=_observed(run, journey),
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

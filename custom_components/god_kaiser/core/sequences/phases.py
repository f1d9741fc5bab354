"""Going through the phases of a program: each with its time limit, and begun anew where that is wished."""

from msgspec.structs import replace

from .codes import SequenceCode as Code
from .fault import Fault
from .journey import Journey, Scope
from .limits import LONGEST_BACKOFF, PHASE_BACKOFF
from .orders import LetGo, PhaseBegun
from .recovering import Attempt, Recovery
from .run import Cursor, PhaseResult, Run
from .walking import walk

# What was refused for safety's sake, or is held by somebody else, is not forced by asking again.
_NEVER_AGAIN = frozenset({Code.SAFETY_BLOCKED, Code.ACTUATOR_LOCKED, Code.TIMED_OUT})


def go_through(run: Run, journey: Journey) -> tuple[Run, Cursor | Fault | None]:
    """Go on in the phase where a run is; a position means that it waits there, None that the phase is done."""
    phase = run.program.phases[run.phase]
    if run.phase_waits_until is not None:
        if not journey.is_reached(run.phase_waits_until):
            return run, run.cursor
        run = replace(run, phase_waits_until=None)
    if run.phase_began is None:
        is_at_start = run.phase_attempt == 1 and run.cursor.index == 0
        had = dict(journey.energised) if is_at_start else run.had_at_phase
        run = replace(run, phase_began=journey.clock, had_at_phase=had)
        journey.orders.append(PhaseBegun(name=phase.name, attempt=run.phase_attempt))
    began = journey.clock if run.phase_began is None else run.phase_began
    timeout = run.overrides.timeout_of(phase)
    if timeout is not None and journey.is_reached(began + timeout):
        return run, Fault(code=Code.TIMED_OUT, place=phase.name, may_retry=False)
    journey.phase = phase.name
    scope = scope_of(run, phase.name, goes_on=not run.program.abort_on_failure)
    outcome = walk(phase.steps, run.cursor, journey, scope)
    # Whatever was inside of the last step has come to its end with it.
    position = outcome if isinstance(outcome, Cursor) else Cursor(index=journey.step)
    run = replace(run, had_at_step=journey.had_at_step, cursor=position)
    before = sum(len(each.steps) for each in run.program.phases[: run.phase])
    match outcome:
        case Cursor(index=index):
            return replace(run, finished=max(run.finished, before + index)), outcome
        case Fault():
            return _failed(run, outcome, journey, began)
        case None:
            ended = _result(run, journey, began, len(phase.steps), None)
            done = replace(run, finished=before + len(phase.steps), phases=(*run.phases, ended), phase_began=None)
            return _recovered(done), None


def scope_of(run: Run, place: str, *, goes_on: bool) -> Scope:
    """Return where the steps of a part of the program stand, and what names mean there."""
    return Scope(place=place, roles=run.roles, variables=run.variables, goes_on=goes_on)


def _failed(run: Run, fault: Fault, journey: Journey, began: float) -> tuple[Run, Cursor | Fault]:
    """Begin a phase anew after a while, with everything at rest, unless that was done often enough."""
    phase = run.program.phases[run.phase]
    if run.phase_attempt > phase.retries or fault.code in _NEVER_AGAIN or journey.is_exhausted:
        return _concluded(run, fault.reason), fault
    delay = min(PHASE_BACKOFF * 2 ** (run.phase_attempt - 1), LONGEST_BACKOFF)
    if journey.energised:
        journey.orders.append(LetGo(channels=tuple(reversed(journey.energised))))
        journey.energised.clear()
    ended = _result(run, journey, began, run.cursor.index, fault)
    waiting = Attempt(attempt=run.phase_attempt, delay=delay, status="pending")
    earlier = _concluded(run, fault.reason).recovery if run.phase_attempt > 1 else None
    first_error = earlier.error if earlier is not None else fault.reason or fault.code.name.lower()
    attempts = earlier.attempts if earlier is not None else ()
    recovery = Recovery(phase=phase.name, error=first_error, attempts=(*attempts, waiting))
    again = replace(
        run,
        cursor=Cursor(),
        phases=(*run.phases, ended),
        phase_began=None,
        phase_attempt=run.phase_attempt + 1,
        phase_waits_until=journey.clock + delay,
        recovery=recovery,
        had_at_step=run.had_at_phase,
    )
    journey.is_reached(again.phase_waits_until)
    return again, again.cursor


def _concluded(run: Run, error: str) -> Run:
    """Return a run that knows that its last attempt at a phase has failed as well."""
    if run.recovery is None or run.phase_attempt == 1:
        return run
    *earlier, last = run.recovery.attempts
    failed = replace(last, status="failed", error=error)
    return replace(run, recovery=replace(run.recovery, attempts=(*earlier, failed)))


def _recovered(run: Run) -> Run:
    if run.recovery is None or run.phase_attempt == 1:
        return run
    *earlier, last = run.recovery.attempts
    done = replace(last, status="success")
    return replace(run, recovery=replace(run.recovery, is_success=True, attempts=(*earlier, done)))


def _result(run: Run, journey: Journey, began: float, steps: int, fault: Fault | None) -> PhaseResult:
    return PhaseResult(
        name=run.program.phases[run.phase].name,
        began=began,
        ended=journey.clock,
        steps=steps,
        attempt=run.phase_attempt,
        code=None if fault is None else fault.code,
        reason="" if fault is None else fault.reason,
    )

"""What is told about a run: the events that follow from how it has changed, and the lines of its log."""

from msgspec.structs import replace

from ..effects import Effect, ShowRun, TellRun
from ..sequences.fault import Fault
from ..sequences.happenings import END_OF, Happening, RunEvent, Words
from ..sequences.orders import Order, PhaseBegun, SetOutput, StepBegun, StepEnded, TellPeople
from ..sequences.run import PhaseResult, Run, StepResult, StepStatus
from ..sequences.status import GOING, STANDING, RunStatus
from ..sequences.steps.tell import Approval, Log
from ..sequences.summary import has_begun, metrics_of, summary_of

_HALTED = STANDING | {RunStatus.INTERRUPTED}
_STATUS_WORDS = {
    RunStatus.QUEUED: Happening.RUN_QUEUED,
    RunStatus.PAUSED: Happening.RUN_PAUSED,
    RunStatus.HELD: Happening.RUN_HELD,
    RunStatus.STOPPING: Happening.RUN_STOPPING,
}
_ENDED_STEPS = {
    StepStatus.COMPLETED: Happening.STEP_COMPLETED,
    StepStatus.FAILED: Happening.STEP_FAILED,
    StepStatus.SKIPPED: Happening.STEP_SKIPPED,
}
_DELIVERED = {"confirmed": Happening.COMMAND_CONFIRMED, "failed": Happening.COMMAND_FAILED}
_SIGNED = {
    "approved": Happening.APPROVAL_GIVEN,
    "rejected": Happening.APPROVAL_REFUSED,
    "expired": Happening.APPROVAL_EXPIRED,
}


def event_of(run: Run, happening: Happening, place: str = "", **words: str | float | bool | None) -> TellRun:
    """Return an event about a run, with where it stands."""
    return told(run, happening, place, dict(words))


def told(run: Run, happening: Happening, place: str, words: Words) -> TellRun:
    """Return an event about a run, with what it tells."""
    return TellRun(
        RunEvent(
            happening=happening,
            run=run.id,
            sequence=run.program.id,
            status=run.status,
            progress=run.progress,
            place=place,
            details=words,
        )
    )


def told_of(before: Run | None, run: Run, orders: tuple[Order, ...]) -> list[Effect]:
    """Return everything that is told about a run that has moved, in the order in which it happened."""
    effects: list[Effect] = []
    if (before is None or before.status is RunStatus.PREFLIGHT) and run.status is not RunStatus.QUEUED:
        effects += _begun(run)
    elif before is not None and before.status in _HALTED and run.status in GOING:
        effects.append(event_of(run, Happening.RUN_RESUMED, was=before.status.value))
    if before is not None:
        effects += _told_of_answers(before, run)
    for order in orders:
        effects += _told_of_order(run, order)
    known = len(before.phases) if before is not None else 0
    effects += [_phase_ended(run, phase) for phase in run.phases[known:]]
    # Whoever has refused a start has told that, and nothing else was.
    is_refused = before is not None and before.status is RunStatus.QUEUED and not has_begun(run)
    if not is_refused and (before is None or before.status is not run.status):
        effects += _told_of_status(run)
    return [*effects, ShowRun(run)]


def heartbeat_of(run: Run) -> TellRun:
    """Return the sign of life of a run, with its numbers."""
    phase = run.program.phases[run.phase].name if run.phase < len(run.program.phases) else ""
    words: Words = {"level": "debug", "phase": phase, "message": f"{phase or run.status.value}: {run.progress} %"}
    return told(run, Happening.RUN_HEARTBEAT, phase, {**words, "metrics": metrics_of(run)})


def _begun(run: Run) -> list[Effect]:
    """Tell the start of a run: its inputs were collected and its plan was judged before."""
    effects: list[Effect] = [
        event_of(
            run,
            Happening.RUN_STARTED,
            total_steps=run.total,
            trigger=run.trigger.kind,
            trigger_id=run.trigger.id,
            rule_id=run.trigger.id if run.trigger.kind == "rule" else None,
            retry_of=run.retry_of or None,
        )
    ]
    for stage in ("collect", "plan"):
        effects.append(event_of(run, Happening.PHASE_STARTED, stage))
        effects.append(event_of(run, Happening.PHASE_COMPLETED, stage, duration=0.0, findings=len(run.findings)))
    return effects


def _told_of_order(run: Run, order: Order) -> list[Effect]:
    match order:
        case PhaseBegun(name=name, attempt=attempt):
            happening = Happening.PHASE_STARTED if attempt == 1 else Happening.PHASE_RETRYING
            return [event_of(run, happening, name, attempt=attempt)]
        case StepBegun(place=place, name=name, attempt=1):
            return [event_of(run, Happening.STEP_STARTED, place, step_name=name, state="starting")]
        case StepBegun(place=place, name=name, attempt=attempt):
            return [event_of(run, Happening.STEP_RETRYING, place, step_name=name, attempt=attempt)]
        case StepEnded(result=result):
            return [_step_ended(run, result)]
        case SetOutput(channel=channel, level=level, key=key):
            return [event_of(run, Happening.COMMAND_SENT, channel=channel, level=level, correlation_id=key)]
        case TellPeople(step=Approval(text=text, name=name)):
            return [event_of(run, Happening.APPROVAL_REQUESTED, name, text=text)]
        case TellPeople(step=Log(text=text, level=level, name=name)):
            return [event_of(run, Happening.RUN_LOG, name, text=text, level=level.value)]
        case _:
            return []


def _told_of_answers(before: Run, run: Run) -> list[Effect]:
    """Tell what has become of commands, and of what people were asked."""
    known = {each.key: each.state for each in before.deliveries}
    asked = {each.key: each.state for each in before.signatures}
    commands = [
        event_of(run, _DELIVERED[each.state], channel=each.channel, level=each.level, reason=each.reason or None)
        for each in run.deliveries
        if each.state in _DELIVERED and known.get(each.key) != each.state
    ]
    signatures = [
        event_of(run, _SIGNED[each.state], each.place, by=each.by or None)
        for each in run.signatures
        if each.state in _SIGNED and asked.get(each.key) != each.state
    ]
    return [*commands, *signatures]


def _step_ended(run: Run, result: StepResult) -> TellRun:
    return event_of(
        run,
        _ENDED_STEPS[result.status],
        result.place,
        step_name=result.name,
        state=result.status.value,
        success=result.status is StepStatus.COMPLETED,
        attempts=result.attempts,
        duration=round(result.ended - result.began, 3),
        code=None if result.code is None else int(result.code),
        reason=result.reason or None,
        progress_percent=run.progress,
    )


def _phase_ended(run: Run, phase: PhaseResult) -> TellRun:
    happening = Happening.PHASE_COMPLETED if phase.code is None else Happening.PHASE_FAILED
    return event_of(
        run,
        happening,
        phase.name,
        duration=round(phase.ended - phase.began, 3),
        steps=phase.steps,
        attempt=phase.attempt,
        code=None if phase.code is None else int(phase.code),
        reason=phase.reason or None,
    )


def _told_of_status(run: Run) -> list[Effect]:
    if not run.is_over:
        happening = _STATUS_WORDS.get(run.status)
        return [] if happening is None else [event_of(run, happening, reason=run.reason or None)]
    return [*_told_of_end(run)]


def told_of_mistake(run: Run, fault: Fault) -> list[TellRun]:
    """Return the end of a run by a mistake of ours, whatever its status was by then, and its summary."""
    ended, summary = _told_of_end(run)
    details = ended.event.details | {"code": int(fault.code), "reason": fault.reason}
    failed = replace(ended.event, happening=Happening.RUN_FAILED, details=details, error_tech=fault.error_tech)
    return [TellRun(failed), summary]


def _told_of_end(run: Run) -> tuple[TellRun, TellRun]:
    fault = run.fault
    ended = event_of(
        run,
        END_OF[run.status],
        "" if fault is None else fault.place,
        duration_seconds=round(run.clock, 3),
        code=None if fault is None else int(fault.code),
        reason=run.reason or (fault.reason if fault is not None else "") or None,
        partial=run.is_partial,
        forced=run.is_forced,
        ended_by=run.ended_by or None,
    )
    return ended, told(run, Happening.RUN_SUMMARY, "", summary_of(run))

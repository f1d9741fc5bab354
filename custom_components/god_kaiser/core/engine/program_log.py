"""The log of a run: what a person reads afterwards, line by line, and which part of the house each line is about."""

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from ..instant import Instant
from ..sequences.codes import SequenceCode as Code
from ..sequences.findings import Finding
from ..sequences.limits import MOST_LINES
from ..sequences.orders import Order, PhaseBegun, StepBegun, StepEnded, TellPeople
from ..sequences.run import Line, PhaseResult, Run, StepResult, StepStatus
from ..sequences.status import GOING, STANDING, RunStatus
from ..sequences.steps.tell import Log

_OF_SAFETY = frozenset({Code.SAFETY_BLOCKED, Code.ACTUATOR_LOCKED})
_SIGNED = {"approved": "ok", "rejected": "warn", "expired": "warn"}

# Where Home Assistant had no time to write it down itself.
INTERRUPTION: Final = Line(level="warn", domain="step", text=RunStatus.INTERRUPTED.value)


def logged(before: Run | None, run: Run, orders: tuple[Order, ...], now: Instant) -> Run:
    """Return a run whose log tells how it has come here; the oldest lines go first."""
    answers = _of_answers(before, run) if before is not None else ()
    lines = [*_of_status(before, run), *_of_orders(before, run, orders), *answers, *_of_the_end(run)]
    return with_lines(run, *lines, at=now.utc.timestamp())


def with_lines(run: Run, *lines: Line, at: float) -> Run:
    """Return a run whose log has more lines."""
    written = tuple(replace(line, at=at) for line in lines)
    log = (*run.log, *written)
    gone = max(0, len(log) - MOST_LINES)
    return replace(run, log=log[gone:], lines_gone=run.lines_gone + gone) if lines else run


def lines_of(findings: tuple[Finding, ...]) -> list[Line]:
    """Return the lines that a preflight leaves."""
    return [
        Line(level=each.severity.value, domain="preflight", text=each.code, place=each.place, details=_about(each))
        for each in findings
    ]


def _about(finding: Finding) -> dict[str, str | int | float]:
    """Return what a finding tells, and the output that it is about."""
    return finding.details if finding.channel is None else {**finding.details, "output": finding.channel}


def _of_orders(before: Run | None, run: Run, orders: tuple[Order, ...]) -> Iterator[Line]:
    """Yield what steps say and do wrong, between the begin and the end of their phases."""
    ended = list(run.phases[0 if before is None else len(before.phases) :])
    for order in orders:
        if isinstance(order, PhaseBegun):
            while ended and (ended[0].name, ended[0].attempt) != (order.name, order.attempt):
                yield _of_phase(ended.pop(0))
        yield from _of_order(order)
    yield from map(_of_phase, ended)


def _of_phase(ended: PhaseResult) -> Line:
    """Return the end of a phase; what was wrong with it is said where it has happened."""
    text = "phase_completed" if ended.code is None else "phase_not_completed"
    return Line(level="ok", domain="step", text=text, details={"phase": ended.name})


def _of_order(order: Order) -> Iterator[Line]:
    details: dict[str, str | int | float]
    match order:
        case PhaseBegun(name=name, attempt=1):
            yield Line(level="ok", domain="step", text="phase_started", details={"phase": name})
        case PhaseBegun(name=name, attempt=number):
            details = {"phase": name, "number": number}
            yield Line(level="warn", domain="step", text="phase_again", details=details)
        case TellPeople(step=Log(text=text, level=level)):
            yield Line(level=level.value, domain="step", text=text, is_said=True)
        case StepEnded(result=StepResult(status=StepStatus.FAILED) as result):
            details = {} if result.code is None else {"code": int(result.code)}
            text = result.reason or (result.code.name.lower() if result.code else result.status.value)
            yield Line(level="error", domain="step", text=text, place=result.place, details=details)
        case StepEnded(result=StepResult(status=StepStatus.SKIPPED) as result):
            yield Line(level="warn", domain="step", text=result.status.value, place=result.place)
        case StepBegun(place=place, name=name, attempt=attempt, waited=waited) if attempt > 1:
            yield Line(
                level="warn",
                domain="step",
                text=name or place,
                place=place,
                details={"attempt": attempt, "delay": round(waited, 1)},
            )
        case _:
            pass


def _of_answers(before: Run, run: Run) -> Iterator[Line]:
    known = {each.key: each.state for each in before.deliveries}
    asked = {each.key: each.state for each in before.signatures}
    for command in run.deliveries:
        if command.state == "failed" and known.get(command.key) != command.state:
            details: dict[str, str | int | float] = {"channel": command.channel, "level": command.level}
            yield Line(level="warn", domain="delivery", text=command.reason or command.state, details=details)
    for signature in run.signatures:
        if signature.state in _SIGNED and asked.get(signature.key) != signature.state:
            by: dict[str, str | int | float] = {"by": signature.by} if signature.by else {}
            level = _SIGNED[signature.state]
            yield Line(level=level, domain="signature", text=signature.state, place=signature.place, details=by)


def _of_status(before: Run | None, run: Run) -> Iterator[Line]:
    """Yield what people have done with a run, and how it goes on."""
    was = RunStatus.QUEUED if before is None else before.status
    # Whoever was refused or cancelled while it waited has never begun.
    has_begun = was is RunStatus.PREFLIGHT or (was is RunStatus.QUEUED and not run.is_over)
    if has_begun and run.status is not was and before is not None:
        yield Line(level="ok", domain="step", text="started")
        return
    if run.status is was or (run.status in GOING and was in GOING) or run.is_over:
        return
    reason: dict[str, str | int | float] = {"reason": run.reason} if run.reason else {}
    by: dict[str, str | int | float] = {"by": run.halted_by} if run.halted_by and run.status in STANDING else {}
    text = "resumed" if run.status in GOING else run.status.value
    yield Line(
        level="warn" if run.status is RunStatus.INTERRUPTED else "ok", domain="step", text=text, details=reason | by
    )


def _of_the_end(run: Run) -> Iterator[Line]:
    if not run.is_over:
        return
    if run.fault is None:
        yield Line(level="ok", domain="step", text=run.status.value)
        return
    domain = "safety" if run.fault.code in _OF_SAFETY else "step"
    problem: dict[str, str | int | float] = {"problem": run.fault.problem} if run.fault.problem else {}
    details = {**run.fault.details, **problem, "code": int(run.fault.code)}
    text = run.reason or run.fault.reason or run.status.value
    yield Line(level="error", domain=domain, text=text, place=run.fault.place, details=details)

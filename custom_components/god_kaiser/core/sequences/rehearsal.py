"""Playing a run without anybody hearing it: the same engine on a clock that jumps, and a world that obeys."""

from collections import deque
from collections.abc import Callable, Iterator
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from ..conditions.view import ConditionView
from ..ids import ChannelId, CommandId
from ..instant import Instant
from ..requests import REST, is_rest
from .advance import advance, cut_off
from .errors import SequenceError
from .findings import Finding, Severity
from .imagined import ImaginedWorld
from .model import Sequence
from .orders import CallHome, LetGo, Order, PhaseBegun, SetOutput, StepBegun, StepEnded, TellPeople, WorkOut, WriteAhead
from .preflight import BEFORE_ACTING, Judge, finding_of, objections_to, unreachable
from .refusals import refused
from .run import Answer, Cursor, Node, Part, Run, Stage
from .status import RunStatus
from .steps import Branch, Repeat, RunSequence, Step
from .steps.tell import Approval, Log
from .walk import lists_in
from .walking import MAIN, THEN

# More than any sequence needs that somebody would wait for.
MOST_PASSES: Final = 5_000
_FINALLY = "finally"

# What Home Assistant makes of templates, or what is wrong with them.
type WorksOut = Callable[[dict[str, str], dict[str, Any]], dict[str, Any] | SequenceError]


class What(StrEnum):
    """What can be seen in a rehearsal."""

    PHASE_BEGUN = "phase_begun"
    PHASE_ENDED = "phase_ended"
    STEP_BEGUN = "step_begun"
    STEP_ENDED = "step_ended"
    SET = "set"
    LET_GO = "let_go"
    TIME_OVER = "time_over"
    WORK_OUT = "work_out"
    CALL = "call"
    TELL = "tell"
    ASK = "ask"
    LOG = "log"


class Scene(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One moment of a rehearsal, in seconds on the clock of the run; ``findings`` are what the gate says about it."""

    at: float
    what: What
    place: str = ""
    channel: ChannelId | None = None
    level: float | None = None
    duration: float | None = None
    words: str = ""
    details: dict[str, Any] = {}
    findings: tuple[Finding, ...] = ()


class Rehearsal(Struct, frozen=True, kw_only=True):
    """What would become of a run, what would happen until then, and how long that takes."""

    run: Run
    timeline: tuple[Scene, ...]
    seconds: float


def rehearse(
    run: Run, world: ConditionView, now: Instant, work_out: WorksOut, judge: Judge, *, until_phase: str = ""
) -> Rehearsal:
    """Play a run that has not begun yet to its end; one that takes too many steps is left where it is then."""
    wanted = until_phase or run.until_phase
    playing = run if run.is_over else replace(run, status=RunStatus.RUNNING, until_phase=wanted)
    if wanted in BEFORE_ACTING:
        ended = cut_off(playing, RunStatus.COMPLETED, now, wanted)
        return Rehearsal(run=ended.run, timeline=(), seconds=0.0)
    return _Play(playing, world, now, work_out, judge).to_the_end()


class _Play:
    """One run on a stage: everybody answers at once, as everything goes well that the gate lets through."""

    def __init__(self, run: Run, world: ConditionView, now: Instant, work_out: WorksOut, says: Judge) -> None:
        self._run = run
        self._began = run.clock
        self._now = now
        self._world = ImaginedWorld(world, now)
        self._work_out = work_out
        self._says = says
        self._answers: deque[Answer] = deque()
        self._timeline: list[Scene] = []
        self._phase_is_open = False
        self._phases_told = len(run.phases)

    def to_the_end(self) -> Rehearsal:
        """Go on until the run has ended, or for as long as anybody would wait."""
        answer: Answer | None = None
        for _ in range(MOST_PASSES):
            moved = advance(self._run, self._world, self._instant(), answer)
            self._run = moved.run
            self._follow(moved.orders)
            if self._run.is_over:
                break
            answer = self._answers.popleft() if self._answers else None
            if answer is None:
                self._let_time_pass(moved.looks_again_at)
        return Rehearsal(run=self._run, timeline=tuple(self._timeline), seconds=round(self._run.clock - self._began, 3))

    def _instant(self) -> Instant:
        passed = self._run.clock - self._began
        return Instant(utc=self._now.utc + timedelta(seconds=passed), monotonic=self._now.monotonic + passed)

    def _let_time_pass(self, looks_again_at: float | None) -> None:
        devices = self._world.devices
        moments = [moment for moment in (looks_again_at, devices.next_end()) if moment is not None]
        self._run = replace(self._run, clock=max([self._run.clock, min(moments, default=self._run.clock)]))
        for channel in devices.rest_due(self._run.clock):
            self._show(What.TIME_OVER, channel=channel, level=REST)

    def _show(self, what: What, place: str = "", **more: Any) -> None:
        self._timeline.append(Scene(at=round(self._run.clock, 3), what=what, place=place, **more))

    def _follow(self, orders: tuple[Order, ...]) -> None:
        for number, order in enumerate(orders):
            match order:
                case PhaseBegun(name=name, attempt=attempt):
                    self._end_phase()
                    self._phase_is_open = True
                    self._show(What.PHASE_BEGUN, name, details={"attempt": attempt})
                case StepBegun(place=place, name=name, attempt=attempt):
                    if place.startswith(f"{_FINALLY} /"):
                        self._end_phase()
                    self._show(What.STEP_BEGUN, place, words=name, details={"attempt": attempt})
                case StepEnded(result=result):
                    details = {"status": result.status.value, "attempts": result.attempts, "code": result.code}
                    self._show(What.STEP_ENDED, result.place, words=result.reason, details=details)
                case TellPeople(step=Log(text=text, level=level)):
                    # A line ends its step at once, so its place is told by what comes next.
                    places = (each.result.place for each in orders[number:] if isinstance(each, StepEnded))
                    self._show(What.LOG, next(places, ""), words=text, details={"level": level.value})
                case _:
                    self._carry_out(order)
        self._end_phase()

    def _end_phase(self) -> None:
        """Tell the end of a phase before what comes after it; one look may go through several phases."""
        if not self._phase_is_open or self._phases_told == len(self._run.phases):
            return
        ended = self._run.phases[self._phases_told]
        self._phases_told += 1
        self._phase_is_open = False
        details = {"attempt": ended.attempt, "steps": ended.steps, "code": ended.code}
        self._show(What.PHASE_ENDED, ended.name, words=ended.reason, details=details)

    def _carry_out(self, order: Order) -> None:
        """Do what a run wants, for as much as this world can, and answer at once."""
        match order:
            case SetOutput():
                self._set(order)
            case LetGo(channels=channels):
                self._end_phase()
                for channel in channels:
                    self._world.devices.obey(channel, REST)
                    self._show(What.LET_GO, channel=channel, level=REST)
            case WorkOut():
                self._render(order)
            case CallHome(key=key, action=action, target=target, fields=fields):
                self._show(What.CALL, self._place_of(key), words=action, details={"target": target, "fields": fields})
                self._answers.append(Answer(key=key, values={"response": {}}))
            case TellPeople(key=key, step=step):
                what = What.ASK if isinstance(step, Approval) else What.TELL
                self._show(what, self._place_of(key), words=step.text)
                self._answers.append(Answer(key=key))
            case WriteAhead(key=key):
                self._answers.append(Answer(key=key))
            case _:
                pass

    def _set(self, order: SetOutput) -> None:
        devices, place = self._world.devices, self._place_of(order.key)
        if is_rest(order.level):
            reasons = unreachable(order.channel, devices)
        else:
            reasons = objections_to(self._says, order.channel, order.level, order.duration, devices.levels)
        findings = tuple(finding_of(reason, order.channel, place) for reason in reasons)
        is_refused = any(finding.severity is Severity.ERROR for finding in findings)
        self._show(
            What.SET,
            place,
            channel=order.channel,
            level=order.level,
            duration=order.duration,
            findings=findings,
        )
        if is_refused:
            self._answers.append(refused(order.key, reasons))
            return
        until = None if order.duration is None else self._run.clock + order.duration
        devices.obey(order.channel, order.level, until)
        self._answers.append(Answer(key=order.key))

    def _render(self, order: WorkOut) -> None:
        values = self._work_out(order.templates, order.variables)
        place = self._place_of(order.key)
        if isinstance(values, SequenceError):
            reason = str(values.details.get("given", values.problem))
            self._show(What.WORK_OUT, place, words=reason, details={"code": values.code})
            answer = Answer(key=order.key, is_done=False, code=values.code, reason=reason, may_retry=False)
        else:
            self._show(What.WORK_OUT, place, details=values)
            answer = Answer(key=order.key, values=values)
        self._answers.append(answer)

    def _place_of(self, key: CommandId) -> str:
        """Return where the step stands that waits for an answer."""
        run = self._run
        if run.part is Part.PHASES:
            phase = run.program.phases[run.phase]
            places = _waiting(key, phase.steps, run.cursor, phase.name, run.library)
        else:
            places = _waiting(key, run.program.afterwards, run.cursor, _FINALLY, run.library)
        return next(places, "")


def _waiting(
    key: CommandId, steps: tuple[Step, ...], cursor: Cursor, where: str, library: dict[str, Sequence]
) -> Iterator[str]:
    """Yield the place of the step that waits under a key, spelled as runs spell it."""
    if (node := cursor.node) is None:
        return
    place = f"{where} / {cursor.index + 1}"
    if node.key == key:
        yield place
    for (name, inside), inner in zip(_held(steps[cursor.index], node, library), node.inner, strict=False):
        yield from _waiting(key, inside, inner, f"{place} / {name}" if name else place, library)


def _held(step: Step, node: Node, library: dict[str, Sequence]) -> list[tuple[str, tuple[Step, ...]]]:
    """Return the lists of steps that a step is going through, each under the name that it has in places."""
    if node.stage is Stage.RECOVERING:
        return [("recovery", _main(library[step.recovery or ""]))]
    match step:
        case RunSequence(sequence=name):
            return [(name, _main(library[name]) if node.turn == MAIN else library[name].afterwards)]
        case Branch(then=then, otherwise=otherwise):
            return [("", then if node.turn == THEN else otherwise)]
        case Repeat(steps=steps):
            return [("", steps)]
        case _:
            return list(lists_in(step).items())


def _main(program: Sequence) -> tuple[Step, ...]:
    return tuple(step for phase in program.phases for step in phase.steps)

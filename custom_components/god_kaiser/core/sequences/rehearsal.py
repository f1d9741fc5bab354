"""Playing a run without anybody hearing it: the same engine on a clock that jumps, and a world that obeys."""

from collections import deque
from collections.abc import Callable
from math import inf
from typing import Any, Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from ..ids import ChannelId, CommandId
from ..instant import Instant
from ..requests import REST, is_rest
from ..safety.objections import Ground, Objection
from .advance import advance, cut_off
from .errors import SequenceError
from .findings import Finding, Severity
from .house import HouseView
from .imagined import ImaginedWorld
from .imagined_gate import ImaginedGate
from .limits import MOST_PASSES
from .orders import CallHome, LetGo, Order, PhaseBegun, SetOutput, StepBegun, StepEnded, TellPeople, WorkOut, WriteAhead
from .preflight import BEFORE_ACTING, Judge, finding_of, objections_to, unreachable
from .refusals import refused
from .run import Answer, Cursor, Run
from .scenes import Scene, What
from .spots import Spot, spot_of
from .status import RunStatus
from .steps.tell import Approval, Log
from .walk import FINALLY

_SHORTLY: Final = 0.001
# What ends about now is not taken away.
_ABOUT_OVER: Final = 2.0
# How much more work an order is than a position that a look goes by.
_WORK_OF_ORDER: Final = 6

# What Home Assistant makes of templates, or what is wrong with them.
type WorksOut = Callable[[dict[str, str], dict[str, Any]], dict[str, Any] | SequenceError]


class Rehearsal(Struct, frozen=True, kw_only=True):
    """What would become of a run, what would happen until then, and how long that takes."""

    run: Run
    timeline: tuple[Scene, ...]
    seconds: float


def rehearse(
    run: Run, world: HouseView, now: Instant, work_out: WorksOut, judge: Judge, *, until_phase: str = ""
) -> Rehearsal:
    """Play a run that has not begun yet to its end; one that takes too many steps is left where it is then."""
    wanted = until_phase or run.until_phase
    playing = run if run.is_over else replace(run, status=RunStatus.RUNNING, until_phase=wanted)
    if wanted in BEFORE_ACTING:
        ended = cut_off(playing, RunStatus.COMPLETED, now, wanted)
        return Rehearsal(run=ended.run, timeline=(), seconds=0.0)
    return Play(playing, world, now, work_out, judge).to_the_end(MOST_PASSES)


def last_moment(run: Run, now: Instant) -> Instant:
    """Return when the last step of a run can come: before its time is over."""
    return now.later(max(0.0, run.program.max_duration - _SHORTLY))


class _Told(NamedTuple):
    """An output that has been told something, and who waits for its device to say so."""

    channel: ChannelId
    level: float
    until: float | None = None
    answer: Answer | None = None


class Play:
    """One run on a stage: everybody answers at once, as everything goes well that the gate lets through.

    Devices answer after everybody else, though no time passes until then: no two things are done at the same moment.
    """

    def __init__(
        self,
        run: Run,
        world: HouseView,
        now: Instant,
        work_out: WorksOut,
        says: Judge,
        *,
        latest: Instant | None = None,
    ) -> None:
        """Begin where the run is; ``latest`` is when its last step can come, if it is allowed to take longer here."""
        self._run = run
        self._began = run.clock
        self._now = now
        self._world = ImaginedWorld(world, now)
        self._work_out = work_out
        self._says = says
        self._gate = ImaginedGate(world.around, self._world.devices, run.owner, latest or last_moment(run, now))
        self._answers: deque[Answer] = deque()
        self._told: deque[_Told] = deque()
        self._timeline: list[Scene] = []
        self._phase_is_open = False
        self._phases_told = len(run.phases)

    def to_the_end(self, most_passes: int, *first: Order, most_work: float = inf) -> Rehearsal:
        """Go on until the run has ended, or for as long as anybody would wait, with what it wants ``first``."""
        work = 0
        self._follow(first)
        answer = self._answers.popleft() if self._answers else None
        for _ in range(most_passes):
            moved = advance(self._run, self._world, self._instant(), answer)
            self._run = moved.run
            self._follow(moved.orders)
            work += _WORK_OF_ORDER * len(moved.orders) + _positions(self._run.cursor)
            if self._run.is_over or work > most_work:
                break
            answer = self._next_answer(moved.looks_again_at)
        return Rehearsal(run=self._run, timeline=tuple(self._timeline), seconds=round(self._run.clock - self._began, 3))

    def _instant(self) -> Instant:
        return self._now.later(self._run.clock - self._began)

    def _next_answer(self, looks_again_at: float | None) -> Answer | None:
        """Return what is answered next; time passes when nobody has more to say."""
        if self._answers:
            return self._answers.popleft()
        if not self._told:
            self._let_time_pass(looks_again_at)
            return None
        told = self._told.popleft()
        self._world.devices.obey(told.channel, told.level, told.until)
        self._gate.confirm(told.channel, told.level, self._instant())
        return told.answer

    def _let_time_pass(self, looks_again_at: float | None) -> None:
        devices = self._world.devices
        moments = [moment for moment in (looks_again_at, devices.next_end()) if moment is not None]
        self._run = replace(self._run, clock=max([self._run.clock, min(moments, default=self._run.clock)]))
        for channel in devices.ends_by(self._run.clock):
            self._rest(channel)
            found = self._taken(channel, self._switched_on_at(channel))
            self._show(What.TIME_OVER, channel=channel, level=REST, findings=found)

    def _rest(self, channel: ChannelId) -> None:
        self._gate.let_go(channel, self._instant())
        self._told.append(_Told(channel, REST))

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
                    if place.startswith(f"{FINALLY} /"):
                        self._end_phase()
                    self._show(What.STEP_BEGUN, place, words=name, details={"attempt": attempt})
                case StepEnded(result=result):
                    details = {"status": result.status.value, "attempts": result.attempts, "code": result.code}
                    found = self._gate.ended(result)
                    self._show(What.STEP_ENDED, result.place, words=result.reason, details=details, findings=found)
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
                    self._let_go(channel)
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

    def _let_go(self, channel: ChannelId) -> None:
        self._rest(channel)
        self._show(What.LET_GO, channel=channel, level=REST)

    def _set(self, order: SetOutput) -> None:
        spot = spot_of(order.key, self._run)
        if spot is None and is_rest(order.level):
            # Nobody waits for that: it was running inside of a step that is over now.
            self._let_go(order.channel)
            return
        spot = spot or self._comeback(order.channel)
        findings = self._said(order, spot)
        is_refused = any(finding.severity is Severity.ERROR for finding in findings)
        if not is_refused:
            self._tell(order, spot)
            findings = (*findings, *self._taken(order.channel, spot.place))
        self._show(
            What.SET,
            spot.place,
            channel=order.channel,
            level=order.level,
            duration=order.duration,
            findings=findings,
        )
        if is_refused:
            reasons = tuple(Objection(ground=Ground(each.code), details=each.details) for each in findings)
            self._answers.append(refused(order.key, reasons))

    def _comeback(self, channel: ChannelId) -> Spot:
        """Return the step that had switched on in an earlier run what comes back now."""
        place = self._switched_on_at(channel)
        return Spot(place, place)

    def _switched_on_at(self, channel: ChannelId) -> str:
        """Return the place of the step that has switched an output on; nothing for what the run has rested already."""
        output = self._run.energised.get(channel)
        return "" if output is None else output.place

    def _tell(self, order: SetOutput, spot: Spot) -> None:
        driven = self._run.energised.get(order.channel)
        is_lasting = order.duration is None and driven is not None and not driven.is_measured
        self._gate.tell(order, spot, self._instant(), is_lasting=is_lasting)
        until = None if order.duration is None else self._run.clock + order.duration
        self._told.append(_Told(order.channel, order.level, until, Answer(key=order.key)))

    def _taken(self, told: ChannelId, place: str) -> tuple[Finding, ...]:
        """Return which outputs would be taken away from the run, since another one was told something."""
        ends = self._run.clock + _ABOUT_OVER
        running = [
            channel
            for channel, output in self._run.energised.items()
            if channel != told and (output.until is None or output.until > ends)
        ]
        return self._gate.taken(running, place, self._instant())

    def _said(self, order: SetOutput, spot: Spot) -> tuple[Finding, ...]:
        """Return what is found about an order: what speaks against it in any case, and what will when its step comes."""
        devices = self._world.devices
        if is_rest(order.level):
            return tuple(finding_of(each, order.channel, spot.place) for each in unreachable(order.channel, devices))
        reasons = objections_to(self._says, order.channel, order.level, order.duration, devices.levels)
        now = [finding_of(reason, order.channel, spot.place) for reason in reasons]
        later = self._gate.findings(order, spot, self._instant())
        surely = {each.code for each in now if each.severity is Severity.ERROR}
        known = {each.code for each in later}
        return (
            *(each for each in now if each.code in surely or each.code not in known),
            *(each for each in later if each.code not in surely),
        )

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
        spot = spot_of(key, self._run)
        return "" if spot is None else spot.place


def _positions(cursor: Cursor) -> int:
    """Count the steps under way, those that hold others as well: a look goes by all of them."""
    return 0 if cursor.node is None else 1 + sum(map(_positions, cursor.node.inner))

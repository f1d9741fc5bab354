"""Moves runs on, and makes true what they want; every change of a run goes through here."""

from collections.abc import Callable
from datetime import tzinfo

from msgspec.structs import replace

from ..conditions.view import RuleView
from ..deadlines import Clock, Deadlines
from ..effects import Effect, ForgetRun, KeepRun, ShowRun, WatchEntities
from ..fleet.view import FleetView
from ..ids import ChannelId, CommandId
from ..instant import Instant
from ..mistakes import MISTAKES, technical_of
from ..requests import CommandRequest, Origin
from ..safety.gate import Refused
from ..safety.objections import Objection
from ..safety.surroundings import Surroundings
from ..sequences.advance import Advance, advance, cut_off, ending
from ..sequences.codes import SequenceCode as Code
from ..sequences.fault import Fault
from ..sequences.limits import USUAL_HEARTBEAT
from ..sequences.orders import LetGo, WriteAhead
from ..sequences.restart import asking_anew, bring_back
from ..sequences.run import Answer, Run
from ..sequences.status import RunStatus
from .program_log import logged
from .program_orders import ProgramOrders, delivered
from .program_runs import ProgramRuns
from .program_words import heartbeat_of, told_of, told_of_mistake
from .runs import Runs
from .state import EngineState

_NOBODY = CommandId("preflight")


class World:
    """What runs may look at."""

    def __init__(self, state: EngineState) -> None:
        """Connect to the shared state; what Home Assistant knows besides is read through a function that it gives."""
        self._state = state
        self.read: Callable[[str, str], str | float | None] = _unknown

    @property
    def fleet(self) -> FleetView:
        """Return what is known about the devices."""
        return self._state.fleet

    @property
    def around(self) -> Surroundings:
        """Return the books of the safety."""
        return self._state.around

    @property
    def zone(self) -> tzinfo:
        """Return the time zone that people live in."""
        return self._state.around.zone

    @property
    def rules(self) -> RuleView | None:
        """Return nothing: what only rules may ask, runs do not."""
        return None

    def entity(self, entity_id: str, attribute: str) -> str | float | None:
        """Return the state of an entity or one of its attributes, None while that is not known."""
        return self.read(entity_id, attribute)


class ProgramMover:
    """Lets runs look at the world, and keeps what has become of them."""

    def __init__(self, state: EngineState, outputs: Runs) -> None:
        """Connect to the shared state, and to who lets go of outputs."""
        self.runs = ProgramRuns()
        self.world = World(state)
        self.heartbeat = USUAL_HEARTBEAT
        self._state = state
        self._orders = ProgramOrders(state, outputs, self.runs)
        self._beats: Deadlines[str] = Deadlines()
        self._watched: frozenset[str] = frozenset()

    def clocks(self) -> tuple[Clock, ...]:
        """Return every clock by which something here becomes due."""
        return (self.runs.looks, self.runs.kept_until, self._beats)

    def move(self, key: str, now: Instant, answer: Answer | None = None) -> list[Effect]:
        """Let a run look at the world, and at what has become of one of its orders."""
        before = self.runs.at(key, now)
        if before is None or before.is_over:
            return []
        run = before if answer is None else delivered(before, answer)
        return self.settle(before, self._advance(run, now, answer), now)

    def begin(self, before: Run, run: Run, now: Instant) -> list[Effect]:
        """Let a run that was judged look at the world for the first time, with everything back that it had running."""
        moving, orders = bring_back(run)
        return self.settle(before, Advance(run=moving, orders=orders) if orders else self._advance(run, now), now)

    def end(
        self, run: Run, now: Instant, status: RunStatus, reason: str = "", fault: Fault | None = None
    ) -> list[Effect]:
        """Let a run clean up and end; what it had asked before a restart is asked anew where it is still needed."""
        known = asking_anew(run) if self.runs.is_unanswered(run) else run
        return [*self.settle(run, Advance(run=ending(known, status, reason, fault)), now), *self.move(run.id, now)]

    def settle(self, before: Run | None, moved: Advance, now: Instant) -> list[Effect]:
        """Keep what has become of a run, carry out what it wants, and tell it; a mistake of ours ends this one alone."""
        try:
            return self._settled(before, moved, now)
        except MISTAKES as err:
            fault = _mistake(err)
            ended = cut_off(moved.run, RunStatus.FAILED, now, fault.reason, fault)
            self.runs.put(ended.run, now)
            self._beats.drop(ended.run.id)
            # Whatever it had let go of before the mistake rests as well.
            rests = tuple(order for order in moved.orders if isinstance(order, LetGo))
            effects = self._orders.carry_out(ended.run, (*rests, *ended.orders), now)
            return [*effects, KeepRun(run=ended.run), *told_of_mistake(ended.run, fault), ShowRun(ended.run)]

    def _settled(self, before: Run | None, moved: Advance, now: Instant) -> list[Effect]:
        if before is not None and not moved.orders and replace(moved.run, clock=before.clock) == before:
            # Nothing came of looking: most readings are no news to the run that waits for them.
            self.runs.put(moved.run, now)
            self.runs.follow(moved, now)
            return self._watch()
        run = self._orders.note(moved.run, moved.orders, now)
        run = self.runs.put(logged(before, run, moved.orders, now), now)
        self.runs.follow(replace(moved, run=run), now)
        effects = self._orders.carry_out(run, moved.orders, now)
        if not any(isinstance(order, WriteAhead) for order in moved.orders):
            effects.append(KeepRun(run=run))
        if run.is_over:
            self._beats.drop(run.id)
        elif self._beats.due(run.id) is None:
            self._beats.touch(run.id, now.monotonic + self.interval_of(run))
        return [*effects, *told_of(before, run, moved.orders), *self._watch()]

    def wake(self, now: Instant) -> list[Effect]:
        """Do what has become due."""
        effects: list[Effect] = []
        for key in self.runs.looks.pop_due(now.monotonic):
            effects += self.move(key, now)
        for key in self._beats.pop_due(now.monotonic):
            if (run := self.runs.at(key, now)) is not None and not run.is_over:
                self._beats.touch(key, now.monotonic + self.interval_of(run))
                # Written down as well: after a crash a long wait does not begin anew.
                effects += [heartbeat_of(run), KeepRun(run=self.runs.put(run, now))]
        return effects + [ForgetRun(key) for key in self.runs.forget_old(now)]

    def objections(self, channel: ChannelId, level: float, seconds: int | None, now: Instant) -> tuple[Objection, ...]:
        """Return what the gate has to say about a level now."""
        request = CommandRequest(
            id=_NOBODY, channel=channel, level=level, duration=seconds, origin=Origin.SEQUENCE, owner="preflight"
        )
        verdict = self._state.funnel.preview(request, now)
        return verdict.reasons if isinstance(verdict, Refused) else ()

    def _advance(self, run: Run, now: Instant, answer: Answer | None = None) -> Advance:
        """Go on with a run; a mistake of ours ends this one, with its outputs at rest, and no other."""
        try:
            return advance(run, self.world, now, answer)
        except MISTAKES as err:
            fault = _mistake(err)
            return cut_off(run, RunStatus.FAILED, now, fault.reason, fault)

    def interval_of(self, run: Run) -> float:
        """Return after how many seconds each a run says that it lives."""
        return run.overrides.heartbeat_interval or self.heartbeat

    def _watch(self) -> list[Effect]:
        wanted = self.runs.entities()
        if wanted == self._watched:
            return []
        self._watched = wanted
        return [WatchEntities(wanted)]


def _mistake(err: Exception) -> Fault:
    return Fault(code=Code.INTERNAL_ERROR, reason="internal_error", may_retry=False, error_tech=technical_of(err))


def _unknown(_entity_id: str, _attribute: str) -> None:
    return None

"""Writes down from when to when outputs ran, and rules did not know, had to wait, or were refused."""

from collections.abc import Iterable
from datetime import datetime
from typing import override

from msgspec import Struct

from ..effects import Effect, Record, Reject, Send
from ..ids import ChannelId
from ..journal.decision import Decision
from ..requests import CommandRequest, Origin, is_rest
from ..rules.model import Rule
from ..rules.orders import ShowRule
from ..rules.state import Skipped
from ..truth import Truth
from .bench import Bench, Onlooker
from .trails import Spans, Trail

_BEFORE = -1.0
_UNKNOWN = ("unknown",)
# No ground of the gate: an output has run for as long as it may.
_LONGEST_RUN = ("longest_run",)
type Whys = Trail[tuple[str, ...]]


class Blocked(Struct, frozen=True, kw_only=True):
    """When something spoke against an output that a rule wanted, and what."""

    output: ChannelId
    spans: Spans


class RuleStory(Struct, frozen=True, kw_only=True):
    """What would have become of one rule."""

    rule: str
    name: str
    fired: int
    released: int
    unknown: Spans
    skipped: Spans
    blocked: tuple[Blocked, ...] = ()
    degraded: str = ""


class Scribe(Onlooker):
    """Watches a bench from the beginning of its story."""

    def __init__(self) -> None:
        """Start with empty pages."""
        self._bench: Bench | None = None
        self._ran: dict[ChannelId, Trail[float]] = {}
        self._unknown: dict[str, Whys] = {}
        self._skipped: dict[str, Whys] = {}
        self._blocked: dict[tuple[str, ChannelId], Whys] = {}

    def begin(self, bench: Bench) -> None:
        """Note how things stand, and watch from now on."""
        self._bench = bench
        for output, level in bench.devices.levels.items():
            self.ran(output).turn(_running(level), _BEFORE)
        bench.devices.turned.clear()
        for rule in bench.scene.rules:
            self._unknown[rule.id], self._skipped[rule.id] = Trail(), Trail()
            self._blocked |= {(rule.id, output): Trail() for output in rule.outputs}
            self._note(bench, rule.id)

    def ran(self, output: ChannelId) -> Trail[float]:
        """Return when an output has run."""
        return self._ran.setdefault(output, Trail())

    @override
    def followed(self, effects: Iterable[Effect]) -> None:
        if (bench := self._bench) is None:
            return
        for effect in effects:
            match effect:
                case Send(command=command) if not is_rest(command.request.level):
                    self._block(bench, command.request, None)
                case Reject(refused=refused) if not is_rest(refused.request.level):
                    self._block(bench, refused.request, tuple(reason.ground.value for reason in refused.reasons))
                case Record(decision=decision) if decision.reasons and decision.origin is Origin.SUPERVISOR:
                    self._cut(bench, decision)
                case ShowRule(rule=key):
                    self._note(bench, key)
        self.look()

    def look(self) -> None:
        """Note what outputs have done meanwhile."""
        if (bench := self._bench) is not None:
            for clock, output, level in bench.devices.turned:
                self.ran(output).turn(_running(level), bench.seconds_at(clock))
                for demand in bench.engine.demands.of(output) if is_rest(level) else ():
                    if demand.is_spent and (trail := self._wish(demand.owner, output)) is not None:
                        trail.turn(_LONGEST_RUN, bench.seconds)
            bench.devices.turned.clear()

    def stories(self, begin: datetime, end: float) -> tuple[RuleStory, ...]:
        """Return what has become of every rule."""
        bench = self._bench
        return () if bench is None else tuple(self._story(bench, rule, begin, end) for rule in bench.scene.rules)

    def _story(self, bench: Bench, rule: Rule, begin: datetime, end: float) -> RuleStory:
        state = bench.engine.rules.book.states[rule.id]
        blocked = {output: self._blocked[rule.id, output].told(begin, end) for output in rule.outputs}
        return RuleStory(
            rule=rule.id,
            name=rule.title,
            fired=state.counts.fired,
            released=state.counts.released,
            unknown=self._unknown[rule.id].told(begin, end),
            skipped=self._skipped[rule.id].told(begin, end),
            blocked=tuple(Blocked(output=output, spans=spans) for output, spans in blocked.items() if spans.count),
            degraded=state.degraded,
        )

    def _note(self, bench: Bench, key: str) -> None:
        """Note where a rule stands; one that wants nothing is kept from nothing."""
        state, at = bench.engine.rules.book.states[key], bench.seconds
        self._unknown[key].turn(_UNKNOWN if state.truth is Truth.UNKNOWN else None, at)
        self._skipped[key].turn(None if state.skipped is Skipped.NO else (state.skipped.value,), at)
        if state.truth is not Truth.TRUE and not state.is_active:
            for (rule, _), trail in self._blocked.items():
                if rule == key:
                    trail.turn(None, at)

    def _block(self, bench: Bench, request: CommandRequest, why: tuple[str, ...] | None) -> None:
        if (trail := self._wish(request.owner, request.channel)) is not None:
            trail.turn(why, bench.seconds)

    def _cut(self, bench: Bench, decision: Decision) -> None:
        """Note that a run was ended although a rule still wants it."""
        why = tuple(reason.ground.value for reason in decision.reasons)
        for key in bench.engine.rules.book.touching(decision.channel):
            if bench.engine.rules.book.states[key].is_active:
                self._blocked[key, decision.channel].turn(why, bench.seconds)

    def _wish(self, owner: str, output: ChannelId) -> Whys | None:
        """Return what is noted about a rule that wants an output, None where somebody else does."""
        kind, _, key = owner.partition(":")
        return self._blocked.get((key, output)) if kind == "rule" else None


def _running(level: float) -> float | None:
    return None if is_rest(level) else level

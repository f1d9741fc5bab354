"""Everything that is looked at before a rule is saved: what is refused, and what is only told."""

from collections.abc import Iterator, Mapping

from homeassistant.core import HomeAssistant, callback

from ..core import Engine
from ..core.conditions.sequence_is import SOURCE
from ..core.rules.actions import SetOutput
from ..core.rules.errors import RuleError
from ..core.rules.loops import Graph, Loop
from ..core.rules.model import Rule
from .engine_loop import EngineLoop
from .failures import reasons_in_words
from .naming import Names
from .rule_circles import Circles
from .rule_demands import Remark, async_demand, maybe_loop, placed_actions, refuse_loops, remarks
from .rule_links import RuleLinks
from .rule_starts import RuleStarts
from .run_trials import Startable


class RuleScrutiny:
    """Looks at the rules of one hub."""

    def __init__(self, hass: HomeAssistant, hub: str, engine: Engine, sequences: Startable, names: Names) -> None:
        """Remember what a rule has to do with; ``hub`` is its config entry."""
        self._hass = hass
        self._engine = engine
        self._sequences = sequences
        self._names = names
        self._links = RuleLinks(hass, hub, engine.fleet)
        self._starts = RuleStarts(hass, engine, sequences, names)

    def circles(self, rules: Mapping[str, Rule]) -> Circles:
        """Return what knows the circles of rules, for those that are examined among them one after the other."""
        return Circles(self._hass, self._links, rules, self._sequences.library.sequences)

    async def async_examine(
        self, rule: Rule, others: Mapping[str, Rule], circles: Circles | None = None
    ) -> tuple[Remark, ...]:
        """Refuse a rule that cannot work among others, and return what is worth knowing about one that may."""
        known = circles or self.circles(others)
        await async_demand(self._hass, rule, self._sequences.library)
        refused = [*self._never_granted(rule), *await self._starts.async_examine(rule)]
        told = refuse_loops(rule, await known.async_through(rule), others, self._names)
        known.accept(rule)
        unseen = [Remark("rule_unseen", {"given": entity_id}) for entity_id in self._links.unseen(rule)]
        return (*told, *unseen, *refused, *remarks(self._hass, rule, self._engine.fleet), *_same_name(rule, others))

    async def async_circles(self, rule: Rule, others: Mapping[str, Rule]) -> list[Remark]:
        """Refuse a rule that closes a circle for ever, and return a remark for each circle that may be one."""
        loops = await self.circles(others).async_through(rule)
        return refuse_loops(rule, loops, others, self._names)

    async def async_circles_over(self, sequence: str, rules: Mapping[str, Rule]) -> list[Remark]:
        """Return a remark for each circle through a rule that runs a sequence: what a run does is never sure."""
        library = self._sequences.library
        runs = {f"{SOURCE}{name}" for name in (sequence, *library.above(sequence))}
        enabled = [rule for rule in rules.values() if rule.enabled]
        house = await self._links.async_house(enabled, library.sequences)
        running = [rule for rule in enabled if any(link.source in runs for link in house.called.get(rule.id, ()))]

        def find() -> dict[frozenset[str], tuple[Rule, Loop]]:
            graph = Graph(enabled, library.sequences, house)
            found = ((rule, loop) for rule in running for loop in graph.loops_of(rule.id) if not loop.is_definite)
            return {frozenset(loop.rules): (rule, loop) for rule, loop in found}

        circles = await self._hass.async_add_executor_job(find) if running else {}
        return [maybe_loop(rule, loop, rules, self._names) for rule, loop in circles.values()]

    @callback
    def _never_granted(self, rule: Rule) -> Iterator[Remark]:
        """Refuse wishes that an output as people have set it up never grants; of others what their device says counts."""
        for place, action in placed_actions(rule):
            output = self._engine.fleet.actuator(action.output) if isinstance(action, SetOutput) else None
            if not isinstance(action, SetOutput) or output is None:
                continue
            if (refused := self._engine.rules.answers.never_granted(rule, action, EngineLoop.now())) is None:
                continue
            reason = reasons_in_words(self._hass, refused, self._names)
            words = {"output": self._names.of_channel(output.id), "reason": reason}
            if output.planned:
                raise RuleError("rule_never_granted", place, **words)
            yield Remark("rule_not_granted_so", words)


def _same_name(rule: Rule, others: Mapping[str, Rule]) -> Iterator[Remark]:
    """Yield that another rule has the name of a rule as well: people could not tell them apart."""
    twins = (key for key, other in others.items() if key != rule.id and other.title == rule.title)
    if (twin := next(twins, None)) is not None:
        yield Remark("rule_same_name", {"given": twin})

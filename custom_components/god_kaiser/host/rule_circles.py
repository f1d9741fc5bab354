"""Circles among rules that are looked at one after the other: what leads from one to the next is drawn once for all."""

from collections.abc import Mapping

from homeassistant.core import HomeAssistant

from ..core.rules.loops import Graph, House, Link, Loop
from ..core.rules.model import Rule
from ..core.sequences.model import Sequence
from .rule_links import RuleLinks


class Circles:
    """The graph of some rules, to which others are added; how the house is when the first of them comes counts for all."""

    def __init__(
        self, hass: HomeAssistant, links: RuleLinks, rules: Mapping[str, Rule], sequences: Mapping[str, Sequence]
    ) -> None:
        """Begin with the rules that are there."""
        self._hass = hass
        self._links = links
        self._rules = dict(rules)
        self._sequences = sequences
        self._calls: tuple[Link, ...] = ()
        self._drawn: tuple[Graph, House] | None = None

    async def async_through(self, rule: Rule) -> list[Loop]:
        """Return the circles that would go through a rule if it were one of them."""
        graph, house = self._drawn or await self._async_drawn()
        before = house.called.get(rule.id, ())
        await self._links.async_follow(rule, house)
        try:
            return await self._hass.async_add_executor_job(self._found, graph, rule)
        finally:
            self._calls, house.called[rule.id] = house.called[rule.id], before

    def accept(self, rule: Rule) -> None:
        """Take the rule that was looked at last for one of them from now on."""
        assert self._drawn is not None
        graph, house = self._drawn
        self._rules[rule.id], house.called[rule.id] = rule, self._calls
        graph.put(rule)

    async def async_catch_up(self, rules: Mapping[str, Rule]) -> None:
        """Draw anew what has become another rule meanwhile, and nothing else."""
        if self._drawn is not None:
            graph, house = self._drawn
            for key in self._rules.keys() - rules.keys():
                graph.drop(key)
            for rule in [rule for key, rule in rules.items() if self._rules.get(key) is not rule]:
                await self._links.async_follow(rule, house)
                graph.put(rule)
        self._rules = dict(rules)

    async def _async_drawn(self) -> tuple[Graph, House]:
        enabled = [rule for rule in self._rules.values() if rule.enabled]
        house = await self._links.async_house(enabled, self._sequences)
        # With thousands of rules that takes longer than anybody may wait.
        graph = await self._hass.async_add_executor_job(Graph, enabled, self._sequences, house)
        self._drawn = graph, house
        return self._drawn

    def _found(self, graph: Graph, rule: Rule) -> list[Loop]:
        graph.put(rule)
        try:
            return graph.loops_of(rule.id)
        finally:
            if (before := self._rules.get(rule.id)) is None:
                graph.drop(rule.id)
            else:
                graph.put(before)

"""What Home Assistant knows about what rules look at and change, as far as it can be known before anything happens."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from homeassistant.core import HomeAssistant, callback

from ..core.conditions import singles
from ..core.conditions.entity_is import EntityIs
from ..core.conditions.home_assistant_is import HomeAssistantIs
from ..core.conditions.sequence_is import SOURCE
from ..core.fleet.fleet import Fleet
from ..core.ids import ChannelId
from ..core.rules.actions import CallAction, StartSequence
from ..core.rules.loops import House, Link
from ..core.rules.model import Rule
from ..core.sequences.model import Sequence
from ..core.sequences.uses import channels_of
from .called_entities import aimed_at, calls_in, follows_from, switches_on
from .called_sequences import Start, called_in, starts_of
from .condition_origins import async_asked
from .entity_origins import is_unseen, origins_of
from .naming import shown_channels

# Many rules that are saved one after the other look at the same house: nobody changes it within this time.
_SECONDS: Final = 1.0
# Home Assistant gets its turn after so many rules.
_AT_A_TIME: Final = 50

type Links = tuple[Link, ...]
type RunKey = tuple[str, frozenset[tuple[str, ChannelId]]]


class RuleLinks:
    """Looks behind entities, conditions and actions of Home Assistant."""

    def __init__(self, hass: HomeAssistant, hub: str, fleet: Fleet) -> None:
        """Know nothing so far."""
        self._hass = hass
        self._hub = hub
        self._fleet = fleet
        self._until = 0.0
        self._sequences: Mapping[str, Sequence] = {}
        self._shown: dict[str, ChannelId] = {}
        self._behind: dict[str, Links] = {}
        self._of_rule: dict[str, tuple[Rule, Links]] = {}
        self._of_run: dict[RunKey, dict[str, bool]] = {}

    async def async_house(self, rules: Iterable[Rule], sequences: Mapping[str, Sequence]) -> House:
        """Return what is behind everything that rules look at, call, and start."""
        if self._hass.loop.time() >= self._until or sequences is not self._sequences:
            self._begin_anew()
            self._sequences = sequences
        house = House(shown=self._shown)
        for number, rule in enumerate(rules, 1):
            await self.async_follow(rule, house)
            if number % _AT_A_TIME == 0:
                await asyncio.sleep(0)
        return house

    async def async_follow(self, rule: Rule, house: House) -> None:
        """Note in a house what is behind everything that one more rule looks at, calls, and starts."""
        for question in singles(rule.when):
            if isinstance(question, EntityIs):
                self._entity(question.entity_id)
            elif isinstance(question, HomeAssistantIs):
                await self._async_condition(question)
            for source in question.sources:
                if (links := self._behind.get(source)) is not None:
                    house.behind[source] = links
        house.called[rule.id] = self._called(rule)

    @callback
    def unseen(self, rule: Rule) -> Iterator[str]:
        """Yield the entities that a rule asks about and that may be made from anything."""
        for question in singles(rule.when):
            if isinstance(question, EntityIs) and is_unseen(self._hass, question.entity_id):
                yield question.entity_id

    @callback
    def _begin_anew(self) -> None:
        self._until = self._hass.loop.time() + _SECONDS
        self._shown = shown_channels(self._hass, self._fleet)
        self._behind, self._of_rule, self._of_run = {}, {}, {}

    @callback
    def _entity(self, entity_id: str) -> None:
        if entity_id not in self._shown and entity_id not in self._behind:
            self._behind[entity_id] = self._links(origins_of(self._hass, entity_id))

    async def _async_condition(self, question: HomeAssistantIs) -> None:
        if question.key not in self._behind:
            self._behind[question.key] = self._links(await async_asked(self._hass, question.condition))

    @callback
    def _links(self, origins: dict[str, bool]) -> Links:
        """Return everything that such entities come from, in turn; a way is as sure as its least sure part."""
        found: dict[str, bool] = {}
        waiting = [*origins.items()]
        while waiting:
            entity_id, is_sure = waiting.pop()
            if found.get(entity_id, False) or (entity_id in found and not is_sure):
                continue
            found[entity_id] = is_sure
            if entity_id not in self._shown:
                waiting += [(each, is_sure and sure) for each, sure in origins_of(self._hass, entity_id).items()]
        return tuple(self._link(entity_id, is_sure=is_sure) for entity_id, is_sure in found.items())

    @callback
    def _called(self, rule: Rule) -> Links:
        """Return what changes when a rule calls actions; what it does only if it does not get what it wants is not sure."""
        known = self._of_rule.get(rule.id)
        if known is None or known[0] is not rule:
            links = tuple(Link(source=source, is_sure=is_sure) for source, is_sure in self._changed(rule).items())
            known = self._of_rule[rule.id] = (rule, links)
        return known[1]

    @callback
    def _changed(self, rule: Rule) -> dict[str, bool]:
        found: dict[str, bool] = {}
        for actions, is_certain in (((*rule.then, *rule.otherwise), True), (rule.escalation.instead, False)):
            for action in actions:
                starts: list[Start] = []
                if isinstance(action, CallAction):
                    starts += self._follow(action, found, is_certain=is_certain)
                elif isinstance(action, StartSequence):
                    starts.append(Start(action.sequence, action.roles))
                for start in starts:
                    found = self._of_start(start) | found
        return found

    @callback
    def _follow(self, action: CallAction, found: dict[str, bool], *, is_certain: bool) -> list[Start]:
        """Note what changes when an action is called, and return the runs that begin with it."""
        aims = aimed_at(self._hass, action)
        others = follows_from(self._hass, aims) - aims
        for entity_id in aims:
            is_sure = is_certain and entity_id in self._shown and switches_on(action)
            source = self._shown.get(entity_id, entity_id)
            found[source] = found.get(source, False) or is_sure
        for entity_id in others:
            found.setdefault(self._shown.get(entity_id, entity_id), False)
        starts = [*starts_of(self._hass, self._hub, action, aims | others, self._shown)]
        for call in calls_in(self._hass, aims | others):
            starts += starts_of(self._hass, self._hub, call, (), self._shown)
        return starts

    @callback
    def _of_start(self, start: Start) -> dict[str, bool]:
        """Return what a run may change, none of it for sure; many rules may start the same."""
        key = (start.sequence, frozenset(start.roles.items()))
        if key not in self._of_run:
            self._of_run[key] = self._changed_by(start)
        return self._of_run[key]

    @callback
    def _changed_by(self, start: Start) -> dict[str, bool]:
        """Follow a run over what it calls, and over the runs that begin with that."""
        found: dict[str, bool] = {}
        seen: set[RunKey] = set()
        waiting = [start]
        while waiting:
            name, roles = waiting.pop()
            key = (name, frozenset(roles.items()))
            if key in seen or (program := self._sequences.get(name)) is None:
                continue
            seen.add(key)
            bound = program.usual_roles | dict(roles)
            found[f"{SOURCE}{name}"] = False
            found |= dict.fromkeys(channels_of(program, self._sequences, bound), False)
            for call in called_in(program, self._sequences, bound):
                waiting += self._follow(call, found, is_certain=False)
        return found

    def _link(self, entity_id: str, *, is_sure: bool) -> Link:
        return Link(source=self._shown.get(entity_id, entity_id), is_sure=is_sure)

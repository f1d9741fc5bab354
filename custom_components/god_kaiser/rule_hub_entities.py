"""How many rules of a hub are active or in trouble, and what happens to each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.event import EventEntity
from homeassistant.components.sensor import SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import EntityCategory
from homeassistant.core import callback

from .core.ids import ChannelId, DeviceId
from .core.rules.happenings import RuleHappening
from .core.rules.model import Rule
from .entity import HubEntity
from .host.engine_host import EngineHost
from .host.journal.rows import Envelope
from .host.rule_desk import RULE_KEY
from .host.rule_standing import is_active
from .host.watchers import Key
from .rule_entities import RuleEntity

# What happens, as people read it: without the word that tells it from what happens to runs.
EVENT_TYPES: Final = {happening.value: happening.value.partition(".")[2] for happening in RuleHappening}
_TOLD: Final = ("channel", "why", "success", "error")
# What everything is looked at again for; of a single key nobody has news under it.
_ALL: Final = DeviceId(RULE_KEY)
# Between so many rules everybody else has a turn.
_AT_ONCE: Final = 20


class RuleEventEntity(RuleEntity, EventEntity):
    """The last thing that has happened to the rule."""

    part = "event"
    _attr_translation_key = "rule"
    _attr_event_types = list(EVENT_TYPES.values())

    def __init__(self, host: EngineHost, rule: Rule) -> None:
        """Belong to a rule."""
        super().__init__(host, rule)
        self._attr_entity_registry_enabled_default = False

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self.host.rules.events.follow(self.rule, self._follow))

    @callback
    def _follow(self, told: Envelope) -> None:
        details: dict[str, Any] = told["data"]
        found = {key: details[key] for key in _TOLD if details.get(key) not in (None, "")}
        self._trigger_event(EVENT_TYPES[told["event_type"]], {"execution_id": told["execution_id"], **found})
        self.async_write_ha_state()


@dataclass(frozen=True, kw_only=True)
class RuleCountDescription(SensorEntityDescription):
    """How many rules of a hub something is true of."""

    counts: Callable[[EngineHost, str], bool]


def is_degraded(host: EngineHost, rule: str) -> bool:
    """Tell whether a rule cannot be used, has given up, or does not get what it wants."""
    desk = host.rules
    return rule in desk.degraded or (rule in desk.rules and bool(desk.trouble_of(rule)))


RULE_COUNTS: Final = (
    RuleCountDescription(key="rules_active", translation_key="rules_active", counts=is_active),
    RuleCountDescription(key="rules_degraded", translation_key="rules_degraded", counts=is_degraded),
)


class RuleCountSensor(HubEntity, SensorEntity):
    """How many rules something is true of; only those that have news, or an output of which has any, are looked at."""

    entity_description: RuleCountDescription
    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, host: EngineHost, description: RuleCountDescription) -> None:
        """Belong to the hub."""
        super().__init__(host, description.key, _ALL)
        self.entity_description = description
        self._counted: set[str] = set()
        self._news: set[str] = set()
        self._turn: list[str] = []

    @override
    async def async_added_to_hass(self) -> None:
        self._count(self._all())
        await super().async_added_to_hass()
        self.async_on_remove(self.host.watchers.watch_everything(self._hear))

    @callback
    @override
    def look(self) -> None:
        self._news.update(self._all())
        self.look_soon()

    @callback
    @override
    def _look_late(self) -> None:
        if self._is_gone:
            return
        if not self._turn:
            self._turn, self._news = list(self._news), set()
        some, self._turn = self._turn[:_AT_ONCE], self._turn[_AT_ONCE:]
        self._count(some)
        if self._turn:
            self.hass.loop.call_soon(self._look_late)
            return
        super()._look_late()
        if self._news:
            self.look_soon()

    @property
    @override
    def native_value(self) -> int:
        return len(self._counted)

    def _all(self) -> tuple[str, ...]:
        return (*self.host.rules.rules, *self.host.rules.degraded)

    @callback
    def _hear(self, key: Key) -> None:
        """Take that a rule has news, or an output."""
        kind, _, rule = key.partition(RULE_KEY)
        touched = self.host.engine.rules.book.touching(ChannelId(key)) if kind else (rule,)
        if touched:
            self._news.update(touched)
            self.look_soon()

    @callback
    def _count(self, rules: Iterable[str]) -> None:
        for rule in rules:
            if self.entity_description.counts(self.host, rule):
                self._counted.add(rule)
            else:
                self._counted.discard(rule)

"""How many rules of a hub count at the moment, and what happens to each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.event import EventEntity
from homeassistant.components.sensor import SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import EntityCategory
from homeassistant.core import callback

from .core.rules.happenings import RuleHappening
from .core.rules.model import Rule
from .entity import HubEntity
from .host.engine_host import EngineHost
from .host.journal.rows import Envelope
from .host.rule_desk import RuleDesk
from .rule_entities import RuleEntity

# What happens, as people read it: without the word that tells it from what happens to runs.
EVENT_TYPES: Final = {happening.value: happening.value.partition(".")[2] for happening in RuleHappening}
_TOLD: Final = ("why", "success", "error")


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
        self._trigger_event(EVENT_TYPES[told["event_type"]], {"execution_id": told["execution_id"] or None, **found})
        self.async_write_ha_state()


@dataclass(frozen=True, kw_only=True)
class RuleCountDescription(SensorEntityDescription):
    """How many rules of a hub something is true of."""

    counts: Callable[[RuleDesk, str], bool]


def is_active(desk: RuleDesk, rule: str) -> bool:
    """Tell whether a rule holds what it wants."""
    return rule in desk.rules and desk.state_of(rule).is_active


def is_degraded(desk: RuleDesk, rule: str) -> bool:
    """Tell whether a rule cannot be used, has given up, or does not get what it wants."""
    return rule in desk.degraded or (rule in desk.rules and bool(desk.trouble_of(rule)))


RULE_COUNTS: Final = (
    RuleCountDescription(key="rules_active", translation_key="rules_active", counts=is_active),
    RuleCountDescription(key="rules_degraded", translation_key="rules_degraded", counts=is_degraded),
)


class RuleCountSensor(HubEntity, SensorEntity):
    """How many rules something is true of; only the rule that has news is looked at."""

    entity_description: RuleCountDescription
    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, host: EngineHost, description: RuleCountDescription) -> None:
        """Belong to the hub."""
        super().__init__(host, description.key)
        self.entity_description = description
        self._counted: set[str] = set()

    @override
    async def async_added_to_hass(self) -> None:
        desk = self.host.rules
        self._counted = {rule for rule in (*desk.rules, *desk.degraded) if self.entity_description.counts(desk, rule)}
        await super().async_added_to_hass()
        self.async_on_remove(desk.watch_library(self._follow))
        self.async_on_remove(desk.events.watch(lambda told: self._follow(told["rule_id"])))

    @callback
    def _follow(self, rule: str) -> None:
        if self.entity_description.counts(self.host.rules, rule):
            self._counted.add(rule)
        else:
            self._counted.discard(rule)
        self.look_soon()

    @property
    @override
    def native_value(self) -> int:
        return len(self._counted)

"""The history of the emergency stop as events, and that of the runs of sequences and of rules."""

from typing import Final, override

from homeassistant.components.event import EventEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alarm_entities import AlarmEvent
from .core.effects import Occasion, Tell
from .entity import HubEntity, populate
from .host.engine_host import EngineHost
from .rule_entities import populate_rules
from .rule_hub_entities import RuleEventEntity
from .runtime import GodKaiserConfigEntry
from .sequence_hub_entities import SequenceEvent

PARALLEL_UPDATES = 0

EVENT_TYPES: Final[dict[Occasion, str]] = {
    Occasion.EMERGENCY_STOP: "pressed",
    Occasion.EMERGENCY_CONFIRMED: "confirmed",
    Occasion.STOP_NOT_EFFECTIVE: "not_effective",
    Occasion.EMERGENCY_CLEARED: "cleared",
    Occasion.EMERGENCY_REFUSED: "refused",
}


async def async_setup_entry(
    hass: HomeAssistant, entry: GodKaiserConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Show what becomes of stops, of runs and of rules."""
    populate(entry, async_add_entities, hub=_of_hub)
    populate_rules(entry, async_add_entities, RuleEventEntity)


def _of_hub(host: EngineHost) -> list[HubEntity]:
    return [AlarmEvent(host), StopEvent(host), SequenceEvent(host)]


class StopEvent(HubEntity, EventEntity):
    """The last thing that has happened to an emergency stop of this hub."""

    _attr_translation_key = "stop"
    _attr_event_types = list(EVENT_TYPES.values())

    def __init__(self, host: EngineHost) -> None:
        """Belong to the hub."""
        super().__init__(host, "stop")

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self.host.watchers.watch_occasions(self._follow))

    @callback
    def _follow(self, tell: Tell) -> None:
        if (kind := EVENT_TYPES.get(tell.occasion)) is None:
            return
        told = {**tell.details, "esp_id": tell.device, "name": self.host.name_of(tell.device)}
        self._trigger_event(kind, told)
        self.async_write_ha_state()

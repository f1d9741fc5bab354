"""Motor valves."""

from typing import override

from homeassistant.components.valve.const import ValveDeviceClass, ValveEntityFeature
from homeassistant.components.valve.entity import ValveEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .core.devices.model import Appearance
from .core.requests import FULL, REST
from .entity import ActuatorEntity, populate_outputs
from .runtime import GodKaiserConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: GodKaiserConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Show valves."""
    populate_outputs(entry, async_add_entities, Appearance.VALVE, OutputValve)


class OutputValve(ActuatorEntity, ValveEntity):
    """A valve that is closed, half open or open; people ask for the ends only."""

    _attr_device_class = ValveDeviceClass.WATER
    _attr_supported_features = ValveEntityFeature.OPEN | ValveEntityFeature.CLOSE
    _attr_reports_position = True

    @property
    @override
    def current_valve_position(self) -> int | None:
        return None if (level := self.level) is None else round(level * 100)

    @override
    async def async_open_valve(self) -> None:
        await self.async_request(FULL)

    @override
    async def async_close_valve(self) -> None:
        await self.async_request(REST)

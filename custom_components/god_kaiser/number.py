"""Outputs with a level that people set in percent."""

from typing import override

from homeassistant.components.number import NumberEntity, NumberMode
from homeassistant.const import PERCENTAGE
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .core.devices.model import Appearance
from .entity import ActuatorEntity, populate_outputs
from .runtime import GodKaiserConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: GodKaiserConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Show levels."""
    populate_outputs(entry, async_add_entities, Appearance.NUMBER, OutputNumber)


class OutputNumber(ActuatorEntity, NumberEntity):
    """The duty of a PWM output."""

    _attr_native_min_value = 0
    _attr_native_max_value = 100
    _attr_native_step = 1
    _attr_native_unit_of_measurement = PERCENTAGE
    _attr_mode = NumberMode.SLIDER

    @property
    @override
    def native_value(self) -> int | None:
        return None if (level := self.level) is None else round(level * 100)

    @override
    async def async_set_native_value(self, value: float) -> None:
        await self.async_request(value / 100)

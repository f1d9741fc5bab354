"""Outputs whose owner says that they are fans."""

from typing import Any, override

from homeassistant.components.fan import FanEntity
from homeassistant.components.fan.const import FanEntityFeature
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .core.devices.model import ActuatorChannel, Appearance
from .core.requests import FULL
from .entity import BinaryActuatorEntity, populate_outputs
from .host.engine_host import EngineHost
from .runtime import GodKaiserConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: GodKaiserConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Show fans."""
    populate_outputs(entry, async_add_entities, Appearance.FAN, OutputFan)


class OutputFan(BinaryActuatorEntity, FanEntity):
    """A fan on a relay, or one with a speed on a PWM output."""

    _attr_supported_features = FanEntityFeature.TURN_ON | FanEntityFeature.TURN_OFF

    def __init__(self, host: EngineHost, channel: ActuatorChannel) -> None:
        """Offer a speed where the output knows one."""
        super().__init__(host, channel)
        if self.is_continuous:
            self._attr_supported_features |= FanEntityFeature.SET_SPEED

    @property
    @override
    def percentage(self) -> int | None:
        level = self.level
        return None if level is None or not self.is_continuous else round(level * 100)

    @override
    async def async_set_percentage(self, percentage: int) -> None:
        await self.async_request(percentage / 100)

    @override
    async def async_turn_on(self, percentage: int | None = None, preset_mode: str | None = None, **kwargs: Any) -> None:
        await self.async_request(FULL if percentage is None else percentage / 100)

"""Outputs whose owner says that they are lights."""

from typing import Any, override

from homeassistant.components.light import LightEntity
from homeassistant.components.light.const import ATTR_BRIGHTNESS, ColorMode
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .core.devices.model import ActuatorChannel, Appearance
from .core.requests import FULL
from .entity import BinaryActuatorEntity, populate_outputs
from .host.engine_host import EngineHost
from .runtime import GodKaiserConfigEntry

PARALLEL_UPDATES = 0
_BRIGHTEST = 255


async def async_setup_entry(
    hass: HomeAssistant, entry: GodKaiserConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Show lights."""
    populate_outputs(entry, async_add_entities, Appearance.LIGHT, OutputLight)


class OutputLight(BinaryActuatorEntity, LightEntity):
    """A light on a relay, or a dimmed one on a PWM output."""

    def __init__(self, host: EngineHost, channel: ActuatorChannel) -> None:
        """Offer a brightness where the output knows one."""
        super().__init__(host, channel)
        self._attr_color_mode = ColorMode.BRIGHTNESS if self.is_continuous else ColorMode.ONOFF
        self._attr_supported_color_modes = {self._attr_color_mode}

    @property
    @override
    def brightness(self) -> int | None:
        return None if (level := self.level) is None else round(level * _BRIGHTEST)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        brightness: int | None = kwargs.get(ATTR_BRIGHTNESS)
        await self.async_request(FULL if brightness is None else brightness / _BRIGHTEST)

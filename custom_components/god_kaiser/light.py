"""Outputs whose owner says that they are lights."""

from typing import Any, override

from homeassistant.components.light import LightEntity
from homeassistant.components.light.const import ATTR_BRIGHTNESS, ColorMode
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .core.devices.actuator_types import ACTUATOR_TYPES, Levels
from .core.devices.model import ActuatorChannel, Appearance, Channel
from .core.requests import FULL
from .entity import ActuatorEntity, populate
from .host.engine_host import EngineHost
from .runtime import GodKaiserConfigEntry

PARALLEL_UPDATES = 0
_BRIGHTEST = 255


async def async_setup_entry(
    hass: HomeAssistant, entry: GodKaiserConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Show lights."""
    populate(entry, async_add_entities, channel=_of_channel)


def _of_channel(host: EngineHost, channel: Channel) -> list[LightEntity]:
    match channel:
        case ActuatorChannel(appears_as=Appearance.LIGHT):
            return [OutputLight(host, channel)]
        case _:
            return []


class OutputLight(ActuatorEntity, LightEntity):
    """A light on a relay, or a dimmed one on a PWM output."""

    def __init__(self, host: EngineHost, channel: ActuatorChannel) -> None:
        """Offer a brightness where the output knows one."""
        super().__init__(host, channel)
        is_dimmed = ACTUATOR_TYPES[channel.kind].levels is Levels.CONTINUOUS
        self._attr_color_mode = ColorMode.BRIGHTNESS if is_dimmed else ColorMode.ONOFF
        self._attr_supported_color_modes = {self._attr_color_mode}

    @property
    @override
    def is_on(self) -> bool | None:
        return self.is_energised

    @property
    @override
    def brightness(self) -> int | None:
        return None if (level := self.level) is None else round(level * _BRIGHTEST)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        brightness: int | None = kwargs.get(ATTR_BRIGHTNESS)
        await self.async_request(FULL if brightness is None else brightness / _BRIGHTEST)

"""Outputs whose owner says that they are fans."""

from typing import Any, override

from homeassistant.components.fan import FanEntity
from homeassistant.components.fan.const import FanEntityFeature
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .core.devices.actuator_types import ACTUATOR_TYPES, Levels
from .core.devices.model import ActuatorChannel, Appearance, Channel
from .core.requests import FULL
from .entity import ActuatorEntity, populate
from .host.engine_host import EngineHost
from .runtime import GodKaiserConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: GodKaiserConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Show fans."""
    populate(entry, async_add_entities, channel=_of_channel)


def _of_channel(host: EngineHost, channel: Channel) -> list[FanEntity]:
    match channel:
        case ActuatorChannel(appears_as=Appearance.FAN):
            return [OutputFan(host, channel)]
        case _:
            return []


class OutputFan(ActuatorEntity, FanEntity):
    """A fan on a relay, or one with a speed on a PWM output."""

    _attr_supported_features = FanEntityFeature.TURN_ON | FanEntityFeature.TURN_OFF

    def __init__(self, host: EngineHost, channel: ActuatorChannel) -> None:
        """Offer a speed where the output knows one."""
        super().__init__(host, channel)
        self._has_speed = ACTUATOR_TYPES[channel.kind].levels is Levels.CONTINUOUS
        if self._has_speed:
            self._attr_supported_features |= FanEntityFeature.SET_SPEED

    @property
    @override
    def is_on(self) -> bool | None:
        return self.is_energised

    @property
    @override
    def percentage(self) -> int | None:
        level = self.level
        return None if level is None or not self._has_speed else round(level * 100)

    @override
    async def async_set_percentage(self, percentage: int) -> None:
        await self.async_request(percentage / 100)

    @override
    async def async_turn_on(self, percentage: int | None = None, preset_mode: str | None = None, **kwargs: Any) -> None:
        await self.async_request(FULL if percentage is None else percentage / 100)

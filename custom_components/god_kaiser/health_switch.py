"""Whether a hub looks after itself again and again."""

from typing import Any, override

from homeassistant.components.switch import SwitchEntity
from homeassistant.const import STATE_OFF, EntityCategory
from homeassistant.helpers.restore_state import RestoreEntity

from .entity import HubEntity
from .host.engine_host import EngineHost
from .host.health_desk import health_of


class HealthWatchSwitch(HubEntity, SwitchEntity, RestoreEntity):
    """On while checks come by themselves; off they come only when somebody asks."""

    _attr_translation_key = "health_watch"
    _attr_entity_category = EntityCategory.CONFIG

    def __init__(self, host: EngineHost) -> None:
        """Belong to the hub."""
        super().__init__(host, "health_watch", health_of(host.registry.hub_key))

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        if (last := await self.async_get_last_state()) is not None and last.state == STATE_OFF:
            self.host.health.stop_watching()

    @property
    @override
    def is_on(self) -> bool:
        return self.host.health.is_watching

    @override
    async def async_turn_on(self, **_: Any) -> None:
        self.host.health.watch()
        self.async_write_ha_state()

    @override
    async def async_turn_off(self, **_: Any) -> None:
        self.host.health.stop_watching()
        self.async_write_ha_state()

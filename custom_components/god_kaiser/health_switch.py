"""Whether a hub looks after itself again and again, and whether it puts right what it finds."""

from typing import Any, override

from homeassistant.components.switch import SwitchEntity
from homeassistant.const import STATE_OFF, EntityCategory
from homeassistant.helpers.restore_state import RestoreEntity

from .const import CONF_AUTO_RECOVERY
from .entity import HubEntity
from .host.engine_host import EngineHost
from .host.health_desk import health_of
from .runtime import GodKaiserConfigEntry


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


class RecoverySwitch(HubEntity, SwitchEntity):
    """The option of the same name, at hand: it takes effect at once, and nothing is loaded anew for it."""

    _attr_translation_key = "auto_recovery"
    _attr_entity_category = EntityCategory.CONFIG

    def __init__(self, entry: GodKaiserConfigEntry) -> None:
        """Belong to the hub, whose options it changes."""
        super().__init__(entry.runtime_data, "auto_recovery", health_of(entry.runtime_data.registry.hub_key))
        self._entry = entry

    @property
    @override
    def is_on(self) -> bool:
        return self.host.health.recovery.is_healing

    @override
    async def async_turn_on(self, **_: Any) -> None:
        self._choose(True)

    @override
    async def async_turn_off(self, **_: Any) -> None:
        self._choose(False)

    def _choose(self, is_wanted: bool) -> None:
        options = {**self._entry.options, CONF_AUTO_RECOVERY: is_wanted}
        self.hass.config_entries.async_update_entry(self._entry, options=options)
        self.host.health.heal(is_wanted)
        self.async_write_ha_state()

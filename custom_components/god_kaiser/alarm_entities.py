"""How many alarms there are, whether there is any, and what has happened to them last."""

from typing import Any, Final, override

from homeassistant.components.binary_sensor import BinarySensorDeviceClass, BinarySensorEntity
from homeassistant.components.event import EventEntity
from homeassistant.components.sensor import SensorEntity, SensorStateClass
from homeassistant.core import callback

from .alarm_records import counts_of
from .core.alarms.transitions import Motion
from .entity import HubEntity
from .host.alarm_desk import alarms_key
from .host.alarm_events import KINDS
from .host.engine_host import EngineHost
from .host.journal.rows import Envelope

_TOLD: Final = ("alarm_id", "alarm", "priority", "class", "state", "text", "esp_id")
_TYPES: Final = {kind.value: motion.value for motion, kind in KINDS.items() if motion is not Motion.SUPPRESS}


class AlarmCountSensor(HubEntity, SensorEntity):
    """How many alarms need somebody now; its attributes count them, and those that were set aside or are hidden."""

    _attr_translation_key = "alarms"
    _attr_state_class = SensorStateClass.MEASUREMENT

    def __init__(self, host: EngineHost) -> None:
        """Belong to the hub."""
        super().__init__(host, "alarms", alarms_key(host.registry.hub_key))

    @property
    @override
    def native_value(self) -> int:
        return len(self.host.alarms.active)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        return {**counts_of(self.host)}


class AlarmSensor(HubEntity, BinarySensorEntity):
    """Whether anything needs somebody: it is so now, is latched, or has happened and nobody has seen it."""

    _attr_translation_key = "alarm"
    _attr_device_class = BinarySensorDeviceClass.PROBLEM

    def __init__(self, host: EngineHost) -> None:
        """Belong to the hub."""
        super().__init__(host, "alarm", alarms_key(host.registry.hub_key))

    @property
    @override
    def is_on(self) -> bool:
        return bool(self.host.alarms.active or self.host.alarms.unseen)


class AlarmEvent(HubEntity, EventEntity):
    """The last thing that has happened to an alarm of this hub."""

    _attr_translation_key = "alarm"
    _attr_event_types = list(_TYPES.values())

    def __init__(self, host: EngineHost) -> None:
        """Belong to the hub."""
        super().__init__(host, "alarm_event", alarms_key(host.registry.hub_key))

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self.host.alarms.events.watch(self._follow))

    @callback
    def _follow(self, told: Envelope) -> None:
        if (kind := _TYPES.get(told["event_type"])) is None:
            return
        self._trigger_event(kind, {key: told["data"][key] for key in _TOLD if key in told["data"]})
        self.async_write_ha_state()

"""How long the last stop took."""

from typing import override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfTime

from .entity import HubEntity
from .host.engine_host import EngineHost


class StopLatencySensor(HubEntity, SensorEntity):
    """From the call of the last stop to the slowest answer of a device; unknown until one has answered."""

    _attr_translation_key = "stop_latency"
    _attr_device_class = SensorDeviceClass.DURATION
    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_entity_registry_enabled_default = False
    _attr_native_unit_of_measurement = UnitOfTime.MILLISECONDS
    _attr_suggested_display_precision = 0

    def __init__(self, host: EngineHost) -> None:
        """Belong to the hub."""
        super().__init__(host, "stop_latency")

    @property
    @override
    def native_value(self) -> float | None:
        slowest = self.host.stops.slowest_answer
        return None if slowest is None else round(slowest * 1000, 1)

"""How long it takes until a stop is on its way."""

from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfTime

from .entity import HubEntity
from .host.engine_host import EngineHost
from .stop_records import latency_figures, milliseconds


class StopLatencySensor(HubEntity, SensorEntity):
    """From the call of the last stop until its first order was published; how long the devices took is told, too."""

    _attr_translation_key = "stop_latency"
    _attr_device_class = SensorDeviceClass.DURATION
    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_entity_category = EntityCategory.DIAGNOSTIC
    _attr_native_unit_of_measurement = UnitOfTime.MILLISECONDS
    _attr_suggested_display_precision = 1

    def __init__(self, host: EngineHost) -> None:
        """Belong to the hub."""
        super().__init__(host, "stop_latency")

    @property
    @override
    def native_value(self) -> float | None:
        latency = self.host.stops.hand_over_of(None)
        return None if latency is None else milliseconds(latency.last)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        slowest = self.host.stops.slowest_answer
        answer = None if slowest is None else milliseconds(slowest)
        return latency_figures(self.host.stops.hand_over_of(None)) | {"slowest_answer": answer}

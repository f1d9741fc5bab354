"""What sensors measure and outputs report, as the websocket tells it."""

from collections.abc import Callable
from typing import Any

from .core.devices.model import ActuatorChannel, SensorChannel
from .core.devices.sensor_types import type_of
from .host.engine_host import EngineHost
from .host.naming import entity_of

type Content = dict[str, Any]
type SendEvent = Callable[[Content], None]


def reading_content(host: EngineHost, sensor: SensorChannel) -> Content | None:
    """Return the last reading of a sensor, None where there is none."""
    if (reading := host.fleet.readings.get(sensor.id)) is None:
        return None
    return {
        "esp_id": sensor.device,
        "gpio": sensor.gpio,
        "sensor_type": sensor.sensor_type,
        "value": reading.value,
        "unit": type_of(sensor.sensor_type).unit.value,
        "timestamp": reading.at.utc.isoformat(),
        "entity_id": entity_of(host.hass, sensor),
        "quality": reading.quality.value,
    }


def output_content(host: EngineHost, actuator: ActuatorChannel) -> Content | None:
    """Return what a device has reported about an output, None where it has said nothing."""
    if (report := host.fleet.reports.get(actuator.id)) is None:
        return None
    return {
        "esp_id": actuator.device,
        "gpio": actuator.gpio,
        "actuator_type": actuator.kind.value,
        "is_active": report.level > 0 if report.level is not None else None,
        "value": report.level,
        "timestamp": report.at.utc.isoformat(),
        "entity_id": entity_of(host.hass, actuator),
        "confirmed": True,
    }

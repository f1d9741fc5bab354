"""What sensors measure and outputs report, as the websocket tells it."""

from collections.abc import Callable
from typing import Any

from .core.devices.model import ActuatorChannel, ActuatorReport, Reading, SensorChannel
from .core.devices.sensor_types import type_of
from .host.engine_host import EngineHost
from .host.naming import entity_of

type Content = dict[str, Any]
type SendEvent = Callable[[Content], None]


def reading_content(host: EngineHost, sensor: SensorChannel, reading: Reading) -> Content:
    """Return what a sensor has measured."""
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


def output_content(host: EngineHost, actuator: ActuatorChannel, report: ActuatorReport) -> Content:
    """Return what a device has reported about an output."""
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

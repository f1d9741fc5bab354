"""What a part of a path stands for: the fields by which the action behind an endpoint knows a device or a channel."""

from typing import Any, Final

from homeassistant.core import HomeAssistant

from ..core.devices.model import Channel
from ..core.devices.sensor_types import chip_of
from ..core.errors import NotFoundError
from ..core.ids import DeviceId
from ..host.engine_host import EngineHost
from ..host.naming import entity_of
from .named import actuator_named, device_named, sensor_named
from .routes import Fields, Place


def _registry_id(host: EngineHost, device: DeviceId) -> str:
    """Return the id that Home Assistant has for a device; one that waits for its approval has none."""
    if (registry_id := host.registry.device_id(device)) is None:
        raise NotFoundError("device", device)
    return registry_id


def _pin(host: EngineHost, channel: Channel) -> Fields:
    return {"device_id": _registry_id(host, channel.device), "gpio": channel.gpio}


def _of_device(hass: HomeAssistant, wanted: str) -> Fields:
    host, known = device_named(hass, wanted)
    return {"device_id": _registry_id(host, known.id)}


def _of_sensor(hass: HomeAssistant, wanted: str) -> Fields:
    return _pin(*sensor_named(hass, wanted))


def _of_actuator(hass: HomeAssistant, wanted: str) -> Fields:
    return _pin(*actuator_named(hass, wanted))


def _of_sensor_unit(hass: HomeAssistant, wanted: str) -> Fields:
    host, channel = sensor_named(hass, wanted)
    address: dict[str, Any] = {"address": channel.address} if channel.address else {}
    return {**_pin(host, channel), "kind": "sensor", "sensor_type": chip_of(channel.sensor_type), **address}


def _of_actuator_unit(hass: HomeAssistant, wanted: str) -> Fields:
    return {**_of_actuator(hass, wanted), "kind": "actuator"}


def _of_actuator_entity(hass: HomeAssistant, wanted: str) -> Fields:
    _, channel = actuator_named(hass, wanted)
    if (entity_id := entity_of(hass, channel)) is None:
        raise NotFoundError("actuator", wanted)
    return {"entity_id": [entity_id]}


def _of_sensor_entity(hass: HomeAssistant, wanted: str) -> Fields:
    _, channel = sensor_named(hass, wanted)
    if (entity_id := entity_of(hass, channel)) is None:
        raise NotFoundError("sensor", wanted)
    return {"entity_id": [entity_id]}


_UNIT: Final = ("device_id", "gpio", "kind", "sensor_type", "address")
_OUTPUT: Final = ("entity_id", "device_id", "gpio")
DEVICE: Final = Place("device", ("device_id",), _of_device)
SENSOR: Final = Place("sensor", _OUTPUT, _of_sensor)
SENSOR_UNIT: Final = Place("sensor", _UNIT, _of_sensor_unit)
SENSOR_ENTITY: Final = Place("sensor", ("entity_id",), _of_sensor_entity)
ACTUATOR: Final = Place("actuator", _OUTPUT, _of_actuator)
ACTUATOR_UNIT: Final = Place("actuator", _UNIT, _of_actuator_unit)
ACTUATOR_ENTITY: Final = Place("actuator", ("entity_id", "device_id", "area_id"), _of_actuator_entity)

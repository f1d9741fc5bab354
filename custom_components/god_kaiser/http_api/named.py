"""Devices, sensors and outputs by the names that programs have for them."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from ..core.devices.model import ActuatorChannel, Channel, SensorChannel
from ..core.errors import NotFoundError
from ..core.fleet.device import Device
from ..core.ids import ChannelId, DeviceId
from ..host.engine_host import EngineHost
from ..host.naming import shown_by
from ..targets import loaded_hosts, target_of


@callback
def device_named(hass: HomeAssistant, wanted: str) -> tuple[EngineHost, Device]:
    """Return a device by its own id, or by the one that Home Assistant has for it."""
    for host in loaded_hosts(hass):
        if (known := host.fleet.devices.get(DeviceId(wanted))) is not None:
            return host, known
    if dr.async_get(hass).async_get(wanted) is not None:
        host, device = target_of(hass, wanted)
        if device is not None:
            return host, host.fleet.devices[device]
    raise NotFoundError("device", wanted)


@callback
def sensor_named(hass: HomeAssistant, wanted: str) -> tuple[EngineHost, SensorChannel]:
    """Return a sensor by its entity, or as a channel."""
    for host, channel in _channels(hass, wanted):
        if isinstance(channel, SensorChannel):
            return host, channel
    raise NotFoundError("sensor", wanted)


@callback
def actuator_named(hass: HomeAssistant, wanted: str) -> tuple[EngineHost, ActuatorChannel]:
    """Return an output by its entity, or as a channel."""
    for host, channel in _channels(hass, wanted):
        if isinstance(channel, ActuatorChannel):
            return host, channel
    raise NotFoundError("actuator", wanted)


def _channels(hass: HomeAssistant, wanted: str) -> list[tuple[EngineHost, Channel]]:
    found = (
        (host, shown_by(hass, host.fleet, wanted) or host.fleet.channel(ChannelId(wanted)))
        for host in loaded_hosts(hass)
    )
    return [(host, channel) for host, channel in found if channel is not None]

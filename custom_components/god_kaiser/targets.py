"""Whom an action means: from ids of Home Assistant's registries to hosts and devices."""

from typing import NamedTuple

from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import device_registry as dr, entity_registry as er, service

from .const import DOMAIN
from .core.devices.model import ActuatorChannel, Channel, SensorChannel
from .core.errors import NotFoundError
from .core.ids import DeviceId, actuator_channel
from .host.engine_host import EngineHost
from .host.registry_sync import unique_id
from .runtime import GodKaiserConfigEntry


class Target(NamedTuple):
    """One device, or with none a whole hub."""

    host: EngineHost
    device: DeviceId | None


class DeviceTarget(NamedTuple):
    """One approved device."""

    host: EngineHost
    device: DeviceId


@callback
def loaded_hosts(hass: HomeAssistant) -> list[EngineHost]:
    """Return the hosts of all loaded hubs."""
    entries: list[GodKaiserConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    return [entry.runtime_data for entry in entries]


@callback
def host_of(call: ServiceCall) -> EngineHost:
    """Return the hub that an action names, or the only one."""
    entry: GodKaiserConfigEntry = service.async_get_config_entry(call.hass, DOMAIN, call.data.get("config_entry_id"))
    return entry.runtime_data


@callback
def target_of(hass: HomeAssistant, registry_id: str) -> Target:
    """Return what a device of the registry stands for; a channel stands for the device that has it."""
    entry: GodKaiserConfigEntry
    device, entry = service.async_get_device_and_config_entry(hass, DOMAIN, registry_id)
    if isinstance(device, dr.ChildDeviceEntry):
        return target_of(hass, device.parent_device_id)
    host = entry.runtime_data
    keys = [DeviceId(key) for domain, key in device.identifiers if domain == DOMAIN]
    if host.registry.hub_key in keys:
        return Target(host, None)
    if known := [key for key in keys if host.plan_of(key) is not None]:
        return Target(host, known[0])
    raise NotFoundError("device", registry_id)


@callback
def device_of_call(call: ServiceCall) -> DeviceTarget:
    """Return the one device that an action names."""
    registry_id: str = call.data["device_id"]
    host, device = target_of(call.hass, registry_id)
    if device is None:
        raise NotFoundError("device", registry_id)
    return DeviceTarget(host, device)


@callback
def sensor_of(hass: HomeAssistant, entity_id: str) -> tuple[EngineHost, SensorChannel]:
    """Return the channel that a sensor entity shows."""
    entry = er.async_get(hass).async_get(entity_id)
    wanted = entry.unique_id if entry is not None and entry.platform == DOMAIN else None
    for host in loaded_hosts(hass):
        for known in host.fleet.devices.values():
            for channel in known.sensors.values():
                if unique_id(channel) == wanted:
                    return host, channel
    raise NotFoundError("sensor", entity_id)


@callback
def entity_of(hass: HomeAssistant, channel: Channel) -> str | None:
    """Return the entity that shows a channel."""
    platform = channel.appears_as.value if isinstance(channel, ActuatorChannel) else "sensor"
    return er.async_get(hass).async_get_entity_id(platform, DOMAIN, unique_id(channel))


async def async_demand_control(call: ServiceCall, target: DeviceTarget, gpio: int) -> None:
    """Refuse a user who may not control the actuator; automations have no user."""
    if call.context.user_id is None:
        return
    user = await call.hass.auth.async_get_user(call.context.user_id)
    channel = target.host.fleet.actuator(actuator_channel(target.device, gpio))
    entity_id = entity_of(call.hass, channel) if channel else None
    if user is None or not user.permissions.check_entity(entity_id or "", POLICY_CONTROL):
        raise Unauthorized(context=call.context, entity_id=entity_id, permission=POLICY_CONTROL)


async def async_person(call: ServiceCall) -> str:
    """Return who asks, as the log and the journal should name it; empty where it is no person."""
    user = await call.hass.auth.async_get_user(call.context.user_id) if call.context.user_id else None
    return user.name or user.id if user else ""

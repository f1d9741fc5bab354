"""Whom an action means: from ids of Home Assistant's registries to hosts and devices."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, callback
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er, service

from .const import DOMAIN
from .core.devices.model import ActuatorChannel, Channel, SensorChannel
from .core.errors import DefinitionError, NotFoundError
from .core.ids import ChannelId, DeviceId, actuator_channel
from .host.engine_host import EngineHost
from .host.naming import entity_of, shown_by
from .runtime import GodKaiserConfigEntry


class Target(NamedTuple):
    """One device, or with none a whole hub."""

    host: EngineHost
    device: DeviceId | None


class OutputTarget(NamedTuple):
    """One output."""

    host: EngineHost
    channel: ActuatorChannel


class DeviceTarget(NamedTuple):
    """One approved device."""

    host: EngineHost
    device: DeviceId


class Named(NamedTuple):
    """What names something that a hub keeps: its id, and the hubs in which that may be meant."""

    name: str
    hosts: list[EngineHost]


class Lying(NamedTuple):
    """Something that lies in an area: a device or child device, or with ``is_whole`` unset only an entity of it."""

    registry_id: str
    is_whole: bool


@callback
def loaded_entries(hass: HomeAssistant) -> list[GodKaiserConfigEntry]:
    """Return the config entries of all loaded hubs."""
    entries: list[GodKaiserConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    return entries


@callback
def loaded_hosts(hass: HomeAssistant) -> list[EngineHost]:
    """Return the hosts of all loaded hubs."""
    return [entry.runtime_data for entry in loaded_entries(hass)]


@callback
def host_named(hass: HomeAssistant, entry_id: str) -> EngineHost:
    """Return the hub that a client of the websocket names; one that is not loaded cannot be asked."""
    for entry in loaded_entries(hass):
        if entry.entry_id == entry_id:
            return entry.runtime_data
    raise ServiceValidationError(
        translation_domain=DOMAIN, translation_key="hub_not_found", translation_placeholders={"wanted": entry_id}
    )


@callback
def hubs_out_of_reach(hass: HomeAssistant) -> list[str]:
    """Return the names of the hubs that should be there and are not loaded: of their devices nothing is known now."""
    entries = hass.config_entries.async_entries(DOMAIN, include_ignore=False, include_disabled=False)
    return [entry.title for entry in entries if entry.state is not ConfigEntryState.LOADED]


@callback
def entry_of(call: ServiceCall) -> GodKaiserConfigEntry:
    """Return the config entry that an action names, or the only one."""
    entry: GodKaiserConfigEntry = service.async_get_config_entry(call.hass, DOMAIN, call.data.get("config_entry_id"))
    return entry


@callback
def host_of(call: ServiceCall) -> EngineHost:
    """Return the hub that an action names, or the only one."""
    return entry_of(call).runtime_data


@callback
def one_or_all(hubs: dict[str, Any]) -> ServiceResponse:
    """Return the answer of the only hub as it is, or those of several by their names."""
    return next(iter(hubs.values())) if len(hubs) == 1 else {"hubs": hubs}


@callback
def hosts_of(call: ServiceCall) -> list[EngineHost]:
    """Return the hub that an action names, or all of them."""
    return [host_of(call)] if "config_entry_id" in call.data else loaded_hosts(call.hass)


@callback
def named_by(call: ServiceCall, wanted: str, device_key: Callable[[EngineHost, str], str]) -> Named:
    """Return what is meant by its id, or by its device or one of its entities, which are of one hub."""
    hosts = hosts_of(call)
    entity = er.async_get(call.hass).async_get(wanted)
    device = dr.async_get(call.hass).async_get(wanted if entity is None else entity.device_id or "")
    if device is None:
        return Named(wanted, hosts)
    for host in [entry.runtime_data for entry in loaded_entries(call.hass) if entry.entry_id == device.config_entry_id]:
        prefix = device_key(host, "")
        for key in [key for domain, key in device.identifiers if domain == DOMAIN and key.startswith(prefix)]:
            name = key.removeprefix(prefix)
            if host not in hosts:
                raise DefinitionError("named_of_other_hub", wanted=name)
            return Named(name, [host])
    return Named(wanted, hosts)


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
def lying_in(hass: HomeAssistant, area_id: str) -> list[Lying]:
    """Return what lies in an area; an entity may have one of its own, whatever the area of its device is."""
    if ar.async_get(hass).async_get_area(area_id) is None:
        raise NotFoundError("area", area_id)
    hubs = {entry.entry_id for entry in hass.config_entries.async_entries(DOMAIN, include_disabled=False)}
    devices = dr.async_entries_for_area(dr.async_get(hass), area_id)
    entities = er.async_entries_for_area(er.async_get(hass), area_id)
    found = {entity.device_id: False for entity in entities if entity.device_id and entity.config_entry_id in hubs}
    found |= {device.id: True for device in devices if device.config_entry_id in hubs}
    return [Lying(registry_id, is_whole) for registry_id, is_whole in found.items()]


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
    for host, channel in _shown_by(hass, entity_id):
        if isinstance(channel, SensorChannel):
            return host, channel
    raise NotFoundError("sensor", entity_id)


@callback
def output_of(hass: HomeAssistant, entity_id: str) -> OutputTarget:
    """Return the output that an entity shows."""
    for host, channel in _shown_by(hass, entity_id):
        if isinstance(channel, ActuatorChannel):
            return OutputTarget(host, channel)
    raise NotFoundError("actuator", entity_id)


def _shown_by(hass: HomeAssistant, entity_id: str) -> Iterator[tuple[EngineHost, Channel]]:
    for host in loaded_hosts(hass):
        if (channel := shown_by(hass, host.fleet, entity_id)) is not None:
            yield host, channel


@callback
def output_of_call(call: ServiceCall) -> OutputTarget:
    """Return the one output that an action names, by its entity or by device and pin."""
    if entity_id := call.data.get("entity_id"):
        return output_of(call.hass, entity_id)
    if "device_id" not in call.data or "gpio" not in call.data:
        raise DefinitionError("output_target_missing")
    host, device = device_of_call(call)
    channel = host.fleet.actuator(actuator_channel(device, call.data["gpio"]))
    if channel is None:
        raise NotFoundError("channel", f"actuator {call.data['gpio']}")
    return OutputTarget(host, channel)


async def async_demand_control(call: ServiceCall, host: EngineHost, key: ChannelId) -> None:
    """Refuse a user who may not control the actuator; automations have no user."""
    if call.context.user_id is None:
        return
    user = await call.hass.auth.async_get_user(call.context.user_id)
    channel = host.fleet.actuator(key)
    entity_id = entity_of(call.hass, channel) if channel else None
    if user is None or not user.permissions.check_entity(entity_id or "", POLICY_CONTROL):
        raise Unauthorized(context=call.context, entity_id=entity_id, permission=POLICY_CONTROL)

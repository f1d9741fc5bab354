"""Where a lock-out tag is meant to hang: from entities, devices and areas to outputs and devices."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.helpers import area_registry as ar, device_registry as dr

from .const import DOMAIN
from .core.errors import DefinitionError, NotFoundError
from .core.ids import ChannelId, device_of
from .core.safety.lockouts import Place
from .host.engine_host import EngineHost
from .host.registry_sync import unit_key
from .targets import loaded_hosts, output_of, target_of


class TagPlace(NamedTuple):
    """One place where a tag may hang; what an area contains is not named by anybody."""

    host: EngineHost
    place: Place
    is_named: bool = True


@callback
def places_of(call: ServiceCall) -> list[TagPlace]:
    """Return where an action wants tags; the tag of a device covers its outputs."""
    places = [
        *(_of_entity(call.hass, entity_id) for entity_id in call.data.get("entity_id", ())),
        *(_of_device(call.hass, registry_id) for registry_id in call.data.get("device_id", ())),
        *(place for area_id in call.data.get("area_id", ()) for place in _of_area(call.hass, area_id)),
    ]
    if not places:
        raise DefinitionError("lock_out_target_missing")
    return list(_without_covered(places))


def _without_covered(places: Iterable[TagPlace]) -> Iterator[TagPlace]:
    wanted = {(target.host, target.place): target for target in places}
    for (host, place), target in wanted.items():
        owner = device_of(ChannelId(place))
        if owner == place or (host, owner) not in wanted:
            yield target


def _of_entity(hass: HomeAssistant, entity_id: str) -> TagPlace:
    host, channel = output_of(hass, entity_id)
    return TagPlace(host, channel.id)


def _of_device(hass: HomeAssistant, registry_id: str) -> TagPlace:
    host, device = target_of(hass, registry_id)
    if device is None:
        raise NotFoundError("device", registry_id)
    if (unit := dr.async_get(hass).async_get(registry_id)) is None or isinstance(unit, dr.DeviceEntry):
        return TagPlace(host, device)
    for target in _outputs_behind(hass, unit):
        return target
    raise NotFoundError("actuator", registry_id)


def _of_area(hass: HomeAssistant, area_id: str) -> list[TagPlace]:
    area = ar.async_get(hass).async_get_area(area_id)
    if area is None:
        raise NotFoundError("area", area_id)
    lying = dr.async_entries_for_area(dr.async_get(hass), area_id)
    # Outputs have no area of their own in Home Assistant: they lie where their child device does.
    places = [
        *(target for entry in lying for target in _devices_behind(hass, entry)),
        *(target for entry in lying for target in _outputs_behind(hass, entry)),
    ]
    if not places:
        raise DefinitionError("area_without_outputs", area=area.name)
    return [target._replace(is_named=False) for target in places]


def _devices_behind(hass: HomeAssistant, entry: dr.AnyDeviceEntry) -> Iterator[TagPlace]:
    keys = _keys_of(entry)
    for host in loaded_hosts(hass):
        for known in host.fleet.devices.values():
            if known.is_approved and known.id in keys:
                yield TagPlace(host, known.id)


def _outputs_behind(hass: HomeAssistant, entry: dr.AnyDeviceEntry) -> Iterator[TagPlace]:
    keys = _keys_of(entry)
    for host in loaded_hosts(hass):
        for known in host.fleet.devices.values():
            for channel in known.actuators.values():
                if unit_key(channel) in keys:
                    yield TagPlace(host, channel.id)


def _keys_of(entry: dr.AnyDeviceEntry) -> set[str]:
    return {key for domain, key in entry.identifiers if domain == DOMAIN}

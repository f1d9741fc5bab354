"""Where a lock-out tag is meant to hang: from entities, devices and areas to outputs and devices."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.helpers import area_registry as ar, device_registry as dr

from .const import DOMAIN
from .core.errors import DefinitionError, NotFoundError
from .core.ids import ChannelId, DeviceId, device_of
from .core.safety.lockouts import Place
from .host.engine_host import EngineHost
from .host.registry_sync import unit_key
from .targets import Lying, lying_in, output_of, target_of


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
    if (unit := _child_of(hass, registry_id)) is None:
        return TagPlace(host, device)
    for target in _outputs_behind(host, device, unit):
        return target
    raise NotFoundError("actuator", registry_id)


def _of_area(hass: HomeAssistant, area_id: str) -> list[TagPlace]:
    places = [target for found in lying_in(hass, area_id) for target in _behind(hass, found)]
    if not places:
        area = ar.async_get(hass).async_get_area(area_id)
        raise DefinitionError("area_without_outputs", area=area.name if area else area_id)
    return [target._replace(is_named=False) for target in places]


def _behind(hass: HomeAssistant, found: Lying) -> Iterator[TagPlace]:
    host, device = target_of(hass, found.registry_id)
    # Where the hub itself is said to be says nothing about where its devices are.
    if device is None:
        return
    if (unit := _child_of(hass, found.registry_id)) is not None:
        yield from _outputs_behind(host, device, unit)
    elif found.is_whole:
        yield TagPlace(host, device)


def _child_of(hass: HomeAssistant, registry_id: str) -> dr.ChildDeviceEntry | None:
    unit = dr.async_get(hass).async_get(registry_id)
    return unit if isinstance(unit, dr.ChildDeviceEntry) else None


def _outputs_behind(host: EngineHost, device: DeviceId, unit: dr.ChildDeviceEntry) -> Iterator[TagPlace]:
    keys = {key for domain, key in unit.identifiers if domain == DOMAIN}
    for channel in host.fleet.devices[device].actuators.values():
        if unit_key(channel) in keys:
            yield TagPlace(host, channel.id)

"""What only programs ask and no action tells: one thing out of a list, lists of channels, and the catalogue of events."""

from collections.abc import Callable
from typing import Final

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..action import Action
from ..core.details.catalogue import schema_of
from ..core.devices.model import ActuatorChannel, Channel, SensorChannel
from ..core.journal.kinds import KINDS, nature_of
from ..editor_commands import async_findings
from ..given_numbers import whole
from ..host.engine_host import EngineHost
from ..host.naming import entity_of
from ..journal_pages import FORMER
from ..overview import actuator_record, device_record, sensor_record
from ..paging import page_of
from ..run_records import Record
from ..stop_records import hub_record
from ..stream_sight import async_demand_sight, async_sight
from ..targets import host_of, hosts_of, one_or_all
from .conversions import CONVERSION, convert_reading
from .named import actuator_named, device_named, sensor_named

_ONLY: Final = SupportsResponse.ONLY
_HUB: Final[dict[vol.Marker, object]] = {vol.Optional("config_entry_id"): cv.string}
_PAGE: Final[dict[vol.Marker, object]] = {
    **_HUB,
    vol.Optional("limit", default=100): vol.All(whole, vol.Range(min=1, max=500)),
    vol.Optional("cursor", default=""): cv.string,
}


async def get_device(call: ServiceCall) -> ServiceResponse:
    """Return what is known about one device."""
    host, known = device_named(call.hass, call.data["device"])
    return device_record(host, known, await async_sight(call.hass, call.context))


async def list_sensors(call: ServiceCall) -> ServiceResponse:
    """Return the sensors of all devices with their last readings, page by page."""
    found = [
        (host, sensor)
        for host in hosts_of(call)
        for known in host.fleet.devices.values()
        for sensor in known.sensors.values()
    ]
    return await _async_page(call, "sensors", found, _sensor)


async def get_sensor(call: ServiceCall) -> ServiceResponse:
    """Return one sensor with its last reading."""
    host, sensor = sensor_named(call.hass, call.data["sensor"])
    await async_demand_sight(call.hass, call.context, sensor)
    return _sensor(host, sensor)


async def list_actuators(call: ServiceCall) -> ServiceResponse:
    """Return the outputs of all devices with their last reports, page by page."""
    found = [
        (host, actuator)
        for host in hosts_of(call)
        for known in host.fleet.devices.values()
        for actuator in known.actuators.values()
    ]
    return await _async_page(call, "actuators", found, _actuator)


async def get_actuator(call: ServiceCall) -> ServiceResponse:
    """Return one output with its last report, and who has it."""
    host, actuator = actuator_named(call.hass, call.data["actuator"])
    await async_demand_sight(call.hass, call.context, actuator)
    return _actuator(host, actuator)


async def list_kinds(call: ServiceCall) -> ServiceResponse:
    """Return every kind of event that there is, with what it is about, how bad it is and whether the trail keeps it."""
    return {"kinds": await call.hass.async_add_executor_job(lambda: [_kind(name) for name in KINDS])}


async def get_stop(call: ServiceCall) -> ServiceResponse:
    """Return what is stopped, by whom, and how far each device has shown that it obeys."""
    return one_or_all({host.kaiser_id: hub_record(host) for host in hosts_of(call)})


async def check_sequence(call: ServiceCall) -> ServiceResponse:
    """Return what speaks against a start of a sequence that is not saved."""
    return await async_findings(call.hass, host_of(call), call.data["definition"])


def _sensor(host: EngineHost, sensor: SensorChannel) -> Record:
    return {**_place_of(host, sensor), **sensor_record(host, sensor)}


def _actuator(host: EngineHost, actuator: ActuatorChannel) -> Record:
    return {**_place_of(host, actuator), **actuator_record(host, actuator)}


def _place_of(host: EngineHost, channel: Channel) -> Record:
    return {"hub": host.kaiser_id, "esp_id": channel.device, "entity_id": entity_of(host.hass, channel)}


def _kind(name: str) -> Record:
    nature = nature_of(name)
    return {
        "name": name,
        "former_name": FORMER.get(name),
        "domain": nature.domain.value,
        "level": nature.level.value,
        "is_audit": nature.is_audit,
        "data": schema_of(name),
    }


async def _async_page[Kind: (SensorChannel, ActuatorChannel)](
    call: ServiceCall,
    name: str,
    found: list[tuple[EngineHost, Kind]],
    record: Callable[[EngineHost, Kind], Record],
) -> ServiceResponse:
    """Return those channels that may be seen, in the order of their ids."""
    sight = await async_sight(call.hass, call.context)
    seen = sorted((each for each in found if sight is None or sight.sees(each[1])), key=lambda each: _key(*each))
    page = page_of(seen, lambda each: _key(*each), call.data["cursor"], call.data["limit"])
    return {"total": len(seen), name: [record(*each) for each in page.items], "cursor": page.cursor}


def _key(host: EngineHost, channel: Channel) -> str:
    """Return what sorts channels, also those of two hubs that have devices of the same id."""
    return f"{channel.id}@{host.kaiser_id}"


READS: Final = {
    "get_device": Action(get_device, {vol.Required("device"): cv.string}, admin=False, response=_ONLY),
    "list_sensors": Action(list_sensors, _PAGE, admin=False, response=_ONLY),
    "get_sensor": Action(get_sensor, {vol.Required("sensor"): cv.string}, admin=False, response=_ONLY),
    "list_actuators": Action(list_actuators, _PAGE, admin=False, response=_ONLY),
    "get_actuator": Action(get_actuator, {vol.Required("actuator"): cv.string}, admin=False, response=_ONLY),
    "convert_reading": Action(convert_reading, CONVERSION, admin=False, response=_ONLY),
    "list_kinds": Action(list_kinds, {}, admin=False, response=_ONLY),
    "get_stop": Action(get_stop, _HUB, admin=False, response=_ONLY),
    "check_sequence": Action(
        check_sequence, {**_HUB, vol.Required("definition"): vol.Any(dict, cv.string)}, response=_ONLY
    ),
}

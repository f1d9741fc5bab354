"""What a call of an action is about, as people call it; asked before it is carried out, for some of it is gone afterwards."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import area_registry as ar, device_registry as dr

from .core.errors import NotFoundError
from .core.ids import DeviceId
from .core.sequences.errors import SequenceError
from .host.engine_host import EngineHost
from .host.naming import shown_by
from .host.sequence_text import parsed
from .targets import loaded_hosts, target_of

# The fields that name something, in the order in which it is told.
_NAMING: Final = (
    *("sequence", "rule", "run_id", "schedule_id", "alarm_id", "esp_id"),
    *("entity_id", "device_id", "area_id", "zone"),
)
# Where definitions stand that are given, and, in an answer, those of which something has become.
_WRITTEN: Final = ("definition", "values", "rules", "created", "changed", "refused", "same")
# A text that is longer than this takes too long to be read a second time.
_LONGEST_READ: Final = 20_000
_PIN: Final = "gpio"


@callback
def about(call: ServiceCall) -> list[str]:
    """Return the name of everything that a call names; what nobody knows is told as it was given."""
    if named := names_in(call.data):
        return named
    if _PIN in call.data and "device_id" in call.data and "entity_id" not in call.data:
        return _at_pin(call.hass, call.data["device_id"], call.data[_PIN])
    given = ((field, each) for field in _NAMING for each in _texts(call.data.get(field)))
    return list(dict.fromkeys(_name(call.hass, field, text) or text for field, text in given))


@callback
def names_in(fields: Mapping[str, Any]) -> list[str]:
    """Return how what is written among the fields calls itself; nothing where it is a text, or has no name."""
    return list(dict.fromkeys(name for field in _WRITTEN for name in _own_names(fields.get(field))))


@callback
def names_read(fields: Mapping[str, Any]) -> list[str]:
    """Return the same of what was given as a text: it is read once more, if that takes no time."""
    found = {field: _read(text) for field, text in fields.items() if field in _WRITTEN and isinstance(text, str)}
    return names_in(found)


def _read(text: str) -> object:
    with suppress(SequenceError):
        return parsed(text, longest=_LONGEST_READ)
    return None


def _own_names(written: object) -> list[str]:
    """Return the name of one definition, or those of several."""
    if isinstance(written, Mapping) and isinstance(inner := written.get("rules"), list):
        written = inner
    records = written if isinstance(written, list) else [written]
    return [name for each in records if isinstance(each, Mapping) for name in _own_name(each)]


def _own_name(record: Mapping[str, Any]) -> list[str]:
    return [each for each in _texts([record.get(field) for field in ("name", "id", "rule_id")]) if each.strip()][:1]


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, str)]


def _name(hass: HomeAssistant, field: str, text: str) -> str | None:
    """Return what people call something, None where there is no such thing."""
    match field:
        case "entity_id":
            return _of_entity(hass, text)
        case "area_id":
            area = ar.async_get(hass).async_get_area(text)
            return None if area is None else area.name
        case "device_id":
            return _of_device(hass, text)
        case _:
            of_hubs = (_of_hub(host, field, text) for host in loaded_hosts(hass))
            # A sequence and a rule may be named by their device as well.
            return next((name for name in of_hubs if name), None) or _of_device(hass, text)


def _of_entity(hass: HomeAssistant, entity_id: str) -> str | None:
    for host in loaded_hosts(hass):
        if (channel := shown_by(hass, host.fleet, entity_id)) is not None:
            return host.names.of_channel(channel.id)
    state = hass.states.get(entity_id)
    return None if state is None else state.name


def _of_device(hass: HomeAssistant, registry_id: str) -> str | None:
    device = dr.async_get(hass).async_get(registry_id)
    return None if device is None else device.name_by_user or device.name


def _of_hub(host: EngineHost, field: str, text: str) -> str | None:
    match field:
        case "rule":
            return rule.title if (rule := host.rules.rules.get(text)) is not None else None
        case "sequence":
            return _of_sequence(host, text)
        case "run_id":
            run = host.engine.programs.runs.all.get(text)
            return None if run is None else f"{run.program.name or run.program.id} ({text})"
        case "schedule_id":
            planned = (each.sequence for each in host.sequences.schedules.all if each.id == text)
            return next((f"{_of_sequence(host, sequence) or sequence} ({text})" for sequence in planned), None)
        case "alarm_id":
            return next((host.alarms.words.text(alarm) for alarm in host.alarms.alarms if alarm.id == text), None)
        case "esp_id":
            return host.names.of_device(DeviceId(text)) if text in host.fleet.devices else None
    return None


def _of_sequence(host: EngineHost, key: str) -> str | None:
    sequence = host.sequences.library.sequences.get(key)
    return None if sequence is None else sequence.name or key


def _at_pin(hass: HomeAssistant, registry_id: str, pin: object) -> list[str]:
    """Return what hangs on a pin of a device, and the pin itself where nothing does."""
    found: list[str] = []
    with suppress(HomeAssistantError, NotFoundError):
        host, device = target_of(hass, registry_id)
        channels = [] if device is None else host.channels_of(device)
        found = [host.names.of_channel(channel.id) for channel in channels if channel.gpio == pin]
    return found or [f"{_of_device(hass, registry_id) or registry_id} GPIO {pin}"]

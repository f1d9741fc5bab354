"""Everything that people have laid down for a hub, as one document."""

from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import ServiceCall, ServiceResponse, callback
from homeassistant.helpers import area_registry as ar, device_registry as dr
import msgspec
import yaml

from .core.configuration.document import ordered, write
from .core.configuration.laid import PARTS, Laid, LaidDevice, PlannedStart
from .core.ids import DeviceId
from .core.safety.limits import ChannelSafety
from .core.sequences.schedule import Schedule
from .host.alarm_options import AlarmOptions
from .host.engine_host import EngineHost
from .host.hub_options import HubOptions
from .run_records import Record
from .targets import entry_of

# Whatever else an entry may hold is nobody's to carry elsewhere.
OPTIONS: Final = (*HubOptions.__struct_fields__, *AlarmOptions.__struct_fields__)
_STARTS: Final = PlannedStart.__struct_fields__


async def export_config(call: ServiceCall) -> ServiceResponse:
    """Return a hub as a document and as text, with what cannot be read and is therefore missing in it."""
    entry = entry_of(call)
    host = entry.runtime_data
    laid = laid_in(host, entry)
    wanted: list[str] = call.data["parts"] or list(PARTS)
    chosen = Laid(**{name: getattr(laid, name) for name in wanted})
    document = write(chosen, host.kaiser_id)
    text = await call.hass.async_add_executor_job(_as_text, document)
    return {
        "document": document,
        "yaml": text,
        "counts": {name: len(document[name]) for name in PARTS if name in document},
        "left_out": _left_out(host),
    }


@callback
def laid_in(host: EngineHost, entry: ConfigEntry) -> Laid:
    """Return everything that is laid down for a hub; nothing secret is ever in its options."""
    stored = host.store.stored()
    devices = {key: LaidDevice(plan=each.plan, stop_mode=each.stop_mode) for key, each in stored.items()}
    safety = [settings for each in stored.values() for settings in each.safety]
    return Laid(
        options={name: entry.options[name] for name in OPTIONS if name in entry.options},
        devices={
            key: ordered(msgspec.structs.replace(each, area=area_name(host, key))) for key, each in devices.items()
        },
        safety={each.channel: each for each in safety if each != ChannelSafety(channel=each.channel)},
        alarm_limits=host.store.limits,
        sequences=dict(host.sequences.store.library.sequences),
        rules=dict(host.rules.rules),
        schedules={each.id: as_start(each) for each in host.sequences.schedules.all if not each.is_missed},
    )


@callback
def area_name(host: EngineHost, device: DeviceId) -> str:
    """Return the name of the area in which a device stands."""
    known = dr.async_get(host.hass).async_get(host.registry.device_id(device) or "")
    area = ar.async_get(host.hass).async_get_area(known.area_id) if known is not None and known.area_id else None
    return area.name if area is not None else ""


def as_start(schedule: Schedule) -> PlannedStart:
    """Return a planned start without who has planned it."""
    return PlannedStart(**{name: getattr(schedule, name) for name in _STARTS})


def _left_out(host: EngineHost) -> Record:
    return {
        "sequences": dict(host.sequences.store.degraded),
        "rules": dict(host.rules.degraded),
        "devices": host.store.unreadable,
        "missed_schedules": [each.id for each in host.sequences.schedules.all if each.is_missed],
    }


def _as_text(document: dict[str, Any]) -> str:
    return yaml.dump(document, Dumper=yaml.CSafeDumper, default_flow_style=False, allow_unicode=True, sort_keys=False)

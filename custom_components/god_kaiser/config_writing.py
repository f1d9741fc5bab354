"""Laying a document down: everything is written first, then everybody is told; nothing is ever switched on by that."""

from collections.abc import Mapping
from typing import NamedTuple

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import area_registry as ar, device_registry as dr
from homeassistant.util import dt as dt_util
from msgspec.structs import replace

from .approval import async_readmit
from .const import DOMAIN
from .core.alarms.limits import AlarmLimits
from .core.configuration.comparison import Comparison, Fate
from .core.configuration.laid import PlannedStart
from .core.ids import ChannelId, DeviceId, device_of
from .core.safety.limits import ChannelSafety, DeviceSafety
from .core.sequences.run import Trigger
from .core.sequences.schedule import Schedule
from .host.engine_host import EngineHost
from .host.schedule_desk import ScheduleDesk
from .host.storage import StoredDevice
from .host.together import Batch, Rows, Unfinished
from .people import Asker
from .runtime import GodKaiserConfigEntry
from .targets import loaded_hosts

_BROUGHT = (Fate.ADDED, Fate.CHANGED)


class Moves(NamedTuple):
    """What becomes of the entries of one part."""

    brought: list[str]
    gone: list[str]


async def async_lay_down(host: EngineHost, compared: Comparison, asker: Asker, later: Unfinished | None) -> None:
    """Write everything at once, then act on it; raises before anybody has heard of it."""
    sequences, rules = (_moves(compared, part) for part in ("sequences", "rules"))
    known_sequences, known_rules = compared.after.sequences or {}, compared.after.rules or {}
    batches: list[Batch] = [host.store.batch(_stored(host, compared))]
    if any(sequences):
        programs = [known_sequences[key] for key in sequences.brought]
        batches.append(host.sequences.store.batch(programs, sequences.gone, asker.name))
    if any(rules):
        batches.append(host.rules.store.batch([known_rules[key] for key in rules.brought], rules.gone, asker.name))
    safety_before = {each.channel: each for device in host.store.stored().values() for each in device.safety}
    await host.together.async_write(batches, _rows(host, compared, asker), later)
    await _async_act(host, compared, safety_before)
    host.sequences.adopted([*sequences.brought, *sequences.gone])
    host.rules.adopted(rules.brought, rules.gone)


@callback
def finish_import(hass: HomeAssistant, entry: GodKaiserConfigEntry) -> None:
    """Give Home Assistant again what it keeps itself, and had not written when the house was killed after an import."""
    host = entry.runtime_data
    unfinished = host.memory.unfinished
    if unfinished is None or unfinished.before or host.memory.is_clean:
        return
    place_devices(host, unfinished.areas)
    if unfinished.options is not None and unfinished.options != dict(entry.options):
        hass.config_entries.async_update_entry(entry, options=unfinished.options)
        hass.config_entries.async_schedule_reload(entry.entry_id)


@callback
def place_devices(host: EngineHost, areas: Mapping[str, str]) -> None:
    """Put devices into the areas that a document names; one that is not there yet is made."""
    registry, devices = ar.async_get(host.hass), dr.async_get(host.hass)
    for device, name in areas.items():
        if (registry_id := host.registry.device_id(DeviceId(device))) is not None:
            area = registry.async_get_area_by_name(name) or registry.async_create(name)
            devices.async_update_device(registry_id, area_id=area.id)


def _moves(compared: Comparison, part: str) -> Moves:
    return Moves(compared.moved(part, *_BROUGHT), compared.moved(part, Fate.REMOVED))


def _stored(host: EngineHost, compared: Comparison) -> dict[DeviceId, StoredDevice]:
    """Return every device as it is to be kept; one that stays as it is keeps the order of its channels as well."""
    known, moved = host.store.stored(), set(compared.moved("devices", *_BROUGHT))
    safety: dict[DeviceId, list[ChannelSafety]] = {}
    for settings in (compared.after.safety or {}).values():
        safety.setdefault(device_of(settings.channel), []).append(settings)
    limits: dict[DeviceId, list[AlarmLimits]] = {}
    for each in (compared.after.alarm_limits or {}).values():
        limits.setdefault(device_of(each.channel), []).append(each)
    after: dict[DeviceId, StoredDevice] = {}
    for key, device in (compared.after.devices or {}).items():
        stored = known.get(key) or StoredDevice(plan=device.plan)
        if key in moved:
            stored = replace(stored, plan=device.plan, stop_mode=device.stop_mode)
        after[key] = replace(stored, safety=tuple(safety.get(key, ())), limits=tuple(limits.get(key, ())))
    return after


async def _async_act(host: EngineHost, compared: Comparison, before: Mapping[ChannelId, ChannelSafety]) -> None:
    gone = {DeviceId(key) for key in compared.moved("devices", Fate.REMOVED)}
    for key in gone:
        host.laid_down.forgotten(key)
    devices = compared.after.devices or {}
    for key in map(DeviceId, compared.moved("devices", *_BROUGHT)):
        host.laid_down.plan(devices[key].plan)
        host.laid_down.device_safety(DeviceSafety(device=key, stop_mode=devices[key].stop_mode))
        await async_readmit(host, key)
    for sensor in map(ChannelId, compared.moved("alarm_limits", *_BROUGHT, Fate.REMOVED)):
        host.alarms.limits_changed(sensor)
    after = compared.after.safety or {}
    for channel in before.keys() | after.keys():
        settings = after.get(channel, ChannelSafety(channel=channel))
        if (
            device_of(channel) not in gone
            and before.get(channel) != settings
            and channel in before.keys() | after.keys()
        ):
            host.laid_down.safety(settings)


def _rows(host: EngineHost, compared: Comparison, asker: Asker) -> Rows:
    """Return how planned starts come into the memory, and how they go again when something else cannot be written."""
    desk: ScheduleDesk = host.sequences.schedules
    before = {each.id: each for each in desk.all}
    brought, gone = _moves(compared, "schedules")
    starts = compared.after.schedules or {}
    planned = [_as_schedule(starts[key], asker) for key in brought]

    def keep() -> None:
        if host not in loaded_hosts(host.hass):
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="config_hub_gone")
        desk.lay_down(planned, gone)

    def take_back() -> None:
        known = {each.id for each in desk.all}
        desk.lay_down(
            [before[key] for key in (*brought, *gone) if key in before],
            [key for key in brought if key in known - before.keys()],
        )

    return Rows(keep, take_back)


def _as_schedule(start: PlannedStart, asker: Asker) -> Schedule:
    """Return a planned start for which whoever brings it in answers."""
    return Schedule(
        **{name: getattr(start, name) for name in PlannedStart.__struct_fields__},
        trigger=Trigger(kind="schedule", id=asker.user, name=asker.name),
        created_at=dt_util.utcnow().timestamp(),
        created_by=asker.name,
    )

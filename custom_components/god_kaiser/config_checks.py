"""What stands in the way of a document: what runs here, what has passed, and what could not work afterwards."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Final

from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
import msgspec

from .approval import is_device_id, offer_id
from .config_export import OPTIONS
from .const import DOMAIN
from .core.configuration.comparison import Comparison, Details, Fate, Key, Obstacle
from .core.configuration.laid import Laid, Option
from .core.errors import DefinitionError
from .core.fleet.device import Device
from .core.fleet.fleet import Fleet
from .core.ids import ChannelId, DeviceId, device_of
from .core.rules.model import Rule
from .core.safety.consistency import check
from .core.safety.limits import ChannelSafety
from .core.sequences.check import check_references
from .core.sequences.library import Library
from .core.sequences.limits import MOST_SCHEDULES
from .core.sequences.model import Sequence
from .core.sequences.uses import channels_of
from .host.alarm_options import LIMITS as ALARM_LIMITS, AlarmOptions, chosen
from .host.engine_host import EngineHost
from .host.hub_options import LIMITS, HubOptions
from .host.rule_demands import async_demand, named_sequences, refuse_loops
from .host.run_templates import demand_templates, in_short

QUIET_FROM: Final = "alarm_quiet_from"
type Fault = tuple[Key, Obstacle]
_BROUGHT = (Fate.ADDED, Fate.CHANGED)


def busy_in(host: EngineHost, here: Laid) -> dict[Key, Obstacle]:
    """Return everything that cannot be changed now because something of it runs, with what that is."""
    running = _running(host)
    runs, programs = [run for run in host.sequences.runs() if not run.is_over], host.engine.programs.runs
    found: dict[Key, Details] = {}
    for channel in running:
        name = host.names.of_channel(channel)
        found[("devices", device_of(channel))] = found[("safety", channel)] = {"what": name}
    for sequence in here.sequences or ():
        if needed := programs.that_need(sequence):
            found[("sequences", sequence)] = {"what": needed[0].program.name or needed[0].program.id}
    for key, rule in (here.rules or {}).items():
        if host.rules.state_of(key).is_active:
            found[("rules", key)] = {"what": rule.title}
    if runs or running:
        what = runs[0].program.name or runs[0].program.id if runs else host.names.of_channel(min(running))
        found |= {("options", name): {"what": what} for name in OPTIONS}
    return {key: Obstacle(code="config_running", details=details, is_final=True) for key, details in found.items()}


def stale_in(host: EngineHost, wanted: Laid) -> dict[Key, Obstacle]:
    """Return the planned starts that are not worth to be brought in: they are over, or have begun here."""
    now, known = dt_util.utcnow().timestamp(), host.engine.programs.runs.all
    starts = (wanted.schedules or {}).values()
    passed = [each for each in starts if each.at <= now or each.id in known]
    return {("schedules", each.id): Obstacle(code="config_schedule_over") for each in passed}


def refusals_in(host: EngineHost, wanted: Laid) -> dict[Key, Obstacle]:
    """Return what can never be as it is written, and devices that people have turned away here."""
    found = {
        ("options", name): fault for name, value in (wanted.options or {}).items() if (fault := _option(name, value))
    }
    if found == {} and (problem := chosen(wanted.options or {}).problem):
        details: Details = {"option": QUIET_FROM, "given": problem}
        found["options", QUIET_FROM] = Obstacle(code="config_option_wrong", details=details, is_final=True)
    for device in wanted.devices or ():
        if not is_device_id(device):
            found["devices", device] = Obstacle(code="invalid_device_id", details={"device": device}, is_final=True)
        elif host.hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, offer_id(host, device)) is not None:
            found["devices", device] = Obstacle(code="config_device_rejected", details={"device": device})
    return found


async def async_faults_in(host: EngineHost, here: Laid, compared: Comparison) -> dict[Key, Obstacle]:
    """Return what could not work afterwards, looked at all together; what was wrong before is nobody's fault now."""
    found = [
        *_safety_faults(host, here, compared),
        *_limit_faults(host, compared),
        *_sequence_faults(host, here, compared),
        *_schedule_faults(here, compared),
        *[fault async for fault in _async_rule_faults(host, compared)],
    ]
    return dict(found)


def _running(host: EngineHost) -> set[ChannelId]:
    """Return the outputs that run, and those that a run that goes on may set."""
    outputs = [channel for device in host.fleet.devices.values() for channel in device.actuators]
    found = {channel for channel in outputs if host.engine.around.is_running(channel)}
    for run in host.sequences.runs():
        if not run.is_over:
            found |= channels_of(run.program, run.library, run.roles)
    return found


def _option(name: str, value: Option) -> Obstacle | None:
    if name not in OPTIONS:
        return Obstacle(code="config_option_unknown", details={"option": name}, is_final=True)
    try:
        msgspec.convert({name: value}, HubOptions if name in HubOptions.__struct_fields__ else AlarmOptions)
    except msgspec.ValidationError:
        return Obstacle(code="config_option_wrong", details={"option": name, "given": str(value)[:60]}, is_final=True)
    limits = {**LIMITS, **ALARM_LIMITS}.get(name)
    if limits is None or not isinstance(value, int) or value in limits:
        return None
    words: Details = {"option": name, "given": value, "low": limits[0], "high": limits[-1]}
    return Obstacle(code="config_option_out_of_range", details=words, is_final=True)


def _fault(part: str, key: str, err: DefinitionError) -> Fault:
    return (part, key), Obstacle(code=err.problem, details=err.details, is_final=True)


def _safety_faults(host: EngineHost, here: Laid, compared: Comparison) -> Iterator[Fault]:
    after, before = compared.after.safety or {}, here.safety or {}
    moved = {DeviceId(key) for key in compared.moved("devices", *_BROUGHT, Fate.REMOVED)}
    fleet = _planned(host, compared)
    for channel, settings in after.items():
        sources = {device_of(each) for interlock in settings.interlocks for each in interlock.sources}
        if before.get(channel) == settings and moved.isdisjoint({device_of(channel), *sources}):
            continue
        try:
            check(after.values(), fleet, changed=channel)
        except DefinitionError as err:
            if not _was_wrong(host, before, channel, err):
                yield _fault("safety", channel, err)


def _limit_faults(host: EngineHost, compared: Comparison) -> Iterator[Fault]:
    fleet = _planned(host, compared)
    for key in compared.moved("alarm_limits", *_BROUGHT):
        if fleet.sensor(ChannelId(key)) is None:
            yield _fault("alarm_limits", key, DefinitionError("partner_unknown", partner=key, channel=key))


def _was_wrong(
    host: EngineHost, before: Mapping[ChannelId, ChannelSafety], channel: ChannelId, err: DefinitionError
) -> bool:
    if channel not in before:
        return False
    try:
        check(host.engine.around.limits.all(), host.fleet, changed=channel)
    except DefinitionError as known:
        return (known.problem, known.details) == (err.problem, err.details)
    return False


def _planned(host: EngineHost, compared: Comparison) -> Fleet:
    """Return the fleet as it will be; it is looked at and thrown away."""
    planned, now = Fleet(), host.now()
    gone = compared.moved("devices", Fate.REMOVED)
    for key, known in host.fleet.devices.items():
        if key not in gone:
            planned.devices[key] = Device(id=known.id, sensors=dict(known.sensors), actuators=dict(known.actuators))
    for device in (compared.after.devices or {}).values():
        planned.set_plan(device.plan, now)
    return planned


def _sequence_faults(host: EngineHost, here: Laid, compared: Comparison) -> Iterator[Fault]:
    before, after = here.sequences or {}, compared.after.sequences or {}
    brought = compared.moved("sequences", *_BROUGHT)
    for key, sequence in after.items():
        if (fault := _broken(sequence, after)) is not None and (key in brought or _broken(before[key], before) is None):
            yield _fault("sequences", key, fault)
        elif key in brought:
            try:
                demand_templates(host.hass, sequence)
            except DefinitionError as err:
                yield _fault("sequences", key, err)


def _broken(sequence: Sequence, among: dict[str, Sequence]) -> DefinitionError | None:
    try:
        check_references(sequence, among)
    except DefinitionError as err:
        return err
    return None


def _schedule_faults(here: Laid, compared: Comparison) -> Iterator[Fault]:
    after, sequences = compared.after.schedules or {}, compared.after.sequences or {}
    brought = compared.moved("schedules", *_BROUGHT)
    for key, start in after.items():
        if start.sequence not in sequences and (key in brought or start.sequence in (here.sequences or {})):
            yield _fault("schedules", key, DefinitionError("config_sequence_unknown", given=start.sequence))
    if brought and len(after) > MOST_SCHEDULES:
        yield _fault("schedules", brought[-1], DefinitionError("too_many_schedules", limit=MOST_SCHEDULES))


async def _async_rule_faults(host: EngineHost, compared: Comparison) -> AsyncIterator[Fault]:
    rules, sequences = compared.after.rules or {}, compared.after.sequences or {}
    gone, brought = set(compared.moved("sequences", Fate.REMOVED)), compared.moved("rules", *_BROUGHT)
    library = Library.of(sequences.values())
    concerned = [rule for key, rule in rules.items() if key in brought or _names_any(rule, gone)]
    for rule in concerned:
        try:
            await async_demand(host.hass, rule, library)
            refuse_loops(rule, await host.rules.scrutiny.async_loops(rule, rules, sequences), rules)
        except DefinitionError as err:
            yield _fault("rules", rule.id, err)
        except HomeAssistantError as err:
            yield _fault("rules", rule.id, DefinitionError("config_refused_here", given=in_short(err)))


def _names_any(rule: Rule, sequences: set[str]) -> bool:
    return any(name in sequences for _, name in named_sequences(rule))

"""What stands in the way of a document: what runs here, what has passed, and what could not work afterwards."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Final

from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from .approval import is_device_id, offer_id
from .config_export import OPTIONS
from .config_faults import Fault, fault_of, option_fault, option_faults, pin_faults
from .config_prospect import Prospect
from .const import DOMAIN
from .core.configuration.comparison import Comparison, Details, Fate, Key, Obstacle
from .core.configuration.laid import Laid, PlannedStart
from .core.errors import DefinitionError
from .core.fleet.fleet import Fleet
from .core.ids import ChannelId, DeviceId, device_of
from .core.instant import EARLIEST, LATEST, YEARS
from .core.rules.model import Rule
from .core.safety.consistency import check
from .core.safety.limits import ChannelSafety
from .core.sequences.check import check_references
from .core.sequences.limits import MOST_LATE_BY, MOST_SCHEDULES
from .core.sequences.model import Sequence
from .core.sequences.uses import channels_of
from .host.engine_host import EngineHost
from .host.rule_demands import named_sequences
from .host.rule_scrutiny import RuleScrutiny
from .host.rule_standing import is_active
from .host.run_templates import demand_templates, in_short
from .host.run_wishes import Wished
from .schedule_actions import async_demand_what_a_start_needs

_BROUGHT: Final = (Fate.ADDED, Fate.CHANGED)


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
        if is_active(host, key):
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
        ("options", name): fault
        for name, value in (wanted.options or {}).items()
        if (fault := option_fault(name, value))
    }
    for device in wanted.devices or ():
        if not is_device_id(device):
            found["devices", device] = Obstacle(code="invalid_device_id", details={"device": device}, is_final=True)
        elif host.hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, offer_id(host, device)) is not None:
            found["devices", device] = Obstacle(code="config_device_rejected", details={"device": device})
    return found


async def async_faults_in(host: EngineHost, here: Laid, compared: Comparison) -> dict[Key, Obstacle]:
    """Return what could not work afterwards, looked at all together; what was wrong before is nobody's fault now."""
    prospect = Prospect(host, compared)
    found = [
        *option_faults(host.hass, compared),
        *pin_faults(host, here, compared),
        *_safety_faults(host, here, compared, prospect.fleet),
        *_limit_faults(compared, prospect.fleet),
        *_sequence_faults(host, here, compared),
        *[fault async for fault in _async_schedule_faults(host, here, compared, prospect)],
        *[fault async for fault in _async_rule_faults(host, compared, prospect)],
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


def _safety_faults(host: EngineHost, here: Laid, compared: Comparison, fleet: Fleet) -> Iterator[Fault]:
    after, before = compared.after.safety or {}, here.safety or {}
    moved = {DeviceId(key) for key in compared.moved("devices", *_BROUGHT, Fate.REMOVED)}
    for channel, settings in after.items():
        sources = {device_of(each) for interlock in settings.interlocks for each in interlock.sources}
        if before.get(channel) == settings and moved.isdisjoint({device_of(channel), *sources}):
            continue
        try:
            check(after.values(), fleet, changed=channel)
        except DefinitionError as err:
            if not _was_wrong(host, before, channel, err):
                yield fault_of("safety", channel, err)


def _limit_faults(compared: Comparison, fleet: Fleet) -> Iterator[Fault]:
    for key in compared.moved("alarm_limits", *_BROUGHT):
        # Limits belong to the plan of a device: one that nobody has approved has none.
        if fleet.sensor(ChannelId(key)) is None or device_of(ChannelId(key)) not in (compared.after.devices or {}):
            yield fault_of("alarm_limits", key, DefinitionError("partner_unknown", partner=key, channel=key))


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


def _sequence_faults(host: EngineHost, here: Laid, compared: Comparison) -> Iterator[Fault]:
    before, after = here.sequences or {}, compared.after.sequences or {}
    brought = compared.moved("sequences", *_BROUGHT)
    for key, sequence in after.items():
        if (fault := _broken(sequence, after)) is not None and (key in brought or _broken(before[key], before) is None):
            yield fault_of("sequences", key, fault)
        elif key in brought:
            try:
                demand_templates(host.hass, sequence)
            except DefinitionError as err:
                yield fault_of("sequences", key, err)


def _broken(sequence: Sequence, among: dict[str, Sequence]) -> DefinitionError | None:
    try:
        check_references(sequence, among)
    except DefinitionError as err:
        return err
    return None


async def _async_schedule_faults(
    host: EngineHost, here: Laid, compared: Comparison, prospect: Prospect
) -> AsyncIterator[Fault]:
    after, sequences = compared.after.schedules or {}, compared.after.sequences or {}
    brought = compared.moved("schedules", *_BROUGHT)
    for key, start in after.items():
        if start.sequence not in sequences:
            if key in brought or start.sequence in (here.sequences or {}):
                yield fault_of("schedules", key, DefinitionError("config_sequence_unknown", given=start.sequence))
        elif key in brought and (fault := await _async_start_fault(host, start, prospect)) is not None:
            yield fault_of("schedules", key, fault)
    if brought and len(after) > MOST_SCHEDULES:
        yield fault_of("schedules", brought[-1], DefinitionError("too_many_schedules", limit=MOST_SCHEDULES))


async def _async_start_fault(host: EngineHost, start: PlannedStart, prospect: Prospect) -> DefinitionError | None:
    """Return what a start would be refused for whenever it comes, as if somebody planned it now."""
    if not EARLIEST <= start.at <= LATEST:
        return DefinitionError("config_moment_too_far", given=str(start.at), first=YEARS[0], last=YEARS[-1])
    if not 0 <= start.late_by <= MOST_LATE_BY:
        words = {"given": start.late_by, "low": 0, "high": MOST_LATE_BY}
        return DefinitionError("config_late_by_out_of_range", **words)
    wished = Wished(
        program=prospect.library.get(start.sequence),
        roles=start.roles,
        variables=start.variables,
        until_phase=start.until_phase,
        overrides=start.overrides,
    )
    try:
        await async_demand_what_a_start_needs(host, prospect, wished)
    except DefinitionError as err:
        return err
    return None


async def _async_rule_faults(host: EngineHost, compared: Comparison, prospect: Prospect) -> AsyncIterator[Fault]:
    rules = compared.after.rules or {}
    gone, brought = set(compared.moved("sequences", Fate.REMOVED)), compared.moved("rules", *_BROUGHT)
    scrutiny = RuleScrutiny(host.hass, host.journal.entry_id, prospect.engine, prospect, host.names)
    circles = scrutiny.circles(rules)
    for rule in [rule for key, rule in rules.items() if key in brought or _names_any(rule, gone)]:
        try:
            await scrutiny.async_examine(rule, rules, circles)
        except DefinitionError as err:
            yield fault_of("rules", rule.id, err)
        except HomeAssistantError as err:
            yield fault_of("rules", rule.id, DefinitionError("config_refused_here", given=in_short(err)))


def _names_any(rule: Rule, sequences: set[str]) -> bool:
    return any(name in sequences for _, name in named_sequences(rule))

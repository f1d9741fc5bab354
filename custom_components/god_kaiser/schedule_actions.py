"""Planning starts of sequences by action."""

from uuid import uuid4

from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.util import dt as dt_util

from .core.errors import DefinitionError, NotFoundError
from .core.sequences.codes import SequenceCode
from .core.sequences.errors import SequenceError
from .core.sequences.findings import Advice, Require
from .core.sequences.run import Trigger
from .core.sequences.schedule import Missed, Schedule
from .host.engine_host import EngineHost
from .host.run_lines import worst_in_words
from .host.run_trials import Startable
from .host.run_wishes import Wished
from .people import async_asker
from .run_records import Record, moment
from .sequence_targets import async_demand_rights, overrides_of, roles_of, sequence_of
from .targets import hosts_of, loaded_hosts


async def schedule_sequence(call: ServiceCall) -> ServiceResponse:
    """Plan one start; what could never start, or never by who asks, is refused now."""
    at = _moment_of(call)
    host, sequence = sequence_of(call, call.data["sequence"])
    roles = roles_of(call.hass, host, call.data["roles"])
    asker = await async_asker(call.hass, call.context)
    await async_demand_rights(host, call.context, sequence, roles)
    schedule = Schedule(
        id=str(uuid4()),
        sequence=sequence.id,
        at=at,
        roles=roles,
        variables=call.data["variables"],
        trigger=Trigger(kind="schedule", id=asker.user, name=asker.name),
        require=Require(call.data["require"]),
        until_phase=call.data["until_phase"],
        overrides=overrides_of(call),
        missed=Missed(call.data["missed"]),
        late_by=call.data["late_by"],
        created_at=dt_util.utcnow().timestamp(),
        created_by=asker.name,
    )
    wished = Wished(
        program=sequence,
        roles=roles,
        variables=schedule.variables,
        until_phase=schedule.until_phase,
        overrides=schedule.overrides,
    )
    await async_demand_what_a_start_needs(host, host.sequences, wished)
    await host.sequences.schedules.async_add(schedule)
    return {"schedule_id": schedule.id, "at": moment(at)}


async def cancel_schedule(call: ServiceCall) -> None:
    """Drop a planned start, if who asks may control everything that it would drive."""
    host, schedule = _meant(call)
    asker = await async_asker(call.hass, call.context)
    sequence = host.sequences.store.library.sequences.get(schedule.sequence)
    if sequence is not None:
        await async_demand_rights(host, call.context, sequence, schedule.roles)
    host.sequences.schedules.cancel(schedule.id, by=asker.name)


async def list_schedules(call: ServiceCall) -> ServiceResponse:
    """Return what is planned and what was missed, the earliest first, and what became of planned starts lately."""
    hosts = hosts_of(call)
    found = [(host, schedule) for host in hosts for schedule in host.sequences.schedules.all]
    found.sort(key=lambda each: each[1].at)
    return {
        "schedules": [_record(host, schedule) for host, schedule in found],
        "latest": [told for host in hosts for told in host.sequences.schedules.news.latest],
    }


async def async_demand_what_a_start_needs(host: EngineHost, sequences: Startable, wished: Wished) -> None:
    """Refuse what a start refuses whenever it comes: roles and variables that are missing or unknown, and phases."""
    await sequences.async_demand_possible(wished)
    missing = [each for each in await sequences.async_preflight(wished) if each.advice is Advice.CHOOSE_ROLE]
    if missing:
        first = missing[0]
        reason = worst_in_words(host.hass, host.names, missing)
        raise SequenceError(
            SequenceCode.PREFLIGHT_FAILED, first.place, given=first.code, count=len(missing), reason=reason
        )


def _moment_of(call: ServiceCall) -> float:
    now = dt_util.utcnow().timestamp()
    delay: float | None = call.data.get("delay")
    if delay is not None:
        return round(now + delay, 3)
    if "at" not in call.data:
        raise DefinitionError("schedule_moment_missing")
    at = dt_util.as_utc(call.data["at"]).timestamp()
    if at <= now:
        raise DefinitionError("schedule_in_the_past", at=dt_util.as_local(call.data["at"]).isoformat())
    return at


def _meant(call: ServiceCall) -> tuple[EngineHost, Schedule]:
    wanted: str = call.data["schedule_id"]
    for host in loaded_hosts(call.hass):
        for schedule in host.sequences.schedules.all:
            if schedule.id == wanted:
                return host, schedule
    raise NotFoundError("schedule", wanted)


def _record(host: EngineHost, schedule: Schedule) -> Record:
    return {
        "schedule_id": schedule.id,
        "sequence_id": schedule.sequence,
        "sequence_name": host.sequences.schedules.name_of(schedule),
        "at": moment(schedule.at),
        "status": "missed" if schedule.is_missed else "planned",
        "roles": {role: host.names.of_channel(channel) for role, channel in schedule.roles.items()},
        "variables": dict(schedule.variables),
        "require": schedule.require.value,
        "until_phase": schedule.until_phase or None,
        "phase_timeouts": dict(schedule.overrides.phase_timeouts),
        "heartbeat_interval": schedule.overrides.heartbeat_interval,
        "missed": schedule.missed.value,
        "late_by": schedule.late_by,
        "created_at": moment(schedule.created_at),
        "created_by": schedule.created_by,
    }

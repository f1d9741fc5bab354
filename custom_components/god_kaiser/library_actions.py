"""Keeping sequences and looking at them, and at their runs, by action."""

from datetime import datetime

from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.util import dt as dt_util
import msgspec

from .core.braces import bracketed
from .core.errors import DefinitionError
from .core.sequences.model import Sequence
from .core.sequences.reading import read, schema
from .core.sequences.revisions import difference
from .host.engine_host import EngineHost
from .host.rule_intake import RuleIntake
from .host.sequence_text import as_written, to_yaml
from .paging import page_of
from .past_runs import async_run_of
from .people import async_asker
from .run_records import Record, definition_of, line_record, run_record, sequence_record, stats_record, whole_run
from .run_report import report_of
from .sequence_targets import SequenceTarget, device_key, kept_sequence, sequence_of
from .targets import host_of, hosts_of, named_by
from .technical_errors import async_asked_by_administrator, technical_of_run, with_technical
from .written_outputs import with_channels

_HOUR = 3600.0


async def save_sequence(call: ServiceCall) -> ServiceResponse:
    """Keep a sequence, written as an object or as YAML; each change is a revision."""
    host = host_of(call)
    asker = await async_asker(call.hass, call.context)
    written = as_written(call.data["definition"])
    sequence = read(with_channels(call.hass, host, written), host.engine.programs.starts.limits)
    saved = await host.sequences.async_save(sequence, by=asker.name, based_on=call.data.get("based_on"))
    return await _async_saved(host, saved)


async def delete_sequence(call: ServiceCall) -> None:
    """Delete a sequence that no other runs."""
    host, wanted = kept_sequence(call)
    await host.sequences.async_delete(wanted)


async def restore_sequence(call: ServiceCall) -> ServiceResponse:
    """Save an earlier revision as the newest one; a deleted sequence comes back by that."""
    host, wanted = kept_sequence(call)
    asker = await async_asker(call.hass, call.context)
    return await _async_saved(host, await host.sequences.async_restore(wanted, call.data["revision"], by=asker.name))


async def export_sequence(call: ServiceCall) -> ServiceResponse:
    """Return a sequence as text, which can be saved again anywhere."""
    _, sequence = _meant(call)
    # Home Assistant would work templates out when this is pasted into an action.
    return {"id": sequence.id, "yaml": bracketed(to_yaml(sequence))}


async def list_sequences(call: ServiceCall) -> ServiceResponse:
    """Return all sequences, with how their last runs have ended."""
    hosts = hosts_of(call)
    return {
        "sequences": [
            sequence_record(host, sequence, latest.get(sequence.id))
            for host, latest in [(host, host.sequences.latest()) for host in hosts]
            for _, sequence in sorted(host.sequences.store.library.sequences.items())
        ],
        "degraded": {name: why for host in hosts for name, why in host.sequences.store.degraded.items()},
        "deleted": [name for host in hosts for name in host.sequences.store.deleted],
    }


async def get_sequence(call: ServiceCall) -> ServiceResponse:
    """Return a sequence with its revisions; what is written in it, and what an earlier one differs by, for few."""
    host, sequence = _meant(call)
    may_read = await _async_may_read(call)
    revisions = host.sequences.store.revisions(sequence.id)
    record: Record = {
        **sequence_record(host, sequence, host.sequences.current(sequence.id)),
        "revisions": [{"revision": each.number, "at": each.at, "by": each.by} for each in revisions],
        "used_by": list(host.sequences.store.library.used_by(sequence.id)),
    }
    if may_read:
        record["definition"] = definition_of(sequence)
    if may_read and (wanted := call.data.get("compare_with")) is not None:
        earlier = next((each.definition for each in revisions if each.number == wanted), None)
        if earlier is None:
            raise DefinitionError("revision_not_found", wanted=wanted)
        record["changes"] = [msgspec.to_builtins(change) for change in difference(earlier, sequence)]
    return record


async def get_sequence_schema(_call: ServiceCall) -> ServiceResponse:
    """Return the JSON Schema of sequences, for editors and other programs."""
    return {"schema": schema()}


async def list_runs(call: ServiceCall) -> ServiceResponse:
    """Return the runs that go on, and those that have ended not long ago, the latest first."""
    given: str | None = call.data.get("sequence")
    wanted, hosts = (None, hosts_of(call)) if given is None else named_by(call, given, device_key)
    found = [
        (host, run)
        for host in hosts
        for run in host.sequences.runs()
        if wanted in (None, run.program.id) and not (call.data["running_only"] and run.is_over)
    ]
    found.sort(key=lambda each: each[1].started_at, reverse=True)
    page = page_of(found, lambda each: each[1].id, call.data["cursor"], call.data["limit"])
    return {
        "total": len(found),
        "runs": [run_record(call.hass, host, run) for host, run in page.items],
        "cursor": page.cursor,
    }


async def get_run(call: ServiceCall) -> ServiceResponse:
    """Return everything that is known about a run."""
    host, run = await async_run_of(call)
    record = {**whole_run(call.hass, host, run), "report": report_of(call.hass, host, run)}
    return with_technical(record, run) if await async_asked_by_administrator(call) else record


async def get_run_logs(call: ServiceCall) -> ServiceResponse:
    """Return the lines of the log of a run, page by page."""
    host, run = await async_run_of(call)
    since, until = (_seconds(call.data.get(edge)) for edge in ("since", "until"))
    level, domain, after = call.data.get("level"), call.data.get("domain"), call.data["cursor"]
    wanted = [
        (number, line)
        for number, line in run.numbered_log
        if (since or 0.0) <= line.at and (until is None or line.at <= until)
        if level in (None, line.level) and domain in (None, line.domain)
    ]
    # A line keeps its number, however many come after it while somebody reads.
    following = [each for each in wanted if each[0] > after]
    page = following[: call.data["limit"]]
    technical: Record = {"errors": technical_of_run(run)} if await async_asked_by_administrator(call) else {}
    return {
        **technical,
        "run_id": run.id,
        "lines": [line_record(call.hass, host, run, line) for line in page],
        "cursor": page[-1][0] if len(page) < len(following) else None,
        "total": len(wanted),
        "left_out": max(0, run.lines_gone - after),
    }


async def get_run_stats(call: ServiceCall) -> ServiceResponse:
    """Return how many runs go on, and how those of the last hour have ended."""
    since = dt_util.utcnow().timestamp() - _HOUR
    hosts = hosts_of(call)
    if len(hosts) == 1:
        return stats_record(hosts[0], since=since)
    return {"hubs": {host.kaiser_id: stats_record(host, since=since) for host in hosts}}


async def _async_may_read(call: ServiceCall) -> bool:
    """Tell whether who asks may see what steps hand to other integrations: administrators and automations."""
    if call.context.user_id is None:
        return True
    user = await call.hass.auth.async_get_user(call.context.user_id)
    return user is not None and user.is_admin


def _seconds(given: datetime | None) -> float | None:
    """Return a moment in seconds since 1970; without a time zone that of the house is meant."""
    return None if given is None else dt_util.as_utc(given).timestamp()


def _meant(call: ServiceCall) -> SequenceTarget:
    return sequence_of(call, call.data["sequence"])


async def _async_saved(host: EngineHost, sequence: Sequence) -> ServiceResponse:
    remarks = await host.rules.scrutiny.async_circles_over(sequence.id, host.rules.rules)
    record: Record = {
        "id": sequence.id,
        "revision": sequence.revision,
        "definition": definition_of(sequence),
        "remarks": [RuleIntake(host).remark(each) for each in remarks],
    }
    return record

"""Reading the journal by action: events, the trail and whether it is whole, and everything about one run."""

from homeassistant.core import ServiceCall, ServiceResponse
import msgspec

from .journal_pages import async_events_of_run, async_page
from .journal_records import event_record
from .past_runs import async_run_of
from .run_records import line_record, whole_run
from .run_report import report_of
from .stream_sight import async_sight
from .targets import hosts_of, one_or_all
from .trail_pages import async_trail_page, async_verdict, async_whole_trail


async def get_events(call: ServiceCall) -> ServiceResponse:
    """Return what has happened: the latest that fits, or with ``after`` what came next."""
    return await async_page(call.hass, hosts_of(call), call.data, await async_sight(call.hass, call.context))


async def get_audit(call: ServiceCall) -> ServiceResponse:
    """Return entries of the trail in their order: the first ones, or with ``before`` the last ones."""
    return one_or_all({host.kaiser_id: await async_trail_page(host, call.data) for host in hosts_of(call)})


async def verify_audit(call: ServiceCall) -> ServiceResponse:
    """Go through the whole trail, and tell whether anybody has changed, removed or added an entry."""
    return one_or_all({host.kaiser_id: await async_verdict(host) for host in hosts_of(call)})


async def export_run(call: ServiceCall) -> ServiceResponse:
    """Return everything about a run: its definition, what has happened, its log, its entries in the trail, its summary."""
    host, run = await async_run_of(call)
    events = [event_record(stored, host.kaiser_id, is_admin=True) for stored in await async_events_of_run(host, run.id)]
    trail = await async_whole_trail(host, run.id)
    record = whole_run(call.hass, host, run)
    lines = "".join(f"{msgspec.json.encode(event).decode()}\n" for event in events)
    return {
        "run_id": run.id,
        "definition": msgspec.to_builtins(run.program),
        "run": record,
        "events": events,
        "events_jsonl": lines,
        "logs": [line_record(call.hass, host, run, line) for line in run.numbered_log],
        "logs_left_out": run.lines_gone,
        "audit": [{"number": entry.number, "actor_type": entry.actor, **entry.envelope} for entry in trail],
        "summary": record["summary"],
        "report": report_of(call.hass, host, run),
    }

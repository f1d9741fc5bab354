"""Reading the journal by action: events, the trail and whether it is whole, and everything about one run."""

from collections.abc import Awaitable, Iterable
from datetime import datetime
from typing import Any, Final

from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.util import dt as dt_util
import msgspec

from .core.errors import DefinitionError
from .core.journal.ids import EventKey, id_of, key_of, last_before
from .core.journal.kinds import KINDS, Level
from .core.sequences.happenings import FORMER_NAMES
from .host.database import FAULTS
from .host.engine_host import EngineHost
from .host.journal.notes import FORMER_KINDS
from .host.journal.reading import MOST_ROWS, Entry, Page, Stored, Wanted
from .host.naming import shown_by
from .host.rule_events import FORMER_RULE_NAMES
from .journal_records import event_record
from .past_runs import async_run_of
from .run_records import Record, line_record, whole_run
from .stream_sight import Sight
from .targets import hosts_of, one_or_all

# The names under which the former server, or the bus, knows them.
_FORMER: Final = {
    **{kind.value: name for kind, name in FORMER_NAMES.items()},
    **{kind.value: name for kind, name in FORMER_RULE_NAMES.items()},
    **{kind.value: occasion.value for kind, occasion in FORMER_KINDS.items()},
}


async def get_events(call: ServiceCall) -> ServiceResponse:
    """Return what has happened: the latest that fits, or with ``after`` what came next."""
    wanted = _wanted(call)
    sight = await _async_sight(call)
    pages = [(host, await _async_read(host, _of_hub(call, host, wanted))) for host in hosts_of(call)]
    found = sorted(((stored, host) for host, page in pages for stored in page.events), key=lambda each: each[0].key)
    shown = found[-wanted.limit :] if wanted.newest else found[: wanted.limit]
    has_more = len(found) > len(shown) or any(page.has_more for _, page in pages)
    edge = shown[0 if wanted.newest else -1][0].key if shown else None
    return {
        "events": [record for stored, host in shown if (record := _seen(sight, stored, host)) is not None],
        "cursor": id_of(edge) if has_more and edge is not None else None,
    }


async def get_audit(call: ServiceCall) -> ServiceResponse:
    """Return entries of the trail, the oldest first."""
    run_id: str = call.data.get("run_id", "")
    after, limit = call.data["after"], call.data["limit"]
    hubs: dict[str, Any] = {}
    for host in hosts_of(call):
        entries, has_more = await _async_asked(host.journal.async_trail(execution=run_id, after=after, limit=limit))
        hubs[host.kaiser_id] = {
            "entries": [
                {
                    "number": entry.number,
                    "event_id": entry.envelope["event_id"],
                    "timestamp": entry.envelope["timestamp"],
                    "event": entry.envelope["event_type"],
                    "execution_id": entry.envelope.get("execution_id"),
                    "correlation_id": entry.envelope.get("correlation_id"),
                    "actor_type": entry.actor,
                    "actor": entry.envelope.get("actor"),
                    "metadata": entry.envelope.get("data", {}),
                }
                for entry in entries
            ],
            "cursor": entries[-1].number if has_more and entries else None,
        }
    return one_or_all(hubs)


async def verify_audit(call: ServiceCall) -> ServiceResponse:
    """Go through the whole trail, and tell whether anybody has changed, removed or added an entry."""
    hubs: dict[str, Any] = {}
    for host in hosts_of(call):
        verdict = await _async_asked(host.journal.async_verify())
        hubs[host.kaiser_id] = {
            "is_whole": verdict.problem is None,
            "entries": verdict.entries,
            "problem": verdict.problem.value if verdict.problem else None,
            "at": verdict.at,
        }
    return one_or_all(hubs)


async def export_run(call: ServiceCall) -> ServiceResponse:
    """Return everything about a run: its definition, what has happened, its log, its entries in the trail, its summary."""
    host, run = await async_run_of(call)
    events = [event_record(stored, host.kaiser_id, is_admin=True) for stored in await _async_all_events(host, run.id)]
    trail = await _async_whole_trail(host, run.id)
    record = whole_run(call.hass, host, run)
    lines = "".join(f"{msgspec.json.encode(event).decode()}\n" for event in events)
    return {
        "run_id": run.id,
        "definition": msgspec.to_builtins(run.program),
        "run": record,
        "events": events,
        "events_jsonl": lines,
        "logs": [line_record(call.hass, host, run, line) for line in run.log],
        "audit": [{"number": entry.number, "actor_type": entry.actor, **entry.envelope} for entry in trail],
        "summary": record["summary"],
    }


async def _async_sight(call: ServiceCall) -> Sight | None:
    """Return what whoever asks may see, None for what nobody is behind."""
    user = await call.hass.auth.async_get_user(call.context.user_id) if call.context.user_id else None
    return None if user is None else Sight(call.hass, user)


def _seen(sight: Sight | None, stored: Stored, host: EngineHost) -> Record | None:
    return event_record(stored, host.kaiser_id, is_admin=False) if sight is None else sight.event(host, stored)


def _wanted(call: ServiceCall) -> Wanted:
    given = call.data
    since, until = (_edge(given.get(name)) for name in ("since", "until"))
    after, before = (_key(given.get(name)) for name in ("after", "before"))
    level: str | None = given.get("level")
    return Wanted(
        kinds=_kinds(given.get("type", ())),
        execution=given.get("run_id", ""),
        subject=given.get("subject", ""),
        domain=given.get("domain", ""),
        level=None if level is None else Level(level),
        after=max((each for each in (after, since) if each is not None), default=None),
        before=min((each for each in (before, until) if each is not None), default=None),
        limit=given["limit"],
        newest=after is None,
    )


def _of_hub(call: ServiceCall, host: EngineHost, wanted: Wanted) -> Wanted:
    """Return what is wanted with its subject as the journal knows it: an entity stands for what it shows."""
    channel = shown_by(call.hass, host.fleet, wanted.subject) if "." in wanted.subject else None
    return wanted if channel is None else wanted._replace(subject=channel.id)


def _kinds(names: Iterable[str]) -> tuple[str, ...]:
    """Return the kinds behind names, the former ones among them."""
    if not (wanted := set(names)):
        return ()
    if unknown := sorted(wanted - set(KINDS) - set(_FORMER.values())):
        raise DefinitionError("unknown_event_type", wanted=", ".join(unknown))
    return tuple(kind for kind in KINDS if not wanted.isdisjoint((kind, _FORMER.get(kind))))


def _key(event_id: str | None) -> EventKey | None:
    if event_id is None:
        return None
    if (key := key_of(event_id)) is None:
        raise DefinitionError("wrong_event_id", wanted=event_id)
    return key


def _edge(given: datetime | None) -> EventKey | None:
    """Return an id just before everything that happens at a moment; without a time zone that of the house is meant."""
    return None if given is None else last_before(int(dt_util.as_utc(given).timestamp() * 1000))


async def _async_all_events(host: EngineHost, run_id: str) -> list[Stored]:
    """Return every event of a run, page by page."""
    found: list[Stored] = []
    has_more = True
    while has_more:
        after = found[-1].key if found else (0, 0)
        page = await _async_read(host, Wanted(execution=run_id, after=after, limit=MOST_ROWS, newest=False))
        found += page.events
        has_more = page.has_more
    return found


async def _async_whole_trail(host: EngineHost, run_id: str) -> list[Entry]:
    """Return every entry of the trail about a run, page by page."""
    found: list[Entry] = []
    has_more = True
    while has_more:
        after = found[-1].number if found else 0
        page, has_more = await _async_asked(host.journal.async_trail(execution=run_id, after=after, limit=MOST_ROWS))
        found += page
    return found


async def _async_read(host: EngineHost, wanted: Wanted) -> Page:
    return await _async_asked(host.journal.async_events(wanted))


async def _async_asked[Answer](question: Awaitable[Answer]) -> Answer:
    """Return the answer of the disk, or say in words that it gives none."""
    try:
        return await question
    except FAULTS as err:
        raise DefinitionError("journal_not_readable") from err

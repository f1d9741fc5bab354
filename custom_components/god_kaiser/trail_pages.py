"""Pages of the audit trail: for administrators alone."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from .given_numbers import whole
from .host.engine_host import EngineHost
from .host.journal.reading import MOST_ROWS, Entry
from .journal_pages import LIMIT_FIELDS, Fields, async_answered
from .run_records import Record

_NUMBER: Final = vol.All(whole, vol.Range(min=0))
TRAIL_FIELDS: Final[Fields] = {
    vol.Optional("run_id"): cv.string,
    vol.Exclusive("after", "after, before"): _NUMBER,
    vol.Exclusive("before", "after, before"): _NUMBER,
    **LIMIT_FIELDS,
}


async def async_trail_page(host: EngineHost, given: Mapping[str, Any]) -> Record:
    """Return entries in their order: the first ones that fit, or with ``before`` the last ones."""
    before: int | None = given.get("before")
    entries, has_more = await async_answered(
        host.journal.async_trail(
            execution=given.get("run_id", ""), after=given.get("after", 0), before=before, limit=given["limit"]
        )
    )
    edge = entries[-1 if before is None else 0].number if has_more and entries else None
    return {"entries": [_entry_record(entry) for entry in entries], "cursor": edge}


async def async_whole_trail(host: EngineHost, run_id: str) -> list[Entry]:
    """Return every entry about a run, page by page."""
    found: list[Entry] = []
    has_more = True
    while has_more:
        after = found[-1].number if found else 0
        page, has_more = await async_answered(host.journal.async_trail(execution=run_id, after=after, limit=MOST_ROWS))
        found += page
    return found


async def async_verdict(host: EngineHost) -> Record:
    """Go through the whole trail, and tell whether anybody has changed, removed or added an entry."""
    verdict = await async_answered(host.journal.async_verify())
    return {
        "is_whole": verdict.problem is None,
        "entries": verdict.entries,
        "problem": verdict.problem.value if verdict.problem else None,
        "at": verdict.at,
    }


def _entry_record(entry: Entry) -> Record:
    return {
        "number": entry.number,
        "event_id": entry.envelope["event_id"],
        "timestamp": entry.envelope["timestamp"],
        "event": entry.envelope["event_type"],
        "execution_id": entry.envelope.get("execution_id"),
        "correlation_id": entry.envelope.get("correlation_id"),
        "sequence_name": entry.envelope.get("sequence_name"),
        "rule_name": entry.envelope.get("rule_name"),
        "actor_type": entry.actor,
        "actor": entry.envelope.get("actor"),
        "metadata": entry.envelope.get("data", {}),
    }

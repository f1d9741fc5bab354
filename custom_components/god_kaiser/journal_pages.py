"""Pages of the journal: which events are wanted, and what of them may be seen."""

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import config_validation as cv
from homeassistant.loader import async_get_loaded_integration
from homeassistant.util import dt as dt_util
import voluptuous as vol

from .action import MOMENT
from .const import DOMAIN
from .core.errors import DefinitionError
from .core.journal.ids import EventKey, id_of, key_of, last_before
from .core.journal.kinds import KINDS, Domain, Level
from .core.sequences.happenings import FORMER_NAMES, SESSION_NAMES
from .given_numbers import whole
from .host.database import FAULTS
from .host.engine_host import EngineHost
from .host.journal.notes import FORMER_KINDS
from .host.journal.reading import MOST_ROWS, Page, Stored, Wanted
from .host.naming import shown_by
from .host.rule_events import FORMER_RULE_NAMES
from .journal_records import event_record
from .run_records import Record
from .stream_sight import Sight

type Fields = dict[vol.Marker, object]

LIMIT_FIELDS: Final[Fields] = {vol.Optional("limit", default=100): vol.All(whole, vol.Range(min=1, max=MOST_ROWS))}
EVENT_FIELDS: Final[Fields] = {
    vol.Optional("type", default=list): vol.All(cv.ensure_list, [cv.string]),
    vol.Optional("run_id"): cv.string,
    vol.Optional("subject"): cv.string,
    vol.Optional("correlation_id"): cv.string,
    vol.Optional("person"): cv.string,
    vol.Optional("domain"): vol.In([each.value for each in Domain]),
    vol.Optional("level"): vol.In([each.value for each in Level]),
    vol.Optional("since"): MOMENT,
    vol.Optional("until"): MOMENT,
    vol.Exclusive("after", "after, before"): cv.string,
    vol.Exclusive("before", "after, before"): cv.string,
    **LIMIT_FIELDS,
}
# The names under which the former server, or the bus, knows them.
FORMER: Final = {
    **{kind.value: name for kind, name in (FORMER_NAMES | SESSION_NAMES).items()},
    **{kind.value: name for kind, name in FORMER_RULE_NAMES.items()},
    **{kind.value: occasion.value for kind, occasion in FORMER_KINDS.items()},
}


async def async_page(
    hass: HomeAssistant, hosts: Sequence[EngineHost], given: Mapping[str, Any], sight: Sight | None
) -> Record:
    """Return what has happened: the latest that fits, or with ``after`` what came next; nobody has no sight."""
    wanted = _wanted(hass, given)
    if person := given.get("person"):
        if sight is None or not sight.is_admin:
            # Whose events there are is nothing but who it was.
            raise Unauthorized
        wanted = wanted._replace(people=await _async_names(hass, person))
    pages = [(host, await _async_read(host, _of_hub(hass, host, wanted))) for host in hosts]
    found = sorted(((stored, host) for host, page in pages for stored in page.events), key=lambda each: each[0].key)
    shown = _cut(found, wanted)
    has_more = len(found) > len(shown) or any(page.has_more for _, page in pages)
    edge = shown[0 if wanted.newest else -1][0].key if shown else None
    return {
        "events": [record for stored, host in shown if (record := _seen(sight, stored, host)) is not None],
        "cursor": id_of(edge) if has_more and edge is not None else None,
    }


def _cut(found: list[tuple[Stored, EngineHost]], wanted: Wanted) -> list[tuple[Stored, EngineHost]]:
    """Return one page; what two hubs have noted under the same id is on the same page, or the cursor would pass over it."""
    if len(found) <= wanted.limit:
        return found
    edge = found[-wanted.limit if wanted.newest else wanted.limit - 1][0].key
    return [each for each in found if (each[0].key >= edge if wanted.newest else each[0].key <= edge)]


async def async_events_of_run(host: EngineHost, run_id: str) -> list[Stored]:
    """Return every event of a run, page by page."""
    found: list[Stored] = []
    has_more = True
    while has_more:
        after = found[-1].key if found else (0, 0)
        page = await _async_read(host, Wanted(execution=run_id, after=after, limit=MOST_ROWS, newest=False))
        found += page.events
        has_more = page.has_more
    return found


async def async_answered[Answer](question: Awaitable[Answer]) -> Answer:
    """Return the answer of the disk, or say in words that it gives none."""
    try:
        return await question
    except FAULTS as err:
        raise DefinitionError("journal_not_readable") from err


def _seen(sight: Sight | None, stored: Stored, host: EngineHost) -> Record | None:
    return event_record(stored, host.kaiser_id, is_admin=False) if sight is None else sight.event(host, stored)


def _wanted(hass: HomeAssistant, given: Mapping[str, Any]) -> Wanted:
    since, until = (_edge(given.get(name)) for name in ("since", "until"))
    after, before = (_key(given.get(name)) for name in ("after", "before"))
    level: str | None = given.get("level")
    return Wanted(
        kinds=_kinds(hass, given["type"]),
        execution=given.get("run_id", ""),
        subject=given.get("subject", ""),
        mention=given.get("correlation_id", ""),
        domain=given.get("domain", ""),
        level=None if level is None else Level(level),
        after=max((each for each in (after, since) if each is not None), default=None),
        before=min((each for each in (before, until) if each is not None), default=None),
        limit=given["limit"],
        newest=after is None,
    )


def _of_hub(hass: HomeAssistant, host: EngineHost, wanted: Wanted) -> Wanted:
    """Return what is wanted with its subject as the journal knows it: an entity stands for what it shows."""
    channel = shown_by(hass, host.fleet, wanted.subject) if "." in wanted.subject else None
    return wanted if channel is None else wanted._replace(subject=channel.id)


async def _async_names(hass: HomeAssistant, person: str) -> tuple[str, ...]:
    """Return everything by which the journal may know somebody: the name, and the id of the account."""
    users = [user for user in await hass.auth.async_get_users() if person in (user.id, user.name)]
    return tuple(dict.fromkeys([person, *(name for user in users for name in (user.id, user.name) if name)]))


def _kinds(hass: HomeAssistant, names: Iterable[str]) -> tuple[str, ...]:
    """Return the kinds behind names, the former ones among them."""
    if not (wanted := set(names)):
        return ()
    if unknown := sorted(wanted - set(KINDS) - set(FORMER.values())):
        page = f"{async_get_loaded_integration(hass, DOMAIN).documentation}/blob/main/docs/EVENTS.md"
        raise DefinitionError("unknown_event_type", wanted=", ".join(unknown), page=page)
    return tuple(kind for kind in KINDS if not wanted.isdisjoint((kind, FORMER.get(kind))))


def _key(event_id: str | None) -> EventKey | None:
    if event_id is None:
        return None
    if (key := key_of(event_id)) is None:
        raise DefinitionError("wrong_event_id", wanted=event_id)
    return key


def _edge(given: datetime | None) -> EventKey | None:
    """Return an id just before everything that happens at a moment; without a time zone that of the house is meant."""
    return None if given is None else last_before(int(dt_util.as_utc(given).timestamp() * 1000))


async def _async_read(host: EngineHost, wanted: Wanted) -> Page:
    return await async_answered(host.journal.async_events(wanted))

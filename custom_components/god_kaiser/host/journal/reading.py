"""Questions to the journal on the disk: each opens the file for itself, and nobody waits for it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from ...core.journal.chain import Anchors, Link, Verdict, read
from ...core.journal.ids import EventKey
from ...core.journal.kinds import Level
from ..database import Connection, DatabaseError, is_incomplete, open_to_read
from .found import envelope_of, exactly, leniently, unreadable
from .rows import LEVELS, Envelope, as_bytes, packed, sealed, unpacked

MOST_ROWS: Final = 1_000
# What a column of whole numbers holds.
_LARGEST: Final = 2**63 - 1
# Whoever it was stands in one of these places, where the body is JSON at all.
_BY_ONE_OF: Final = """CASE WHEN NOT ({named}) THEN 0 WHEN json_valid(CAST(body AS TEXT)) THEN EXISTS (
    SELECT 1 FROM json_each(?) WHERE value IN (
        json_extract(CAST(body AS TEXT), '$.actor.name'), json_extract(CAST(body AS TEXT), '$.actor.id'),
        json_extract(CAST(body AS TEXT), '$.data.by'))) ELSE 0 END"""
_LEVEL_OF: Final[dict[object, Level]] = {number: level for level, number in LEVELS.items()}


type Value = str | int | bytes


class Wanted(NamedTuple):
    """Which events are wanted: all that is given must hold; ``after`` and ``before`` are ids, exclusive.

    Of ``kinds`` and ``domains`` one is enough. ``mention`` is an id that must stand somewhere in an event, and ``people`` are names of whoever it was.
    With ``newest`` the last ones that fit are meant, otherwise the first ones.
    """

    kinds: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    execution: str = ""
    subject: str = ""
    mention: str = ""
    people: tuple[str, ...] = ()
    domain: str = ""
    level: Level | None = None
    after: EventKey | None = None
    before: EventKey | None = None
    limit: int = 100
    newest: bool = True


class Stored(NamedTuple):
    """One event as it was found; ``technical`` is for administrators."""

    key: EventKey
    level: Level
    domain: str
    subject: str
    envelope: Envelope
    technical: str


class Page(NamedTuple):
    """Some events in their order, and whether there are more in the direction in which they were asked for.

    ``left_out`` are the numbers of those among them that cannot be read.
    """

    events: list[Stored]
    has_more: bool
    left_out: tuple[int, ...] = ()


class Entry(NamedTuple):
    """One entry of the trail."""

    number: int
    actor: str
    envelope: Envelope


def events(path: Path, wanted: Wanted) -> Page:
    """Return what fits and can be read, in the order in which it has happened."""
    found: list[Stored] = []
    left_out: list[int] = []
    with closing(open_to_read(path, texts=leniently)) as connection:
        while len(found) <= wanted.limit:
            most = wanted.limit + 1 - len(found)
            rows = _rows(connection, wanted, most)
            for row in rows:
                if (stored := readable_event(*row)) is None:
                    left_out.append(row[0])
                else:
                    found.append(stored)
            if len(rows) < most:
                break
            edge = unpacked(rows[-1][0])
            wanted = wanted._replace(before=edge) if wanted.newest else wanted._replace(after=edge)
    events_found = found[: wanted.limit]
    return Page(events_found[::-1] if wanted.newest else events_found, len(found) > wanted.limit, tuple(left_out))


def trail(
    path: Path, *, execution: str = "", after: int = 0, before: int | None = None, limit: int = 100
) -> tuple[list[Entry], bool]:
    """Return entries of the trail in their order, and whether there are more: the first ones, or the last before one."""
    order = "ASC" if before is None else "DESC"
    question = (
        "SELECT number, id, actor, body FROM trail WHERE number > ? AND number < ? AND (? = '' OR execution = ?) "  # noqa: S608 - no word is given
        f"ORDER BY number {order} LIMIT ?"
    )
    limit = min(limit, MOST_ROWS)
    border = _LARGEST if before is None else min(before, _LARGEST)
    with closing(open_to_read(path, texts=leniently)) as connection:
        try:
            found = connection.execute(question, (after, border, execution, execution, limit + 1)).fetchall()
        except DatabaseError as err:
            if not is_incomplete(err):
                raise
            found = []
    entries = [
        Entry(number, str(actor), envelope_of(body) or unreadable(event))
        for number, event, actor, body in found[:limit]
    ]
    return entries if before is None else entries[::-1], len(found) > limit


def verify(path: Path, anchors: Anchors) -> Verdict:
    """Go through the whole trail, entry by entry."""

    def links() -> Iterator[Link]:
        question = "SELECT number, hash, id, execution, actor, body FROM trail WHERE number > ? ORDER BY number"
        for number, digest, *said in connection.execute(question, (anchors.since.number,)):
            yield Link(number=number, content=sealed(*said), hash=as_bytes(digest))

    with closing(open_to_read(path, texts=exactly)) as connection:
        try:
            return read(links(), anchors)
        except DatabaseError as err:
            if not is_incomplete(err):
                raise
            # Where there is no trail, everything of it is missing.
            return read((), anchors)


def run(path: Path, run_id: str) -> bytes | None:
    """Return everything that was known of a run when it ended."""
    with closing(open_to_read(path, texts=exactly)) as connection:
        found = connection.execute("SELECT body FROM runs WHERE run = ?", (run_id,)).fetchone()
    return None if found is None else as_bytes(found[0])


def counts(path: Path) -> dict[str, int]:
    """Return how much is kept: events, entries of the trail, runs, and bytes on the disk."""
    with closing(open_to_read(path)) as connection:
        numbers = {
            name: int(connection.execute(question).fetchone()[0])
            for name, question in (
                ("events", "SELECT count(*) FROM events"),
                ("trail", "SELECT count(*) FROM trail"),
                ("runs", "SELECT count(*) FROM runs"),
            )
        }
        return {**numbers, "bytes": _size_of(connection)}


def size(path: Path) -> int:
    """Return how many bytes the file has."""
    with closing(open_to_read(path)) as connection:
        return _size_of(connection)


def _size_of(connection: Connection) -> int:
    pages, each = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    return int(pages * each)


def _rows(connection: Connection, wanted: Wanted, most: int) -> list[Any]:
    conditions, values = _conditions(wanted)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    order = "DESC" if wanted.newest else "ASC"
    # Only names of our own are put together here; what people give is handed over apart.
    question = f"SELECT id, level, domain, subject, body, technical FROM events {where} ORDER BY id {order} LIMIT ?"  # noqa: S608 - see above
    return connection.execute(question, (*values, most)).fetchall()


def readable_event(
    number: int, level: object, domain: object, subject: object, body: object, technical: object
) -> Stored | None:
    """Return an event, None where something of it is not as we write it."""
    envelope, known = envelope_of(body), _LEVEL_OF.get(level)
    match known, domain, subject, technical:
        case Level(), str(), str(), str() if envelope is not None:
            return Stored(unpacked(number), known, domain, subject, envelope, technical)
        case _:
            return None


def _about(subject: str) -> tuple[str, tuple[Value, ...]]:
    """Return the condition for a subject and what hangs on it, which is written behind it; nothing hangs on an output."""
    if "/actuator/" in subject:
        # Of one subject the newest are found without looking at all of them.
        return "subject = ? AND subject != ''", (subject,)
    return "(subject = ? OR (subject > ? AND subject < ?)) AND subject != ''", (subject, f"{subject}/", f"{subject}0")


def _conditions(wanted: Wanted) -> tuple[list[str], list[Value]]:
    found: list[tuple[str, tuple[Value, ...]]] = []
    one_of = (("kind", wanted.kinds), ("domain", wanted.domains))
    if named := [f"{column} IN ({', '.join('?' * len(values))})" for column, values in one_of if values]:
        found.append((f"({' OR '.join(named)})", wanted.kinds + wanted.domains))
    # Said twice that it is not empty, because only so the index that leaves the empty ones out can be used.
    if wanted.execution:
        found.append(("execution = ? AND execution != ''", (wanted.execution,)))
    if wanted.subject:
        found.append(_about(wanted.subject))
    if wanted.mention:
        found.append(("instr(body, ?)", (msgspec.json.encode(wanted.mention),)))
    if wanted.people:
        # Most rows name none of them, which is found out sooner than where they would stand.
        places = " OR ".join("instr(body, ?)" for _ in wanted.people)
        names = [msgspec.json.encode(name) for name in wanted.people]
        found.append((_BY_ONE_OF.format(named=places), (*names, msgspec.json.encode(wanted.people).decode())))
    if wanted.domain:
        found.append(("domain = ?", (wanted.domain,)))
    if wanted.level is not None:
        number = LEVELS[wanted.level]
        # Said twice as well, for the indexes that leave out what went well.
        found.append(("level = ? AND level > 0" if number else "level = ?", (number,)))
    for sign, key in ((">", wanted.after), ("<", wanted.before)):
        if key is not None:
            found.append((f"id {sign} ?", (packed(key),)))
    return [text for text, _ in found], [value for _, values in found for value in values]

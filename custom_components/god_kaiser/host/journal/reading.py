"""Questions to the journal on the disk: each opens the file for itself, and nobody waits for it."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from ...core.journal.chain import Anchors, Link, Verdict, read
from ...core.journal.ids import EventKey
from ...core.journal.kinds import Level
from ..database import Connection, open_to_read
from .rows import LEVELS, Envelope, packed, sealed, unpacked

MOST_ROWS: Final = 1_000
# What a column of whole numbers holds.
_LARGEST: Final = 2**63 - 1
# Whoever it was stands in one of these places, where the body is JSON at all.
_BY_ONE_OF: Final = """CASE WHEN NOT ({named}) THEN 0 WHEN json_valid(CAST(body AS TEXT)) THEN EXISTS (
    SELECT 1 FROM json_each(?) WHERE value IN (
        json_extract(CAST(body AS TEXT), '$.actor.name'), json_extract(CAST(body AS TEXT), '$.actor.id'),
        json_extract(CAST(body AS TEXT), '$.data.by'))) ELSE 0 END"""
_LEVEL_OF: Final = {number: level for level, number in LEVELS.items()}


type Value = str | int | bytes


class Wanted(NamedTuple):
    """Which events are wanted: all that is given must hold; ``after`` and ``before`` are ids, exclusive.

    ``mention`` is an id that must stand somewhere in an event, and ``people`` are names of whoever it was.
    With ``newest`` the last ones that fit are meant, otherwise the first ones.
    """

    kinds: tuple[str, ...] = ()
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
    """Some events in their order, and whether there are more in the direction in which they were asked for."""

    events: list[Stored]
    has_more: bool


class Entry(NamedTuple):
    """One entry of the trail."""

    number: int
    actor: str
    envelope: Envelope


def events(path: Path, wanted: Wanted) -> Page:
    """Return what fits, in the order in which it has happened."""
    conditions, values = _conditions(wanted)
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    order = "DESC" if wanted.newest else "ASC"
    # Only names of our own are put together here; what people give is handed over apart.
    question = f"SELECT id, level, domain, subject, body, technical FROM events {where} ORDER BY id {order} LIMIT ?"  # noqa: S608 - see above
    with closing(open_to_read(path)) as connection:
        found = connection.execute(question, (*values, wanted.limit + 1)).fetchall()
    rows = [
        Stored(unpacked(number), _LEVEL_OF[level], domain, subject, msgspec.json.decode(body), technical)
        for number, level, domain, subject, body, technical in found[: wanted.limit]
    ]
    return Page(rows[::-1] if wanted.newest else rows, len(found) > wanted.limit)


def trail(
    path: Path, *, execution: str = "", after: int = 0, before: int | None = None, limit: int = 100
) -> tuple[list[Entry], bool]:
    """Return entries of the trail in their order, and whether there are more: the first ones, or the last before one."""
    order = "ASC" if before is None else "DESC"
    question = (
        "SELECT number, actor, body FROM trail WHERE number > ? AND number < ? AND (? = '' OR execution = ?) "  # noqa: S608 - no word is given
        f"ORDER BY number {order} LIMIT ?"
    )
    limit = min(limit, MOST_ROWS)
    border = _LARGEST if before is None else min(before, _LARGEST)
    with closing(open_to_read(path)) as connection:
        found = connection.execute(question, (after, border, execution, execution, limit + 1)).fetchall()
    entries = [Entry(number, actor, msgspec.json.decode(body)) for number, actor, body in found[:limit]]
    return entries if before is None else entries[::-1], len(found) > limit


def verify(path: Path, anchors: Anchors) -> Verdict:
    """Go through the whole trail, entry by entry."""

    def links() -> Iterator[Link]:
        question = "SELECT number, hash, id, execution, actor, body FROM trail WHERE number > ? ORDER BY number"
        for number, digest, *said in connection.execute(question, (anchors.since.number,)):
            yield Link(number=number, content=sealed(*said), hash=_bytes(digest))

    with closing(open_to_read(path)) as connection:
        return read(links(), anchors)


def run(path: Path, run_id: str) -> bytes | None:
    """Return everything that was known of a run when it ended."""
    with closing(open_to_read(path)) as connection:
        found = connection.execute("SELECT body FROM runs WHERE run = ?", (run_id,)).fetchone()
    return None if found is None else bytes(found[0])


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


def _bytes(value: object) -> bytes:
    """Return what lies in a column; somebody may have put something else there than we do."""
    return value if isinstance(value, bytes) else str(value).encode()


def _conditions(wanted: Wanted) -> tuple[list[str], list[Value]]:
    found: list[tuple[str, tuple[Value, ...]]] = []
    if wanted.kinds:
        found.append((f"kind IN ({', '.join('?' * len(wanted.kinds))})", wanted.kinds))
    # Said twice that it is not empty, because only so the index that leaves the empty ones out can be used.
    if wanted.execution:
        found.append(("execution = ? AND execution != ''", (wanted.execution,)))
    if wanted.subject:
        # What hangs on a device is written behind it.
        inside = "(subject = ? OR (subject > ? AND subject < ?)) AND subject != ''"
        found.append((inside, (wanted.subject, f"{wanted.subject}/", f"{wanted.subject}0")))
    if wanted.mention:
        found.append(("instr(body, ?)", (msgspec.json.encode(wanted.mention),)))
    if wanted.people:
        # Most rows name none of them, which is found out sooner than where they would stand.
        named = " OR ".join("instr(body, ?)" for _ in wanted.people)
        names = [msgspec.json.encode(name) for name in wanted.people]
        found.append((_BY_ONE_OF.format(named=named), (*names, msgspec.json.encode(wanted.people).decode())))
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

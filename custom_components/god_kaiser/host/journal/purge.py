"""What is too old, or too much, is forgotten piece by piece, so that other work on the disk waits for one piece at most."""

from typing import Final, NamedTuple

from ...core.journal.chain import Anchor
from ...core.journal.ids import EventKey
from ..database import Connection
from .rows import as_bytes, packed, unpacked

# So many rows are taken away at once.
CHUNK: Final = 5_000
# However large the file is, so much of it stays: what has happened last. Less where little room is given.
_LEAST_EVENTS: Final = range(500, 10_001)
_LEAST_RUNS: Final = range(10, 101)
_BYTES_FOR_AN_EVENT: Final = 2_000
_BYTES_FOR_A_RUN: Final = 100_000
# More should not go than must: of what is too much about a half at once, of the runs a tenth.
_LEAST_AT_ONCE: Final = 100
_PIECES: Final = 10
# A run that goes on or is kept has all of its events, also those of before.
_OLD_EVENTS: Final = """DELETE FROM events WHERE id IN (SELECT id FROM events WHERE id < ? AND (execution = '' OR (
    execution NOT IN (SELECT run FROM runs) AND execution NOT IN (SELECT value FROM json_each(?)))) LIMIT ?)"""
_OLDEST_LOOSE: Final = """SELECT max(id) FROM (SELECT id FROM events WHERE id < ? AND (execution = '' OR (
    execution NOT IN (SELECT run FROM runs) AND execution NOT IN (SELECT value FROM json_each(?)))) ORDER BY id LIMIT ?)"""
_EVENTS_OF_WHAT_GOES_ON: Final = """DELETE FROM events WHERE id IN (SELECT id FROM events
    WHERE id < ? AND execution IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT ?)"""
_BORDER: Final = "SELECT coalesce((SELECT id FROM events ORDER BY id DESC LIMIT 1 OFFSET ?), 0)"
_OLD_RUNS: Final = "DELETE FROM runs WHERE run IN (SELECT run FROM runs WHERE ended < ? LIMIT ?)"
_EXTRA_RUNS: Final = "DELETE FROM runs WHERE run IN (SELECT run FROM runs ORDER BY ended DESC LIMIT ? OFFSET ?)"
_RUNS_OF_THEN: Final = """DELETE FROM runs WHERE ended <= ?
    AND run NOT IN (SELECT run FROM runs ORDER BY ended DESC LIMIT ?)"""
_OLDEST_RUNS: Final = """DELETE FROM runs WHERE run IN (SELECT run FROM runs
    WHERE run NOT IN (SELECT run FROM runs ORDER BY ended DESC LIMIT ?) ORDER BY ended LIMIT ?)"""


class Kept(NamedTuple):
    """How long, and how much, is kept: what is older than these ids and entries goes, and the oldest of what is too much.

    ``going_on`` are the runs that have not ended, as a list in JSON.
    """

    events_since: EventKey
    trail_since: EventKey
    runs_since: int
    most_runs: int
    most_bytes: int
    most_entries: int
    going_on: str = "[]"


class Forgotten(NamedTuple):
    """Whether there is more that should go, and how many events of runs that go on have gone."""

    is_more: bool
    of_going_on: int = 0


def begin_of(connection: Connection, kept: Kept) -> Anchor | None:
    """Return the entry of the trail that it should go on after, one piece further than it does; None where all may stay."""
    (first, last) = connection.execute("SELECT min(number), max(number) FROM trail").fetchone()
    if first is None:
        return None
    found = connection.execute(
        "SELECT number, hash FROM trail WHERE number < ? AND (id < ? OR number <= ?) ORDER BY number DESC LIMIT 1",
        (first + CHUNK, packed(kept.trail_since), last - kept.most_entries),
    ).fetchone()
    return None if found is None else Anchor(number=found[0], hash=as_bytes(found[1]))


def forget(connection: Connection, kept: Kept, begin: Anchor | None) -> Forgotten:
    """Forget one piece of everything, and of the trail what lies before its beginning; tell whether there is more."""
    gone = [
        _changed(connection, _OLD_RUNS, kept.runs_since, CHUNK),
        _changed(connection, _EXTRA_RUNS, CHUNK, kept.most_runs),
        _changed(connection, _OLD_EVENTS, packed(kept.events_since), kept.going_on, CHUNK),
    ]
    if begin is not None:
        gone.append(_changed(connection, "DELETE FROM trail WHERE number <= ?", begin.number))
    forgotten = Forgotten(max(gone) >= CHUNK)
    if not forgotten.is_more and (surplus := size_of(connection) - kept.most_bytes) > 0:
        forgotten = _make_room(connection, kept, min(CHUNK, _LEAST_AT_ONCE + surplus // _BYTES_FOR_AN_EVENT))
    connection.execute(f"PRAGMA incremental_vacuum({CHUNK})").fetchall()
    return forgotten


def _make_room(connection: Connection, kept: Kept, piece: int) -> Forgotten:
    """Forget the oldest of what belongs to no run, with the runs of then; of a run that goes on only where nothing else is left."""
    events = _within(_LEAST_EVENTS, kept.most_bytes // _BYTES_FOR_AN_EVENT)
    runs = _within(_LEAST_RUNS, kept.most_bytes // _BYTES_FOR_A_RUN)
    (border,) = connection.execute(_BORDER, (events - 1,)).fetchone()
    (last,) = connection.execute(_OLDEST_LOOSE, (border, kept.going_on, piece)).fetchone()
    if last is not None:
        _changed(connection, _RUNS_OF_THEN, unpacked(last)[0], runs)
        _changed(connection, _OLD_EVENTS, last + 1, kept.going_on, CHUNK)
        return Forgotten(is_more=True)
    (known,) = connection.execute("SELECT count(*) FROM runs").fetchone()
    if _changed(connection, _OLDEST_RUNS, runs, max(1, (known - runs) // _PIECES)):
        return Forgotten(is_more=True)
    cut = _changed(connection, _EVENTS_OF_WHAT_GOES_ON, border, kept.going_on, piece)
    return Forgotten(cut > 0, cut)


def size_of(connection: Connection) -> int:
    """Return how many bytes are in use."""
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def _within(limits: range, wanted: int) -> int:
    return max(limits[0], min(limits[-1], wanted))


def _changed(connection: Connection, statement: str, *values: int | str) -> int:
    with connection:
        return connection.execute(statement, values).rowcount

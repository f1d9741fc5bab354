"""What is too old, or too much, is forgotten piece by piece, so that other work on the disk waits for one piece at most."""

from typing import Final, NamedTuple

from ...core.journal.chain import Anchor
from ...core.journal.ids import EventKey
from ..database import Connection
from .rows import packed

# So many rows are taken away at once.
CHUNK: Final = 5_000
# However large the file is, so much of it stays: what has happened last. Less where little room is given.
_LEAST_EVENTS: Final = range(1_000, 10_001)
_LEAST_RUNS: Final = range(10, 101)
_BYTES_FOR_AN_EVENT: Final = 1_000
_BYTES_FOR_A_RUN: Final = 100_000
# A run that is kept has all of its events, also those of before.
_OLD_EVENTS: Final = (
    "DELETE FROM events WHERE id IN (SELECT id FROM events "
    "WHERE id < ? AND (execution = '' OR execution NOT IN (SELECT run FROM runs)) LIMIT ?)"
)
_OLD_RUNS: Final = "DELETE FROM runs WHERE run IN (SELECT run FROM runs WHERE ended < ? LIMIT ?)"
_EXTRA_EVENTS: Final = (
    "DELETE FROM events WHERE id IN (SELECT id FROM events "
    "WHERE id < (SELECT id FROM events ORDER BY id DESC LIMIT 1 OFFSET ?) ORDER BY id LIMIT ?)"
)
_EXTRA_RUNS: Final = "DELETE FROM runs WHERE run IN (SELECT run FROM runs ORDER BY ended DESC LIMIT ? OFFSET ?)"


class Kept(NamedTuple):
    """How long, and how much, is kept: what is older than these ids and entries goes, and the oldest of what is too much."""

    events_since: EventKey
    trail_since: EventKey
    runs_since: int
    most_runs: int
    most_bytes: int
    most_entries: int


def begin_of(connection: Connection, kept: Kept) -> Anchor | None:
    """Return the entry of the trail that it should go on after, one piece further than it does; None where all may stay."""
    (first, last) = connection.execute("SELECT min(number), max(number) FROM trail").fetchone()
    if first is None:
        return None
    found = connection.execute(
        "SELECT number, hash FROM trail WHERE number < ? AND (id < ? OR number <= ?) ORDER BY number DESC LIMIT 1",
        (first + CHUNK, packed(kept.trail_since), last - kept.most_entries),
    ).fetchone()
    return None if found is None else Anchor(number=found[0], hash=found[1])


def forget(connection: Connection, kept: Kept, begin: Anchor | None) -> bool:
    """Forget one piece of everything, and of the trail what lies before its beginning; tell whether there is more."""
    gone = [
        _changed(connection, _OLD_RUNS, kept.runs_since, CHUNK),
        _changed(connection, _EXTRA_RUNS, CHUNK, kept.most_runs),
        _changed(connection, _OLD_EVENTS, packed(kept.events_since), CHUNK),
    ]
    if begin is not None:
        gone.append(_changed(connection, "DELETE FROM trail WHERE number <= ?", begin.number))
    if max(gone) < CHUNK and size_of(connection) > kept.most_bytes:
        events = _within(_LEAST_EVENTS, kept.most_bytes // _BYTES_FOR_AN_EVENT)
        runs = _within(_LEAST_RUNS, kept.most_bytes // _BYTES_FOR_A_RUN)
        extra = _changed(connection, _EXTRA_EVENTS, events - 1, CHUNK)
        gone.append(extra or _changed(connection, _EXTRA_RUNS, CHUNK, runs))
        gone.append(CHUNK if gone[-1] else 0)
    connection.execute(f"PRAGMA incremental_vacuum({CHUNK})").fetchall()
    return max(gone) >= CHUNK


def size_of(connection: Connection) -> int:
    """Return how many bytes are in use."""
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def _within(limits: range, wanted: int) -> int:
    return max(limits[0], min(limits[-1], wanted))


def _changed(connection: Connection, statement: str, *values: int) -> int:
    with connection:
        return connection.execute(statement, values).rowcount

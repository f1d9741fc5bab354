"""The file of the journal, as its one writer uses it: a batch is on the disk as a whole, or not at all."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from ...core.journal.chain import Anchor, link_of
from ...core.journal.ids import EventKey
from ..database import FAULTS, Connection, DatabaseError, connect, is_sound, remove, set_aside
from .rows import LEVELS, TABLES, EndedRun, Row, packed, unpacked

_INSERT_EVENT: Final = "INSERT OR REPLACE INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_LINK: Final = "INSERT OR REPLACE INTO trail VALUES (?, ?, ?, ?, ?, ?)"
_KEEP_RUN: Final = (
    "INSERT INTO runs VALUES (?, ?, ?, ?) ON CONFLICT (run) DO UPDATE SET ended = excluded.ended, body = excluded.body"
)
# So many rows are taken away at once: other work on the disk waits no longer than for these.
_CHUNK: Final = 5_000


class Opened(NamedTuple):
    """How the file was found: where it ends, and whether it could be used."""

    last: EventKey
    end: Anchor
    was_set_aside: bool


class Kept(NamedTuple):
    """How long, and how much, is kept: what is older than these ids and entries goes, and the oldest of what is too much."""

    events_since: EventKey
    trail_since: EventKey
    runs_since: int
    most_runs: int
    most_bytes: int


class NotWrittenError(Exception):
    """What was written is not what is read back."""


class JournalFile:
    """Writes; never used from two places at the same time."""

    def __init__(self, path: Path) -> None:
        """Remember where the file is; nothing is opened yet."""
        self.path = path
        self._connection: Connection | None = None
        self._end = Anchor()
        # Where the trail has ended, as it is remembered elsewhere: that of an empty file goes on there.
        self.remembered = Anchor()
        self.was_set_aside = False

    def open(self) -> Opened:
        """Open the file, and put aside one that is damaged."""
        is_damaged = self.path.exists() and not is_sound(self.path)
        try:
            if is_damaged:
                set_aside(self.path)
            return self._opened(is_damaged)
        except DatabaseError:
            if is_damaged:
                raise
            set_aside(self.path)
            return self._opened(True)

    def append(self, rows: Sequence[Row], runs: Iterable[EndedRun] = ()) -> Anchor:
        """Write events, and what of them belongs into the trail; return where the trail ends now."""
        try:
            end = self._write(self._open(), rows, runs)
        except FAULTS:
            # Whatever has gone wrong: the next attempt opens the file anew.
            self.close()
            raise
        self._end = end
        return end

    def append_anew(self, rows: Sequence[Row], runs: Iterable[EndedRun] = ()) -> Anchor:
        """Open the file as if it were the first time, and write."""
        self.close()
        self.was_set_aside = self.open().was_set_aside or self.was_set_aside
        return self.append(rows, runs)

    def _write(self, connection: Connection, rows: Sequence[Row], runs: Iterable[EndedRun]) -> Anchor:
        end = self._end
        with connection:
            for row in rows:
                body = msgspec.json.encode(row.envelope)
                number = packed(row.key)
                connection.execute(
                    _INSERT_EVENT,
                    (number, row.kind, row.execution, row.subject, LEVELS[row.level], row.domain, body, row.technical),
                )
                if row.is_audit:
                    link = link_of(end.hash, end.number + 1, body)
                    end = Anchor(number=end.number + 1, hash=link)
                    connection.execute(_INSERT_LINK, (end.number, number, row.execution, row.actor, body, link))
            connection.executemany(_KEEP_RUN, runs)
        self._read_back(connection, rows, end)
        return end

    def drop(self, kept: Kept) -> Anchor | None:
        """Forget what is too old or too much; return where the trail begins now, None where that is as it was."""
        connection = self._open()
        for statement, border in (
            ("DELETE FROM events WHERE id IN (SELECT id FROM events WHERE id < ? LIMIT ?)", packed(kept.events_since)),
            ("DELETE FROM runs WHERE run IN (SELECT run FROM runs WHERE ended < ? LIMIT ?)", kept.runs_since),
        ):
            while self._changed(connection, statement, border, _CHUNK) == _CHUNK:
                pass
        self._changed(
            connection,
            "DELETE FROM runs WHERE run NOT IN (SELECT run FROM runs ORDER BY ended DESC LIMIT ?)",
            kept.most_runs,
        )
        begin = self._drop_trail(connection, packed(kept.trail_since))
        self._shrink(connection, kept.most_bytes)
        return begin

    def settle(self) -> None:
        """Bring everything into the one file, so that a copy of it is whole."""
        self._open().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def remove(self) -> None:
        """Delete the file, and what was set aside."""
        self.close()
        remove(self.path)

    def _opened(self, was_set_aside: bool) -> Opened:
        connection = self._open()
        (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()
        return Opened(unpacked(last), self._end, was_set_aside)

    def _open(self) -> Connection:
        if self._connection is None:
            connection = connect(self.path, *TABLES)
            found = connection.execute("SELECT number, hash FROM trail ORDER BY number DESC LIMIT 1").fetchone()
            self._end = Anchor(number=found[0], hash=found[1]) if found else self.remembered
            self._connection = connection
        return self._connection

    @staticmethod
    def _read_back(connection: Connection, rows: Sequence[Row], end: Anchor) -> None:
        """Make sure that the disk has what it said that it has taken."""
        if not rows:
            return
        span = (packed(rows[0].key), packed(rows[-1].key))
        (found,) = connection.execute("SELECT count(*) FROM events WHERE id BETWEEN ? AND ?", span).fetchone()
        link = connection.execute("SELECT hash FROM trail WHERE number = ?", (end.number,)).fetchone()
        if found != len(rows) or (any(row.is_audit for row in rows) and link != (end.hash,)):
            raise NotWrittenError

    @staticmethod
    def _changed(connection: Connection, statement: str, *values: int) -> int:
        with connection:
            return connection.execute(statement, values).rowcount

    def _drop_trail(self, connection: Connection, border: int) -> Anchor | None:
        """Forget old entries of the trail, and return the one that it goes on after."""
        found = connection.execute(
            "SELECT number, hash FROM trail WHERE id < ? ORDER BY number DESC LIMIT 1", (border,)
        ).fetchone()
        if found is None:
            return None
        self._changed(connection, "DELETE FROM trail WHERE number <= ?", found[0])
        return Anchor(number=found[0], hash=found[1])

    def _shrink(self, connection: Connection, most_bytes: int) -> None:
        """Drop the oldest events as long as the file is larger than it may be."""
        while self._size(connection) > most_bytes:
            gone = self._changed(connection, "DELETE FROM events WHERE id IN (SELECT id FROM events LIMIT ?)", _CHUNK)
            if not gone:
                break
        connection.execute("PRAGMA incremental_vacuum").fetchall()

    @staticmethod
    def _size(connection: Connection) -> int:
        pages, free, size = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

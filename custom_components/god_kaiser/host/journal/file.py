"""The file of the journal, as its one writer uses it: a batch is on the disk as a whole, or not at all."""

from collections.abc import Iterable, Sequence
import logging
from pathlib import Path
from typing import Final, NamedTuple

from ...core.journal.chain import Anchor, link_of
from ...core.journal.ids import EventKey
from ..database import Connection, DatabaseError, connect, is_damage, is_sound, remove, set_aside
from . import purge
from .bodies import body_of, readable
from .found import exactly
from .hindrance import Hindrance, hindrance_at
from .rows import LEVELS, TABLES, EndedRun, Row, as_bytes, packed, sealed, unpacked

_LOGGER = logging.getLogger(__name__)
_INSERT_EVENT: Final = "INSERT OR REPLACE INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_LINK: Final = "INSERT INTO trail VALUES (?, ?, ?, ?, ?, ?)"
_COUNT: Final = "INSERT OR REPLACE INTO written VALUES (1, ?)"
_KEEP_RUN: Final = (
    "INSERT INTO runs VALUES (?, ?, ?, ?) ON CONFLICT (run) DO UPDATE SET ended = excluded.ended, body = excluded.body"
)
# What somebody has put there with a number behind all of ours is not what ours go on after.
_LARGEST: Final = 2**62
_LAST: Final = """SELECT max(coalesce((SELECT max(id) FROM events WHERE id < ?), 0),
    coalesce((SELECT max(id) FROM trail WHERE typeof(id) = 'integer' AND id < ?), 0))"""
_END: Final = "SELECT number, hash FROM trail WHERE number < ? ORDER BY number DESC LIMIT 1"
# More than are ever written before somebody else remembers where the trail ends.
_MOST_BEYOND: Final = 10_000


class Opened(NamedTuple):
    """How the file was found: where it ends, the number of its last event if that is known, and whether it could be used."""

    last: EventKey
    end: Anchor
    was_set_aside: bool
    written: int | None


class NotWrittenError(Exception):
    """What was written is not what is read back."""


class JournalFile:
    """Writes; never used from two places at the same time."""

    def __init__(self, path: Path) -> None:
        """Remember where the file is; nothing is opened yet."""
        self.path = path
        self._connection: Connection | None = None
        # Which file the connection has open: another one may take its name.
        self._opened_file = (0, 0)
        self._end = Anchor()
        # What is in the trail already without anybody having been told: it is not entered a second time.
        self._beyond: frozenset[int] = frozenset()
        # What this writer has tried to enter; None before it has opened the file, which a crash may have left ahead.
        self._tried: frozenset[int] | None = None
        # Where the trail has ended, as it is remembered elsewhere: it goes on there, whatever the file says.
        self.remembered = Anchor()
        # How many events there were before this life: theirs are numbered from one, also while the file is being opened.
        self.before = 0
        # A damaged file is out of the way, and ``open`` has not told it yet.
        self.was_set_aside = False
        # The file has gone, or another one stood in its place, while it was in use.
        self.was_removed = False
        # What was in the way the last time that the file could not be used.
        self.hindrance: Hindrance | None = None

    def open(self) -> Opened:
        """Open the file, and put aside one that is damaged; a disk that only refuses leaves it where it is."""
        self.close()
        try:
            return self._found_sound()
        except DatabaseError, OSError:
            self.hindrance = hindrance_at(self.path)
            raise

    def append(self, rows: Sequence[Row], runs: Iterable[EndedRun] = ()) -> Anchor:
        """Write events, and what of them belongs into the trail; return where the trail ends now."""
        try:
            connection = self._open()
            mine = self._beyond & self._tried if self._tried else frozenset[int]()
            self._tried = mine.union(packed(row.key) for row in rows if row.is_audit)
            end = self._write(connection, rows, runs)
            self._read_back(connection, rows, end)
        except Exception:
            # Whatever has gone wrong: the next attempt opens the file anew, and sees what it has taken.
            self.close()
            self.hindrance = hindrance_at(self.path)
            raise
        self._end, self._beyond = end, frozenset()
        return end

    def _write(self, connection: Connection, rows: Sequence[Row], runs: Iterable[EndedRun]) -> Anchor:
        end = self._end
        events: list[tuple[object, ...]] = []
        links: list[tuple[object, ...]] = []
        for row in rows:
            body, number = body_of(row.envelope), packed(row.key)
            execution, actor = readable(row.execution), readable(row.actor)
            texts = (row.kind, execution, readable(row.subject), LEVELS[row.level], row.domain)
            events.append((number, *texts, body, readable(row.technical)))
            if row.is_audit and number not in self._beyond:
                content = sealed(number, execution, actor, body)
                end = Anchor(number=end.number + 1, hash=link_of(end.hash, end.number + 1, content))
                links.append((end.number, number, execution, actor, body, end.hash))
        with connection:
            connection.executemany(_INSERT_EVENT, events)
            connection.executemany(_INSERT_LINK, links)
            connection.executemany(_KEEP_RUN, runs)
            connection.executemany(_COUNT, [(self.before + row.number,) for row in rows[-1:]])
        return end

    def begin_of(self, kept: purge.Kept) -> Anchor | None:
        """Return where the trail should begin from now on, None where it may stay as it is."""
        return purge.begin_of(self._open(), kept)

    def drop(self, kept: purge.Kept, begin: Anchor | None) -> purge.Forgotten:
        """Forget a piece of what is too old or too much; tell whether there is more."""
        return purge.forget(self._open(), kept, begin)

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

    def _is_filled(self) -> bool:
        """Tell whether there is something in the file; in one of a hub that has never lived there is nothing."""
        return self.path.stat().st_size > 0 or self.remembered.number == 0

    def _found_sound(self) -> Opened:
        if self.path.exists() and not (is_sound(self.path) and self._is_filled()):
            self._set_aside()
        try:
            return self._opened()
        except DatabaseError as err:
            if self.was_set_aside or not is_damage(err):
                raise
            self._set_aside()
            return self._opened()

    def _set_aside(self) -> None:
        set_aside(self.path)
        self.was_set_aside = True

    def _opened(self) -> Opened:
        # What is older than the trail may be gone, so the larger of both is the last.
        (last,) = self._open().execute(_LAST, (_LARGEST, _LARGEST)).fetchone()
        written = self._open().execute("SELECT number FROM written WHERE typeof(number) = 'integer'").fetchone()
        opened = Opened(unpacked(last), self._end, self.was_set_aside, None if written is None else written[0])
        self.was_set_aside = False
        return opened

    def _open(self) -> Connection:
        if self._connection is not None and self._is_another():
            # What is written into a file that has no name any more is lost with its connection.
            _LOGGER.error("The file of the journal was removed while it was in use; it is made anew")
            self.was_removed = True
            self.close()
        if self._connection is None:
            connection = connect(self.path, *TABLES)
            connection.text_factory = exactly
            try:
                self._beyond = self._found_beyond(connection)
                self._end = self._found_end(connection)
                if self._tried is None:
                    self._tried = self._beyond
            except DatabaseError:
                connection.close()
                raise
            self._connection = connection
            self._opened_file = _identity(self.path)
        return self._connection

    def _is_another(self) -> bool:
        try:
            return _identity(self.path) != self._opened_file
        except FileNotFoundError:
            return True
        except OSError:
            # Nobody may look, but what is open can be written as before.
            return False

    def _found_end(self, connection: Connection) -> Anchor:
        """Return what the trail goes on after; where it is not as it is remembered, the break stays for everybody to see."""
        known = self.remembered
        found = connection.execute(_END, (known.number + _MOST_BEYOND if known.number else _LARGEST,)).fetchone()
        if found is None or found[0] <= known.number:
            return known
        last = Anchor(number=found[0], hash=as_bytes(found[1]))
        if known.number == 0:
            return last
        number = known.number + 1
        question = "SELECT hash, id, execution, actor, body FROM trail WHERE number = ?"
        link = connection.execute(question, (number,)).fetchone()
        is_ours = self._tried is None or self._beyond <= self._tried
        fits = is_ours and link is not None and link_of(known.hash, number, sealed(*link[1:])) == link[0]
        return last if fits else Anchor(number=last.number, hash=known.hash)

    def _found_beyond(self, connection: Connection) -> frozenset[int]:
        question = "SELECT id FROM trail WHERE number > ? ORDER BY number DESC LIMIT ?"
        return frozenset(found for (found,) in connection.execute(question, (self.remembered.number, _MOST_BEYOND)))

    @staticmethod
    def _read_back(connection: Connection, rows: Sequence[Row], end: Anchor) -> None:
        """Make sure that the disk has what it said that it has taken."""
        if not rows:
            return
        span = (packed(rows[0].key), packed(rows[-1].key))
        (found,) = connection.execute("SELECT count(*) FROM events WHERE id BETWEEN ? AND ?", span).fetchone()
        link = connection.execute("SELECT hash FROM trail WHERE number = ?", (end.number,)).fetchone()
        if found < len(rows) or (any(row.is_audit for row in rows) and link != (end.hash,)):
            raise NotWrittenError


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino

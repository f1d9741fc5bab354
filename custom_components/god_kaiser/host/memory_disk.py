"""The file of the memory on the disk: everything here waits for it."""

from collections.abc import Iterable
from contextlib import closing
import logging
from pathlib import Path
from typing import Any

from .database import Connection, DatabaseError, NotOursError, connect, is_damage, open_to_read, remove, set_aside

_LOGGER = logging.getLogger(__name__)
TABLE = "CREATE TABLE IF NOT EXISTS memory (name TEXT PRIMARY KEY, content BLOB NOT NULL)"


class MemoryDisk:
    """Rows by their names; those that are saved together are on the disk together, or not at all."""

    def __init__(self, path: Path) -> None:
        """Name the file."""
        self.path = path
        self._still: Connection | None = None

    def rows(self) -> dict[str, bytes]:
        """Return what is there; also from a disk that takes nothing."""
        question = "SELECT name, content FROM memory"
        try:
            with closing(self._connect()) as connection:
                return _ours(connection.execute(question))
        except DatabaseError as err:
            if is_damage(err):
                raise
            _LOGGER.error("The memory of outputs and stops can only be read: %s", err)
            with closing(open_to_read(self.path)) as connection:
                return _ours(connection.execute(question))

    def save(self, rows: dict[str, bytes | None]) -> None:
        """Write rows through to the disk; None takes one away."""
        with closing(self._connect()) as connection, connection:
            for name, content in rows.items():
                if content is None:
                    connection.execute("DELETE FROM memory WHERE name = ?", (name,))
                else:
                    connection.execute(
                        "INSERT INTO memory VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET content = excluded.content",
                        (name, content),
                    )

    def hold_still(self) -> None:
        """Bring everything into the file, and let what comes be written beside it."""
        self.let_go()
        self._still = connection = self._connect()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        # As long as somebody reads what is there now, nothing of it is overwritten.
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM memory").fetchall()

    def let_go(self) -> None:
        """Let what was written beside the file come into it again."""
        if self._still is not None:
            self._still.close()
            self._still = None

    def set_aside(self) -> None:
        """Move a file that cannot be used out of the way."""
        self.let_go()
        try:
            set_aside(self.path)
        except OSError as err:
            _LOGGER.error("The unreadable memory cannot be set aside: %s", err)

    def remove(self) -> None:
        """Delete the file and what belongs to it."""
        self.let_go()
        remove(self.path)

    def _connect(self) -> Connection:
        return connect(self.path, TABLE)


def _ours(found: Iterable[tuple[Any, Any]]) -> dict[str, bytes]:
    rows = dict(found)
    if not all(isinstance(name, str) and isinstance(content, bytes) for name, content in rows.items()):
        raise NotOursError("has rows that are none of ours")
    return rows

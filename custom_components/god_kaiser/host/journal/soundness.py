"""Looks for events that cannot be read: a piece of the journal at each look, and again at what was found before."""

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Final

from ..database import open_to_read
from .found import leniently
from .reading import readable_event

# So many of the newest are looked at each time, and so many of the others: all of a usual journal within some hours.
_NEWEST_ONES: Final = 1_000
_PIECE: Final = 5_000
_COLUMNS: Final = "SELECT id, level, domain, subject, body, technical FROM events"
_AFTER: Final = f"{_COLUMNS} WHERE id > ? ORDER BY id LIMIT ?"
_NEWEST: Final = f"{_COLUMNS} ORDER BY id DESC LIMIT ?"
_ONE: Final = f"{_COLUMNS} WHERE id = ?"


class Soundness:
    """Which events of a journal cannot be read, as far as anybody has looked."""

    def __init__(self, path: Path) -> None:
        """Start at the beginning."""
        self.unreadable: frozenset[int] = frozenset()
        self._path = path
        self._after = 0

    def suspect(self, numbers: Iterable[int]) -> None:
        """Remember what somebody has come across."""
        self.unreadable |= frozenset(numbers)

    def look(self) -> int:
        """Look at the newest, at the next piece and at what was found before, as far as that is bounded; return how many cannot be read."""
        with closing(open_to_read(self._path, texts=leniently)) as connection:
            piece = connection.execute(_AFTER, (self._after, _PIECE)).fetchall()
            rows = [*piece, *connection.execute(_NEWEST, (_NEWEST_ONES,))]
            for number in sorted(self.unreadable)[-_PIECE:]:
                rows += connection.execute(_ONE, (number,))
        self._after = piece[-1][0] if len(piece) == _PIECE else 0
        self.unreadable = frozenset(row[0] for row in rows if readable_event(*row) is None)
        return len(self.unreadable)

"""What lies in the file of the journal, and how it is packed."""

from typing import Any, Final, NamedTuple

import msgspec

from ...core.journal.ids import MOST_AT_ONCE, EventKey
from ...core.journal.kinds import Domain, Level

type Envelope = dict[str, Any]


TABLES: Final = (
    """CREATE TABLE IF NOT EXISTS events (
        id INTEGER PRIMARY KEY, kind TEXT NOT NULL, execution TEXT NOT NULL, subject TEXT NOT NULL,
        level INTEGER NOT NULL, domain TEXT NOT NULL, body BLOB NOT NULL, technical TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS events_of_an_execution ON events (execution, id) WHERE execution != ''",
    "CREATE INDEX IF NOT EXISTS events_of_a_subject ON events (subject, id) WHERE subject != ''",
    "CREATE INDEX IF NOT EXISTS events_of_a_kind ON events (kind, id)",
    "CREATE INDEX IF NOT EXISTS events_that_went_wrong ON events (level, id) WHERE level > 0",
    "CREATE INDEX IF NOT EXISTS events_that_went_wrong_there ON events (domain, level, id) WHERE level > 0",
    """CREATE TABLE IF NOT EXISTS trail (
        number INTEGER PRIMARY KEY, id INTEGER NOT NULL, execution TEXT NOT NULL, actor TEXT NOT NULL,
        body BLOB NOT NULL, hash BLOB NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS trail_of_an_execution ON trail (execution, number) WHERE execution != ''",
    """CREATE TABLE IF NOT EXISTS runs (
        run TEXT PRIMARY KEY, ended INTEGER NOT NULL, sequence TEXT NOT NULL, body BLOB NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS runs_by_their_end ON runs (ended)",
    "CREATE TABLE IF NOT EXISTS written (one INTEGER PRIMARY KEY, number INTEGER NOT NULL)",
)
LEVELS: Final = {Level.OK: 0, Level.WARN: 1, Level.ERROR: 2}


class Row(NamedTuple):
    """One event that waits to be written."""

    key: EventKey
    kind: str
    execution: str
    subject: str
    level: Level
    domain: str
    is_audit: bool
    actor: str
    envelope: Envelope
    technical: str = ""
    # The how manieth it is of all that were ever noted.
    number: int = 0

    @property
    def is_vital(self) -> bool:
        """Tell whether nobody may miss it, however much happens."""
        return self.is_audit or self.domain == Domain.SAFETY


class EndedRun(NamedTuple):
    """A run that is over, as it is kept: everything that was known about it."""

    run: str
    ended: int
    sequence: str
    body: bytes


def sealed(number: object, execution: object, actor: object, body: object) -> bytes:
    """Return everything that an entry of the trail says, as the chain holds it; what we never write there fits no hash."""
    match number, execution, actor, body:
        case int(), str(), str(), bytes():
            return msgspec.json.encode((number, execution, actor)) + body
        case _:
            return b""


def as_bytes(value: object) -> bytes:
    """Return what lies in a column of bytes; what is none there is nothing."""
    return value if isinstance(value, bytes) else b""


def packed(key: EventKey) -> int:
    """Return an id as one number, in the same order."""
    moment, number = key
    return moment * MOST_AT_ONCE + number


def unpacked(number: int) -> EventKey:
    """Return the id that a number stands for."""
    return divmod(number, MOST_AT_ONCE)

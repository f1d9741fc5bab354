"""What lies in the journal as it is found: somebody, or a failing disk, may have put anything there."""

from datetime import UTC, datetime
from typing import Final

import msgspec
from msgspec import Struct

from ...core.instant import EARLIEST, LATEST
from ...core.journal.ids import id_of
from .rows import Envelope, unpacked

# What stands in the place of an entry of the trail that cannot be read.
UNREADABLE: Final = "unreadable"


class _Hand(Struct, frozen=True):
    """Who it was, as far as everybody looks at it."""

    type: str


class _Head(Struct, frozen=True):
    """What everybody who reads an event relies on."""

    event_id: str
    event_type: str
    timestamp: str
    actor: _Hand | None = None


def leniently(raw: bytes) -> str:
    """Return a text as it can be shown."""
    return raw.decode(errors="replace")


def exactly(raw: bytes) -> str | None:
    """Return a text, None where its bytes are none: they must not be taken for those of a column of bytes."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None


def envelope_of(body: object) -> Envelope | None:
    """Return an event as it was written, None where it cannot be read."""
    if not isinstance(body, (bytes, str)):
        return None
    try:
        msgspec.json.decode(body, type=_Head)
        envelope: Envelope = msgspec.json.decode(body)
    except msgspec.MsgspecError, ValueError, RecursionError:
        return None
    return envelope


def unreadable(number: object) -> Envelope:
    """Return what is still known of an entry of the trail that cannot be read: its id, and with it the moment."""
    moment, count = unpacked(number) if isinstance(number, int) else (0, 0)
    if not EARLIEST <= moment / 1000 <= LATEST:
        moment, count = 0, 0
    at = datetime.fromtimestamp(moment / 1000, UTC)
    return {"event_id": id_of((moment, count)), "event_type": UNREADABLE, "timestamp": at.isoformat(), "data": {}}

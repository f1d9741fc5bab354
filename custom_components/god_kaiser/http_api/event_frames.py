"""Messages of the live stream as server-sent events: what `text/event-stream` makes of them."""

from typing import Final

from homeassistant.helpers.json import json_bytes

from ..core.journal.ids import EventKey, id_of
from ..live_stream import SNAPSHOT
from ..stream_contents import Content
from ..stream_pace import ALIVE

REPLAY_GAP: Final = "replay_gap"
# After so many milliseconds a browser comes back.
BEGINNING: Final = b"retry: 2000\n\n"
_SILENCE: Final = b": keepalive\n"


def frames_of(message: Content, position: EventKey | None, *, with_snapshot: bool) -> bytes:
    """Return what is written for one message; a client remembers the id that is written last, and comes back with it."""
    kind = message["event_type"]
    if kind == ALIVE:
        return _id(position) + _SILENCE + b"\n"
    if kind != SNAPSHOT:
        own = b"" if position is None or "event_id" not in message else _written_id(message["event_id"])
        return own + _event(message)
    told = _event(_gap(message)) if message["data"][REPLAY_GAP] else b""
    told += _event(message) if with_snapshot else b""
    return _id(position) + (told or (b"" if position is None else b"\n"))


def _gap(snapshot: Content) -> Content:
    """Return that events may be missing, and after which of each hub the stream goes on."""
    hubs = [{key: hub[key] for key in ("entry_id", "hub", "last_event_id")} for hub in snapshot["data"]["hubs"]]
    return {**snapshot, "event_type": REPLAY_GAP, "data": {"hubs": hubs}}


def _event(message: Content) -> bytes:
    kind: str = message["event_type"]
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), json_bytes(message))


def _id(position: EventKey | None) -> bytes:
    return b"" if position is None else _written_id(id_of(position))


def _written_id(event_id: str) -> bytes:
    return b"id: " + event_id.encode() + b"\n"

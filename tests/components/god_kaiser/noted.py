"""What the integration notes and sends while a test runs, held against the catalogue of events."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
import sys
from typing import Annotated, Any
from unittest.mock import patch

import msgspec
from msgspec import Meta, Struct, json

from custom_components.god_kaiser.core.details.catalogue import SHAPES, schema_of
from custom_components.god_kaiser.core.details.envelope import problem_of
from custom_components.god_kaiser.host.journal.bodies import body_of
from custom_components.god_kaiser.host.journal.journal import Journal
from custom_components.god_kaiser.host.journal.rows import Envelope
from custom_components.god_kaiser.live_stream import LiveStream
from custom_components.god_kaiser.stream_contents import Content

_OURS = "custom_components.god_kaiser"


class Live(Struct, frozen=True, kw_only=True):
    """What every message of the live stream has; an event of the journal has more."""

    event_type: str
    timestamp: Annotated[datetime, Meta(tz=True)]
    data: dict[str, Any]


_LIVE = json.Decoder(Live)
# Worked out before a test lets the clock stand still: what stands for a datetime then is none to msgspec.
for _kind in SHAPES:
    schema_of(_kind)


@contextmanager
def misfits() -> Iterator[list[str]]:
    """Give the list of what does not fit; what a test notes by itself is its own business."""
    found: list[str] = []
    note: Callable[..., Envelope] = Journal.note
    send = LiveStream._send

    def noted(self: Journal, kind: str, content: Any, **words: Any) -> Envelope:
        envelope = note(self, kind, content, **words)
        if str(sys._getframe(1).f_globals["__name__"]).startswith(_OURS):
            body = body_of(envelope)
            if problem := problem_of(kind, body):
                found.append(f"{kind}: {problem}: {body.decode()}")
        return envelope

    def sent(self: LiveStream, message: Content) -> None:
        try:
            _LIVE.decode(body_of(message))
        except msgspec.ValidationError as err:
            found.append(f"{message}: {err}")
        send(self, message)

    with patch.object(Journal, "note", noted), patch.object(LiveStream, "_send", sent):
        yield found

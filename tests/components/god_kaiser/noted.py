"""What the integration notes while a test runs, held against the catalogue of details."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import sys
from typing import Any
from unittest.mock import patch

from msgspec import json

from custom_components.god_kaiser.core.details.catalogue import misfit
from custom_components.god_kaiser.host.journal.bodies import body_of
from custom_components.god_kaiser.host.journal.journal import Journal
from custom_components.god_kaiser.host.journal.rows import Envelope

_OURS = "custom_components.god_kaiser"


@contextmanager
def misfits() -> Iterator[list[str]]:
    """Give the list of what does not fit; what a test notes by itself is its own business."""
    found: list[str] = []
    note: Callable[..., Envelope] = Journal.note

    def noted(self: Journal, kind: str, content: Any, **words: Any) -> Envelope:
        envelope = note(self, kind, content, **words)
        if str(sys._getframe(1).f_globals["__name__"]).startswith(_OURS):
            told = json.encode(json.decode(body_of(envelope)).get("data"))
            if problem := misfit(kind, told):
                found.append(f"{kind}: {problem}: {told.decode()}")
        return envelope

    with patch.object(Journal, "note", noted):
        yield found

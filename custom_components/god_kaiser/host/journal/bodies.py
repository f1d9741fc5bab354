"""An event as bytes: whatever it contains, it can be written, and whoever reads it finds JSON."""

from collections.abc import Mapping
from typing import Final

import msgspec

from .rows import Envelope

_DEEPEST: Final = 20


def body_of(envelope: Envelope) -> bytes:
    """Return an event as JSON; what has no form there is written as the text that it has."""
    try:
        return msgspec.json.encode(envelope)
    except TypeError, ValueError, RecursionError:
        return msgspec.json.encode(_plain(envelope, _DEEPEST))


def readable(text: str) -> str:
    """Return a text that the disk takes: half a character is written as a question mark."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def _plain(value: object, depth: int) -> object:
    match value:
        case None | bool() | int() | float():
            return value
        case Mapping() if depth:
            return {readable(str(name)): _plain(each, depth - 1) for name, each in value.items()}
        case list() | tuple() | set() | frozenset() if depth:
            return [_plain(each, depth - 1) for each in value]
        case str():
            return readable(str(value))
        case _:
            return readable(repr(value)) if depth else "…"

"""Reading JSON with the limits and the leniency of ArduinoJson 6.21 on a 32-bit chip."""

from collections.abc import Iterator
import json
from typing import NoReturn

from .wire import Json, as_bytes

SLOT = 16
NESTING_LIMIT = 10
MISSING_TEXT = "null"


class ParseFailure(Exception):
    """The document could not be read; `code` is ArduinoJson's word for the reason."""

    def __init__(self, code: str) -> None:
        """Keep the reason."""
        super().__init__(code)
        self.code = code


def parse(payload: bytes, budget: int) -> Json:
    """Read a document that must fit the memory pool of the given size."""
    document = read(payload)
    if cost(document) > budget:
        raise ParseFailure("NoMemory")
    return document if isinstance(document, dict) else {}


def read(payload: bytes) -> object:
    """Read the first JSON value of a payload and ignore what follows it."""
    text = payload.split(b"\0", 1)[0].decode("utf-8", "surrogateescape").lstrip(" \t\r\n")
    if not text:
        raise ParseFailure("EmptyInput")
    try:
        document, _ = json.JSONDecoder(parse_constant=_refuse_constant).raw_decode(text)
    except RecursionError as error:
        raise ParseFailure("TooDeep") from error
    except ValueError as error:
        raise ParseFailure("InvalidInput") from error
    if _depth(document) > NESTING_LIMIT:
        raise ParseFailure("TooDeep")
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def cost(document: object) -> int:
    """Return the bytes a document takes in the pool: a slot per node plus each distinct string once."""
    slots = 0
    strings: set[str] = set()
    for is_slot, text in _nodes(document):
        slots += is_slot
        if text is not None:
            strings.add(text)
    return slots * SLOT + sum(len(as_bytes(text)) + 1 for text in strings)


def _nodes(document: object) -> Iterator[tuple[int, str | None]]:
    match document:
        case dict():
            for key, value in document.items():
                yield 1, key
                yield from _nodes(value)
        case list():
            for value in document:
                yield 1, None
                yield from _nodes(value)
        case str():
            yield 0, document


def _depth(document: object) -> int:
    level = 0
    layer = [document]
    while layer := [child for node in layer for child in _children(node)]:
        level += 1
    return level


def _children(node: object) -> list[object]:
    match node:
        case dict():
            return [*node.values(), None] if not node else list(node.values())
        case list():
            return node or [None]
        case _:
            return []


def text_or(document: Json, key: str, default: str = "") -> str:
    """Return a string member, or the default when it is missing or of another type."""
    value = document.get(key)
    return value if isinstance(value, str) else default


def stringified(document: Json, key: str) -> str:
    """Return a member as text; a missing or null one becomes the word `null`."""
    value = document.get(key)
    if isinstance(value, str):
        return value
    return MISSING_TEXT if value is None else json.dumps(value, separators=(",", ":"))


def integer_or(document: Json, key: str, default: int = 0, *, top: int = 2**31 - 1) -> int:
    """Return an integer member, or the default when it is missing, of another type or too large."""
    value = document.get(key)
    if isinstance(value, bool) or not isinstance(value, int):
        return default
    return value if -top - 1 <= value <= top else default


def number_or(document: Json, key: str, default: float = 0.0) -> float:
    """Return a numeric member as float, or the default."""
    value = document.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return default
    return float(value) if abs(value) < 3.4e38 else default


def boolean_or(document: Json, key: str, default: bool) -> bool:
    """Return a boolean member, or the default when it is missing or of another type."""
    value = document.get(key)
    return value if isinstance(value, bool) else default


def objects_in(document: Json, key: str) -> list[Json] | None:
    """Return the objects of an array member; other elements count as empty objects."""
    value = document.get(key)
    if not isinstance(value, list):
        return None
    return [element if isinstance(element, dict) else {} for element in value]

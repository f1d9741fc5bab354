"""A tolerant reader of one JSON object: aliases, loose types, bounded values, never an exception."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
import math
import re
from typing import Any, Final

from msgspec.json import Decoder

from ...errors import MalformedPayload, OversizedPayload

# A device's outbound queue holds 1535 bytes and its largest MQTT buffer 8192 (protocol 1.1): twice that is never honest.
LARGEST_PAYLOAD: Final = 16_384
WORD: Final = 64
ID: Final = 128
SENTENCE: Final = 256

_LARGEST_INTEGER: Final = 2**63 - 1
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,19}")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,19}(?:\.[0-9]{0,19})?(?:[eE][+-]?[0-9]{1,3})?")
_TRUE: Final = frozenset({"true", "on", "yes", "1"})
_FALSE: Final = frozenset({"false", "off", "no", "0"})

# Protocol 2, time: smaller is a clock that was never set, above the second bound it counts milliseconds.
_CLOCK_SET: Final = 1_577_836_800
_MILLISECONDS: Final = 10_000_000_000
_YEAR_2100: Final = 4_102_444_800

_DECODER: Final[Decoder[dict[str, object]]] = Decoder(dict[str, Any])


class Fields:
    """The members of one JSON object, read by any of their names."""

    __slots__ = ("_members",)

    def __init__(self, members: Mapping[str, object]) -> None:
        """Remember what was received."""
        self._members = members

    def _first(self, names: tuple[str, ...]) -> object:
        for name in names:
            if (value := self._members.get(name)) is not None:
                return value
        return None

    def integer(self, *names: str, low: int = -_LARGEST_INTEGER, high: int = _LARGEST_INTEGER) -> int | None:
        """Return a whole number within its bounds, or None."""
        value = self._first(names)
        number = value if type(value) is int else _integer(value)
        return number if number is not None and low <= number <= high else None

    def number(self, *names: str) -> float | None:
        """Return a finite number, or None."""
        value = self._first(names)
        if type(value) is str and _NUMBER.fullmatch(value):
            value = float(value)
        if type(value) is int and -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER:
            return float(value)
        return value if type(value) is float and math.isfinite(value) else None

    def flag(self, *names: str) -> bool | None:
        """Return a truth value, or None where none is told."""
        value = self._first(names)
        if type(value) is bool:
            return value
        word = self.word(*names).lower()
        return True if word in _TRUE else False if word in _FALSE else None

    def text(self, *names: str, limit: int = WORD) -> str | None:
        """Return a printable text no longer than its limit, or None."""
        value = self._first(names)
        if type(value) is not str:
            number = _integer(value)
            return None if number is None else str(number)
        text = value[:limit]
        if not text.isprintable():
            text = "".join(letter for letter in text if letter.isprintable())
        return text

    def word(self, *names: str, limit: int = WORD) -> str:
        """Return a trimmed text, empty where none is told."""
        text = self.text(*names, limit=limit)
        return text.strip() if text else ""

    def sentence(self, *names: str) -> str:
        """Return a text for people, with the degree sign that some builds encode twice put right."""
        return self.word(*names, limit=SENTENCE).replace("Â°", "°")

    def moment(self, *names: str) -> datetime | None:
        """Return a time told in seconds or milliseconds, or None when no set clock can have told it."""
        seconds = self.number(*names)
        if seconds is None:
            return None
        if seconds > _MILLISECONDS:
            seconds /= 1000
        return datetime.fromtimestamp(seconds, UTC) if _CLOCK_SET <= seconds < _YEAR_2100 else None

    def nested(self, name: str) -> Fields:
        """Return the members of an inner object; none where there is no such object."""
        value = self._members.get(name)
        return Fields(value if isinstance(value, dict) else {})

    def items(self, name: str, limit: int) -> Iterator[Fields]:
        """Iterate over the objects of an inner list, up to a limit."""
        value = self._members.get(name)
        if isinstance(value, list):
            yield from (Fields(item) for item in value[:limit] if isinstance(item, dict))

    def correlation(self) -> str:
        """Return the id of what is being answered, under any name and depth it has had."""
        names = ("correlation_id", "corr_id", "corrId", "intent_id", "request_id")
        return self.word(*names, limit=ID) or self.nested("data").word(*names, limit=ID)

    def reason(self, *names: str) -> str:
        """Return a code word, empty where the code says that nothing is wrong."""
        word = self.word(*names)
        return "" if word.upper() == "NONE" else word


def read(payload: bytes) -> Fields:
    """Read one JSON object; raises ``OversizedPayload`` or ``MalformedPayload``."""
    if len(payload) > LARGEST_PAYLOAD:
        raise OversizedPayload(f"{len(payload)} bytes")
    try:
        return Fields(_decode(payload))
    except (ValueError, RecursionError) as err:
        raise MalformedPayload("not a JSON object") from err


def _decode(payload: bytes) -> dict[str, object]:
    try:
        return _DECODER.decode(payload)
    except UnicodeDecodeError:
        # Older builds send the degree sign as a lone Latin-1 byte (protocol 5.4).
        return _DECODER.decode(payload.decode("latin-1"))


def _integer(value: object) -> int | None:
    if (type(value) is float and value.is_integer()) or (type(value) is str and _INTEGER.fullmatch(value)):
        value = int(value)
    return value if type(value) is int and -_LARGEST_INTEGER <= value <= _LARGEST_INTEGER else None

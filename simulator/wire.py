"""Messages as they leave a device, and the two ways the firmware writes JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
import json
from typing import NamedTuple

type Json = dict[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Publish:
    """One MQTT message."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False

    @property
    def document(self) -> Json:
        """Return the payload as a JSON object, empty when it is none."""
        try:
            parsed = json.loads(self.payload)
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscription:
    """One topic filter that the device asks the broker for."""

    topic: str
    qos: int


class Fixed(NamedTuple):
    """A float that is printed with a fixed number of decimals."""

    value: float
    places: int


def as_bytes(text: str) -> bytes:
    """Encode text, giving back raw bytes that came in as surrogates."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def encoded(fields: Mapping[str, object]) -> bytes:
    """Write JSON the way ArduinoJson does, with every string escaped."""
    return as_bytes(json.dumps(fields, ensure_ascii=False, separators=(",", ":")))


def concatenated(fields: Mapping[str, object]) -> bytes:
    """Write JSON by joining strings, so a quote in a value breaks the message."""
    return as_bytes(_joined(fields))


def _joined(fields: Mapping[str, object]) -> str:
    return "{" + ",".join(f'"{key}":{_literal(value)}' for key, value in fields.items()) + "}"


def _literal(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Fixed(number, places):
            return f"{number:.{places}f}"
        case str():
            return f'"{value}"'
        case Mapping():
            return _joined(value)
        case _:
            return str(value)

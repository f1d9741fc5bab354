"""What a message costs the device: bytes on the wire and memory of its JSON parser."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct, json

from ..errors import DefinitionError
from .topics import Kind

type Json = str | int | float | bool | Sequence[Json] | Mapping[str, Json]

# ArduinoJson 6.21 on a 32-bit target: a slot per object member and array element (protocol, reading aids).
_SLOT: Final = 16


class Limit(Struct, frozen=True, kw_only=True):
    """What the firmware reserves for one kind of message; None where it sets no limit."""

    size: int | None = None
    pool: int | None = None


LIMITS: Final[dict[Kind, Limit]] = {
    Kind.HEARTBEAT_ACK: Limit(pool=256),
    Kind.CONFIG: Limit(size=4351, pool=7680),
    Kind.SYSTEM_COMMAND: Limit(pool=256),
    Kind.ACTUATOR_COMMAND: Limit(size=511),
    Kind.SENSOR_COMMAND: Limit(pool=384),
    Kind.STOP: Limit(pool=256),
    Kind.STOP_ALL: Limit(pool=512),
    Kind.ZONE_ASSIGN: Limit(pool=512),
    Kind.SUBZONE_ASSIGN: Limit(pool=1024),
    Kind.SUBZONE_REMOVE: Limit(pool=256),
    Kind.SUBZONE_SAFE: Limit(pool=512),
    Kind.SERVER_STATUS: Limit(),
}


class Cost(Struct, frozen=True, kw_only=True):
    """What one message takes, and what it may take."""

    size: int
    pool: int
    limit: Limit

    @property
    def fits(self) -> bool:
        """Tell whether the device can take the message in."""
        return self.excess is None

    @property
    def excess(self) -> tuple[int, int] | None:
        """Return what is needed and what there is, where that is too little."""
        for needed, there_is in ((self.size, self.limit.size), (self.pool, self.limit.pool)):
            if there_is is not None and needed > there_is:
                return needed, there_is
        return None


def cost(kind: Kind, document: Json) -> Cost:
    """Return what a message of one kind takes."""
    return Cost(size=len(json.encode(document)), pool=pool(document), limit=LIMITS[kind])


def checked(kind: Kind, document: Json) -> bytes:
    """Return the payload, or raise ``DefinitionError`` when the device could not take it in."""
    payload, limit = json.encode(document), LIMITS[kind]
    memory = 0 if limit.pool is None else pool(document)
    if (excess := Cost(size=len(payload), pool=memory, limit=limit).excess) is not None:
        raise DefinitionError("payload_too_large", size=excess[0], limit=excess[1])
    return payload


def pool(document: Json) -> int:
    """Return the parser memory of a document; equal texts, keys included, are stored once."""
    texts = set(_texts(document))
    return _SLOT * _slots(document) + sum(len(text.encode()) + 1 for text in texts)


def _slots(value: Json) -> int:
    if isinstance(value, Mapping):
        return sum(1 + _slots(inner) for inner in value.values())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return sum(1 + _slots(inner) for inner in value)
    return 0


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield key
            yield from _texts(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _texts(inner)

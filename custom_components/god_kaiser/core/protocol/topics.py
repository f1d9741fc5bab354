"""The topic grammar, both ways, and the one table of delivery guarantees."""

from enum import StrEnum
from functools import lru_cache
import re
from typing import Final

from msgspec import Struct

from ..devices.boards import NO_PIN
from ..errors import DefinitionError, MalformedTopic, UnknownMessage
from ..ids import DeviceId

# Firmware publishes two messages under this namespace whatever its own is (protocol 1.2, D1 and D8).
DEFAULT_KAISER: Final = "god"

# Decision 11: what energises must never be delivered late, so it is not kept by a broken connection.
ENERGISE_QOS: Final = 0

_LONGEST_TOPIC: Final = 256
_HIGHEST_PIN: Final = 255
_ROOT: Final = "kaiser"
_BROADCAST: Final = "kaiser/broadcast/emergency"
_DEVICE_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_KAISER_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,63}")


class Kind(StrEnum):
    """A kind of message, named by the end of its topic; ``+`` stands for a pin."""

    HEARTBEAT = "system/heartbeat"
    SESSION_ANNOUNCE = "session/announce"
    WILL = "system/will"
    SENSOR_READING = "sensor/+/data"
    SENSOR_RESPONSE = "sensor/+/response"
    SENSOR_BATCH = "sensor/batch"
    ACTUATOR_STATUS = "actuator/+/status"
    ACTUATOR_RESPONSE = "actuator/+/response"
    ACTUATOR_ALERT = "actuator/+/alert"
    STOP_ACK = "actuator/emergency/ack"
    STOP_RESPONSE = "actuator/emergency/response"
    STOP_ERROR = "actuator/emergency/error"
    RECOVERY_CONFIRM = "actuator/recovery_confirm"
    CONFIG_RESPONSE = "config_response"
    INTENT_OUTCOME = "system/intent_outcome"
    INTENT_LIFECYCLE = "system/intent_outcome/lifecycle"
    SYSTEM_RESPONSE = "system/command/response"
    SYSTEM_ERROR = "system/error"
    DIAGNOSTICS = "system/diagnostics"
    HEARTBEAT_METRICS = "system/heartbeat_metrics"
    QUEUE_PRESSURE = "system/queue_pressure"
    SCAN_RESULT = "onewire/scan_result"
    ZONE_ACK = "zone/ack"
    SUBZONE_ACK = "subzone/ack"
    OLD_HEARTBEAT = "heartbeat"
    OLD_DISCOVERY = "discovery/esp32_nodes"

    HEARTBEAT_ACK = "system/heartbeat/ack"
    CONFIG = "config"
    SYSTEM_COMMAND = "system/command"
    ACTUATOR_COMMAND = "actuator/+/command"
    SENSOR_COMMAND = "sensor/+/command"
    STOP = "actuator/emergency"
    STOP_ALL = "broadcast/emergency"
    ZONE_ASSIGN = "zone/assign"
    SUBZONE_ASSIGN = "subzone/assign"
    SUBZONE_REMOVE = "subzone/remove"
    SUBZONE_SAFE = "subzone/safe"
    SERVER_STATUS = "server/status"


# Protocol 1.2 to 1.4. In the order in which we subscribe: the life line comes first. ``actuator/emergency/response`` is
# absent because ``actuator/+/response`` matches it and overlapping filters deliver twice.
_SUBSCRIBED: Final[dict[Kind, int]] = {
    Kind.HEARTBEAT: 0,
    Kind.SESSION_ANNOUNCE: 1,
    Kind.WILL: 1,
    Kind.ACTUATOR_STATUS: 1,
    Kind.ACTUATOR_RESPONSE: 1,
    Kind.ACTUATOR_ALERT: 1,
    Kind.STOP_ACK: 1,
    Kind.STOP_ERROR: 1,
    Kind.RECOVERY_CONFIRM: 1,
    Kind.INTENT_OUTCOME: 1,
    Kind.INTENT_LIFECYCLE: 1,
    Kind.CONFIG_RESPONSE: 2,
    Kind.SENSOR_READING: 1,
    Kind.SENSOR_RESPONSE: 1,
    Kind.SYSTEM_RESPONSE: 1,
    Kind.SYSTEM_ERROR: 1,
    Kind.DIAGNOSTICS: 1,
    Kind.HEARTBEAT_METRICS: 0,
    Kind.QUEUE_PRESSURE: 1,
    Kind.SCAN_RESULT: 1,
    Kind.ZONE_ACK: 1,
    Kind.SUBZONE_ACK: 1,
    Kind.OLD_HEARTBEAT: 1,
    Kind.OLD_DISCOVERY: 1,
}
_PUBLISHED: Final[dict[Kind, int]] = {
    Kind.HEARTBEAT_ACK: 1,
    Kind.CONFIG: 2,
    Kind.SYSTEM_COMMAND: 2,
    Kind.ACTUATOR_COMMAND: 2,
    Kind.SENSOR_COMMAND: 2,
    Kind.STOP: 1,
    Kind.STOP_ALL: 2,
    Kind.ZONE_ASSIGN: 1,
    Kind.SUBZONE_ASSIGN: 1,
    Kind.SUBZONE_REMOVE: 1,
    Kind.SUBZONE_SAFE: 1,
    Kind.SERVER_STATUS: 1,
}
QOS: Final[dict[Kind, int]] = _SUBSCRIBED | _PUBLISHED

_WITHOUT_DEVICE: Final = frozenset({Kind.OLD_DISCOVERY, Kind.STOP_ALL, Kind.SERVER_STATUS})
_HARD_CODED: Final = frozenset({Kind.SESSION_ANNOUNCE, Kind.SCAN_RESULT})
_BY_ENDING: Final[dict[str, Kind]] = {kind.value: kind for kind in Kind}
_BY_PIN_ENDING: Final[dict[tuple[str, str], Kind]] = {
    (before, after): kind for kind in Kind for before, pin, after in [kind.value.partition("/+/")] if pin
}


class Subscription(Struct, frozen=True):
    """One topic filter that we listen to."""

    topic: str
    qos: int


class Route(Struct, frozen=True, kw_only=True, gc=False):
    """A topic taken apart; ``device`` is empty and ``gpio`` is ``NO_PIN`` where the topic has none."""

    kind: Kind
    kaiser_id: str
    device: DeviceId = DeviceId("")
    gpio: int = NO_PIN

    def belongs_to(self, kaiser_id: str) -> bool:
        """Tell whether a message on this topic concerns a namespace."""
        if self.kaiser_id == kaiser_id or self.kind is Kind.STOP_ALL:
            return True
        return self.kaiser_id == DEFAULT_KAISER and self.kind in _HARD_CODED


def is_device_id(text: str) -> bool:
    """Tell whether a text may stand as a device in a topic."""
    return _DEVICE_ID.fullmatch(text) is not None


def is_kaiser_id(text: str) -> bool:
    """Tell whether a text may stand as a namespace in a topic."""
    return _KAISER_ID.fullmatch(text) is not None


def subscriptions(kaiser_id: str) -> tuple[Subscription, ...]:
    """Return every filter to hold, the life line first; none of them overlaps another or echoes us."""
    own = [Subscription(_filter(kind, kaiser_id), qos) for kind, qos in _SUBSCRIBED.items()]
    if kaiser_id != DEFAULT_KAISER:
        own += [Subscription(_filter(kind, DEFAULT_KAISER), QOS[kind]) for kind in sorted(_HARD_CODED)]
    return tuple(own)


def sender_of(topic: str) -> DeviceId | None:
    """Return the device that a topic names, however odd the rest of the topic is."""
    return _sender_in(topic[:_LONGEST_TOPIC])


# Every message is asked for it, and comes on one of few topics.
@lru_cache(maxsize=4096)
def _sender_in(topic: str) -> DeviceId | None:
    parts = topic.split("/", 4)
    if parts[0] != _ROOT or len(parts) <= 4 or parts[2] != "esp" or not is_device_id(parts[3]):
        return None
    return DeviceId(parts[3])


def build(kind: Kind, kaiser_id: str, device: DeviceId = DeviceId(""), gpio: int = NO_PIN) -> str:
    """Return the topic of one message; ids that could reach another topic are refused."""
    if not is_kaiser_id(kaiser_id):
        raise DefinitionError("invalid_kaiser_id", kaiser_id=kaiser_id)
    if kind in _WITHOUT_DEVICE:
        return _filter(kind, kaiser_id)
    if not is_device_id(device):
        raise DefinitionError("invalid_device_id", device=device)
    ending: str = kind.value
    if "+" in ending:
        if not 0 <= gpio <= _HIGHEST_PIN:
            raise DefinitionError("invalid_gpio", gpio=gpio)
        ending = ending.replace("+", str(gpio))
    return f"{_ROOT}/{kaiser_id}/esp/{device}/{ending}"


# Every message of a channel comes on the same topic; those that nobody can read are not remembered.
@lru_cache(maxsize=4096)
def parse(topic: str) -> Route:
    """Take a topic apart; raises ``MalformedTopic`` or ``UnknownMessage``."""
    if len(topic) > _LONGEST_TOPIC:
        raise MalformedTopic("too long")
    parts = topic.split("/")
    if parts[0] != _ROOT or len(parts) < 3:
        raise UnknownMessage("foreign topic")
    if parts[2] != "esp":
        return _house_route(topic, parts)
    if len(parts) < 5:
        raise UnknownMessage("no message")
    if _KAISER_ID.fullmatch(parts[1]) is None or _DEVICE_ID.fullmatch(parts[3]) is None:
        raise MalformedTopic("id")
    if len(parts) == 7 and (kind := _BY_PIN_ENDING.get((parts[4], parts[6]))) is not None and parts[5] != "emergency":
        return Route(kind=kind, kaiser_id=parts[1], device=DeviceId(parts[3]), gpio=_pin(parts[5]))
    ending = _BY_ENDING.get("/".join(parts[4:]))
    if ending is None or ending in _WITHOUT_DEVICE:
        raise UnknownMessage("unknown topic")
    return Route(kind=ending, kaiser_id=parts[1], device=DeviceId(parts[3]))


def _house_route(topic: str, parts: list[str]) -> Route:
    if topic == _BROADCAST:
        return Route(kind=Kind.STOP_ALL, kaiser_id="")
    kind = _BY_ENDING.get("/".join(parts[2:]))
    if kind is None or kind not in _WITHOUT_DEVICE:
        raise UnknownMessage("unknown topic")
    if _KAISER_ID.fullmatch(parts[1]) is None:
        raise MalformedTopic("id")
    return Route(kind=kind, kaiser_id=parts[1])


def _filter(kind: Kind, kaiser_id: str) -> str:
    if kind is Kind.STOP_ALL:
        return _BROADCAST
    if kind in _WITHOUT_DEVICE:
        return f"{_ROOT}/{kaiser_id}/{kind}"
    return f"{_ROOT}/{kaiser_id}/esp/+/{kind}"


def _pin(text: str) -> int:
    if len(text) > 3 or not (text.isascii() and text.isdecimal()) or (gpio := int(text)) > _HIGHEST_PIN:
        raise MalformedTopic("gpio")
    return gpio

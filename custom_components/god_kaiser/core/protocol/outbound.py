"""What we say: an approved command or a notice becomes one message. A plain request has no wire form."""

import re
from typing import Final

from msgspec import Struct, json

from ..devices.notices import (
    BusScan,
    ConfigPush,
    EmergencyClear,
    EmergencyStop,
    EmergencyStopAll,
    EmergencyTokenChange,
    HeartbeatAck,
    LeftoverCleared,
    LogLevelChange,
    MeasureNow,
    Notice,
    ServerOffline,
    ServerOnline,
    SubzoneAssignment,
    SubzoneRemoval,
    SubzoneSafety,
    SystemCommand,
    SystemOrder,
    WillCleared,
    ZoneAssignment,
)
from ..errors import DefinitionError
from ..ids import DeviceId
from ..safety.gate import ApprovedCommand
from . import budget, emergency_payload
from .budget import Json
from .config_payload import document as config_document
from .leftovers import topic_of
from .orders import order
from .spelling import LONGEST_NAME, identifier, secret
from .topics import ENERGISE_QOS, QOS, Kind, build
from .zone_payload import document as zone_document

_CLEARING_QOS: Final = 1
_LARGEST_EPOCH: Final = 2**32 - 1
_LONGEST_TIMEOUT_MS: Final = 60_000
_PIN: Final = re.compile(r"[0-9]{1,3}")
_LOG_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


class WireMessage(Struct, frozen=True, kw_only=True, gc=False):
    """One message as the broker gets it."""

    topic: str
    payload: bytes
    qos: int
    retain: bool = False


def encode(message: ApprovedCommand | Notice, *, kaiser_id: str) -> WireMessage:
    """Return the message; raises ``DefinitionError`` for what no device could take in."""
    match message:
        case ApprovedCommand():
            return _command(message, kaiser_id)
        case HeartbeatAck():
            return _say(Kind.HEARTBEAT_ACK, _heartbeat_ack(message), kaiser_id, message.device)
        case EmergencyStopAll():
            return _say(Kind.STOP_ALL, emergency_payload.stop_all(message), kaiser_id)
        case EmergencyStop() | EmergencyClear():
            return _say(Kind.STOP, emergency_payload.one_device(message), kaiser_id, message.device)
        case ConfigPush():
            return _say(Kind.CONFIG, config_document(message), kaiser_id, message.device)
        case MeasureNow():
            return _measure(message, kaiser_id)
        case SystemCommand() | BusScan() | LogLevelChange() | EmergencyTokenChange():
            return _say(Kind.SYSTEM_COMMAND, _system(message), kaiser_id, message.device)
        case ZoneAssignment() | SubzoneAssignment() | SubzoneRemoval() | SubzoneSafety():
            return _say(*zone_document(message, kaiser_id), kaiser_id, message.device)
        case _:
            return _retained(message, kaiser_id)


def _say(kind: Kind, document: dict[str, Json], kaiser_id: str, device: DeviceId = DeviceId("")) -> WireMessage:
    return WireMessage(topic=build(kind, kaiser_id, device), payload=budget.checked(kind, document), qos=QOS[kind])


def _command(approved: ApprovedCommand, kaiser_id: str) -> WireMessage:
    request = approved.request
    device, actuator, pin = request.channel.partition("/actuator/")
    if not actuator or not _PIN.fullmatch(pin):
        raise DefinitionError("not_an_actuator", channel=request.channel)
    words = order(approved)
    correlation = identifier(request.id)
    document: dict[str, Json] = {
        "command": words.command,
        "value": words.value,
        "duration": words.duration,
        "correlation_id": correlation,
        "intent_id": correlation,
        "issued_by": identifier(request.asked_by) or request.origin.name.lower(),
        "source": request.origin.name.lower(),
    }
    kind = Kind.ACTUATOR_COMMAND
    return WireMessage(
        topic=build(kind, kaiser_id, DeviceId(device), int(pin)),
        payload=budget.checked(kind, document),
        qos=ENERGISE_QOS if words.value else QOS[kind],
    )


def _heartbeat_ack(ack: HeartbeatAck) -> dict[str, Json]:
    # These four and no more: the device's parser has 256 bytes, and an epoch below 1 is no answer (protocol 2.21).
    return {
        "status": ack.standing.value,
        "config_available": False,
        "server_time": ack.server_time,
        "handover_epoch": min(max(ack.epoch, 1), _LARGEST_EPOCH),
    }


def _measure(message: MeasureNow, kaiser_id: str) -> WireMessage:
    kind = Kind.SENSOR_COMMAND
    correlation = identifier(message.correlation_id)
    document: dict[str, Json] = {
        "command": "measure",
        "request_id": correlation,
        "correlation_id": correlation,
        "intent_id": correlation,
        "timeout_ms": min(max(message.timeout_ms, 1), _LONGEST_TIMEOUT_MS),
    }
    topic = build(kind, kaiser_id, message.device, message.gpio)
    return WireMessage(topic=topic, payload=budget.checked(kind, document), qos=QOS[kind])


def _system(message: SystemCommand | BusScan | LogLevelChange | EmergencyTokenChange) -> dict[str, Json]:
    correlation = {"correlation_id": known} if (known := identifier(message.correlation_id)) else {}
    match message:
        case SystemCommand(order=SystemOrder.FACTORY_RESET):
            return {"command": "factory_reset", "confirm": True, **correlation}
        case SystemCommand():
            return {"command": message.order.value, **correlation}
        case BusScan():
            return {"command": "onewire/scan", "params": {"pin": message.gpio}, **correlation}
        case LogLevelChange():
            level = message.level.upper()
            if level not in _LOG_LEVELS:
                raise DefinitionError("unknown_log_level", level=message.level)
            return {"command": "set_log_level", "params": {"level": level}, **correlation}
    if not message.token or secret(message.token) != message.token:
        raise DefinitionError("invalid_token", limit=LONGEST_NAME)
    scope = "broadcast" if message.broadcast else "esp"
    return {"command": "set_emergency_token", "token": message.token, "token_type": scope, **correlation}


def _retained(message: WillCleared | LeftoverCleared | ServerOnline | ServerOffline, kaiser_id: str) -> WireMessage:
    if isinstance(message, LeftoverCleared):
        return WireMessage(topic=topic_of(message, kaiser_id), payload=b"", qos=_CLEARING_QOS, retain=True)
    if isinstance(message, WillCleared):
        kind, topic, payload = Kind.WILL, build(Kind.WILL, kaiser_id, message.device), b""
    else:
        kind, topic, payload = Kind.SERVER_STATUS, build(Kind.SERVER_STATUS, kaiser_id), json.encode(_presence(message))
    return WireMessage(topic=topic, payload=payload, qos=QOS[kind], retain=True)


def _presence(message: ServerOnline | ServerOffline) -> dict[str, Json]:
    if isinstance(message, ServerOnline):
        return {"status": "online", "timestamp": message.timestamp}
    return {"status": "offline", "timestamp": message.timestamp, "reason": "graceful_shutdown"}

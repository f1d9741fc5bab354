"""What the firmware accepts, written from the protocol and not from our encoder."""

from collections.abc import Callable
import json
from typing import Any

_COMMANDS = {"on", "off", "pwm", "toggle"}
_SYSTEM = {
    "status",
    "diagnostics",
    "get_config",
    "factory_reset",
    "onewire/scan",
    "safe_mode",
    "exit_safe_mode",
    "set_log_level",
    "set_emergency_token",
}
_POOLS = {
    "heartbeat/ack": 256,
    "config": 7680,
    "system/command": 256,
    "sensor": 384,
    "emergency": 256,
    "broadcast": 512,
    "zone/assign": 512,
    "subzone/assign": 1024,
    "subzone/remove": 256,
    "subzone/safe": 512,
    "server/status": 512,
}


def memory(value: Any) -> int:
    """Count ArduinoJson 6.21 memory on 32 bits: 16 per member or element, every distinct text with its zero."""
    texts: set[str] = set()

    def slots(node: Any) -> int:
        if isinstance(node, str):
            texts.add(node)
        if isinstance(node, dict):
            texts.update(node)
            return sum(16 + slots(inner) for inner in node.values())
        return sum(16 + slots(inner) for inner in node) if isinstance(node, list) else 0

    return slots(value) + sum(len(text.encode()) + 1 for text in texts)


def complaint(topic: str, payload: bytes, *, retain: bool) -> str:
    """Return why a device would refuse or misread a message; empty when it takes it."""
    if retain and not topic.endswith(("/server/status", "/system/will")):
        return "retained"
    if topic.endswith("/system/will"):
        return "" if payload == b"" else "will with a payload"
    if payload == b"":
        return "empty"
    document = json.loads(payload)
    if len(payload) > 511 and "/actuator/" in topic:
        return "cut at 511 bytes"
    if len(payload) >= 4352:
        return "payload too large"
    words, check = next(rule for rule in _RULES if _place(topic) == rule[0])
    if memory(document) > _POOLS.get(words, 10_000):
        return "NoMemory"
    return check(document)


def _place(topic: str) -> str:
    parts = topic.split("/")
    if parts[1] == "broadcast":
        return "broadcast"
    if parts[2] == "server":
        return "server/status"
    if parts[-1] == "command" and parts[-2] != "system":
        return parts[4]
    return {"ack": "heartbeat/ack", "config": "config", "emergency": "emergency"}.get(parts[-1], "/".join(parts[-2:]))


def _heartbeat_ack(document: dict[str, Any]) -> str:
    epoch = document.get("handover_epoch")
    if not isinstance(document.get("status"), str):
        return "MISSING_ACK_STATUS"
    if "handover_epoch" not in document:
        return "MISSING_HANDOVER_EPOCH"
    if type(epoch) is not int:
        return "INVALID_HANDOVER_EPOCH_TYPE"
    return "" if 1 <= epoch < 2**32 else "INVALID_HANDOVER_EPOCH"


def _broadcast(document: dict[str, Any]) -> str:
    for key in ("reason", "issued_by", "timestamp"):
        if not isinstance(document.get(key, ""), str):
            return f"FIELD_TYPE_{key.upper()}"
    return (
        "" if document.get("command", document.get("action")) in ("stop_all", "emergency_stop") else "unknown command"
    )


def _emergency(document: dict[str, Any]) -> str:
    return "" if document["command"] in ("emergency_stop", "clear_emergency") else "unknown command"


def _actuator(document: dict[str, Any]) -> str:
    if document["command"].lower() not in _COMMANDS:
        return "unknown command"
    if any(isinstance(value, (dict, list, bool)) for value in document.values()):
        return "not flat"
    if any(letter in text for text in document.values() if isinstance(text, str) for letter in '"\\'):
        return "breaks the scanner"
    return ""


def _config(document: dict[str, Any]) -> str:
    if not document.get("correlation_id"):
        return "CONTRACT_MISSING_CORRELATION"
    for item in document.get("sensors", ()):
        if not all(isinstance(item.get(key), str) for key in ("sensor_type", "sensor_name")):
            return "TYPE_MISMATCH"
        if item["sensor_type"] == "ds18b20" and len(item.get("onewire_address", "")) != 16:
            return "ONEWIRE_INVALID_ROM_LENGTH"
    for item in document.get("actuators", ()):
        if item.get("actuator_type", item.get("type")) not in ("pump", "valve", "pwm", "relay"):
            return "UNKNOWN_ERROR"
        if not 0 < item.get("max_runtime_ms", 1) <= 2_147_483_647:
            return "OUT_OF_RANGE"
    return ""


def _system(document: dict[str, Any]) -> str:
    if document["command"] not in _SYSTEM:
        return "Unknown command"
    return "not confirmed" if document["command"] == "factory_reset" and document.get("confirm") is not True else ""


def _measure(document: dict[str, Any]) -> str:
    return "" if document["command"] == "measure" else "unknown command"


def _texts(*keys: str) -> Callable[[dict[str, Any]], str]:
    def check(document: dict[str, Any]) -> str:
        missing = [key for key in keys if not isinstance(document.get(key), str)]
        return f"{missing[0]} becomes null" if missing else ""

    return check


_RULES: list[tuple[str, Callable[[dict[str, Any]], str]]] = [
    ("heartbeat/ack", _heartbeat_ack),
    ("broadcast", _broadcast),
    ("emergency", _emergency),
    ("actuator", _actuator),
    ("sensor", _measure),
    ("config", _config),
    ("system/command", _system),
    ("zone/assign", _texts("zone_id", "master_zone_id", "zone_name", "kaiser_id")),
    ("subzone/assign", _texts("subzone_id", "subzone_name", "parent_zone_id")),
    ("subzone/remove", _texts("subzone_id", "reason")),
    ("subzone/safe", _texts("subzone_id", "action")),
    ("server/status", _texts("status")),
]

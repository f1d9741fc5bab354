"""The documents that stop devices and let them run again (protocol 2.26 and 2.27)."""

from typing import Final

from ..devices.notices import EmergencyClear, EmergencyStop, EmergencyStopAll
from . import budget
from .budget import Json
from .spelling import identifier, name, secret
from .topics import Kind

_LONGEST_REASON: Final = 48


def stop_all(message: EmergencyStopAll) -> dict[str, Json]:
    """Return the broadcast; every member is a text or a truth, since a number makes devices refuse to stop."""
    wanted: dict[str, Json] = {
        "stop": True,
        "reason": name(message.reason, _LONGEST_REASON),
        "issued_by": identifier(message.issued_by),
        "timestamp": identifier(message.at),
        "incident_correlation_id": identifier(message.correlation_id),
    }
    return _with_room(Kind.STOP_ALL, _order("emergency_stop", message.token), wanted)


def one_device(message: EmergencyStop | EmergencyClear) -> dict[str, Json]:
    """Return the order to one device; ``stop`` is the word of the former interface for the same."""
    wanted: dict[str, Json] = {"correlation_id": identifier(message.correlation_id)}
    command = "clear_emergency"
    if isinstance(message, EmergencyStop):
        command = "emergency_stop"
        wanted["stop"] = True
    wanted["reason"] = name(message.reason, _LONGEST_REASON)
    return _with_room(Kind.STOP, _order(command, message.token), wanted)


def _order(command: str, token: str) -> dict[str, Json]:
    return {"command": command, "auth_token": secret(token)} if token else {"command": command}


def _with_room(kind: Kind, required: dict[str, Json], wanted: dict[str, Json]) -> dict[str, Json]:
    """Return what is required and as much of the rest as fits: a stop must never fail for its size."""
    document = required
    for key, value in wanted.items():
        longer = document | {key: value}
        if value != "" and budget.cost(kind, longer).fits:
            document = longer
    return document

"""The documents of zone and subzone messages (protocol 2.28)."""

import re
from typing import Final

from ..devices.notices import SubzoneAssignment, SubzoneRemoval, SubzoneSafety, ZoneAssignment
from ..errors import DefinitionError
from .budget import Json
from .spelling import identifier, name
from .topics import Kind

type ZoneNotice = ZoneAssignment | SubzoneAssignment | SubzoneRemoval | SubzoneSafety

_ZONE_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,32}")
_HIGHEST_PIN: Final = 39
_LONGEST_REASON: Final = 48


def document(message: ZoneNotice, kaiser_id: str) -> tuple[Kind, dict[str, Json]]:
    """Return the document; a text missing in it would become the word "null" on the device."""
    match message:
        case ZoneAssignment():
            return Kind.ZONE_ASSIGN, _zone(message, kaiser_id)
        case SubzoneAssignment():
            return Kind.SUBZONE_ASSIGN, _subzone(message)
        case SubzoneRemoval():
            return Kind.SUBZONE_REMOVE, {
                "subzone_id": _id(message.subzone_id),
                "reason": name(message.reason, _LONGEST_REASON),
                "timestamp": message.timestamp,
                "correlation_id": identifier(message.correlation_id),
            }
    return Kind.SUBZONE_SAFE, {
        "subzone_id": _id(message.subzone_id),
        "action": "enable" if message.enable else "disable",
        "safe_mode": message.enable,
        "correlation_id": identifier(message.correlation_id),
    }


def _zone(message: ZoneAssignment, kaiser_id: str) -> dict[str, Json]:
    return {
        "zone_id": _id_or_none(message.zone_id),
        "master_zone_id": _id_or_none(message.master_zone_id),
        "zone_name": name(message.zone_name),
        "kaiser_id": kaiser_id,
        "timestamp": message.timestamp,
        "correlation_id": identifier(message.correlation_id),
    }


def _subzone(message: SubzoneAssignment) -> dict[str, Json]:
    if bad := [gpio for gpio in message.gpios if not 1 <= gpio <= _HIGHEST_PIN]:
        raise DefinitionError("invalid_gpio", gpio=bad[0])
    return {
        "subzone_id": _id(message.subzone_id),
        "subzone_name": name(message.subzone_name),
        "parent_zone_id": _id_or_none(message.parent_zone_id),
        "assigned_gpios": list(message.gpios),
        # The firmware's default, true, would turn the pins of sensors into inputs with pull-up.
        "safe_mode_active": False,
        "timestamp": message.timestamp,
        "correlation_id": identifier(message.correlation_id),
    }


def _id_or_none(text: str) -> str:
    return _id(text) if text else ""


def _id(text: str) -> str:
    if not _ZONE_ID.fullmatch(text):
        raise DefinitionError("invalid_zone_id", zone_id=text)
    return text

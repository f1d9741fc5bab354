"""The actions of the former server."""

from collections.abc import Mapping
from typing import Any

from ..misreadings import listed
from ..sequences.seed import in_words
from .errors import RuleError
from .seed_messages import TEXTS, message
from .seed_words import check_names, fault, first, shown

# The kinds of actions of the former server that have an equal here.
_WANTED = ("actuator", "actuator_command", "notification", "sequence")


def actions(wanted: object, place: str) -> list[dict[str, Any]]:
    """Return actions in our spelling; those that are ours already stay as they are."""
    if not isinstance(wanted, list | tuple):
        raise fault(place, wanted)
    return [_action(action, f"{place} / {number}") for number, action in enumerate(wanted, 1)]


def _action(wanted: object, place: str) -> dict[str, Any]:
    if not isinstance(wanted, Mapping):
        raise fault(place, wanted)
    if "kind" in wanted:
        return dict(wanted)
    match wanted.get("type"):
        case "actuator" | "actuator_command":
            return _output(wanted, place)
        case "notification":
            check_names(wanted, place, "type", *TEXTS, "title", "channel", "target")
            return message(wanted)
        case "sequence":
            check_names(wanted, place, "type", "sequence_id")
            return {"kind": "run", "sequence": str(wanted.get("sequence_id") or "")}
        case kind:
            raise RuleError("definition_kind_unknown", place, given=shown(kind), allowed=listed(_WANTED))


def _output(wanted: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Return what sets an output; with a value alone it is a share, and no time was written as 0."""
    check_names(wanted, place, "type", "esp_id", "gpio", "command", "value", "duration", "duration_seconds")
    device, pin = wanted.get("esp_id"), wanted.get("gpio")
    if not isinstance(device, str) or type(pin) is not int:
        raise fault(place, "esp_id, gpio")
    command = "PWM" if wanted.get("command") is None else wanted["command"]
    made = in_words({"kind": "set", "esp_id": device, "gpio": pin, "command": command, "value": wanted.get("value")})
    made.pop("value", None)
    seconds = first(wanted, "duration", "duration_seconds")
    return made if seconds in (None, 0) else made | {"duration": seconds}

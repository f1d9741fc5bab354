"""The actions of the former server."""

from collections.abc import Mapping
from typing import Any

from ..misreadings import listed
from ..sequences.seed import in_words
from .errors import RuleError
from .seed_messages import TEXTS, message
from .seed_words import check_names, fault, first, number, pin_of, shown

# The kinds of actions of the former server that have an equal here.
_WANTED = ("actuator", "actuator_command", "notification", "sequence")
# The value is the share; the first documents called it so, too.
_SHARES = ("PWM", "SET")


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
    device, pin = pin_of(wanted, place)
    command = "PWM" if wanted.get("command") is None else wanted["command"]
    asked = {"kind": "set", "esp_id": device, "gpio": pin, "command": command, "value": number(wanted.get("value"))}
    made = with_level(asked, place)
    made.pop("value", None)
    seconds = number(first(wanted, "duration", "duration_seconds"))
    return made if seconds in (None, 0) else made | {"duration": seconds}


def with_level(wanted: Mapping[str, Any], place: str) -> dict[str, Any]:
    """Return what sets an output by its level where a command was written; one that is none of a rule is refused."""
    given = wanted.get("command")
    word = given.upper() if isinstance(given, str) else given
    if word in _SHARES:
        return in_words({"value": None, **wanted, "command": "PWM"})
    made = in_words(dict(wanted))
    if given is not None and ("command" in made or isinstance(made.get("level"), str)):
        raise RuleError(
            "definition_word_unknown", f"{place} / command", given=shown(given), allowed="ON, OFF, PWM, SET"
        )
    return made

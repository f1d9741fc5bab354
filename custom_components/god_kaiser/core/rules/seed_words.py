"""The words of the former server that stand in every part of its rules, and what is said where they mean nothing."""

from collections.abc import Mapping
import re
from typing import Any

from ..misreadings import shown as as_written
from .errors import RuleError

_LONGEST_SHOWN = 100
_WHOLE, _BROKEN = re.compile(r"-?\d{1,15}"), re.compile(r"-?\d{1,15}\.\d{1,15}")


def joined(word: object, place: str) -> str:
    """Return the group that a word stands for: of all, unless told otherwise."""
    match str("AND" if word is None else word).upper():
        case "AND":
            return "all"
        case "OR":
            return "any"
        case other:
            raise fault(place, other)


def first(given: Mapping[str, Any], *names: str) -> Any:
    """Return the first of several names under which something is given; 0 is something."""
    return next((given[name] for name in names if given.get(name) is not None), None)


def number(given: object) -> Any:
    """Return the number that a text is: the pages of the former server sent some so. What is none stays as it is."""
    if not isinstance(given, str):
        return given
    return int(given) if _WHOLE.fullmatch(given) else float(given) if _BROKEN.fullmatch(given) else given


def pin_of(given: Mapping[str, Any], place: str) -> tuple[str, int]:
    """Return the device and the pin that are named."""
    device, pin = given.get("esp_id"), number(given.get("gpio"))
    if device is None or pin is None:
        raise fault(place, "esp_id, gpio")
    if not isinstance(device, str):
        raise RuleError("definition_needs_text", f"{place} / esp_id", given=as_written(device))
    if type(pin) is not int:
        raise RuleError("definition_needs_whole", f"{place} / gpio", given=as_written(given["gpio"]))
    return device, pin


def check_names(given: Mapping[str, Any], place: str, *names: str) -> None:
    """Refuse what would otherwise be lost without a word."""
    for name, value in given.items():
        if value is not None and name not in names:
            raise fault(place, name)


def fault(place: str, given: object) -> RuleError:
    """Return that something has no meaning where it stands."""
    return RuleError("rule_bad_definition", place, given=shown(given))


def shown(given: object) -> str:
    """Return the beginning of what was given, for people."""
    return str(given)[:_LONGEST_SHOWN]

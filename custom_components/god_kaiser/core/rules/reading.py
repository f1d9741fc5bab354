"""From what a person or the former server has written to a rule, and back."""

from collections.abc import Mapping
import re
from typing import Any

import msgspec
from msgspec.structs import replace

from ..conditions import DEEPEST
from ..requests import Priority
from ..sequences.seed import in_words
from .check import check
from .errors import RuleError
from .model import Rule
from .rulebook import named
from .seed import FindSensor, from_seed, is_seed

_INVALID_TAG = re.compile(r"Invalid value '([^']*)' - at `\$\.(.*)\.kind`")
_NUMBERED = re.compile(r"\.of\b(?:\[(\d+)\])?|\[(\d+)\]")
_PRIORITIES = {priority.name.lower(): priority.value for priority in Priority}


def read(written: object, find: FindSensor) -> Rule:
    """Return the rule that was written, ours or the former server's; raises ``RuleError``."""
    if not isinstance(written, Mapping):
        raise RuleError("rule_bad_definition", given=type(written).__name__)
    try:
        given = from_seed(written, find) if is_seed(written) else dict(written)
        rule = msgspec.convert(_spelled(given), Rule, strict=True)
    except RecursionError as err:
        raise RuleError("condition_too_deep", "when", depth=DEEPEST) from err
    except msgspec.ValidationError as err:
        raise _fault(str(err)) from err
    check(rule)
    return replace(rule, when=named(rule.when))


def write(rule: Rule) -> dict[str, Any]:
    """Return a rule as people write it; what has its usual value is left out."""
    whole: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(rule))
    return whole


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a rule."""
    return msgspec.json.schema(Rule)


def _spelled(given: dict[str, Any]) -> dict[str, Any]:
    """Return a rule in numbers, where people use words for priorities and levels."""
    made = {**given, "then": _in_words(given.get("then", ())), "otherwise": _in_words(given.get("otherwise", ()))}
    if isinstance(word := given.get("priority"), str):
        made["priority"] = _PRIORITIES.get(word.lower(), word)
    if isinstance(escalation := given.get("escalation"), Mapping):
        made["escalation"] = {**escalation, "instead": _in_words(escalation.get("instead", ()))}
    return made


def _in_words(actions: object) -> object:
    if not isinstance(actions, list | tuple):
        return actions
    return [
        in_words(dict(action)) if isinstance(action, Mapping) and action.get("kind") == "set" else action
        for action in actions
    ]


def _fault(message: str) -> RuleError:
    if tag := _INVALID_TAG.search(message):
        problem = "rule_unknown_condition" if tag[2].startswith("when") else "rule_unknown_action"
        return RuleError(problem, _place(tag[2]), given=tag[1])
    what, _, path = message.partition(" - at `$.")
    return RuleError("rule_bad_definition", _place(path.rstrip("`")), given=what)


def _place(path: str) -> str:
    """Return a place as people count; what a condition holds has a number, and no name."""
    counted = _NUMBERED.sub(lambda found: f".{int(found[1] or found[2] or 0) + 1}", path)
    return counted.replace(".", " / ")

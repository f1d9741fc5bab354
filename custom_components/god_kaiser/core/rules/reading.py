"""From what a person or the former server has written to a rule, and back."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from ..braces import braced, has_square_ones
from ..conditions import DEEPEST
from ..misreadings import Misreading, empty_name, is_quoted_number, listed, misreading_of, no_fields, shown
from ..requests import Priority
from .check import check
from .errors import RuleError
from .model import LOWEST_PRIORITY, Rule
from .rulebook import named
from .seed import TitleOf, from_seed, is_seed
from .seed_actions import with_level
from .seed_questions import FindSensor

_PRIORITIES = {priority.name.lower(): priority.value for priority in Priority}
_WRITTEN = msgspec.json.Decoder(Rule)


def read(written: object, find: FindSensor, title_of: TitleOf = lambda _key: None) -> Rule:
    """Return the rule that was written, ours or the former server's; raises ``RuleError``.

    One of the former server that has no id never takes the place of a rule of another name: ``title_of`` tells it.
    """
    if not isinstance(written, Mapping):
        raise _fault(no_fields(written))
    try:
        fields: dict[str, Any] = braced(written)
        given = _spelled(from_seed(fields, find, title_of) if is_seed(fields) else fields)
        if (empty := empty_name(given)) is not None:
            raise _fault(empty)
        rule = msgspec.convert(given, Rule, strict=True)
    except RecursionError as err:
        raise RuleError("condition_too_deep", "when", depth=DEEPEST) from err
    except msgspec.ValidationError as err:
        raise _fault(misreading_of(err, given, Rule)) from err
    return _checked(rule)


def read_back(written: str, find: FindSensor) -> Rule:
    """Return a rule from the JSON in which we keep it; in another spelling it is read as a person has written it.

    Raises ``RuleError``, and ``msgspec.DecodeError`` where it is no JSON.
    """
    if not has_square_ones(written):
        try:
            return _checked(_WRITTEN.decode(written))
        except msgspec.ValidationError, RecursionError:
            pass
    return read(msgspec.json.decode(written), find)


def write(rule: Rule) -> dict[str, Any]:
    """Return a rule as people write it; what has its usual value is left out."""
    whole: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(rule))
    return whole


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a rule."""
    return msgspec.json.schema(Rule)


def _checked(rule: Rule) -> Rule:
    check(rule)
    return replace(rule, when=named(rule.when))


def _spelled(given: dict[str, Any]) -> dict[str, Any]:
    """Return a rule in numbers, where people use words for priorities and levels."""
    made: dict[str, Any] = {
        **given,
        **{name: _in_words(given[name], name) for name in ("then", "otherwise") if name in given},
    }
    if isinstance(word := given.get("priority"), str):
        if is_quoted_number(word):
            raise RuleError("definition_needs_no_quotes", "priority", given=shown(word))
        if word.lower() not in _PRIORITIES:
            possible = (*_PRIORITIES, f"1 – {LOWEST_PRIORITY}")
            raise RuleError("definition_word_unknown", "priority", given=shown(word), allowed=listed(possible))
        made["priority"] = _PRIORITIES[word.lower()]
    if isinstance(escalation := given.get("escalation"), Mapping):
        instead = _in_words(escalation.get("instead", ()), "escalation / instead")
        made["escalation"] = {**escalation, "instead": instead}
    return made


def _in_words(actions: object, place: str) -> object:
    if not isinstance(actions, list | tuple):
        return actions
    return [
        with_level(action, f"{place} / {number}")
        if isinstance(action, Mapping) and action.get("kind") == "set"
        else action
        for number, action in enumerate(actions, 1)
    ]


def _fault(found: Misreading) -> RuleError:
    return RuleError(found.problem, found.place, **found.details)

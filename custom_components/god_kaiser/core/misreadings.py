"""What does not fit into a definition: where it stands, what was found there, and what is possible instead."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
import re
from typing import Literal, NamedTuple

import msgspec
from msgspec import inspect

type Details = dict[str, str | float]
type Need = Literal[
    "text", "quotes", "number", "no_quotes", "whole", "yes_no", "value", "list", "fields", "something_else"
]

_LONGEST_SHOWN = 60
# What YAML takes for a number everywhere: of 1e9 and nan it depends on who reads it.
_PLAIN_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")
_STEP = re.compile(r"\.(\w+)|\[(\d+|\.\.\.)\]")
# What a group of conditions holds has a number, and no name.
_NAMELESS = "of"
_SIGNS = frozenset("<>=")
# What no screen shows: control signs, what ends a line, what has no width, and what turns the direction of what follows.
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060\u2066-\u2069\ufeff]")
# How Home Assistant lets actions be aimed; anything else it takes for no target at all.
_AIMS = ("entity_id", "device_id", "area_id", "floor_id", "label_id")
_LISTS = (inspect.ListType, inspect.VarTupleType)
_NUMBERS = (inspect.IntType, inspect.FloatType)
_WRITTEN_AS: dict[type, type | tuple[type, ...]] = {
    inspect.StrType: str,
    inspect.BoolType: bool,
    inspect.IntType: int,
    inspect.FloatType: (int, float),
    inspect.StructType: Mapping,
}


class Misreading(NamedTuple):
    """One fault: the key of its sentence, where it is as people count, and the words of the sentence."""

    problem: str
    place: str
    details: Details


class _Spot(NamedTuple):
    """A place in a definition: what is written there, and what may be."""

    place: tuple[str, ...]
    found: object
    types: tuple[inspect.Type, ...]


def misreading_of(err: msgspec.ValidationError, written: object, wanted: type) -> Misreading:
    """Return what is wrong with what was written, in words that people know."""
    _, mark, path = str(err).rpartition(" - at `$")
    spot = _followed(_Spot((), written, _kinds_of(wanted)), _STEP.findall(path) if mark else [])
    problem, details = _judged(spot.found, spot.types)
    return Misreading(problem, " / ".join(spot.place), details)


def no_fields(found: object) -> Misreading:
    """Return what is wrong with something that has no fields at all."""
    return Misreading("definition_needs_fields", "", {"given": shown(found)})


def empty_name(written: Mapping[str, object]) -> Misreading | None:
    """Return that a name was given in which nobody sees anything; one that is left out is none."""
    name = written.get("name")
    return Misreading("definition_name_empty", "name", {}) if isinstance(name, str) and not name.strip() else None


def unknown_aim(target: Mapping[str, object]) -> Misreading | None:
    """Return that an action is aimed in a way that Home Assistant does not know."""
    if unknown := [way[:_LONGEST_SHOWN] for way in target if way not in _AIMS]:
        return Misreading("definition_field_unknown", "target", {"field": unknown[0], "allowed": listed(_AIMS)})
    return None


def shown(found: object) -> str:
    """Return something as it could be written, in short; quotation marks tell a text from a number."""
    try:
        text = msgspec.json.encode(found).decode()
    except TypeError, ValueError, RecursionError:
        text = str(found)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def hides_something(text: str, *, has_lines: bool = False) -> bool:
    """Tell whether a text holds what nobody sees, or the end of a line where it may have only one."""
    lines = text.replace("\t", " ").splitlines() if has_lines else [text]
    return text.isspace() or any(_HIDDEN.search(line) for line in lines)


def is_quoted_number(found: object) -> bool:
    """Tell whether something is a number but for its quotation marks."""
    return isinstance(found, str) and _PLAIN_NUMBER.fullmatch(found) is not None


def listed(names: Iterator[str] | tuple[str, ...]) -> str:
    """Return what is possible, as a sentence lists it."""
    return ", ".join(names)


@lru_cache
def _kinds_of(wanted: type) -> tuple[inspect.Type, ...]:
    return _options(inspect.type_info(wanted))


def _options(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    """Return what a value may be, also where one choice is among others of a choice."""
    if not isinstance(kind, inspect.UnionType):
        return (kind,)
    return tuple(inner for each in kind.types for inner in _options(each))


def _followed(spot: _Spot, steps: list[tuple[str, str]]) -> _Spot:
    """Return the place that a path leads to, as far as it can be followed."""
    for count, (name, number) in enumerate(steps, 1):
        inner = _into_field(spot, name, is_last=count == len(steps)) if name else _into_entry(spot, number)
        if inner is None:
            return spot
        spot = inner
    return spot


def _into_field(spot: _Spot, name: str, *, is_last: bool) -> _Spot | None:
    struct = _struct_of(spot.found, spot.types)
    if struct is None or not isinstance(spot.found, Mapping) or name == struct.tag_field:
        return None
    kinds = {field.encode_name: _options(field.type) for field in struct.fields}[name]
    is_list = any(isinstance(kind, _LISTS) for kind in kinds)
    step = (name,) if name != _NAMELESS or (is_last and is_list) else () if is_list else ("1",)
    return _Spot((*spot.place, *step), spot.found.get(name), kinds)


def _into_entry(spot: _Spot, number: str) -> _Spot | None:
    """Go into an entry of a list, or into the first one of a table that does not fit: of those no path tells the name."""
    kind = next((each for each in spot.types if isinstance(each, (*_LISTS, inspect.DictType))), None)
    if isinstance(kind, inspect.DictType) and isinstance(spot.found, Mapping):
        kinds = _options(kind.value_type)
        wrong = ((str(name), each) for name, each in spot.found.items() if not _fits(each, kinds))
        return next((_Spot((*spot.place, name), each, kinds) for name, each in wrong), None)
    if not isinstance(kind, _LISTS) or not number.isdigit() or not isinstance(spot.found, list | tuple):
        return None
    return _Spot((*spot.place, str(int(number) + 1)), spot.found[int(number)], _options(kind.item_type))


def _fits(found: object, types: tuple[inspect.Type, ...]) -> bool:
    return any(isinstance(found, _WRITTEN_AS[type(kind)]) for kind in types if type(kind) in _WRITTEN_AS)


def _struct_of(found: object, types: tuple[inspect.Type, ...]) -> inspect.StructType | None:
    structs = [kind for kind in types if isinstance(kind, inspect.StructType)]
    if len(structs) > 1 and isinstance(found, Mapping):
        structs = [each for each in structs if each.tag_field and found.get(each.tag_field) == each.tag]
    return structs[0] if len(structs) == 1 else None


def _judged(found: object, types: tuple[inspect.Type, ...]) -> tuple[str, Details]:
    structs = tuple(kind for kind in types if isinstance(kind, inspect.StructType))
    if structs and isinstance(found, Mapping):
        return _of_fields(found, structs)
    given: Details = {"given": shown(found)}
    words = tuple(str(word.value) for kind in types if isinstance(kind, inspect.EnumType) for word in kind.cls)
    if words:
        problem = "definition_sign_unknown" if _SIGNS & set("".join(words)) else "definition_word_unknown"
        return problem, {**given, "allowed": listed(words)}
    return f"definition_needs_{_need(found, types)}", given


def _of_fields(found: Mapping[object, object], structs: tuple[inspect.StructType, ...]) -> tuple[str, Details]:
    struct, tag = _struct_of(found, structs), structs[0].tag_field
    if tag is not None and (struct is None or tag not in found or found[tag] != struct.tag):
        kinds = listed(tuple(str(each.tag) for each in structs))
        if tag not in found:
            return "definition_kind_missing", {"field": tag, "allowed": kinds}
        return "definition_kind_unknown", {"given": shown(found[tag]), "allowed": kinds}
    fields = () if struct is None else struct.fields
    names = tuple(field.encode_name for field in fields)
    if unknown := [str(name)[:_LONGEST_SHOWN] for name in found if name not in (*names, tag)]:
        return "definition_field_unknown", {"field": unknown[0], "allowed": listed(names)}
    needed = tuple(field.encode_name for field in fields if field.required)
    missing = tuple(name for name in needed if name not in found)
    return "definition_field_missing", {"field": listed(missing), "needed": listed(needed)}


def _need(found: object, types: tuple[inspect.Type, ...]) -> Need:
    """Return what is needed in the place of what was found, with a hint where only quotation marks are wrong."""
    wants_text, wants_yes_no, wants_number, wants_list, wants_fields = (
        any(isinstance(kind, kinds) for kind in types)
        for kinds in (inspect.StrType, inspect.BoolType, _NUMBERS, _LISTS, (inspect.StructType, inspect.DictType))
    )
    if wants_text and (wants_number or wants_yes_no):
        return "value"
    if wants_text:
        return "quotes" if isinstance(found, bool | int | float) else "text"
    if wants_number:
        if is_quoted_number(found):
            return "no_quotes"
        is_broken = isinstance(found, float) and not any(isinstance(kind, inspect.FloatType) for kind in types)
        return "whole" if is_broken else "number"
    return "yes_no" if wants_yes_no else "list" if wants_list else "fields" if wants_fields else "something_else"

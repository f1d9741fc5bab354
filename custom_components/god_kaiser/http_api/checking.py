"""Holds what a request brings against its shape, so that nothing of another type is read into something that fits."""

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any, Final

from homeassistant.util import dt as dt_util

from .shapes import Shape

_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "boolean": (bool,),
    "number": (int, float),
    "integer": (int, float),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}
_LONGEST_NAME: Final = 60
DEEPEST: Final = 64


def problems(value: object, shape: Shape, place: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a value, and where; the reasons are short and in English, as those of JSON Schema are."""
    if depth > DEEPEST:
        yield place, f"nested deeper than {DEEPEST}"
        return
    if choices := shape.get("anyOf"):
        if all(next(problems(value, choice, place, depth), None) for choice in choices):
            yield place, "fits none of what is possible"
        return
    wanted: str | None = shape.get("type")
    if wanted is not None and not _is(value, wanted):
        yield place, f"is no {wanted}"
        return
    yield from ((place, problem) for problem in _limits(value, shape))
    yield from _inside(value, shape, place, depth)


def _is(value: object, wanted: str) -> bool:
    if isinstance(value, bool):
        return wanted == "boolean"
    if wanted == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[wanted])


def _limits(value: object, shape: Shape) -> Iterator[str]:
    match value:
        case bool():
            return
        case int() | float():
            if not isfinite(value):
                yield "is no finite number"
            elif not shape.get("minimum", value) <= value <= shape.get("maximum", value):
                yield "lies outside of its limits"
        case str():
            yield from _limits_of_text(value, shape)
        case list():
            if not shape.get("minItems", 0) <= len(value) <= shape.get("maxItems", len(value)):
                yield "has too few or too many items"


def _limits_of_text(value: str, shape: Shape) -> Iterator[str]:
    if not shape.get("minLength", 0) <= len(value) <= shape.get("maxLength", len(value)):
        yield "is too short or too long"
    if value not in shape.get("enum", (value,)):
        yield f"is none of {', '.join(shape['enum'])}"
    if shape.get("format") == "date-time" and _moment(value) is None:
        yield "is no date and time"


def _moment(value: str) -> object:
    try:
        return dt_util.parse_datetime(value)
    except ValueError:
        return None


def _inside(value: object, shape: Shape, place: str, depth: int) -> Iterator[tuple[str, str]]:
    match value:
        case list():
            for number, each in enumerate(value):
                yield from problems(each, shape.get("items", {}), f"{place}/{number}", depth + 1)
        case dict():
            yield from _members(value, shape, place, depth)


def _members(value: Mapping[str, Any], shape: Shape, place: str, depth: int) -> Iterator[tuple[str, str]]:
    known, others = shape.get("properties", {}), shape.get("additionalProperties", {})
    for name in shape.get("required", ()):
        if name not in value:
            yield f"{place}/{name}", "is missing"
    for name, each in value.items():
        inner = f"{place}/{name[:_LONGEST_NAME]}"
        if name in known:
            yield from problems(each, known[name], inner, depth + 1)
        elif others is False:
            yield inner, "is not known here"
        else:
            yield from problems(each, others, inner, depth + 1)

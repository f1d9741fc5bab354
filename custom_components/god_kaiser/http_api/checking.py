"""Holds what a request brings against its shape, so that nothing of another type is read into something that fits."""

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any, Final, NamedTuple

from homeassistant.util import dt as dt_util

from .shapes import Shape

TYPES: Final[dict[str, tuple[type, ...]]] = {
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


class Misfit(NamedTuple):
    """What is wrong with a value: the key of a few words, and what would be possible."""

    key: str
    wanted: str = ""


def problems(value: object, shape: Shape, place: str = "", depth: int = 0) -> Iterator[tuple[str, Misfit]]:
    """Yield what is wrong with a value, and where."""
    if depth > DEEPEST:
        yield place, Misfit("too_deep", str(DEEPEST))
        return
    if choices := shape.get("anyOf"):
        if all(next(problems(value, choice, place, depth), None) for choice in choices):
            # Of the only choice of that type it is told what is wrong with it.
            likely = [choice for choice in choices if "type" in choice and _is(value, choice["type"])]
            yield from problems(value, likely[0], place, depth) if len(likely) == 1 else [(place, Misfit("no_choice"))]
        return
    wanted: str | None = shape.get("type")
    if wanted is not None and not _is(value, wanted):
        yield place, Misfit(f"no_{wanted}")
        return
    yield from ((place, problem) for problem in _limits(value, shape))
    yield from _inside(value, shape, place, depth)


def _is(value: object, wanted: str) -> bool:
    if isinstance(value, bool):
        return wanted == "boolean"
    if wanted == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, TYPES[wanted])


def _limits(value: object, shape: Shape) -> Iterator[Misfit]:
    match value:
        case bool():
            return
        case int() | float():
            if not _is_measurable(value):
                yield Misfit("not_finite")
            elif not shape.get("minimum", value) <= value <= shape.get("maximum", value):
                yield Misfit("out_of_limits", _span(shape.get("minimum"), shape.get("maximum")))
        case str():
            yield from _limits_of_text(value, shape)
        case list():
            if not shape.get("minItems", 0) <= len(value) <= shape.get("maxItems", len(value)):
                yield Misfit("wrong_size", _span(shape.get("minItems"), shape.get("maxItems")))


def _span(low: float | None, high: float | None) -> str:
    """Return from where to where something may be, without a word of any language."""
    if low is None or high is None:
        return f"≤ {high}" if low is None else f"≥ {low}"
    return f"{low} … {high}"


def _limits_of_text(value: str, shape: Shape) -> Iterator[Misfit]:
    if not shape.get("minLength", 0) <= len(value) <= shape.get("maxLength", len(value)):
        yield Misfit("wrong_length", _span(shape.get("minLength"), shape.get("maxLength")))
    if value not in shape.get("enum", (value,)):
        yield Misfit("none_of", ", ".join(shape["enum"]))
    if shape.get("format") == "date-time" and _moment(value) is None:
        yield Misfit("no_moment")


def _moment(value: str) -> object:
    try:
        return dt_util.parse_datetime(value)
    except ValueError:
        return None


def _inside(value: object, shape: Shape, place: str, depth: int) -> Iterator[tuple[str, Misfit]]:
    match value:
        case list():
            for number, each in enumerate(value):
                yield from problems(each, shape.get("items", {}), f"{place}/{number}", depth + 1)
        case dict():
            yield from _members(value, shape, place, depth)


def _members(value: Mapping[str, Any], shape: Shape, place: str, depth: int) -> Iterator[tuple[str, Misfit]]:
    known, others = shape.get("properties", {}), shape.get("additionalProperties", {})
    for name in shape.get("required", ()):
        if name not in value:
            yield f"{place}/{name}", Misfit("missing")
    for name, each in value.items():
        inner = f"{place}/{name[:_LONGEST_NAME]}"
        if name in known:
            yield from problems(each, known[name], inner, depth + 1)
        elif others is False:
            yield inner, Misfit("unknown")
        else:
            yield from problems(each, others, inner, depth + 1)


def _is_measurable(value: float) -> bool:
    """Tell whether a number is one that can be counted with; a whole one may have hundreds of digits."""
    try:
        return isfinite(value)
    except OverflowError:
        return False

"""What an action takes, as JSON Schema: for the document, and for what a request is held against."""

from collections.abc import Iterable, Mapping
import json
from typing import Any, Final

from homeassistant.helpers import config_validation as cv
import voluptuous as vol

from ..given_numbers import measured, whole
from ..spans import span

type Shape = dict[str, Any]

TEXT: Final[Shape] = {"type": "string"}
FLAG: Final[Shape] = {"type": "boolean"}
NUMBER: Final[Shape] = {"type": "number"}
WHOLE: Final[Shape] = {"type": "integer"}
ANYTHING: Final[Shape] = {}
_SECONDS: Final[Shape] = {"type": "number", "minimum": 0, "maximum": 1_000_000_000}
_KNOWN: Final[tuple[tuple[object, Shape], ...]] = (
    (cv.string, TEXT),
    (cv.boolean, FLAG),
    (cv.entity_id, TEXT),
    (cv.entity_ids, {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}),
    (cv.datetime, {"type": "string", "format": "date-time"}),
    (span, _SECONDS),
    (whole, WHOLE),
    (measured, NUMBER),
    (str, TEXT),
    (bool, FLAG),
    (int, WHOLE),
    (float, NUMBER),
    (dict, {"type": "object"}),
    (list, {"type": "array"}),
    (object, ANYTHING),
    (None, {"type": "null"}),
)


def object_shape(fields: Mapping[vol.Marker, object]) -> Shape:
    """Return the shape of an object with these fields, and with no others."""
    shape: Shape = {
        "type": "object",
        "properties": {str(marker.schema): _field_shape(marker, taken) for marker, taken in fields.items()},
        "additionalProperties": False,
    }
    if required := [str(marker.schema) for marker in fields if isinstance(marker, vol.Required)]:
        shape["required"] = required
    return shape


def shape_of(taken: object) -> Shape:
    """Return the shape of what one field takes; who adds a kind of field that is not known here is told at the start."""
    if (known := next((shape for known, shape in _KNOWN if known is taken), None)) is not None:
        return dict(known)
    match taken:
        case vol.All():
            return _all_of(taken.validators)
        case vol.Any():
            return {"anyOf": [shape_of(each) for each in taken.validators]}
        case vol.In():
            return {"type": "string", "enum": [str(each) for each in taken.container]}
        case vol.Coerce():
            return shape_of(taken.type)
        case list():
            return {"type": "array", "items": shape_of(taken[0])}
        case dict():
            return {"type": "object", "additionalProperties": shape_of(next(iter(taken.values())))}
        case _:
            raise TypeError(f"There is no shape for {taken}")


def _field_shape(marker: vol.Marker, taken: object) -> Shape:
    shape = shape_of(taken)
    usual = marker.default() if isinstance(marker, vol.Optional) and callable(marker.default) else None
    return shape | {"default": json.loads(json.dumps(usual))} if usual is not None else shape


def _all_of(validators: Iterable[object]) -> Shape:
    """Return what all of several want: the first that is no limit says what it is, limits narrow it."""
    shape: Shape = {}
    is_one_enough = False
    for each in validators:
        is_one_enough |= each is cv.ensure_list
        match each:
            case vol.Range():
                shape |= {
                    key: bound for key, bound in (("minimum", each.min), ("maximum", each.max)) if bound is not None
                }
            case vol.Length():
                shape |= _lengths(each, "Items" if shape.get("type") == "array" else "Length")
            case _ if each is cv.ensure_list or (shape and callable(each) and not isinstance(each, vol.Coerce)):
                # What makes a list of one thing, or another kind of thing of it.
                continue
            case _:
                shape |= shape_of(each)
    items = items_of(shape)
    if not is_one_enough or items is None or items_of(items) is not None or shape.get("minItems", 0) > 1:
        return shape
    return {"anyOf": [items, shape]}


def items_of(shape: Shape) -> Shape | None:
    """Return the shape of each of several things, None for what takes no more than one."""
    choices: list[Shape] = shape.get("anyOf", [shape])
    return next((choice["items"] for choice in choices if "items" in choice), None)


def _lengths(limit: vol.Length, unit: str) -> Shape:
    found = ((f"min{unit}", limit.min), (f"max{unit}", limit.max))
    return {key: bound for key, bound in found if bound is not None}

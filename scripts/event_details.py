"""What events tell, in words: the fields of their details with their types, read from the catalogue in the code."""

from collections.abc import Iterable, Iterator

import msgspec
from msgspec import inspect

from custom_components.god_kaiser.core.details.base import Details
from custom_components.god_kaiser.core.details.catalogue import SHAPES

_MOST_VALUES = 8
_WORDS: dict[type[inspect.Type], str] = {
    inspect.StrType: "text",
    inspect.IntType: "whole number",
    inspect.FloatType: "number",
    inspect.BoolType: "true or false",
    inspect.DateTimeType: "moment",
    inspect.NoneType: "null",
    inspect.AnyType: "anything",
}


def told(kind: str) -> str:
    """Return the fields of a kind of event, of each of its shapes where it has several."""
    return "; or: ".join(fields_of(shape) for shape in SHAPES[kind])


def fields_of(shape: type[msgspec.Struct]) -> str:
    """Return fields with their types; a question mark says that one may be missing."""
    info = inspect.type_info(shape)
    assert isinstance(info, inspect.StructType)
    named = (f"`{field.encode_name}`{'' if field.required else '?'} {_words(field.type)}" for field in info.fields)
    return ", ".join([*named, *([] if info.forbid_unknown_fields else ["…"])]) or "–"


def objects() -> dict[str, type[msgspec.Struct]]:
    """Return every object that stands within details, by its name."""
    found: dict[str, type[msgspec.Struct]] = {}
    for shapes in SHAPES.values():
        for shape in shapes:
            found |= {each.__name__: each for each in _within(shape)}
    return dict(sorted(found.items()))


def _within(shape: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    info = inspect.type_info(shape)
    assert isinstance(info, inspect.StructType)
    for each in _parts(field.type for field in info.fields):
        yield each.cls
        yield from _within(each.cls)


def _parts(types: Iterable[inspect.Type]) -> Iterator[inspect.StructType]:
    for each in types:
        match each:
            case inspect.StructType():
                yield each
            case inspect.ListType(item_type=item):
                yield from _parts([item])
            case inspect.DictType(value_type=value):
                yield from _parts([value])
            case inspect.UnionType(types=several):
                yield from _parts(several)


def _words(given: inspect.Type) -> str:
    match given:
        case inspect.EnumType(cls=cls):
            values = [f"`{member.value}`" for member in cls]
            return " / ".join(values) if len(values) <= _MOST_VALUES else "text"
        case inspect.StructType(cls=cls):
            return f"[{cls.__name__}](#objects)"
        case inspect.ListType(item_type=item):
            return f"list of ({_words(item)})"
        case inspect.DictType(value_type=value):
            return f"object of ({_words(value)})"
        case inspect.UnionType(types=several):
            return " or ".join(map(_words, sorted(several, key=lambda each: isinstance(each, inspect.NoneType))))
        case _:
            return _WORDS[type(given)]


def about(shape: type[Details | msgspec.Struct]) -> str:
    """Return in one line what an object is."""
    return (shape.__doc__ or "").strip().partition("\n")[0]

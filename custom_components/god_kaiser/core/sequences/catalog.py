"""What a definition may hold, told to editors: every field of every object, taken from the objects themselves."""

from collections.abc import Iterable
from enum import Enum
from functools import cache
from typing import Any, Final

from msgspec import Struct, inspect

from ..conditions import PLAIN
from .model import Phase, Role, Sequence, Variable
from .steps import Step
from .steps.base import StepBase
from .steps.tell import Approval
from .steps.wait_until import WaitUntil

# What a field of this name is about, wherever it stands; an editor offers what there is of that.
_ABOUT: Final = {
    **dict.fromkeys(("output",), "output"),
    **dict.fromkeys(("sensor", "meter", "observe"), "sensor"),
    **dict.fromkeys(("sequence", "recovery"), "sequence"),
    **dict.fromkeys(("delay_before", "delay_after", "retry_delay", "timeout"), "seconds"),
    **dict.fromkeys(("seconds", "duration", "max_duration"), "seconds"),
    "entity_id": "entity",
    "by": "person",
    "to": "notify",
}
_ABOUT_OF: Final = {("Role", "default"): "output", ("RunSequence", "roles"): "output", ("Until", "at_most"): "seconds"}
_SCALARS: Final = {inspect.StrType: "text", inspect.IntType: "whole", inspect.BoolType: "yes_no"}
_UP_FRONT: Final = frozenset({"name", "description"})
# Counted by whoever saves.
_COUNTED: Final = frozenset({"revision"})


class Shape(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a value looks like: ``of`` names the object or the union that it is, ``inner`` is what a list or table holds."""

    shape: str
    about: str = ""
    choices: tuple[str, ...] = ()
    of: str = ""
    inner: Shape | None = None


class Field(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One field; ``usual`` is what counts where it is left out, and what few people need is ``rare``."""

    name: str
    shape: Shape
    is_required: bool = False
    usual: str | float | bool | None = None
    is_rare: bool = False


class Catalog(Struct, frozen=True, kw_only=True):
    """The objects with their fields, and the unions with the fields of each kind."""

    objects: dict[str, tuple[Field, ...]]
    unions: dict[str, dict[str, tuple[Field, ...]]]


@cache
def catalog() -> Catalog:
    """Return everything that a sequence may be made of."""
    steps: tuple[type[Struct], ...] = Step.__value__.__args__
    return Catalog(
        objects={_called(each): _fields(each) for each in (Sequence, Phase, Role, Variable)},
        unions={"step": _kinds(steps), "condition": _kinds(PLAIN)},
    )


def _kinds(members: Iterable[type[Struct]]) -> dict[str, tuple[Field, ...]]:
    return {str(member.__struct_config__.tag): _fields(member) for member in members}


def _called(kind: type) -> str:
    return kind.__name__.lower()


def _fields(owner: type[Struct]) -> tuple[Field, ...]:
    told = inspect.type_info(owner)
    assert isinstance(told, inspect.StructType)
    return tuple(_field(owner, field) for field in told.fields if field.name not in _COUNTED)


def _field(owner: type[Struct], field: inspect.Field) -> Field:
    name = field.encode_name
    shape = _shape(field.type, _ABOUT_OF.get((owner.__name__, name), _ABOUT.get(name, "")))
    return Field(
        name=name,
        shape=shape,
        is_required=field.required,
        usual=_scalar(field.default),
        is_rare=_is_rare(owner, field, shape),
    )


def _is_rare(owner: type[Struct], field: inspect.Field, shape: Shape) -> bool:
    if field.name in _UP_FRONT:
        return False
    if issubclass(owner, StepBase):
        waits = field.name == "timeout" and owner in (WaitUntil, Approval)
        return field.name in StepBase.__struct_fields__ and not waits
    return owner in (Sequence, Phase) and not shape.inner


def _scalar(usual: Any) -> str | float | bool | None:
    match usual:
        case Enum():
            return str(usual.value)
        case str() | float() | int():
            return usual
        case _:
            return None


def _shape(kind: inspect.Type, about: str) -> Shape:
    match kind:
        case inspect.UnionType():
            return _one_of(_members(kind), about)
        case inspect.StructType(cls=cls):
            return Shape(shape="object", of=_called(cls))
        case inspect.EnumType(cls=cls):
            return Shape(shape="choice", of=_called(cls), choices=tuple(str(each.value) for each in cls))
        case inspect.VarTupleType(item_type=item):
            return Shape(shape="list", inner=_shape(item, about))
        case inspect.DictType(value_type=value):
            return Shape(shape="table", inner=_shape(value, about))
        case inspect.FloatType():
            return Shape(shape="number", about=about)
        case _:
            return Shape(shape=_SCALARS.get(type(kind), "any"), about=about)


def _members(kind: inspect.UnionType) -> list[inspect.Type]:
    """Return what a value may be, those of unions inside of it too; nothing is what a field that is left out is."""
    found: list[inspect.Type] = []
    for member in kind.types:
        if isinstance(member, inspect.UnionType):
            found += _members(member)
        elif not isinstance(member, inspect.NoneType):
            found.append(member)
    return found


def _one_of(members: list[inspect.Type], about: str) -> Shape:
    if len(members) == 1:
        return _shape(members[0], about)
    structs = [member.cls for member in members if isinstance(member, inspect.StructType)]
    if structs:
        return Shape(shape="union", of="step" if issubclass(structs[0], StepBase) else "condition")
    is_loose = any(isinstance(member, inspect.BoolType) for member in members)
    return Shape(shape="value" if is_loose else "number_or_text", about=about)

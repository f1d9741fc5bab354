"""What editors are told about sequences is what the sequences are made of."""

from typing import Any

import msgspec
import pytest

from custom_components.god_kaiser.core.conditions import PLAIN
from custom_components.god_kaiser.core.sequences.catalog import Field, catalog
from custom_components.god_kaiser.core.sequences.model import Sequence
from custom_components.god_kaiser.core.sequences.steps import Step

STEPS = {str(member.__struct_config__.tag): member for member in Step.__value__.__args__}
CONDITIONS = {str(member.__struct_config__.tag): member for member in PLAIN}
OWNERS = [
    *(pytest.param(kind, catalog().unions["step"][kind], id=kind) for kind in STEPS),
    *(pytest.param(kind, catalog().unions["condition"][kind], id=kind) for kind in CONDITIONS),
]


def field(kind: str, name: str) -> Field:
    """Return one field of a step, or of the sequence itself."""
    fields = catalog().objects["sequence"] if kind == "sequence" else catalog().unions["step"][kind]
    return next(each for each in fields if each.name == name)


def test_every_kind_of_step_and_of_question_is_told_with_every_field() -> None:
    """A field that is added to a step is in its form without another line."""
    told = catalog().unions
    for kinds, members in ((told["step"], STEPS), (told["condition"], CONDITIONS)):
        assert kinds.keys() == members.keys()
        for kind, member in members.items():
            assert [each.name for each in kinds[kind]] == list(member.__struct_encode_fields__)
    sequence = {each.name for each in catalog().objects["sequence"]}
    assert sequence == set(Sequence.__struct_encode_fields__) - {"revision"}


@pytest.mark.parametrize(
    ("kind", "name", "shape"),
    [
        ("set", "output", {"shape": "text", "about": "output"}),
        ("set", "level", {"shape": "number_or_text"}),
        ("set", "duration", {"shape": "number_or_text", "about": "seconds"}),
        ("set", "retries", {"shape": "whole"}),
        ("call", "is_idempotent", {"shape": "yes_no"}),
        ("call", "fields", {"shape": "table", "inner": {"shape": "any"}}),
        ("run", "roles", {"shape": "table", "inner": {"shape": "text", "about": "output"}}),
        ("run", "variables", {"shape": "table", "inner": {"shape": "value"}}),
        ("repeat", "items", {"shape": "list", "inner": {"shape": "number_or_text"}}),
        ("repeat", "at_most", {"shape": "whole"}),
        ("until", "at_most", {"shape": "number", "about": "seconds"}),
        ("until", "condition", {"shape": "union", "of": "condition"}),
        ("branch", "then", {"shape": "list", "inner": {"shape": "union", "of": "step"}}),
        ("sequence", "phases", {"shape": "list", "inner": {"shape": "object", "of": "phase"}}),
        ("sequence", "roles", {"shape": "table", "inner": {"shape": "object", "of": "role"}}),
        ("log", "level", {"shape": "choice", "of": "level", "choices": ("ok", "warn", "error")}),
    ],
)
def test_a_form_can_be_drawn_from_the_shape_of_a_field(kind: str, name: str, shape: dict[str, Any]) -> None:
    """Numbers, words, outputs, seconds, lists and what lies in them."""
    assert msgspec.to_builtins(field(kind, name).shape) == shape


def test_what_is_needed_usual_and_rare_is_told() -> None:
    """Few people change how often a step is tried again; for how long an approval waits everybody does."""
    assert field("set", "output").is_required
    assert (field("wait_until", "at_timeout").usual, field("wait_until", "at_timeout").is_required) == ("fail", False)
    assert (field("sequence", "max_duration").usual, field("set", "on_failure").usual) == (3600.0, None)
    rare = [("set", "timeout"), ("set", "retries"), ("sequence", "mode"), ("sequence", "observe")]
    plain = [
        ("set", "name"),
        ("set", "duration"),
        ("approval", "timeout"),
        ("sequence", "name"),
        ("sequence", "finally"),
    ]
    assert [field(*each).is_rare for each in (*rare, *plain)] == [True] * len(rare) + [False] * len(plain)


@pytest.mark.parametrize(("kind", "fields"), OWNERS)
def test_every_field_looks_like_something_that_can_be_drawn(kind: str, fields: tuple[Field, ...]) -> None:
    """An unknown shape would be an empty place in the form."""
    assert kind
    drawn = {"text", "number", "whole", "yes_no", "choice", "number_or_text", "value", "union", "list", "table"}
    assert {each.shape.shape for each in fields} <= drawn

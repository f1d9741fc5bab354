"""What has changed between two revisions is told completely, and nothing else is."""

from typing import Any, cast

from hypothesis import given
from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.sequences.model import Sequence
from custom_components.god_kaiser.core.sequences.reading import read, write
from custom_components.god_kaiser.core.sequences.revisions import Change, ChangeKind, Json, difference

from .programs import IRRIGATION, LIMITS, delay, program, set_to
from .test_run_promises import PROGRAMS

ADDED, REMOVED, CHANGED = ChangeKind.ADDED, ChangeKind.REMOVED, ChangeKind.CHANGED


def told(before: Sequence | None, after: Sequence | None) -> list[tuple[str, ChangeKind, Any, Any]]:
    """Return what has changed in short."""
    return [(change.path, change.kind, change.before, change.after) for change in difference(before, after)]


def test_a_changed_value_has_its_place_as_people_count() -> None:
    """With what it was and what it is."""
    before, after = program(set_to(), delay(5)), program(set_to(), delay(7))
    assert told(before, after) == [("phases / 1 / steps / 2 / seconds", CHANGED, 5, 7)]


def test_what_has_its_usual_value_comes_and_goes() -> None:
    """As in the text that people see."""
    before, after = program(delay(), name="Water"), program(delay(timeout=4))
    assert told(before, after) == [
        ("phases / 1 / steps / 1 / timeout", ADDED, None, 4),
        ("name", REMOVED, "Water", None),
    ]


def test_a_step_between_others_leaves_those_as_they_are() -> None:
    """They have only another number; what is gone has the number that it had."""
    short, long = program(delay(1), delay(2), delay(3)), program(delay(1), set_to(), delay(2), delay(3))
    whole = write(long)["phases"][0]["steps"][1]
    assert told(short, long) == [("phases / 1 / steps / 2", ADDED, None, whole)]
    assert told(long, short) == [("phases / 1 / steps / 2", REMOVED, whole, None)]


def test_more_steps_in_the_place_of_others_are_changed_and_added() -> None:
    """And fewer are changed and removed."""
    short, long = program(delay(1)), program(delay(2), delay(3))
    last = write(long)["phases"][0]["steps"][1]
    assert told(short, long) == [
        ("phases / 1 / steps / 1 / seconds", CHANGED, 1, 2),
        ("phases / 1 / steps / 2", ADDED, None, last),
    ]
    assert told(long, short) == [
        ("phases / 1 / steps / 1 / seconds", CHANGED, 2, 1),
        ("phases / 1 / steps / 2", REMOVED, last, None),
    ]


@pytest.mark.parametrize(("one", "other"), [(True, 1), (0, False), ("1", 1), ([1], {"1": 1}), ([True], [1])])
def test_what_only_looks_alike_is_another(one: Json, other: Json) -> None:
    """True is not 1, and a list is not a set of fields."""
    steps = [program({"kind": "call", "action": "script.x", "fields": {"x": each}}) for each in (one, other)]
    assert len(difference(*steps)) == 1


def test_the_order_of_fields_means_nothing() -> None:
    """Nobody has changed anything."""
    fields: list[dict[str, Any]] = [{"x": 1, "y": 2}, {"y": 2, "x": 1}]
    one, other = (program({"kind": "call", "action": "script.x", "fields": each}) for each in fields)
    assert difference(one, other) == ()


def test_the_number_of_the_revision_is_no_change() -> None:
    """Otherwise no two were alike."""
    assert difference(program(delay()), replace(program(delay()), revision=3)) == ()


def test_what_comes_into_being_is_added_as_a_whole() -> None:
    """And what is deleted is removed as a whole; nothing has not changed."""
    irrigation = read(IRRIGATION, LIMITS)
    assert {change.path: change.after for change in difference(None, irrigation)} == write(irrigation)
    assert {change.path: change.before for change in difference(irrigation, None)} == write(irrigation)
    assert {change.kind for change in difference(irrigation, None)} == {REMOVED}
    assert difference(None, None) == ()


def found_at(written: Json, path: str) -> Json:
    """Return what stands at a place."""
    for name in path.split(" / "):
        written = written[int(name) - 1] if isinstance(written, list) else cast(dict[str, Json], written)[name]
    return written


def is_told_right(change: Change, after: Sequence) -> bool:
    """Tell whether a change shows what is there now."""
    return change.kind is REMOVED or found_at(write(after), change.path) == change.after


@given(one=PROGRAMS, other=PROGRAMS)
def test_two_programs_differ_exactly_when_something_is_told(one: dict[str, Any], other: dict[str, Any]) -> None:
    """And what is told is where it says."""
    before, after = read(one, LIMITS), read(other, LIMITS)
    changes = difference(before, after)
    assert bool(changes) is (write(before) != write(after))
    assert difference(after, after) == ()
    assert all(is_told_right(change, after) for change in changes)
    assert len({(change.path, change.kind) for change in changes}) == len(changes)

"""What is wrong with a definition is told by its place and by what was found there, whatever was written."""

from typing import Any

from hypothesis import given, strategies as st
import msgspec
import pytest

from custom_components.god_kaiser.core.misreadings import misreading_of, shown
from custom_components.god_kaiser.core.rules.model import Rule
from custom_components.god_kaiser.core.sequences.model import Sequence

ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["kind", "of", "id", "when", "then", "phases", "steps", "name", "level", "output", "x"]),
            inner,
            max_size=4,
        ),
        st.builds(lambda kind, of: {"kind": kind, "of": of}, st.sampled_from(["all", "not", "lasting", "set"]), inner),
    ),
    max_leaves=8,
)


@given(when=ANYTHING, then=ANYTHING)
def test_whatever_was_written_is_told_in_words_that_people_know(when: Any, then: Any) -> None:
    """Nothing that can be written is no answer, and no answer speaks of how definitions are decoded."""
    for wanted, written in (
        (Rule, {"id": "a", "when": when, "then": then}),
        (Sequence, {"id": "a", "phases": [{"name": "x", "steps": then}], "finally": when}),
    ):
        try:
            msgspec.convert(written, wanted, strict=True)
        except msgspec.ValidationError as err:
            found = misreading_of(err, written, wanted)
            assert found.problem.startswith("definition_")
            assert found.problem != "definition_needs_something_else"
            assert (
                all(part and "[" not in part and part != "of." for part in found.place.split(" / ")) or not found.place
            )


@pytest.mark.parametrize(
    ("kind", "written", "problem", "place"),
    [
        (bytes, 5, "definition_needs_something_else", ""),
        (tuple[int, int], [1, "2"], "definition_needs_something_else", ""),
        (dict[str, int], {"a": 1, "b": "2"}, "definition_needs_no_quotes", "b"),
        (dict[str, int], {5: 1}, "definition_needs_fields", ""),
    ],
)
def test_what_no_definition_holds_so_far_is_told_all_the_same(
    kind: Any, written: object, problem: str, place: str
) -> None:
    """Whoever adds a field of a new kind gets a sentence, if not the best one."""
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(written, kind, strict=True)
    found = misreading_of(caught.value, written, kind)
    assert (found.problem, found.place) == (problem, place)


def test_what_was_found_is_shown_in_short_and_tells_a_text_from_a_number() -> None:
    """Also what nobody could write as text."""
    assert (shown("30"), shown(30), shown(True), shown(None)) == ('"30"', "30", "true", "null")
    assert shown("x" * 100) == '"' + "x" * 59 + "…"
    assert shown(object()).startswith("<object object")

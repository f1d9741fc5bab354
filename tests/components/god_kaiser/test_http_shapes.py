"""What the document says about requests is what they are held against, whoever reads it."""

from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import jsonschema_rs
import pytest
import voluptuous as vol

from custom_components.god_kaiser.core.rules import check as rules
from custom_components.god_kaiser.core.sequences import check as sequences
from custom_components.god_kaiser.http_api.checking import problems
from custom_components.god_kaiser.http_api.routes import taken_by
from custom_components.god_kaiser.http_api.shapes import shape_of
from custom_components.god_kaiser.http_api.table import ROUTES

SHAPES = [taken_by(route) for route in ROUTES]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 600)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "warn", "ok", "water", "2026-11-21T10:00:00+00:00", "x" * 300])
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def requests(draw: st.DrawFn) -> tuple[dict[str, Any], Any]:
    """Return the shape of a request, and one that has some of its fields, and sometimes others."""
    shape = draw(st.sampled_from(SHAPES))
    names = st.sampled_from([*shape["properties"], "nobody_knows"])
    return shape, draw(VALUES | st.dictionaries(names, VALUES, max_size=4))


PROBES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 0.5, 1.0, 39, 40, 500, 501, 1e9, 1e10),
    *("", "1", "true", "warn", "ok", "start", "x" * 64, "x" * 65, "x" * 255, "x" * 256),
    *(
        [],
        ["a"],
        [1],
        [["a", "b"]],
        [["a"]],
        ["a"] * 21,
        {},
        {"a": "b"},
        {"a": 1},
        {"a": True},
        {"a": None},
        {"a": [1]},
    ),
)


@pytest.mark.parametrize(("place", "reserved"), [("sequence", sequences.RESERVED), ("rule", rules.RESERVED)])
def test_no_id_stands_for_something_else(place: str, reserved: frozenset[str]) -> None:
    """Whatever is read beside the things of a kind is no id of one of them; for those that are numbered nobody chooses one."""
    paths = {(route.method, route.path) for route in ROUTES}
    beside = {
        path.removeprefix(f"/{place}s/")
        for method, path in paths
        if path.startswith(f"/{place}s/") and (method, f"/{place}s/{{{place}}}") in paths
    }
    assert {name for name in beside if "/" not in name and "{" not in name} == reserved


def test_each_field_lets_in_what_it_says() -> None:
    """Every field of every endpoint, with values on both sides of each border."""
    for shape in SHAPES:
        for name, field in shape["properties"].items():
            if field.get("format") != "date-time":
                fits = [probe for probe in PROBES if not [*problems(probe, field)]]
                wanted = [probe for probe in PROBES if jsonschema_rs.is_valid(field, probe)]
                assert list(map(repr, fits)) == list(map(repr, wanted)), (name, field)


@given(requests())
@settings(max_examples=300, suppress_health_check=list(HealthCheck))
def test_what_fits_the_document_is_let_in_and_nothing_else(request: tuple[dict[str, Any], Any]) -> None:
    """Another reader of JSON Schema comes to the same answer; only what a moment is, each reads a little differently."""
    shape, body = request
    found = [reason.key for _, reason in problems(body, shape)]
    if found != ["no_moment"]:
        assert (not found) == jsonschema_rs.is_valid(shape, body)


def test_a_kind_of_field_that_has_no_shape_is_told_to_who_adds_it() -> None:
    """And not to who asks."""
    with pytest.raises(TypeError, match="no shape"):
        shape_of(vol.Boolean)

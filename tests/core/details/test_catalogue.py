"""What each kind of event tells: the catalogue has types for all of them, and what does not fit is found."""

from collections import defaultdict

import jsonschema_rs
from msgspec import json
import pytest

from custom_components.god_kaiser.core.details.catalogue import SHAPES, misfit, schema_of
from custom_components.god_kaiser.core.journal.kinds import KINDS, Noted
from custom_components.god_kaiser.core.rules.happenings import RuleHappening
from custom_components.god_kaiser.core.sequences.happenings import Happening
from tests.core.engine.telling import everything_told

STARTED = {"total_steps": 3, "trigger": "rule", "trigger_id": "dry", "rule_id": "dry", "retry_of": None}


@pytest.mark.req("EXE-31")
def test_every_kind_has_its_details() -> None:
    """No kind without a shape, and no shape without a kind."""
    assert set(SHAPES) == set(KINDS)
    assert all(SHAPES.values())


@pytest.mark.req("EXE-31", "PHE-60")
def test_everything_that_a_run_tells_fits_its_kind() -> None:
    """Also to somebody else who reads JSON Schema; every kind of event of a run is among it."""
    found, kinds = defaultdict(set), set()
    for event in everything_told():
        told = json.encode(event.details)
        if problem := misfit(event.happening, told):
            found[event.happening].add(problem)
        assert jsonschema_rs.is_valid(schema_of(event.happening), json.decode(told)), (event.happening, told)
        kinds.add(event.happening)
    assert dict(found) == {}
    assert kinds == set(Happening)


@pytest.mark.req("EXE-31", "PHE-60", "PHE-61")
def test_a_key_that_is_missing_is_found() -> None:
    """Of everything that a run tells, its summary among it, whichever key it is."""
    passed = [
        (event.happening, key)
        for event in everything_told()
        for key in event.details
        if len(SHAPES[event.happening]) == 1
        and not misfit(event.happening, json.encode({k: v for k, v in event.details.items() if k != key}))
    ]
    assert passed == []


@pytest.mark.req("EXE-31")
@pytest.mark.parametrize(
    ("kind", "told", "problem"),
    [
        (Happening.RUN_STARTED, {**STARTED, "total_steps": "three"}, "Expected `int`, got `str` - at `$.total_steps`"),
        (Happening.RUN_STARTED, {**STARTED, "color": "red"}, "Object contains unknown field `color`"),
        (Happening.RUN_RESUMED, {"was": "asleep"}, "Invalid enum value 'asleep' - at `$.was`"),
        (RuleHappening.FIRED, {"why": "dry"}, "Object contains unknown field `why`"),
        (Noted.HUB_STARTED, None, "Expected `object`, got `null`"),
        ("hub.exploded", {}, "there is no such kind of event"),
    ],
)
def test_what_does_not_fit_is_told(kind: str, told: object, problem: str) -> None:
    """A wrong type, a key that is too much, a word that does not exist, no details at all, and no such kind."""
    assert misfit(kind, json.encode(told)) == problem


@pytest.mark.req("EXE-31")
def test_where_a_kind_has_two_shapes_one_of_them_has_to_fit() -> None:
    """Half of each is neither."""
    ended = {"attempt": 1, "duration": 2.5, "steps": 3, "code": None, "reason": None}
    stage = {"duration": 0.0, "findings": 2}
    told = [misfit(Happening.PHASE_COMPLETED, json.encode(each)) for each in (ended, stage, {**ended, **stage})]
    assert told[:2] == ["", ""]
    assert "; " in told[2]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_schema_that_others_can_read(kind: str) -> None:
    """And each describes an object."""
    schema = schema_of(kind)
    jsonschema_rs.validator_for(schema)
    assert not jsonschema_rs.is_valid(schema, ["a list"])

"""Two thresholds and a memory: what was answered holds in the band between them."""

from math import inf, nan
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.god_kaiser.core.conditions import Condition
from custom_components.god_kaiser.core.conditions.hysteresis import Hysteresis
from custom_components.god_kaiser.core.devices.model import Quality
from custom_components.god_kaiser.core.rules.rulebook import named, nodes_of
from custom_components.god_kaiser.core.truth import Truth
from tests.core.conditions.asking import AIR, FALSE, LONG, SOIL, TRUE, UNKNOWN, Asker, asked, problem_of


def band(*, cools: bool = False, **more: Any) -> dict[str, Any]:
    """Return a question with the band from 18 to 22 degrees."""
    return {"kind": "hysteresis", "sensor": AIR, "below": 18, "above": 22, "cools": cools, **more}


def follow(asker: Asker, written: dict[str, Any], *degrees: float) -> list[Truth]:
    """Return the answers to one value after the other."""
    answers = []
    for each in degrees:
        asker.air(each)
        answers.append(asker.ask(**written))
    return answers


def test_what_heats_is_on_below_the_band_until_it_is_above() -> None:
    """Exactly at a threshold nothing has been crossed."""
    answers = follow(Asker(), band(), 17.9, 18.0, 20.0, 22.0, 22.1, 22.0, 18.0, 17.9)
    assert answers == [TRUE, TRUE, TRUE, TRUE, FALSE, FALSE, FALSE, TRUE]


def test_what_cools_is_on_above_the_band_until_it_is_below() -> None:
    """The other way round, with the same thresholds."""
    answers = follow(Asker(), band(cools=True), 22.1, 22.0, 20.0, 18.0, 17.9, 18.0, 22.0, 22.1)
    assert answers == [TRUE, TRUE, TRUE, TRUE, FALSE, FALSE, FALSE, TRUE]


@pytest.mark.parametrize("cools", [False, True])
def test_in_the_band_the_first_answer_is_no(cools: bool) -> None:
    """Nothing is switched on before a threshold was crossed."""
    assert follow(Asker(), band(cools=cools), 20.0, 21.9, 18.1) == [FALSE, FALSE, FALSE]


@pytest.mark.req("INV-11")
@pytest.mark.parametrize("cools", [False, True])
def test_without_a_value_the_answer_is_unknown_and_the_memory_stays(cools: bool) -> None:
    """After a gap in the band the answer from before it holds."""
    asker = Asker()
    assert asker.ask(**band(cools=cools)) is UNKNOWN
    assert follow(asker, band(cools=cools), 30.0 if cools else 10.0, 20.0) == [TRUE, TRUE]
    asker.air(20.0, Quality.SUSPECT)
    assert asker.ask(**band(cools=cools)) is UNKNOWN
    asker.air(20.0)
    assert asker.ask(**band(cools=cools)) is TRUE
    asker.bench.tick(LONG)
    assert asker.ask(**band(cools=cools)) is UNKNOWN
    assert follow(asker, band(cools=cools), 20.0) == [TRUE]


def test_runs_have_no_memory() -> None:
    """Who asks without one learns nothing."""
    asker = Asker()
    asker.air(10.0)
    assert asked(**band()).truth(asker.bench.engine.programs.world, asker.now) is UNKNOWN


def test_the_memory_has_the_name_of_the_question() -> None:
    """Pitfall C10: it survives with the rule, under a name that does not depend on the place of the question."""
    asker = Asker()
    asker.air(10.0)
    asker.ask(kind="any", of=[band(id="heat")])
    assert asker.state.held == {"heat": True}
    asker.air(20.0)
    moved = {"kind": "not", "of": {"kind": "all", "of": [band(id="heat")]}}
    assert asker.ask(**moved) is FALSE


def test_a_question_that_nobody_has_named_is_called_as_its_sensor() -> None:
    """Nothing is remembered under no name at all."""
    asker = Asker()
    asker.air(10.0)
    assert asker.answer(asked(**band())) is TRUE
    assert asker.state.held == {AIR: True}


@pytest.mark.req("LOG-26")
def test_two_in_nested_groups_do_not_share_what_they_remember() -> None:
    """Pitfall C9: each has a name of its own, also where people have given both the same or none."""
    for names in (("", ""), ("same", "same"), ("n1", "")):
        heat = band(id=names[0])
        cool = {**band(cools=True, id=names[1]), "below": 24, "above": 28}
        tree = {
            "kind": "any",
            "of": [{"kind": "all", "of": [heat]}, {"kind": "all", "of": [{"kind": "any", "of": [cool]}]}],
        }
        asker = Asker()
        condition: Condition = named(asked(**tree))
        assert len(nodes_of(condition)) == 2
        answers = []
        for degrees in (17.0, 20.0, 23.0, 29.0, 26.0, 23.0, 20.0, 26.0):
            asker.air(degrees)
            answers.append(asker.answer(condition))
        # Heats at 17 and in its band; cools from 29 on and in its own band; each without the other.
        assert answers == [TRUE, TRUE, FALSE, TRUE, TRUE, FALSE, FALSE, FALSE]


@given(degrees=st.lists(st.floats(10, 30), max_size=30), cools=st.booleans())
def test_the_answer_is_that_of_the_last_crossing(degrees: list[float], cools: bool) -> None:
    """Against a search backwards for the last value outside of the band."""
    question = named(Hysteresis(sensor=AIR, below=18, above=22, cools=cools))
    asker, crossings = Asker(), [False]
    for each in degrees:
        asker.air(each)
        reading = asker.world.fleet.reading(AIR)
        assert reading is not None
        assert reading.value is not None
        if not 18 <= reading.value <= 22:
            crossings.append((reading.value > 22) is cools)
        assert (asker.answer(question) is TRUE) is crossings[-1]


@pytest.mark.parametrize(
    ("below", "above", "problem"),
    [
        (20, 20, "condition_bounds"),
        (22, 18, "condition_bounds"),
        (nan, 20, "condition_number"),
        (18, nan, "condition_number"),
        (18, inf, "condition_number"),
        (-inf, 18, "condition_number"),
    ],
)
def test_a_band_has_a_width_and_two_ends(below: float, above: float, problem: str) -> None:
    """Where both thresholds are the same it would be no hysteresis; and what cannot be reached never switches off."""
    assert problem_of(kind="hysteresis", sensor=SOIL, below=below, above=above)[0] == problem

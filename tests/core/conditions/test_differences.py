"""Questions about how far values are apart, and how fast one changes."""

from math import nan
from typing import Any

import pytest

from custom_components.god_kaiser.core.conditions.change_rate import LONGEST, SHORTEST
from custom_components.god_kaiser.core.conditions.difference import Difference
from custom_components.god_kaiser.core.devices.model import Quality
from tests.core.conditions.asking import AIR, AIR_OUTSIDE, FALSE, LONG, SOIL, TRUE, UNKNOWN, Asker, asked, problem_of


def warmer(by: float = 2, **more: Any) -> dict[str, Any]:
    """Return the question whether it is warmer inside than outside, which another device measures."""
    return {"kind": "difference", "sensor": AIR, "less": AIR_OUTSIDE, "operator": ">", "value": by, **more}


def rising(by: float = 2, **more: Any) -> dict[str, Any]:
    """Return the question whether it gets warmer within ten minutes."""
    return {"kind": "change", "sensor": AIR, "within": 600, "operator": ">", "value": by, **more}


# -- Difference ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inside", "outside", "more", "truth"),
    [
        (22, 19, {}, TRUE),
        (22, 20, {}, FALSE),
        (19, 22, {}, FALSE),
        (19, 22, {"is_absolute": True}, TRUE),
        (22, 19, {"is_absolute": True}, TRUE),
        (20, 22, {"is_absolute": True}, FALSE),
        (19, 22, {"operator": "<", "value": 0}, TRUE),
        (20, 22, {"operator": "==", "value": -2}, TRUE),
        (20, 22, {"operator": "!=", "value": -2}, FALSE),
        (22, 20, {"operator": ">=", "value": 2}, TRUE),
        (22, 20, {"operator": "between", "value": 2, "high": 3}, TRUE),
        (23.5, 20, {"operator": "between", "value": 2, "high": 3}, FALSE),
        (0, 0, {"operator": "==", "value": 0}, TRUE),
    ],
)
def test_two_devices_are_compared(inside: float, outside: float, more: dict[str, Any], truth: object) -> None:
    """Pitfall C6: one value less the other; without its sign where that is wanted."""
    asker = Asker()
    asker.air(inside)
    asker.outside(outside)
    assert asker.ask(**warmer(**({"by": 2} | more if "value" not in more else more))) is truth


@pytest.mark.req("INV-11")
@pytest.mark.parametrize("operator", [">", "<", "!=", "=="])
@pytest.mark.parametrize("is_absolute", [False, True])
def test_both_values_must_be_known(operator: str, is_absolute: bool) -> None:
    """One alone is not compared with zero."""
    asker = Asker()
    question = warmer(operator=operator, is_absolute=is_absolute)
    assert asker.ask(**question) is UNKNOWN
    asker.air(22)
    assert asker.ask(**question) is UNKNOWN
    asker.outside(19)
    assert asker.ask(**question) is not UNKNOWN
    asker.outside(19, Quality.ERROR)
    assert asker.ask(**question) is UNKNOWN
    asker.outside(19)
    asker.air(22, Quality.SUSPECT)
    assert asker.ask(**question) is UNKNOWN
    asker.air(22)
    asker.bench.tick(LONG)
    assert asker.ask(**question) is UNKNOWN
    asker.air(22)
    assert asker.ask(**question) is UNKNOWN


def test_the_change_of_either_sensor_matters() -> None:
    """Whatever it says: at which value the answer turns depends on the other."""
    question = asked(**warmer())
    assert isinstance(question, Difference)
    assert dict(question.borders) == {AIR: None, AIR_OUTSIDE: None}


def test_a_sensor_is_not_compared_with_itself() -> None:
    """It would never be apart."""
    problem = problem_of(kind="difference", sensor=AIR, less=AIR, operator=">", value=1)
    assert problem == ("condition_same_sensor", {"sensor": AIR})


# -- Change ----------------------------------------------------------------------------------------------------------


def drift(asker: Asker, *degrees: float, every: float = 60.0) -> None:
    """Let the air be as warm as these, one after the other; the last one is now."""
    for number, each in enumerate(degrees):
        asker.bench.tick(every if number else 0)
        asker.air(each)


def watching() -> Asker:
    """Return a house whose air is watched."""
    asker = Asker()
    asker.world.traces.want([(AIR, 600.0)])
    return asker


def test_before_enough_was_seen_nobody_knows() -> None:
    """Ten minutes are ten minutes, not the five that have passed."""
    asker = watching()
    assert asker.ask(**rising()) is UNKNOWN
    drift(asker, *(20 + number for number in range(10)))
    assert asker.ask(**rising()) is UNKNOWN
    asker.bench.tick(60)
    assert asker.ask(**rising()) is TRUE


@pytest.mark.parametrize(
    ("step", "more", "truth"),
    [
        (0.3, {}, TRUE),
        (0.1, {}, FALSE),
        (-0.3, {}, FALSE),
        (-0.3, {"operator": "<", "value": -2}, TRUE),
        (0.0, {"operator": "between", "value": -0.5, "high": 0.5}, TRUE),
        (0.0, {}, FALSE),
        (0.0, {"operator": "==", "value": 0}, TRUE),
    ],
)
def test_rising_falling_and_steady(step: float, more: dict[str, Any], truth: object) -> None:
    """What falls has a change below zero."""
    asker = watching()
    drift(asker, *(20 + number * step for number in range(15)))
    assert asker.ask(**(rising() | more)) is truth


@pytest.mark.req("INV-11")
@pytest.mark.parametrize("is_doubtful", [True, False])
def test_after_a_gap_it_begins_anew(is_doubtful: bool) -> None:
    """What was before a value that nobody knows is compared with nothing."""
    asker = watching()
    drift(asker, *(20 + number for number in range(15)))
    assert asker.ask(**rising()) is TRUE
    if is_doubtful:
        asker.air(99, Quality.SUSPECT)
    else:
        asker.bench.tick(LONG)
        asker.world.traces.hear(AIR, None, asker.now)
    assert asker.ask(**rising()) is UNKNOWN
    drift(asker, *(50 + number for number in range(10)))
    assert asker.ask(**rising()) is UNKNOWN
    drift(asker, 60, 61)
    assert asker.ask(**rising()) is TRUE


def test_a_sensor_that_nobody_watches_has_no_past() -> None:
    """And a run has no memory for one."""
    asker = Asker()
    drift(asker, *(20 + number for number in range(15)))
    assert asker.ask(**rising()) is UNKNOWN
    assert asked(**rising()).truth(asker.bench.engine.programs.world, asker.now) is UNKNOWN


@pytest.mark.parametrize("within", [0, SHORTEST - 0.1, LONGEST + 1, -600, nan])
def test_a_time_that_nobody_can_look_back_is_refused(within: float) -> None:
    """With the times that can be."""
    assert problem_of(**rising(within=within)) == ("condition_within", {"low": SHORTEST, "high": LONGEST})


@pytest.mark.parametrize(
    "question", [warmer(), rising(), {"kind": "reading", "sensor": SOIL, "operator": ">", "value": 1}]
)
def test_a_range_has_two_ends_in_their_order(question: dict[str, Any]) -> None:
    """An end without a range means nothing either."""
    assert problem_of(**question | {"operator": "between"})[0] == "condition_no_high"
    assert problem_of(**question | {"high": 5})[0] == "condition_range"
    assert problem_of(**question | {"operator": "between", "high": -5})[0] == "condition_bounds"

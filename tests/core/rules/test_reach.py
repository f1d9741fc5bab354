"""Questions that no value of a sensor can answer in both ways."""

from typing import Any

from hypothesis import given, strategies as st
import msgspec
import pytest

from custom_components.god_kaiser.core.conditions import Condition, singles
from custom_components.god_kaiser.core.conditions.comparison import Operator, compare
from custom_components.god_kaiser.core.rules.reach import Reach, reach_of
from custom_components.god_kaiser.core.truth import Truth

from .writing import AIR, SOIL, dry

LOW, HIGH = 0.0, 100.0


def reach(written: dict[str, Any], low: float = LOW, high: float = HIGH) -> Reach | None:
    """Return what no value can do about the answer of a question."""
    (question,) = singles(msgspec.convert(written, Condition))
    return reach_of(question, low, high)


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"operator": "<", "value": 30}, None),
        ({"operator": "<", "value": 0}, Reach.NEVER_YES),
        ({"operator": "<=", "value": 0}, None),
        ({"operator": "<", "value": 1e308}, Reach.ALWAYS_YES),
        ({"operator": "<=", "value": 100}, Reach.ALWAYS_YES),
        ({"operator": ">", "value": 1e308}, Reach.NEVER_YES),
        ({"operator": ">", "value": 100}, Reach.NEVER_YES),
        ({"operator": ">=", "value": 100}, None),
        ({"operator": ">", "value": -1}, Reach.ALWAYS_YES),
        ({"operator": "==", "value": 50}, None),
        ({"operator": "==", "value": 101}, Reach.NEVER_YES),
        ({"operator": "!=", "value": 101}, Reach.ALWAYS_YES),
        ({"operator": "!=", "value": 50}, None),
        ({"operator": "between", "value": 20, "high": 20.1}, None),
        ({"operator": "between", "value": -5, "high": -1}, Reach.NEVER_YES),
        ({"operator": "between", "value": -5, "high": 101}, Reach.ALWAYS_YES),
        ({"operator": "between", "value": 100, "high": 101}, None),
    ],
)
def test_a_reading_is_compared_with_what_can_be_measured(more: dict[str, Any], found: Reach | None) -> None:
    """Both ends of the range can be measured."""
    assert reach(dry(**more)) is found


@pytest.mark.parametrize(
    ("band", "warms", "cools"),
    [
        ((30, 60), None, None),
        ((-5, 60), Reach.NEVER_YES, Reach.NEVER_NO),
        ((0, 60), Reach.NEVER_YES, Reach.NEVER_NO),
        ((30, 100), Reach.NEVER_NO, Reach.NEVER_YES),
        ((-5, 1e308), Reach.NEVER_YES, Reach.NEVER_YES),
    ],
)
def test_a_hysteresis_has_to_be_reached_at_both_ends(
    band: tuple[float, float], warms: Reach | None, cools: Reach | None
) -> None:
    """What cannot begin is never so, what cannot end stays so."""
    written = {"kind": "hysteresis", "sensor": SOIL, "below": band[0], "above": band[1]}
    assert (reach(written), reach({**written, "cools": True})) == (warms, cools)


def test_of_other_questions_nothing_is_said() -> None:
    """A difference knows two ranges, a quality none."""
    assert reach({"kind": "difference", "sensor": SOIL, "less": AIR, "operator": ">", "value": 1e308}) is None
    assert reach({"kind": "quality", "sensor": SOIL, "quality": ["good"]}) is None


@given(st.sampled_from(Operator), st.integers(-20, 120), st.integers(1, 150))
def test_it_is_so_of_every_value(operator: Operator, value: int, width: int) -> None:
    """The answers of the whole range, tried in small steps, say the same."""
    end = value + width if operator is Operator.BETWEEN else None
    answers = {compare(step / 4, operator, value, end) for step in range(401)}
    expected = {frozenset({Truth.TRUE}): Reach.ALWAYS_YES, frozenset({Truth.FALSE}): Reach.NEVER_YES}
    more = {} if end is None else {"high": end}
    assert reach(dry(operator=operator.value, value=value, **more)) is expected.get(frozenset(answers))


def test_a_sensor_without_a_range_reaches_everything() -> None:
    """Nothing is known of what it measures."""
    assert reach(dry(value=1e300), -1.7e308, 1.7e308) is None

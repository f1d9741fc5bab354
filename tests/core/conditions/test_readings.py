"""Questions about measured values: every operator, and nothing where nobody knows."""

from math import inf, nan
from typing import Any

from hypothesis import given, strategies as st
import msgspec
import pytest

from custom_components.god_kaiser.core.conditions import Condition
from custom_components.god_kaiser.core.conditions.comparison import Operator, compare
from custom_components.god_kaiser.core.devices.model import DOUBTFUL, Quality
from custom_components.god_kaiser.core.events import BrokerLost
from custom_components.god_kaiser.core.facts import WillReceived
from custom_components.god_kaiser.core.ids import ChannelId, device_of
from custom_components.god_kaiser.core.truth import Truth
from tests.builders import a_reading
from tests.core.conditions.asking import AIR, AIR_OUTSIDE, FALSE, LONG, SOIL, TRUE, UNKNOWN, Asker, problem_of

OPERATORS = (">", ">=", "<", "<=", "==", "!=", "between")
# For a value below, exactly at, between, exactly at the upper end of and above 20 (to 30, where there is an upper end).
TABLE = {
    ">": (FALSE, FALSE, TRUE, TRUE, TRUE),
    ">=": (FALSE, TRUE, TRUE, TRUE, TRUE),
    "<": (TRUE, FALSE, FALSE, FALSE, FALSE),
    "<=": (TRUE, TRUE, FALSE, FALSE, FALSE),
    "==": (FALSE, TRUE, FALSE, FALSE, FALSE),
    "!=": (TRUE, FALSE, TRUE, TRUE, TRUE),
    "between": (FALSE, TRUE, TRUE, TRUE, FALSE),
}


def soil(operator: str, **more: Any) -> dict[str, Any]:
    """Return the question how moist the soil is."""
    high = {"high": 30} if operator == "between" else {}
    return {"kind": "reading", "sensor": SOIL, "operator": operator, "value": 20, **high, **more}


@pytest.mark.req("LOG-20", "LOG-21")
@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_keeps_to_its_table(operator: str) -> None:
    """Also where the value is exactly the one that it is compared with; between includes both ends."""
    asker = Asker()
    answers = []
    for percent in (19.9, 20.0, 25.0, 30.0, 30.1):
        asker.soil(percent)
        answers.append(asker.ask(**soil(operator)))
    assert tuple(answers) == TABLE[operator]


@pytest.mark.req("LOG-20", "LOG-22", "INV-11")
@pytest.mark.parametrize("operator", OPERATORS)
def test_no_operator_finds_an_answer_where_there_is_no_value(operator: str) -> None:
    """Missing, doubtful and too old: neither is the question true nor its opposite (pitfalls C17 and C18)."""
    asker = Asker()
    both = (soil(operator), {"kind": "not", "of": soil(operator)})

    def ask() -> set[Truth]:
        return {asker.ask(**question) for question in both}

    assert ask() == {UNKNOWN}
    for quality in Quality:
        asker.soil(25.0, quality)
        assert (ask() == {UNKNOWN}) is (quality in DOUBTFUL)
    asker.soil(25.0)
    assert ask() == {TRUE, FALSE}
    asker.bench.tick(LONG)
    assert ask() == {UNKNOWN}


def test_a_value_without_a_number_is_no_value() -> None:
    """A sensor that has failed says so; it does not measure zero."""
    asker = Asker()
    asker.soil(25.0)
    asker.bench.feed(a_reading(raw=None, value=None, raw_mode=False, quality=Quality.ERROR))
    assert asker.ask(**soil("<")) is UNKNOWN


@pytest.mark.parametrize("lost", [BrokerLost(), WillReceived(device=device_of(AIR))])
def test_a_value_outlives_the_connection_until_it_is_too_old(lost: Any) -> None:
    """A short loss of the broker or of the device switches nothing off; a long one leaves the value too old (C17)."""
    asker = Asker()
    asker.air(25.0)
    asker.bench.feed(lost)
    warm = {"kind": "reading", "sensor": AIR, "operator": ">", "value": 20}
    assert asker.ask(**warm) is TRUE
    asker.bench.tick(LONG)
    assert asker.ask(**warm) is UNKNOWN


@pytest.mark.req("LOG-23")
def test_a_processed_zero_is_compared_and_not_the_raw_value_behind_it() -> None:
    """Pitfall C16: 0.0 is a value; the 512 of the analog input is none."""
    asker = Asker()
    asker.bench.feed(a_reading(raw=512.0, value=0.0, raw_mode=False))
    assert asker.ask(**soil("==", value=0)) is TRUE
    assert asker.ask(**soil("<", value=1)) is TRUE
    assert asker.ask(**soil(">", value=100)) is FALSE


@pytest.mark.parametrize("operator", OPERATORS)
def test_a_threshold_of_zero_is_a_threshold(operator: str) -> None:
    """Pitfall C15: nothing takes it for a missing one."""
    asker = Asker()
    asker.air(0.0)
    high = {"high": 1} if operator == "between" else {}
    truth = asker.ask(kind="reading", sensor=AIR, operator=operator, value=0, **high)
    assert truth is TABLE[operator][1]


@pytest.mark.req("LOG-21")
@pytest.mark.parametrize("operator", ["=>", "", "=", "BETWEEN", "above", None])
def test_an_unknown_operator_is_refused_with_its_place(operator: object) -> None:
    """Instead of never being true."""
    with pytest.raises(msgspec.ValidationError, match=r"\$\.operator"):
        msgspec.convert(soil(">") | {"operator": operator}, Condition)


@pytest.mark.parametrize("value", ["", "25", None, True])
def test_a_threshold_is_a_number(value: object) -> None:
    """Pitfalls C14 and C27: an empty field is no zero, and a word is not compared with a number."""
    with pytest.raises(msgspec.ValidationError, match=r"\$\.value"):
        msgspec.convert(soil(">") | {"value": value}, Condition)


@pytest.mark.parametrize("number", [nan, inf, -inf])
@pytest.mark.parametrize(
    "question",
    [
        soil(">"),
        {"kind": "difference", "sensor": AIR, "less": AIR_OUTSIDE, "operator": "<"},
        {"kind": "change", "sensor": AIR, "within": 600, "operator": ">"},
        {"kind": "device", "device": "ESP_X", "aspect": "rssi", "operator": "<"},
        {"kind": "entity", "entity_id": "sensor.x", "operator": ">"},
        {"kind": "output", "output": ChannelId("ESP_X/actuator/1"), "operator": ">"},
    ],
)
def test_a_threshold_that_no_value_can_reach_is_refused(question: dict[str, Any], number: float) -> None:
    """It is no border that values can cross, and what is not a number would put all borders out of order."""
    assert problem_of(**question | {"value": number}) == ("condition_number", {"given": str(number)})
    between = question | {"operator": "between", "value": 1.0, "high": number}
    assert problem_of(**between) == ("condition_number", {"given": str(number)})


@given(
    value=st.floats(-50, 120), than=st.floats(-50, 120), operator=st.sampled_from(OPERATORS[:4]), step=st.floats(0, 1)
)
def test_opposite_operators_never_agree(value: float, than: float, operator: str, step: float) -> None:
    """Of a known value either one is true or its opposite, however near the values are."""
    opposite = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}[operator]
    for near in (value, than, than + step * 1e-9):
        one, other = compare(near, Operator(operator), than), compare(near, Operator(opposite), than)
        assert {one, other} == {TRUE, FALSE}

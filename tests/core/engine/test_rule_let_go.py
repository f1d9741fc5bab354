"""That a rule has let go is written down as well as that it has acted: when, why, and on which value."""

from typing import Any

import pytest

from custom_components.god_kaiser.core.devices.model import Quality
from custom_components.god_kaiser.core.rules.executions import Cause, Execution
from custom_components.god_kaiser.core.rules.happenings import RuleHappening
from custom_components.god_kaiser.core.truth import Truth
from tests.builders import a_reading
from tests.core.engine.ruling import PUMP, SENSOR_ESP, VALVE, House, a_rule, on
from tests.core.engine.test_logic_engine import damp


def releases(house: House) -> list[Execution]:
    """Return what was written down about letting go."""
    return [each for each in house.executions.values() if each.is_release]


def told(house: House) -> list[tuple[str, dict[str, Any]]]:
    """Return what was told about letting go: of which record, and with what."""
    return [(each.execution, each.details) for each in house.told if each.happening is RuleHappening.RELEASED]


@pytest.mark.parametrize("otherwise", [[], [on(VALVE)]], ids=["nothing", "valve"])
def test_a_no_is_written_down_with_its_value(otherwise: list[dict[str, Any]]) -> None:
    """Also where nothing is done otherwise."""
    house = House()
    house.save(a_rule(otherwise=otherwise))
    damp(house, 20.0)
    damp(house, 50.0)
    record = releases(house)[0]
    assert (record.cause, record.is_over, record.success) == (Cause.OTHERWISE, True, True)
    assert [(each.truth, each.value) for each in record.evidence] == [(Truth.FALSE, 50.0)]
    assert told(house) == [(record.key, {"truth": "false", "sensor_value": 50.0})]
    assert len(releases(house)) == 1
    assert house.state().counts.released == 1


def test_a_doubt_is_written_down_as_one() -> None:
    """Nobody knows the value; what rests of otherwise is written down, too, and told to nobody as letting go."""
    house = House()
    house.save(a_rule(otherwise=[on(VALVE)]))
    broken = a_reading(device=SENSOR_ESP, raw=50.0, value=50.0, raw_mode=False, quality=Quality.ERROR)
    damp(house, 20.0)
    house.feed(broken)
    house.play(5.0)
    record = releases(house)[0]
    assert [each.truth for each in record.evidence] == [Truth.UNKNOWN]
    assert record.actions_executed == ()
    assert [(key, details["truth"]) for key, details in told(house)] == [(record.key, "unknown")]
    damp(house, 50.0)
    house.feed(broken)
    house.play(5.0)
    truths = [each.evidence[0].truth for each in releases(house)]
    assert truths == [Truth.UNKNOWN, Truth.FALSE, Truth.UNKNOWN]
    assert len(told(house)) == 1


def test_letting_go_is_no_act() -> None:
    """It is not counted as one, and what the rule did last when it acted is still known."""
    house = House()
    house.save(a_rule())
    damp(house, 20.0)
    damp(house, 50.0)
    assert (house.state().counts.fired, house.state().counts.succeeded) == (1, 1)
    assert house.happenings() == ["rule.fired", "rule.executed", "rule.released"]
    acted = house.engine.rules.looks.records.last_act_of("water")
    assert acted is not None
    assert acted.cause is Cause.THEN
    assert house.levels[PUMP] == 0.0

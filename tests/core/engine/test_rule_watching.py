"""Rules that ask whether something lasts: what nobody has watched for long enough neither starts nor ends anything by mistake."""

from typing import Any

import pytest

from custom_components.god_kaiser.core.devices.model import Quality
from tests.builders import a_reading
from tests.core.engine.ruling import PUMP, PUMP_ESP, SENSOR_ESP, SOIL, House, a_rule, dry, levels_of
from tests.core.engine.test_rule_restarts import again, arrive

NOT_FOR_LONG = {"kind": "not", "of": {"kind": "lasting", "seconds": 600, "of": dry()}}
HOUR = 3600.0


def watched(seconds: float, **more: Any) -> dict[str, Any]:
    """Return the question whether the soil has been dry for so long."""
    return {"kind": "lasting", "seconds": seconds, "of": dry(), **more}


def measured(house: House, percent: float, seconds: float) -> None:
    """Let the soil be as moist as this for so long."""
    for _ in range(int(seconds // 30)):
        house.moisture(percent)
        house.play(30.0)


@pytest.mark.req("INV-11")
def test_at_first_nothing_runs_because_something_has_not_lasted() -> None:
    """The soil may have been dry for days when the rule was saved; once it was seen wet, the answer is known."""
    house = House()
    house.save(a_rule(when=NOT_FOR_LONG))
    measured(house, 20.0, 900.0)
    assert levels_of(house.trace) == []
    house.moisture(50.0)
    house.play(1.0)
    house.moisture(20.0)
    house.play(1.0)
    assert house.levels[PUMP] == 1.0
    measured(house, 20.0, 600.0)
    assert house.levels[PUMP] == 0.0


@pytest.mark.req("INV-11")
def test_after_a_gap_nothing_runs_because_something_has_not_lasted() -> None:
    """The sensor was silent for a while, or Home Assistant was away: nobody knows what was so meanwhile."""
    house = House()
    rule = a_rule(when=NOT_FOR_LONG)
    house.save(rule)
    measured(house, 20.0, 900.0)
    house.play(HOUR)
    house.moisture(20.0)
    house.play(1.0)
    assert levels_of(house.trace) == []
    measured(house, 20.0, 60.0)
    after = again(house, rule, after=400.0)
    arrive(after, percent=20.0)
    measured(after, 20.0, 300.0)
    assert levels_of(after.trace) == []


FOR_LONG = {"when": dry(), "for": 1200}
LASTS_LONG = {"when": {"kind": "lasting", "seconds": 1200, "of": dry(), "id": "n1"}}


@pytest.mark.req("INV-11")
@pytest.mark.parametrize("more", [FOR_LONG, LASTS_LONG])
def test_a_clock_of_any_age_survives_crashes(more: dict[str, Any]) -> None:
    """Nothing was written down about the rule since its clock began; what counts is for how long nobody has looked."""
    house, rule = House(), a_rule(**more)
    house.begin(rule)
    measured(house, 50.0, 60.0)
    measured(house, 20.0, 600.0)
    for _ in range(2):
        house = again(house, rule, after=60.0)
        arrive(house, percent=20.0)
        measured(house, 20.0, 210.0)
    assert levels_of(house.trace) == []
    measured(house, 20.0, 120.0)
    assert levels_of(house.trace) == [1.0]


@pytest.mark.req("INV-11")
@pytest.mark.parametrize("more", [FOR_LONG, LASTS_LONG])
def test_what_was_lost_in_a_long_gap_stays_lost(more: dict[str, Any]) -> None:
    """A clock from before a long gap is not believed after the next crash either, although that one was short."""
    house, rule = House(), a_rule(**more)
    house.begin(rule)
    measured(house, 50.0, 60.0)
    measured(house, 20.0, 600.0)
    house = again(house, rule, after=400.0)
    arrive(house)
    house.play(200.0)
    house = again(house, rule, after=10.0)
    arrive(house, percent=20.0)
    measured(house, 20.0, 300.0)
    assert levels_of(house.trace) == []


def test_whoever_asks_for_no_time_writes_no_signs_of_life() -> None:
    """The disk is left alone where no clock would be lost."""
    house = House()
    house.begin(a_rule())
    measured(house, 20.0, 300.0)
    assert set(house.disk) == {"water"}


def test_after_a_restart_a_clock_begins_with_the_first_word() -> None:
    """The rule does not wait for a minute before it begins to watch, although it does not know its answer."""
    after = House(is_new=False)
    after.restore(*after.plans, marked="ESP_A1B2C3-b1-r1")
    after.begin(a_rule(when=watched(40.0)))
    arrive(after, percent=20.0)
    after.play(38.0)
    assert levels_of(after.trace) == []
    after.play(2.5)
    assert levels_of(after.trace) == [1.0]


@pytest.mark.parametrize("is_critical", [False, True])
def test_who_only_has_to_watch_is_in_no_trouble(is_critical: bool) -> None:
    """Nothing is wrong with a rule that has not watched for an hour yet; a silent sensor is told as before."""
    house = House()
    either = {"kind": "any", "of": [watched(HOUR), {"kind": "not", "of": {"kind": "not", "of": watched(2 * HOUR)}}]}
    house.save(a_rule(when={"kind": "all", "of": [either, dry(40.0)]}, critical=is_critical))
    measured(house, 20.0, 1800.0)
    assert (house.state().truth.name, house.engine.rules.health.troubles) == ("UNKNOWN", {})
    house.feed(a_reading(device=SENSOR_ESP, raw=20.0, value=20.0, raw_mode=False, quality=Quality.ERROR))
    house.play(1.0)
    assert [trouble.why for trouble in house.engine.rules.health.troubles.values()] == ["unknown"]


def test_what_is_unknown_besides_is_told() -> None:
    """A device that is away is no reason to wait for the end of a watch."""
    house = House()
    runs = {"kind": "output", "output": PUMP}
    house.save(a_rule("a", when={"kind": "any", "of": [watched(HOUR), runs]}, then=[{"kind": "log", "text": "x"}]))
    house.mute.add(PUMP_ESP)
    measured(house, 20.0, 1800.0)
    assert [trouble.why for trouble in house.engine.rules.health.troubles.values()] == ["unknown"]


# -- Editing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("band", [(25.0, 60.0), (30.0, 70.0), (10.0, 50.0)])
def test_who_moves_a_band_switches_nothing(band: tuple[float, float]) -> None:
    """While the value lies in the new band the answer stays; elsewhere the new band gives it (pitfall C32)."""
    house = House()
    when = {"kind": "hysteresis", "sensor": SOIL, "below": 30.0, "above": 60.0}
    house.save(a_rule(when=when))
    for percent in (20.0, 45.0):
        house.moisture(percent)
        house.play(2.0)
    edited = when | {"below": band[0], "above": band[1]}
    house.save(a_rule(when=edited))
    house.play(120.0)
    assert levels_of(house.trace) == [1.0]
    house.save(a_rule(when=edited | {"above": 44.0}))
    house.play(2.0)
    assert house.levels[PUMP] == 0.0


def test_who_changes_how_long_it_takes_begins_no_clock_anew() -> None:
    """What has lasted for ten minutes lasts for long enough when five are wanted, and not when twenty are."""
    house = House()
    house.save(a_rule(when=watched(1200.0)))
    measured(house, 50.0, 60.0)
    measured(house, 20.0, 600.0)
    house.save(a_rule(when=watched(300.0)))
    house.play(1.0)
    assert house.levels[PUMP] == 1.0
    house.save(a_rule(when=watched(1200.0)))
    house.play(1.0)
    assert house.levels[PUMP] == 0.0
    measured(house, 20.0, 600.0)
    assert house.levels[PUMP] == 1.0

"""Rules over a restart: what they remember, what they claim again, and what they leave alone."""

from typing import Any

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind, Quality
from custom_components.god_kaiser.core.events import (
    CommandWished,
    Event,
    LockOutHung,
    RunsSuspended,
    SafetyChanged,
    ShutdownBegun,
    StopPressed,
)
from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.rules.model import Rule
from custom_components.god_kaiser.core.safety.interlocks.min_times import MinTimes
from custom_components.god_kaiser.core.safety.limits import DEFAULT_HOLD, ChannelSafety
from custom_components.god_kaiser.core.truth import Truth
from tests.builders import a_plan, a_reading, a_request, a_tag, an_actuator
from tests.core.engine.ruling import AIR, PUMP, PUMP_ESP, SENSOR_ESP, SOIL, VALVE, House, a_rule, levels_of, on

LAMP_ESP = "ESP_LAMP001"
BAND = {"kind": "hysteresis", "sensor": SOIL, "below": 30.0, "above": 60.0}


def again(house: House, *rules: Rule, after: float = 5.0, is_clean: bool = False) -> House:
    """Return the house as the next run of Home Assistant finds it; its devices have noticed nothing."""
    if is_clean:
        house.feed(ShutdownBegun())
        house.play(1.0)
    successor = House(disk=house.disk, at=house.seconds + after, is_new=False)
    successor.levels = dict(house.levels)
    successor.restore(*successor.plans, memory=house.engine.memory(house.now), marked="ESP_A1B2C3-b1-r1")
    successor.begin(*rules)
    return successor


def watering() -> House:
    """Return a house in which a rule has its pump running."""
    house = House()
    house.save(a_rule())
    house.moisture(20.0)
    house.play(5.0)
    return house


def arrive(house: House, *devices: str, percent: float | None = None) -> None:
    """Let the devices speak: heartbeats, what their outputs do, and then perhaps the soil."""
    for plan in house.plans:
        if not devices or plan.device in devices:
            house.beat(plan.device)
    for channel, level in house.levels.items():
        if not devices or channel.split("/")[0] in devices:
            house.feed_report(channel, level)
    house.play(2.5)
    if percent is not None:
        house.moisture(percent)


@pytest.mark.req("LOG-34")
def test_rules_wait_for_their_devices() -> None:
    """A rule looks at the world when every device that it has to do with is there (pitfall C31)."""
    house = House(is_new=False)
    house.begin(a_rule())
    house.restore(*house.plans, marked="ESP_A1B2C3-b1-r1")
    house.mute.add(PUMP_ESP)
    arrive(house, "ESP_SENSOR1")
    house.moisture(20.0)
    house.play(30.0)
    assert "water" in house.engine.rules.looks.shut
    house.mute.clear()
    arrive(house, PUMP_ESP)
    house.play(1.0)
    assert levels_of(house.trace) == [1.0]


def test_after_a_minute_a_rule_takes_what_there_is() -> None:
    """A device that never comes does not hold back a rule for ever; what it does not know stays unknown."""
    house = House(is_new=False)
    house.restore(*house.plans, marked="ESP_A1B2C3-b1-r1")
    house.begin(a_rule())
    house.mute |= {plan.device for plan in house.plans}
    house.play(61.0)
    assert house.engine.rules.looks.shut == {}
    assert house.trace == []


def test_a_pump_goes_on_over_a_crash() -> None:
    """The rule says again that it wants the pump before anybody takes it for an orphan; it is not switched off meanwhile."""
    house = watering()
    after = again(house, a_rule())
    arrive(after, percent=20.0)
    after.play(200.0)
    assert 0.0 not in levels_of(after.trace)
    assert after.levels[PUMP] == 1.0
    after.moisture(50.0)
    after.play(1.0)
    assert after.levels[PUMP] == 0.0


def test_after_a_crash_nothing_runs_for_a_rule_that_is_gone() -> None:
    """A rule that was deleted meanwhile claims nothing; its pump rests."""
    house = watering()
    after = again(house)
    arrive(after)
    after.play(120.0)
    assert after.levels[PUMP] == 0.0


def lives(house: House, seconds: float, *devices: str, percent: float | None = None) -> None:
    """Let devices speak once a minute."""
    for _ in range(int(seconds // 60)):
        arrive(house, *devices, percent=percent)
        house.play(57.5)


def test_what_a_rule_holds_is_claimed_when_its_device_comes_late() -> None:
    """After a minute rules look at what there is; an output that comes later is still theirs, and runs on."""
    after = again(watering(), a_rule())
    after.mute.add(PUMP_ESP)
    arrive(after, "ESP_SENSOR1", percent=20.0)
    after.play(65.0)
    assert after.engine.rules.looks.shut == {}
    after.mute.clear()
    lives(after, 600.0, percent=20.0)
    assert after.levels[PUMP] == 1.0
    assert 0.0 not in levels_of(after.trace)


def came_back_after(seconds: float, event: Event | None = None, *, is_running: bool = False) -> House:
    """Return a house whose pump was away for so long after a crash, and in which that has happened meanwhile."""
    after = again(watering(), a_rule())
    after.mute.add(PUMP_ESP)
    arrive(after, "ESP_SENSOR1", percent=20.0)
    lives(after, seconds, "ESP_SENSOR1", percent=20.0)
    if event is not None:
        after.feed(event)
    after.mute.clear()
    after.levels[PUMP] = float(is_running)
    after.trace.clear()
    lives(after, 300.0, percent=20.0)
    return after


@pytest.mark.parametrize("seconds", [120.0, 360.0, 4000.0])
@pytest.mark.parametrize("is_running", [False, True])
def test_a_rule_gets_its_output_again_however_long_its_device_was_away(seconds: float, is_running: bool) -> None:
    """Nobody has taken the pump: neither the time for claims nor a lease that ends without its device does."""
    after = came_back_after(seconds, is_running=is_running)
    assert (after.levels[PUMP], after.engine.rules.health.troubles) == (1.0, {})
    assert 0.0 not in levels_of(after.trace)


@pytest.mark.parametrize("taken", [StopPressed(devices=None), LockOutHung(tag=a_tag(PUMP))])
def test_what_is_taken_while_a_device_is_away_stays_taken(taken: Event) -> None:
    """A stop or a tag that comes before the device does ends what the rule held, also when it is gone again."""
    after = came_back_after(360.0, taken)
    after.release()
    after.take_off(PUMP)
    lives(after, 300.0, percent=20.0)
    assert 1.0 not in levels_of(after.trace)
    after.moisture(50.0)
    after.moisture(20.0)
    after.play(2.0)
    assert after.levels[PUMP] == 1.0


def test_a_person_who_switches_off_what_is_away_comes_first() -> None:
    """The rule waits behind the word of the person, and has the output when that is over."""
    after = came_back_after(360.0, CommandWished(request=a_request(0.0, PUMP)))
    assert after.levels[PUMP] == 0.0
    lives(after, DEFAULT_HOLD, percent=20.0)
    assert after.levels[PUMP] == 1.0


def test_what_a_rule_that_is_gone_has_held_ends_when_its_device_is_back() -> None:
    """Nobody claims it; the pump has run on alone."""
    after = again(watering())
    after.mute.add(PUMP_ESP)
    lives(after, 180.0, "ESP_SENSOR1")
    after.mute.clear()
    lives(after, 180.0)
    assert after.levels[PUMP] == 0.0
    assert after.engine.demands.of(PUMP) == []


@pytest.mark.parametrize(
    ("changes", "levels"),
    [({}, (1.0, 0.0)), ({"enabled": False}, (0.0, 0.0)), ({"then": [on(VALVE)]}, (0.0, 1.0))],
)
def test_who_saves_a_rule_before_its_devices_are_there_takes_nothing_from_it(
    changes: dict[str, Any], levels: tuple[float, float]
) -> None:
    """What it still wants runs on; what it wants no more rests."""
    rule = a_rule(when_unknown="keep")
    house = House()
    house.save(rule)
    house.moisture(20.0)
    house.play(5.0)
    after = again(house, rule)
    after.save(a_rule(when_unknown="keep", description="The left bed", **changes))
    lives(after, 600.0, PUMP_ESP)
    assert (after.levels[PUMP], after.levels.get(VALVE, 0.0)) == levels


@pytest.mark.parametrize("policy", [{"when_unknown": "keep"}, {"when_unknown": "hold", "hold_for": 420}])
def test_what_is_held_while_nothing_is_known_is_held_over_a_crash(policy: dict[str, Any]) -> None:
    """The sensor has not come back with Home Assistant: the pump runs for as long as the rule says."""
    house = House()
    rule = a_rule(**policy)
    house.save(rule)
    house.moisture(20.0)
    house.play(5.0)
    after = again(house, rule)
    after.mute.add("ESP_SENSOR1")
    lives(after, 360.0, PUMP_ESP)
    assert after.levels[PUMP] == 1.0
    lives(after, 180.0, PUMP_ESP)
    assert (after.levels[PUMP] == 1.0) is (policy["when_unknown"] == "keep")


@pytest.mark.parametrize("end", [None, ShutdownBegun(), RunsSuspended()])
def test_what_otherwise_holds_is_held_over_a_restart(end: ShutdownBegun | RunsSuspended | None) -> None:
    """The valve that is open while the soil is wet is open again, after a crash and after a clean end alike."""
    rule = a_rule(otherwise=[on(VALVE), {"kind": "log", "text": "wet"}])
    house = House()
    house.save(rule)
    for percent in (20.0, 50.0):
        house.moisture(percent)
        house.play(2.0)
    if end is not None:
        house.feed(end)
        house.play(1.0)
        assert house.levels[VALVE] == 0.0
    after = again(house, rule)
    lives(after, 600.0, percent=50.0)
    assert after.levels == {PUMP: 0.0, VALVE: 1.0}
    assert after.jobs == []
    after.moisture(20.0)
    after.play(2.0)
    assert after.levels == {PUMP: 1.0, VALVE: 0.0}


def test_what_otherwise_holds_outlives_a_crash_while_the_rest_waits_for_its_device() -> None:
    """The valve came back when the answer was known again, the lamp has not: a crash rests nothing and starts no lamp."""
    lamp = ChannelId(f"{LAMP_ESP}/actuator/14")
    plan = a_plan(LAMP_ESP, sensors=[], actuators=[an_actuator(ActuatorKind.RELAY, 14, name="Lamp")])
    rule = a_rule(otherwise=[on(VALVE), on(lamp)])
    house = House()
    house.plans = (*house.plans, plan)
    house.online(plan=plan)
    house.save(rule)
    for percent in (20.0, 50.0):
        house.moisture(percent)
        house.play(2.0)
    house.feed(a_reading(device=SENSOR_ESP, raw=50.0, value=50.0, raw_mode=False, quality=Quality.ERROR))
    house.play(5.0)
    assert house.state().otherwise == (VALVE, lamp)
    house.mute.add(LAMP_ESP)
    lives(house, 300.0, SENSOR_ESP, PUMP_ESP)
    house.moisture(50.0)
    house.play(2.0)
    assert (house.levels[VALVE], house.state().otherwise) == (1.0, (lamp,))
    after = House(disk=house.disk, at=house.seconds + 5.0, is_new=False)
    after.plans, after.levels = house.plans, {**house.levels, lamp: 0.0}
    after.restore(*after.plans, memory=house.engine.memory(house.now), marked="ESP_A1B2C3-b1-r1")
    after.begin(rule)
    after.mute.add(LAMP_ESP)
    lives(after, 300.0, SENSOR_ESP, PUMP_ESP, percent=50.0)
    assert (after.levels[VALVE], levels_of(after.trace, lamp)) == (1.0, [])
    after.mute.clear()
    lives(after, 60.0, percent=50.0)
    assert after.levels[lamp] == 1.0


def test_what_otherwise_has_let_go_of_is_not_claimed_after_a_crash() -> None:
    """The valve runs on for its least time alone, and nobody knows whether it should be open: its rule does not ask for it."""
    rule = a_rule(otherwise=[on(VALVE)], when_unknown="hold", hold_for=60)
    keeping = ChannelSafety(channel=VALVE, interlocks=(MinTimes(on=600),))
    house = House()
    house.feed(SafetyChanged(safety=keeping))
    house.save(rule)
    for percent in (20.0, 50.0):
        house.moisture(percent)
        house.play(2.0)
    house.feed(a_reading(device=SENSOR_ESP, raw=50.0, value=50.0, raw_mode=False, quality=Quality.ERROR))
    house.play(70.0)
    assert (house.levels[VALVE], house.state().otherwise) == (1.0, (VALVE,))
    after = again(house, rule)
    after.feed(SafetyChanged(safety=keeping))
    lives(after, 180.0)
    assert after.state().truth is Truth.UNKNOWN
    assert after.levels[VALVE] == 0.0


def test_what_a_stop_has_taken_from_otherwise_is_not_taken_back_by_a_crash() -> None:
    """Also where an earlier end was a clean one, after which it was held again."""
    rule = a_rule(otherwise=[on(VALVE)])
    house = House()
    house.save(rule)
    for percent in (20.0, 50.0):
        house.moisture(percent)
        house.play(2.0)
    second = again(house, rule, is_clean=True)
    lives(second, 60.0, percent=50.0)
    assert second.levels[VALVE] == 1.0
    second.press()
    second.play(2.0)
    second.release()
    second.play(2.0)
    third = again(second, rule)
    lives(third, 120.0, percent=50.0)
    assert third.levels[VALVE] == 0.0
    assert levels_of(third.trace, VALVE) == []


@pytest.mark.parametrize("event", [ShutdownBegun(), RunsSuspended()])
def test_a_clean_end_lets_go_of_everything(event: ShutdownBegun | RunsSuspended) -> None:
    """Before Home Assistant ends, or the hub is unloaded, rules let go; afterwards they act anew."""
    house = watering()
    house.feed(event)
    house.play(1.0)
    assert house.levels[PUMP] == 0.0
    after = again(house, a_rule())
    arrive(after, percent=20.0)
    after.play(1.0)
    assert after.levels[PUMP] == 1.0


@pytest.mark.parametrize("is_clean", [False, True])
def test_what_a_stop_has_taken_is_not_taken_back_by_a_restart(is_clean: bool) -> None:
    """Whatever the end is between a stop and its release: the soil has to be wet once before the pump starts."""
    house = watering()
    house.press()
    house.play(2.0)
    after = again(house, a_rule(), is_clean=is_clean)
    arrive(after)
    after.release()
    after.play(3.0)
    after.moisture(20.0)
    after.play(120.0)
    assert 1.0 not in levels_of(after.trace)


def test_hysteresis_survives() -> None:
    """In the band the answer from before the crash holds (pitfall C10)."""
    house = House()
    house.save(a_rule(when=BAND))
    house.moisture(20.0)
    house.play(1.0)
    house.moisture(45.0)
    house.play(1.0)
    after = again(house, a_rule(when={**BAND, "id": "n1"}))
    arrive(after)
    after.moisture(45.0)
    after.play(100.0)
    assert after.levels[PUMP] == 1.0
    after.moisture(61.0)
    after.play(1.0)
    assert after.levels[PUMP] == 0.0


def test_cooldown_and_counts_survive() -> None:
    """A crash is no way round a cooldown, nor round the number of starts an hour."""
    house = House()
    rule = a_rule(cooldown=600, max_per_hour=1)
    house.save(rule)
    for percent in (20.0, 50.0):
        house.moisture(percent)
        house.play(2.0)
    after = again(house, rule)
    arrive(after, percent=20.0)
    after.play(500.0)
    assert 1.0 not in levels_of(after.trace)
    after.play(200.0)
    assert after.state().skipped == "max_per_hour"
    after.play(3000.0)
    assert levels_of(after.trace)[0] == 1.0


@pytest.mark.parametrize(("gap", "starts"), [(10.0, True), (400.0, False)])
def test_for_survives_a_short_gap_alone(gap: float, starts: bool) -> None:
    """Over a short restart a clock goes on; over a long one nobody knows, and it begins anew."""
    house = House()
    rule = a_rule(**{"for": 120}, when={"kind": "reading", "sensor": AIR, "operator": "<", "value": 15.0})
    house.save(rule)
    house.air(10.0)
    house.play(90.0)
    after = again(house, rule, after=gap, is_clean=True)
    arrive(after)
    after.air(10.0)
    after.play(40.0)
    assert (1.0 in levels_of(after.trace)) is starts

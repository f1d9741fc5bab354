"""What a stop has taken from a rule stays taken until the answer of the rule was no once."""

from typing import Any

import pytest

from custom_components.god_kaiser.core.events import RuleAnswered, ShutdownBegun
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId
from custom_components.god_kaiser.core.rules.executions import Outcome
from custom_components.god_kaiser.core.rules.explaining import Why
from tests import builders
from tests.builders import ESP, a_plan
from tests.core.engine.ruling import AIR, PUMP, PUMP_ESP, SENSOR_ESP, VALVE, House, a_rule, levels_of, on
from tests.core.engine.test_rule_restarts import again, lives

PULSE: dict[str, Any] = {"then": [on(duration=20)], "cooldown": 60}


def stop(house: House) -> None:
    """Press the stop of the pump's device and release it."""
    house.press(PUMP_ESP)
    house.play(2.0)
    house.release(PUMP_ESP)
    house.play(10.0)
    assert not house.engine.latch.is_latched


def damp(house: House, percent: float, seconds: float = 2.0) -> None:
    """Let the soil be as moist as this for a while."""
    for _ in range(max(1, int(seconds // 20))):
        house.moisture(percent)
        house.play(min(seconds, 20.0))


def watering(**fields: Any) -> House:
    """Return a house in which a rule gives its pump a pulse each minute."""
    house = House()
    house.save(a_rule(**{**PULSE, **fields}))
    damp(house, 20.0, 40.0)
    return house


def starts(house: House, output: ChannelId = PUMP) -> int:
    """Return how often an output was told to run."""
    return levels_of(house.trace, output).count(1.0)


def answer(house: House) -> None:
    """Answer everything that a rule has asked Home Assistant for: it is done."""
    for job in house.jobs:
        house.feed(RuleAnswered(key=job.key, number=job.number, is_done=True, reason=""))


RUN = {"kind": "run", "sequence": "flush"}


def flushing(*outputs: ChannelId, **fields: Any) -> House:
    """Return a house in which a rule starts each minute a sequence that sets these outputs."""
    house = House()
    house.engine.rules.world.outputs_of = lambda _: frozenset(outputs)
    house.save(a_rule(**{"then": [RUN], "cooldown": 60, **fields}))
    damp(house, 20.0, 200.0)
    answer(house)
    assert len(house.jobs) > 2
    return house


@pytest.mark.parametrize("scope", [(), (PUMP_ESP,)])
def test_a_sequence_that_is_started_again_and_again_waits_like_a_pulse(scope: tuple[str, ...]) -> None:
    """Whoever releases the stop starts no run, however long the answer stays yes; after a no it goes on."""
    house = flushing(PUMP)
    before = len(house.jobs)
    house.press(*scope)
    damp(house, 20.0, 200.0)
    house.release(*scope)
    damp(house, 20.0, 1000.0)
    assert len(house.jobs) == before
    assert house.engine.rules.answers.why("water", house.now) is Why.RUN_TAKEN
    assert house.told[-1].details.get("why") == "run_taken"
    damp(house, 50.0)
    damp(house, 20.0, 200.0)
    assert len(house.jobs) > before + 2


def test_a_stop_between_two_looks_is_not_overlooked() -> None:
    """The rule itself has nothing to do with the device that was stopped."""
    house = flushing(PUMP)
    before = len(house.jobs)
    stop(house)
    damp(house, 20.0, 300.0)
    assert len(house.jobs) == before


def test_a_stop_of_a_device_that_the_sequence_does_not_need_takes_nothing() -> None:
    """Only what runs there is stopped."""
    house = flushing(ChannelId("ESP_OTHER01/actuator/4"))
    before = len(house.jobs)
    stop(house)
    damp(house, 20.0, 300.0)
    assert len(house.jobs) > before + 2


@pytest.mark.parametrize("is_clean", [False, True])
def test_a_sequence_waits_over_a_restart_too(is_clean: bool) -> None:
    """The stop was released before Home Assistant ended; what is done beside it is done."""
    rule = a_rule(then=[RUN, {"kind": "notify", "text": "dry"}], cooldown=60)
    house = flushing(PUMP, then=[RUN, {"kind": "notify", "text": "dry"}])
    stop(house)
    after = again(house, rule, is_clean=is_clean)
    after.engine.rules.world.outputs_of = lambda _: frozenset({PUMP})
    lives(after, 600.0, percent=20.0)
    assert [job for job in after.jobs if job.number == 0] == []
    after.moisture(50.0)
    lives(after, 300.0, percent=20.0)
    assert len([job for job in after.jobs if job.number == 0]) > 2


def test_no_sequence_stands_in_for_what_a_stop_has_taken_from_the_same_device() -> None:
    """A critical rule tells people that it has lost its pump; what it starts instead was stopped as well."""
    house = House()
    house.engine.rules.world.outputs_of = lambda _: frozenset({VALVE})
    house.save(a_rule(critical=True, escalation={"after": 60, "instead": [RUN]}))
    damp(house, 20.0, 20.0)
    stop(house)
    damp(house, 20.0, 300.0)
    assert [event.happening for event in house.told][-2:] == ["rule.escalated", "rule.executed"]
    assert house.jobs == []


def test_people_are_told_that_pulses_wait() -> None:
    """As they are for what is held: after a quarter of an hour."""
    house = watering()
    stop(house)
    damp(house, 20.0, 1000.0)
    assert (house.told[-1].happening, house.told[-1].details["why"]) == ("rule.degraded", "output_taken")
    damp(house, 50.0)
    assert house.told[-1].happening == "rule.recovered"


@pytest.mark.parametrize("seconds", [None, 120.0])
@pytest.mark.parametrize("is_run", [False, True])
def test_the_tag_of_a_person_is_like_a_stop(is_run: bool, seconds: float | None) -> None:
    """Who takes it off, or whose time is over, permits: nothing comes by itself."""
    house = flushing(PUMP) if is_run else watering()
    before = len(house.jobs), starts(house)
    house.hang(PUMP, seconds=seconds)
    damp(house, 20.0, 200.0)
    house.take_off(PUMP)
    assert house.engine.around.lock_outs.tags == {}
    damp(house, 20.0, 300.0)
    assert (len(house.jobs), starts(house)) == before
    damp(house, 50.0)
    damp(house, 20.0, 200.0)
    assert (len(house.jobs) > before[0] + 2) is is_run
    assert (starts(house) > before[1] + 2) is not is_run


def test_what_a_tag_has_taken_is_not_taken_back_by_a_clean_restart() -> None:
    """The tag was taken off before Home Assistant ended."""
    house = watering(then=[on()], cooldown=0)
    house.hang(PUMP)
    house.play(2.0)
    house.take_off(PUMP)
    after = again(house, a_rule(then=[on()]), is_clean=True)
    lives(after, 300.0, percent=20.0)
    assert starts(after) == 0


def test_after_the_tag_of_a_rule_a_pulse_comes_again_and_what_was_held_does_not() -> None:
    """A person who takes off what a guard has hung has looked, and lets the dosing go on."""
    guard = a_rule(
        "guard",
        when={"kind": "reading", "sensor": AIR, "operator": ">", "value": 40.0},
        then=[{"kind": "lock", "output": PUMP, "reason": "hot"}],
    )
    for fields, goes_on in (({}, True), ({"then": [on()], "cooldown": 0}, False)):
        house = watering(**fields)
        house.save(guard)
        house.air(50.0)
        house.air(20.0)
        damp(house, 20.0, 100.0)
        before = starts(house)
        house.take_off(PUMP)
        damp(house, 20.0, 300.0)
        assert (starts(house) > before) is goes_on


def test_the_tag_of_a_person_on_the_device_counts_beside_that_of_a_rule_on_the_output() -> None:
    """Whichever is taken off last."""
    house = watering()
    house.save(a_rule("guard", then=[{"kind": "lock", "output": PUMP, "reason": "hot"}]))
    house.hang(DeviceId(PUMP_ESP))
    damp(house, 20.0, 100.0)
    before = starts(house)
    house.take_off(DeviceId(PUMP_ESP))
    house.take_off(PUMP)
    damp(house, 20.0, 300.0)
    assert starts(house) == before


def test_a_pulse_that_repeats_waits_until_the_answer_was_no_once() -> None:
    """Whoever releases a stop permits; nothing starts by itself, as with an output that is held."""
    house = watering()
    damp(house, 20.0, 200.0)
    before = starts(house)
    assert before > 2
    stop(house)
    damp(house, 20.0, 600.0)
    assert starts(house) == before
    told = house.engine.rules.answers.explain("water", house.now)
    assert told is not None
    assert (told.why, [each.output for each in told.outputs]) == (Why.TAKEN, [PUMP])
    damp(house, 50.0)
    damp(house, 20.0, 200.0)
    assert starts(house) > before + 2


@pytest.mark.parametrize("is_clean", [False, True])
def test_it_waits_over_a_restart_too(is_clean: bool) -> None:
    """The stop was released before Home Assistant ended."""
    house = watering()
    stop(house)
    after = again(house, a_rule(**PULSE), is_clean=is_clean)
    lives(after, 600.0, percent=20.0)
    assert starts(after) == 0
    after.moisture(50.0)
    lives(after, 300.0, percent=20.0)
    assert starts(after) > 2


def test_an_output_that_is_held_waits_over_a_clean_end_too() -> None:
    """After a clean end rules begin anew, but not with what a stop has taken before it."""
    house = watering(then=[on()])
    stop(house)
    after = again(house, a_rule(then=[on()]), is_clean=True)
    lives(after, 300.0, percent=20.0)
    assert starts(after) == 0
    assert after.state().taken == (PUMP,)


def test_a_stop_before_the_first_look_after_a_restart_counts() -> None:
    """The rule waits for its sensor while the stop comes and goes."""
    house = watering()
    after = again(house, a_rule(**PULSE))
    after.mute.add(SENSOR_ESP)
    after.play(5.0)
    stop(after)
    assert "water" in after.engine.rules.looks.shut
    after.mute.clear()
    lives(after, 300.0, percent=20.0)
    assert starts(after) == 0


def test_what_was_not_taken_goes_on() -> None:
    """A stop of one device is no stop of the other, on which the same rule opens a valve each minute."""
    house = House()
    house.plans = (*house.plans, a_plan(ESP))
    house.online(plan=house.plans[-1])
    other = builders.PUMP
    house.save(a_rule(**{**PULSE, "then": [on(duration=20), on(other, duration=20)]}))
    damp(house, 20.0, 40.0)
    stop(house)
    before = starts(house), starts(house, other)
    damp(house, 20.0, 300.0)
    assert starts(house) == before[0]
    assert starts(house, other) > before[1] + 2
    last = house.engine.rules.records.last_act_of("water")
    assert last is not None
    assert [record.outcome for record in last.actions_executed] == [Outcome.BARRED, Outcome.CONFIRMED]


def test_a_stop_ends_what_is_to_be_tried_again() -> None:
    """The pump did not obey, so the rule would have tried again; it obeys by now."""
    house = House()
    house.deaf.add(PUMP)
    house.save(a_rule())
    damp(house, 20.0, 20.0)
    house.play(5.0)
    assert house.state().tries_at is not None
    house.deaf.clear()
    before = starts(house)
    stop(house)
    damp(house, 20.0, 120.0)
    assert starts(house) == before


def test_what_becomes_ripe_after_a_stop_is_done_without_the_output() -> None:
    """The answer has become yes while the stop held: people are told all the same."""
    house = House()
    house.save(a_rule(**{"for": 60}, then=[on(), {"kind": "notify", "text": "dry"}]))
    house.press()
    damp(house, 20.0, 20.0)
    house.release()
    damp(house, 20.0, 120.0)
    assert (starts(house), len(house.jobs)) == (0, 1)


def test_a_rest_is_never_kept_back() -> None:
    """What wants an output at rest takes nothing."""
    house = watering(then=[on(level=0.0)], **{"cooldown": 0, "for": 90})
    stop(house)
    damp(house, 20.0, 120.0)
    last = house.engine.rules.records.last_act_of("water")
    assert last is not None
    assert last.success


@pytest.mark.parametrize(
    ("changes", "goes_on"),
    [({"description": "left"}, False), ({"then": [on(duration=25)]}, True), ({"priority": 200}, True)],
)
def test_who_changes_what_a_rule_wants_begins_anew(changes: dict[str, Any], goes_on: bool) -> None:
    """That is a wish of its own; another description is none."""
    house = watering()
    stop(house)
    before = starts(house)
    house.save(a_rule(**{**PULSE, **changes}))
    damp(house, 20.0, 200.0)
    assert (starts(house) > before) is goes_on


def test_who_switches_a_rule_off_and_on_begins_anew() -> None:
    """A person has looked."""
    house = watering()
    stop(house)
    before = starts(house)
    house.save(a_rule(**PULSE, enabled=False), a_rule(**PULSE))
    damp(house, 20.0, 100.0)
    assert starts(house) > before


def test_after_a_clean_end_a_rule_that_nobody_has_stopped_begins_anew() -> None:
    """Nothing is taken from it."""
    house = watering()
    house.feed(ShutdownBegun())
    after = again(house, a_rule(**PULSE))
    lives(after, 300.0, percent=20.0)
    assert starts(after) > 0

"""What a rule does otherwise, while nobody knows its answer: nothing is begun, and what is held rests."""

from typing import Any

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind, Quality
from custom_components.god_kaiser.core.events import SafetyChanged, ShutdownBegun
from custom_components.god_kaiser.core.facts import WillReceived
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId
from custom_components.god_kaiser.core.rules.actions import LogLine
from custom_components.god_kaiser.core.rules.executions import Cause
from custom_components.god_kaiser.core.safety.interlocks.min_times import MinTimes
from custom_components.god_kaiser.core.safety.limits import ChannelSafety
from custom_components.god_kaiser.core.truth import Truth
from tests.builders import ROM, a_plan, a_reading, an_actuator
from tests.core.engine.ruling import AIR, PUMP, PUMP_ESP, SENSOR_ESP, VALVE, House, a_rule, levels_of, on
from tests.core.engine.test_rule_restarts import again, arrive, lives

WARM = {"kind": "reading", "sensor": AIR, "operator": ">", "value": 25}
LINE = {"kind": "log", "text": "warm"}
COOL = {"kind": "log", "text": "cool"}


def warm(house: House, degrees: float, seconds: float = 5.0) -> None:
    """Let the air be as warm as this, and let some time pass."""
    house.air(degrees)
    house.play(seconds)


def lines(house: House) -> list[str]:
    """Return the lines that were written, in order."""
    return [job.action.text for job in house.jobs if isinstance(job.action, LogLine)]


def cooled(**more: Any) -> House:
    """Return a house in which it was warm and is not any more, so that the valve is open."""
    house = House()
    house.save(a_rule(when=WARM, then=[LINE], otherwise=[on(VALVE), COOL], **more))
    for degrees in (30.0, 20.0):
        warm(house, degrees)
    assert house.levels[VALVE] == 1.0
    return house


def doubt(house: House, seconds: float = 5.0) -> None:
    """Let the sensor say that its value is none, and let some time pass."""
    house.feed(
        a_reading("ds18b20", 4, device=SENSOR_ESP, raw=20.0, value=20.0, address=ROM, quality=Quality.ERROR),
    )
    house.play(seconds)
    assert house.state().truth is Truth.UNKNOWN


@pytest.mark.req("LOG-22")
def test_what_otherwise_holds_rests_while_nobody_knows_the_answer() -> None:
    """The valve is open because it is not warm, and that is what nobody knows any more."""
    house = cooled()
    house.play(1200.0)
    assert house.state().truth is Truth.UNKNOWN
    assert house.levels[VALVE] == 0.0
    warm(house, 20.0)
    assert house.levels[VALVE] == 1.0
    assert lines(house) == ["warm", "cool"]


@pytest.mark.parametrize(
    ("policy", "when_silent", "at_last"),
    [
        ({"when_unknown": "keep"}, 1.0, 1.0),
        ({"when_unknown": "hold", "hold_for": 60}, 1.0, 0.0),
        ({"when_unknown": "rest"}, 0.0, 0.0),
    ],
)
def test_otherwise_has_the_policy_of_the_rule(policy: dict[str, Any], when_silent: float, at_last: float) -> None:
    """Whether to rest at once, later or never, says the rule for everything that it holds."""
    house = cooled(**policy)
    doubt(house)
    assert house.levels[VALVE] == when_silent
    house.play(100.0)
    assert house.levels[VALVE] == at_last


def test_what_otherwise_lets_go_of_runs_for_its_least_time_at_least() -> None:
    """While nobody knows the answer it is let go of once, and not again and again for as long as it runs."""
    house = House()
    house.feed(SafetyChanged(safety=ChannelSafety(channel=VALVE, interlocks=(MinTimes(on=300),))))
    house.save(a_rule(when=WARM, then=[LINE], otherwise=[on(VALVE)]))
    for degrees in (30.0, 20.0):
        warm(house, degrees)
    doubt(house)
    before = len(house.executions)
    house.play(200.0)
    assert (house.levels[VALVE], len(house.executions)) == (1.0, before)
    house.play(100.0)
    assert house.levels[VALVE] == 0.0
    warm(house, 20.0)
    assert house.levels[VALVE] == 1.0


def test_what_rests_unknowing_is_not_had_again_when_the_answer_is_yes() -> None:
    """Also where it has to be yes for a while before the rule acts."""
    house = House()
    house.save(a_rule(when=WARM, then=[on()], otherwise=[on(VALVE)], **{"for": 60}))
    warm(house, 30.0, 30.0)
    warm(house, 30.0, 40.0)
    warm(house, 20.0)
    doubt(house)
    house.trace.clear()
    warm(house, 30.0, 30.0)
    assert house.trace == []
    warm(house, 30.0, 40.0)
    warm(house, 20.0)
    assert (levels_of(house.trace), levels_of(house.trace, VALVE)) == ([1.0, 0.0], [1.0])


def test_an_answer_that_nobody_knows_is_no_no() -> None:
    """Otherwise is begun when the answer is no, however long nobody knew it before."""
    house = House()
    house.save(a_rule(when=WARM, then=[on()], otherwise=[on(VALVE), COOL]))
    warm(house, 30.0)
    doubt(house)
    assert (levels_of(house.trace), levels_of(house.trace, VALVE)) == ([1.0, 0.0], [])
    assert house.jobs == []
    warm(house, 20.0)
    assert house.levels == {PUMP: 0.0, VALVE: 1.0}
    assert lines(house) == ["cool"]
    assert house.happenings().count("rule.released") == 1
    assert house.state().counts.released == 1
    doubt(house)
    warm(house, 20.0)
    assert lines(house) == ["cool"]


def test_nothing_is_done_otherwise_where_the_answer_is_yes_again() -> None:
    """Nobody has said that it was not warm meanwhile."""
    house = House()
    house.save(a_rule(when=WARM, then=[on()], otherwise=[on(VALVE), COOL]))
    warm(house, 30.0)
    doubt(house)
    warm(house, 30.0)
    assert (levels_of(house.trace), levels_of(house.trace, VALVE)) == ([1.0, 0.0, 1.0], [])
    assert house.jobs == []


@pytest.mark.parametrize("end", [None, ShutdownBegun()])
@pytest.mark.parametrize("is_silent_before", [False, True])
def test_over_a_restart_otherwise_waits_until_the_answer_is_known(
    end: ShutdownBegun | None, is_silent_before: bool
) -> None:
    """Whether the sensor falls silent before or after."""
    house = cooled()
    if is_silent_before:
        doubt(house)
    if end is not None:
        house.feed(end)
        house.play(1.0)
    after = again(house, *house.engine.rules.book.rules.values())
    arrive(after)
    lives(after, 200.0, PUMP_ESP)
    assert after.levels[VALVE] == 0.0
    assert 1.0 not in levels_of(after.trace, VALVE)
    warm(after, 20.0)
    assert after.levels[VALVE] == 1.0
    assert after.jobs == []


def test_what_is_still_to_be_done_otherwise_survives_a_crash() -> None:
    """It was warm, and after the crash it is not: the valve opens."""
    house = House()
    rule = a_rule(when=WARM, then=[on()], otherwise=[on(VALVE)])
    house.save(rule)
    warm(house, 30.0)
    doubt(house)
    after = again(house, rule)
    arrive(after)
    warm(after, 20.0)
    assert levels_of(after.trace, VALVE) == [1.0]


def test_a_stop_takes_what_otherwise_waits_to_have_again() -> None:
    """Who releases it starts nothing, also not when the sensor speaks again."""
    house = cooled()
    doubt(house)
    house.press()
    house.play(2.0)
    house.release()
    house.play(2.0)
    warm(house, 20.0, 70.0)
    assert house.levels[VALVE] == 0.0


@pytest.mark.parametrize("changes", [{"enabled": False}, {"otherwise": [COOL]}])
def test_what_a_changed_rule_does_not_say_any_more_is_not_had_again(changes: dict[str, Any]) -> None:
    """Switched off, or without its valve."""
    house = cooled()
    doubt(house)
    told = {"when": WARM, "then": [LINE], "otherwise": [on(VALVE), COOL]}
    house.save(a_rule(**{**told, **changes}))
    house.save(a_rule(**told))
    warm(house, 20.0)
    assert house.levels[VALVE] == 0.0
    assert lines(house) == ["warm", "cool"]


def test_a_pulse_of_otherwise_runs_to_its_end() -> None:
    """As one of then does."""
    house = House()
    house.save(a_rule(when=WARM, then=[LINE], otherwise=[on(VALVE, duration=60)]))
    for degrees in (30.0, 20.0):
        warm(house, degrees)
    doubt(house, 30.0)
    assert house.levels[VALVE] == 1.0
    house.play(60.0)
    assert levels_of(house.trace, VALVE) == [1.0, 0.0]


def test_what_was_let_go_of_is_told_once() -> None:
    """What a rule without otherwise does: its pump rests, and runs anew when it is known to be warm."""
    house = House()
    house.save(a_rule(when=WARM))
    warm(house, 30.0)
    doubt(house)
    assert house.happenings().count("rule.released") == 1
    warm(house, 30.0)
    assert levels_of(house.trace) == [1.0, 0.0, 1.0]
    assert [each.cause for each in house.executions.values()] == [Cause.THEN, Cause.OTHERWISE, Cause.THEN]


@pytest.mark.parametrize("end", ["doubt", "shutdown"])
def test_what_waits_for_its_device_is_not_forgotten_for_what_rests_later(end: str) -> None:
    """One output is back, the other one's device is away; then nobody knows the answer again, or Home Assistant ends."""
    fan = ChannelId("ESP_OTHER01/actuator/12")
    house = House()
    plan = a_plan("ESP_OTHER01", sensors=[], actuators=[an_actuator(ActuatorKind.RELAY, 12, name="Fan")])
    house.plans = (*house.plans, plan)
    house.online(plan=plan)
    house.save(a_rule(when=WARM, then=[LINE], otherwise=[on(VALVE), on(fan)]))
    for degrees in (30.0, 20.0):
        warm(house, degrees)
    doubt(house)
    house.mute.add("ESP_OTHER01")
    house.feed(WillReceived(device=DeviceId("ESP_OTHER01"), reason="x"))
    warm(house, 20.0)
    assert (house.levels[VALVE], house.state().otherwise) == (1.0, (fan,))
    if end == "doubt":
        doubt(house)
    else:
        house.feed(ShutdownBegun())
    assert set(house.state().otherwise) == {VALVE, fan}


def test_a_sensor_that_comes_and_goes_lets_no_output_chatter() -> None:
    """A rule that has again what it holds otherwise more often than anybody means it to gives up, as one that acts too often."""
    house = cooled()
    house.trace.clear()
    for _ in range(60):
        doubt(house, 0.5)
        warm(house, 20.0, 0.5)
    assert house.state().degraded == "acts_too_often"
    assert len(house.trace) < 60


@pytest.mark.parametrize("is_doubtful", [False, True])
def test_a_clean_end_leaves_nothing_to_be_done_otherwise(is_doubtful: bool) -> None:
    """Whether the answer was known then or not: rules begin anew."""
    house = House()
    rule = a_rule(when=WARM, then=[LINE], otherwise=[on(VALVE, duration=60)])
    house.save(rule)
    warm(house, 30.0)
    if is_doubtful:
        doubt(house)
    after = again(house, rule, is_clean=True, after=100_000.0)
    arrive(after)
    warm(after, 20.0)
    assert levels_of(after.trace, VALVE) == []

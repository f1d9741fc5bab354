"""Rules that do not get what they want: people are told, and what is critical is not left at that."""

from typing import Any

from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.engine.rule_health import TOLD_AFTER
from custom_components.god_kaiser.core.events import PlanChanged
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId
from custom_components.god_kaiser.core.rules.explaining import Why
from custom_components.god_kaiser.core.rules.happenings import RuleHappening
from custom_components.god_kaiser.core.rules.orders import ShowRule
from tests.builders import START, a_heartbeat
from tests.core.engine.ruling import AIR, PUMP, PUMP_ESP, SENSOR_ESP, VALVE, House, a_rule, levels_of, on
from tests.core.engine.test_links import a_will

COLD = {"kind": "reading", "sensor": AIR, "operator": "<", "value": 15.0}


def critical(**policy: Any) -> dict[str, Any]:
    """Return what makes a rule critical."""
    return {"critical": True, "escalation": {"after": 60, **policy}}


def cold(house: House, seconds: float) -> None:
    """Let it be cold for a while, and let the sensor say so again and again."""
    for _ in range(int(seconds // 30)):
        house.air(10.0)
        house.play(30.0)


def told(house: House, happening: RuleHappening) -> list[dict[str, Any]]:
    """Return what was told about one kind of happening."""
    return [event.details for event in house.told if event.happening is happening]


def test_an_offline_target_is_told_after_a_while_and_so_is_its_return() -> None:
    """The heater's device is away: nobody thinks that the rule is fine (pitfall C22)."""
    house = House()
    house.save(a_rule(when=COLD))
    house.mute.add(PUMP_ESP)
    cold(house, 600.0)
    assert house.engine.rules.health.troubles["water"].why == "target_offline"
    assert told(house, RuleHappening.DEGRADED) == []
    cold(house, TOLD_AFTER)
    assert told(house, RuleHappening.DEGRADED) == [{"why": "target_offline"}]
    house.mute.clear()
    house.beat(house.plans[1].device)
    house.play(2.5)
    house.feed_report(PUMP, 0.0)
    cold(house, 150.0)
    assert len(told(house, RuleHappening.RECOVERED)) == 1
    assert house.levels[PUMP] == 1.0


def away(seconds: float, *, is_running: bool) -> House:
    """Return a house in which the heater's device was out of reach for so long, and what its output does then."""
    house = House()
    house.save(a_rule(when=COLD))
    cold(house, 60.0)
    house.mute.add(PUMP_ESP)
    cold(house, seconds)
    house.mute.clear()
    house.beat(house.plans[1].device)
    house.play(1.0)
    house.feed_report(PUMP, float(is_running))
    house.levels[PUMP] = float(is_running)
    return house


def test_a_rule_has_its_output_again_as_soon_as_its_device_is_back() -> None:
    """It has booted and is configured anew: with the last word about that, not with the next look at everything."""
    house = House()
    house.save(a_rule(when=COLD))
    cold(house, 60.0)
    house.mute.add(PUMP_ESP)
    house.feed(a_will(device=PUMP_ESP))
    cold(house, 130.0)
    assert house.engine.rules.answers.why("water", house.now) is Why.REFUSED
    house.mute.clear()
    house.trace.clear()
    house.levels[PUMP] = 0.0
    house.feed(a_heartbeat(DeviceId(PUMP_ESP), boot="another"))
    house.feed_report(PUMP, 0.0)
    effects = house.play(2.5)
    assert (house.trace, house.engine.rules.answers.why("water", house.now)) == ([], Why.REFUSED)
    house.configure(effects)
    effects = house.play(1.0)
    assert levels_of(house.trace) == [1.0]
    assert house.engine.rules.answers.why("water", house.now) is Why.RUNNING
    assert ShowRule("water") in effects


@pytest.mark.parametrize("seconds", [600.0, 3540.0, 3600.0, 4000.0, 8000.0])
def test_an_output_that_was_out_of_reach_belongs_to_its_rule_again_however_long_that_was(seconds: float) -> None:
    """Its device has rested it by itself: nobody has taken it, and its longest run is not over."""
    house = away(seconds, is_running=False)
    house.trace.clear()
    cold(house, 300.0)
    assert (house.levels[PUMP], house.engine.rules.health.troubles) == (1.0, {})
    assert house.engine.rules.answers.why("water", house.now) is Why.RUNNING


def test_what_may_have_run_to_its_end_out_of_reach_does_not_run_again() -> None:
    """Its longest run is shorter than the time after which a device rests because nobody answers it."""
    house = House()
    _sensors, outputs = house.plans
    short = [replace(each, max_runtime=60) for each in outputs.actuators]
    house.feed(PlanChanged(plan=replace(outputs, actuators=tuple(short))))
    house.play(5.0)
    house.save(a_rule(when=COLD, then=[on(VALVE)]))
    cold(house, 30.0)
    assert house.levels[VALVE] == 1.0
    house.mute.add(PUMP_ESP)
    house.feed(a_will(device=PUMP_ESP))
    cold(house, 120.0)
    house.mute.clear()
    house.trace.clear()
    house.levels[VALVE] = 0.0
    house.beat(outputs.device)
    house.play(1.0)
    house.feed_report(VALVE, 0.0)
    cold(house, 300.0)
    assert (levels_of(house.trace, VALVE), house.engine.rules.answers.why("water", house.now)) == ([], Why.RAN_OUT)


def test_what_has_run_for_as_long_as_it_may_is_told_so() -> None:
    """Also where it has run on out of reach: it rests, and nobody says that somebody has taken it."""
    house = away(4000.0, is_running=True)
    cold(house, 900.0)
    assert house.levels[PUMP] == 0.0
    there = House()
    there.save(a_rule(when=COLD))
    cold(there, 5000.0)
    for each in (house, there):
        assert each.engine.rules.answers.why("water", each.now) is Why.RAN_OUT
        assert each.engine.rules.health.troubles["water"].why == "ran_out"
        each.air(20.0)
        cold(each, 60.0)
        assert each.levels[PUMP] == 1.0
    assert told(there, RuleHappening.DEGRADED) == [{"why": "ran_out"}]


def test_an_unknown_sensor_is_told() -> None:
    """A rule that knows nothing for a quarter of an hour says so."""
    house = House()
    house.save(a_rule(when=COLD))
    house.air(20.0)
    house.mute.add(SENSOR_ESP)
    house.play(180.0 + TOLD_AFTER + 120.0)
    assert told(house, RuleHappening.DEGRADED) == [{"why": "unknown"}]


def test_a_critical_rule_tells_asks_again_and_does_something_else_instead() -> None:
    """First people, then two more tries, then the valve; all of it once (pitfall C23)."""
    house = House()
    house.deaf.add(PUMP)
    policy = critical(notify=["notify.phone"], retries=2, retry_every=30, instead=[on(VALVE)])
    house.save(a_rule(when=COLD, **policy))
    cold(house, 90.0)
    assert told(house, RuleHappening.ESCALATED) == [{"why": "not_running", "notify": "notify.phone"}]
    cold(house, 300.0)
    assert levels_of(house.trace, VALVE)[:1] == [1.0]
    assert len(told(house, RuleHappening.ESCALATED)) == 1
    assert house.engine.rules.health.troubles["water"].retries == 2


def asked(house: House, channel: ChannelId = PUMP) -> list[float]:
    """Return when an output was told to run."""
    return [moment for moment, name, level in house.trace if name == channel and level > 0.0]


@pytest.mark.parametrize("then", [[on()], [on(duration=3600)]], ids=["held", "pulse"])
def test_every_retry_asks_and_has_its_time(then: list[dict[str, Any]]) -> None:
    """Also after nothing has come of the last command; what is done instead comes when the last retry has not helped."""
    house = House()
    house.deaf.add(PUMP)
    house.save(a_rule(when=COLD, then=then, **critical(retries=3, retry_every=40, instead=[on(VALVE)])))
    cold(house, 300.0)
    escalated = next(event for event in house.told if event.happening is RuleHappening.ESCALATED)
    began = (escalated.at - START).total_seconds()
    assert {began + 40.0, began + 80.0, began + 120.0} <= set(asked(house))
    assert asked(house, VALVE)[0] == began + 160.0


def test_a_retry_that_helps_leaves_nothing_to_do_instead() -> None:
    """The pump hears the last one."""
    house = House()
    house.deaf.add(PUMP)
    house.save(a_rule(when=COLD, **critical(retries=1, retry_every=60, instead=[on(VALVE)])))
    cold(house, 90.0)
    house.deaf.clear()
    cold(house, 120.0)
    assert house.levels[PUMP] == 1.0
    assert asked(house, VALVE) == []


def test_a_retry_asks_for_nothing_that_a_stop_has_taken() -> None:
    """Not before the answer was no once."""
    house = House()
    house.save(a_rule(when=COLD, **critical(retries=3, retry_every=20)))
    cold(house, 30.0)
    house.press()
    house.play(2.0)
    house.release()
    house.play(2.0)
    house.trace.clear()
    cold(house, 240.0)
    assert told(house, RuleHappening.ESCALATED) == [{"why": "output_taken", "notify": ""}]
    assert asked(house) == []


def test_a_tag_on_the_output_is_told_as_what_it_is() -> None:
    """Nothing else has the output, and people should know where to look."""
    house = House()
    house.hang(PUMP)
    house.save(a_rule(when=COLD, **critical()))
    cold(house, 90.0)
    assert told(house, RuleHappening.ESCALATED) == [{"why": "locked_out", "notify": ""}]


def test_what_was_done_instead_ends_with_the_trouble() -> None:
    """When the pump runs after all, the valve is let go of."""
    house = House()
    house.deaf.add(PUMP)
    house.save(a_rule(when=COLD, **critical(instead=[on(VALVE)])))
    cold(house, 180.0)
    assert house.levels[VALVE] == 1.0
    house.deaf.clear()
    house.feed_report(PUMP, 1.0)
    cold(house, 120.0)
    assert house.levels[VALVE] == 0.0
    assert len(told(house, RuleHappening.RECOVERED)) == 1


def test_who_loses_to_another_rule_or_to_a_person_is_in_no_trouble() -> None:
    """Normal arbitration is no alarm (pitfall C24)."""
    house = House()
    house.save(
        a_rule("strong", when=COLD, priority="high", then=[on(level=0.5)]),
        a_rule("weak", when=COLD, then=[on(level=0.9)], **critical()),
    )
    cold(house, 600.0)
    assert told(house, RuleHappening.ESCALATED) == []


def test_a_rule_that_wants_rest_is_in_no_trouble_while_its_output_rests() -> None:
    """Nor where nobody runs it at all; one whose output goes on running is."""
    house = House()
    house.save(a_rule(when=COLD, then=[on(level=0.0)], **critical(instead=[on(VALVE)])))
    cold(house, 600.0)
    assert told(house, RuleHappening.ESCALATED) == []
    house.deaf.add(PUMP)
    house.feed_report(PUMP, 1.0)
    cold(house, 120.0)
    assert told(house, RuleHappening.ESCALATED) == [{"why": "not_resting", "notify": ""}]
    house.deaf.clear()
    house.feed_report(PUMP, 0.0)
    cold(house, 60.0)
    assert len(told(house, RuleHappening.RECOVERED)) == 1


def test_a_stop_that_takes_an_output_is_no_trouble_for_who_wants_it_to_rest() -> None:
    """It rests, as it should."""
    house = House()
    house.save(a_rule(when=COLD, then=[on(level=0.0)]))
    cold(house, 60.0)
    house.press()
    house.play(5.0)
    house.release()
    cold(house, TOLD_AFTER + 120.0)
    assert told(house, RuleHappening.DEGRADED) == []


@pytest.mark.parametrize("how", ["disable", "delete"])
def test_a_rule_that_is_gone_has_no_trouble(how: str) -> None:
    """Nobody is told about what nobody wants any more."""
    house = House()
    house.mute.add(PUMP_ESP)
    house.save(a_rule(when=COLD))
    cold(house, 600.0)
    if how == "delete":
        house.remove()
    else:
        house.save(a_rule(when=COLD, enabled=False))
    cold(house, TOLD_AFTER)
    assert house.engine.rules.health.troubles == {}
    assert told(house, RuleHappening.DEGRADED) == []

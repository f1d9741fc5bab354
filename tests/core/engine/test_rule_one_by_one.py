"""Rules whose actions follow one another: what is left out when one fails, and when nobody wants the rest any more."""

from typing import Any

from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.events import DemandReleased, RuleAnswered
from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.requests import Origin
from custom_components.god_kaiser.core.rules.executions import Cause, Outcome
from custom_components.god_kaiser.core.rules.explaining import Why
from custom_components.god_kaiser.core.rules.happenings import RuleHappening
from custom_components.god_kaiser.core.rules.model import Rule
from tests.builders import an_actuator
from tests.core.engine.ruling import PUMP, PUMP_ESP, VALVE, House, a_rule, levels_of, on
from tests.core.engine.test_rule_restarts import again, arrive

pytestmark = pytest.mark.req("LOG-32")

MOTOR = ChannelId(f"{PUMP_ESP}/actuator/14")
LINE = {"kind": "log", "text": "dry"}
FILL = {"kind": "call", "action": "script.fill"}


def one_by_one(*actions: dict[str, Any], **more: Any) -> Rule:
    """Return a rule that does nothing more after an action that has failed."""
    return a_rule(then=list(actions), stop_on_error=True, **more)


def damp(house: House, percent: float, seconds: float = 1.0) -> None:
    """Let the soil say something, and wait."""
    house.moisture(percent)
    house.play(seconds)


def answer(house: House, reason: str = "") -> None:
    """Answer the last thing that a rule has asked Home Assistant for."""
    job = house.jobs[-1]
    house.feed(RuleAnswered(key=job.key, number=job.number, is_done=not reason, reason=reason))


def outcomes(house: House, number: int = -1) -> list[Outcome]:
    """Return what has become of the actions, the last time or another one."""
    return [record.outcome for record in list(house.executions.values())[number].actions_executed]


def why(house: House) -> Why | None:
    """Return in a word why the rule does what it does."""
    return house.engine.rules.answers.why("water", house.now)


def test_without_the_option_the_second_action_is_done_though_the_first_has_failed() -> None:
    """As the former server did it."""
    house = House()
    house.save(a_rule(then=[FILL, on()]))
    damp(house, 20.0)
    answer(house, "no such script")
    assert outcomes(house) == [Outcome.FAILED, Outcome.CONFIRMED]
    assert levels_of(house.trace) == [1.0]


def test_each_begins_when_the_one_before_it_was_confirmed() -> None:
    """The valve is seen open before the pump is asked for, and the line is written when the pump runs."""
    house = House()
    house.save(one_by_one(on(VALVE), on(), LINE))
    house.moisture(20.0)
    assert (outcomes(house), levels_of(house.trace)) == ([Outcome.PENDING, Outcome.QUEUED, Outcome.QUEUED], [])
    assert why(house) is Why.NOT_CONFIRMED
    house.play(1.0)
    assert (levels_of(house.trace, VALVE), levels_of(house.trace)) == ([1.0], [1.0])
    assert outcomes(house) == [Outcome.CONFIRMED, Outcome.CONFIRMED, Outcome.PENDING]
    assert house.happenings() == ["rule.fired"]
    answer(house)
    assert outcomes(house) == [Outcome.CONFIRMED, Outcome.CONFIRMED, Outcome.DONE]
    assert (house.happenings(), why(house)) == (["rule.fired", "rule.executed"], Why.RUNNING)


def test_nothing_is_done_after_an_action_that_has_failed() -> None:
    """The pump does not run into a valve that nobody has opened; the rule says so, and tries again later."""
    house = House()
    house.save(one_by_one(FILL, on(), LINE))
    damp(house, 20.0)
    assert (outcomes(house), why(house)) == ([Outcome.PENDING, Outcome.QUEUED, Outcome.QUEUED], Why.ONE_BY_ONE)
    answer(house, "no such script")
    assert outcomes(house) == [Outcome.FAILED, Outcome.LEFT_OUT, Outcome.LEFT_OUT]
    (execution,) = house.executions.values()
    assert (execution.is_over, execution.success, execution.error_message) == (True, False, "no such script")
    assert (levels_of(house.trace), house.happenings(), why(house)) == (
        [],
        ["rule.fired", "rule.executed"],
        Why.TRYING_AGAIN,
    )
    damp(house, 20.0, 31.0)
    answer(house)
    house.play(1.0)
    assert (outcomes(house)[:2], levels_of(house.trace)) == ([Outcome.DONE, Outcome.CONFIRMED], [1.0])


def test_what_fails_for_hours_is_tried_less_and_less_often_and_at_once_when_somebody_saves_it() -> None:
    """Nothing is gained by asking twice a minute, and nobody waits for a rule that was mended."""
    house = House()
    house.save(one_by_one(FILL, on()))
    damp(house, 20.0)
    for _ in range(240):
        if not next(reversed(house.executions.values())).is_over:
            answer(house, "no such script")
        damp(house, 20.0, 30.0)
    assert 20 < len(house.executions) < 32
    assert why(house) is Why.TRYING_AGAIN
    before = len(house.executions)
    house.save(one_by_one(FILL, on(), description="The script is there now"))
    assert len(house.executions) == before + 1
    answer(house)
    house.play(1.0)
    assert levels_of(house.trace) == [1.0]


def test_trouble_goes_on_while_it_is_tried_again() -> None:
    """People hear of it after as long as they have said, however often another attempt has begun meanwhile."""
    house = House()
    house.save(one_by_one(FILL, on(), critical=True, escalation={"after": 280}))
    damp(house, 20.0)
    for _ in range(24):
        if not next(reversed(house.executions.values())).is_over:
            assert len(house.executions) == 1 or house.engine.rules.health.troubles
            answer(house, "no such script")
        damp(house, 20.0, 15.0)
    assert [event.happening for event in house.told].count(RuleHappening.ESCALATED) == 1


def test_what_has_run_goes_on_and_what_is_left_out_is_told() -> None:
    """The valve stays open while the soil is dry; that the pump is left out is trouble like any other."""
    house = House()
    house.save(one_by_one(on(VALVE), FILL, on(), critical=True))
    damp(house, 20.0)
    answer(house, "no such script")
    for _ in range(4):
        damp(house, 20.0, 30.0)
    assert (house.levels[VALVE], levels_of(house.trace), why(house)) == (1.0, [], Why.BROKEN_OFF)
    escalated = next(event for event in house.told if event.happening == "rule.escalated")
    assert escalated.details["why"] == "left_out"


def test_who_waits_for_an_output_keeps_the_rest_waiting() -> None:
    """Waiting is no failure: when the device is there again, the rest follows."""
    house = House()
    house.mute.add(PUMP_ESP)
    house.play(200.0)
    house.save(one_by_one(on(VALVE), LINE))
    damp(house, 20.0)
    assert outcomes(house) == [Outcome.WAITING, Outcome.QUEUED]
    house.mute.clear()
    house.beat(house.plans[1].device)
    house.play(130.0)
    assert outcomes(house) == [Outcome.CONFIRMED, Outcome.PENDING]


@pytest.mark.parametrize("end", ["wet", "switched_off", "removed", "changed", "stopped_waiting", "shutdown"])
def test_nothing_begins_any_more_when_nobody_wants_it(end: str) -> None:
    """The soil is wet before the script has ended, or somebody has changed the rule: its answer starts no pump."""
    house = House()
    rule = one_by_one(FILL, on()) if end != "stopped_waiting" else one_by_one(on(VALVE), on())
    if end == "stopped_waiting":
        house.mute.add(PUMP_ESP)
        house.play(200.0)
    house.save(rule)
    damp(house, 20.0)
    match end:
        case "wet" | "stopped_waiting":
            damp(house, 50.0)
        case "switched_off":
            house.save(one_by_one(FILL, on(), enabled=False))
        case "removed":
            house.remove()
        case "changed":
            house.save(one_by_one(LINE))
        case "shutdown":
            again(house, rule, is_clean=True)
    assert outcomes(house, 0)[1] is Outcome.LEFT_OUT
    if end == "stopped_waiting":
        house.mute.clear()
        house.beat(house.plans[1].device)
    else:
        answer(house)
    house.play(130.0)
    assert levels_of(house.trace) == []
    assert house.engine.demands.of(PUMP) == []
    assert next(iter(house.executions.values())).is_over or end in ("changed", "shutdown")


def test_another_name_breaks_nothing_off() -> None:
    """Only what a rule does not want any more is left out."""
    house = House()
    house.save(one_by_one(FILL, on()))
    damp(house, 20.0)
    house.save(one_by_one(FILL, on(), name="Water the bed"))
    answer(house)
    house.play(1.0)
    assert levels_of(house.trace) == [1.0]


def test_what_is_done_otherwise_and_instead_follows_one_another_as_well() -> None:
    """And ends with what it was done for: the trouble is over, so the valve that stands in is not opened any more."""
    house = House()
    house.save(one_by_one(on(), otherwise=[FILL, on(VALVE)]))
    damp(house, 20.0)
    damp(house, 50.0)
    assert outcomes(house) == [Outcome.PENDING, Outcome.QUEUED]
    damp(house, 20.0)
    assert outcomes(house, 1)[1] is Outcome.LEFT_OUT
    answer(house)
    house.play(1.0)
    assert levels_of(house.trace, VALVE) == []
    house.remove()
    house.play(5.0)
    house.deaf.add(PUMP)
    policy = {"after": 60, "instead": [FILL, on(VALVE)]}
    house.save(one_by_one(on(), critical=True, escalation=policy))
    for _ in range(8):
        damp(house, 20.0, 30.0)
    (stands_in,) = (each for each in house.executions.values() if each.cause is Cause.INSTEAD)
    assert [record.outcome for record in stands_in.actions_executed] == [Outcome.PENDING, Outcome.QUEUED]
    house.deaf.clear()
    house.feed_report(PUMP, 1.0)
    damp(house, 20.0, 30.0)
    assert house.happenings()[-1] == "rule.recovered"
    answer(house)
    house.play(5.0)
    assert levels_of(house.trace, VALVE) == []


def test_over_a_clean_restart_otherwise_holds_what_it_has_held_and_no_more() -> None:
    """What was left out before is not begun by a restart."""
    house = House()
    rule = one_by_one(LINE, otherwise=[on(VALVE), FILL, on()])
    house.save(rule)
    damp(house, 20.0)
    answer(house)
    damp(house, 50.0)
    answer(house, "no such script")
    house.play(1.0)
    assert (house.levels[VALVE], levels_of(house.trace)) == (1.0, [])
    after = again(house, rule, is_clean=True)
    arrive(after, percent=50.0)
    after.play(5.0)
    assert (after.levels[VALVE], levels_of(after.trace), levels_of(after.trace, VALVE)) == (1.0, [], [1.0])


def a_house_with_a_motor() -> House:
    """Return a house with a motor valve beside the pump, which says that it is closed."""
    house = House(is_new=False)
    sensors, outputs = house.plans
    motor = an_actuator(ActuatorKind.VALVE, 14, name="Motor")
    house.plans = (sensors, replace(outputs, actuators=(*outputs.actuators, motor)))
    for plan in house.plans:
        house.online(plan=plan)
    house.feed_report(MOTOR, 0.0)
    house.play(1.0)
    return house


def test_a_motor_valve_is_waited_for_until_it_is_seen_open() -> None:
    """Its device says at once that it has begun to move; the pump is asked for when it says where the valve stands."""
    house = a_house_with_a_motor()
    house.save(one_by_one(on(MOTOR), on()))
    damp(house, 20.0)
    assert outcomes(house) == [Outcome.MOVING, Outcome.QUEUED]
    house.feed_report(MOTOR, 0.0)
    house.moisture(20.0)
    assert (why(house), house.engine.rules.health.troubles) == (Why.MOVING, {})
    house.play(6.0)
    assert levels_of(house.trace) == []
    house.feed_report(MOTOR, 1.0)
    house.play(1.0)
    assert (outcomes(house), levels_of(house.trace)) == ([Outcome.CONFIRMED, Outcome.CONFIRMED], [1.0])


def test_what_waits_for_a_motor_valve_names_it() -> None:
    """Whoever asks about the pump hears what goes first; afterwards nothing does."""
    house = a_house_with_a_motor()
    rule = one_by_one(on(MOTOR), on(), LINE)
    house.save(rule)
    damp(house, 20.0)
    house.feed_report(MOTOR, 0.0)
    found = house.engine.rules.answers.explain("water", house.now)
    assert found is not None
    assert [(each.output, each.goes_first) for each in found.outputs] == [(MOTOR, None), (PUMP, rule.then[0])]
    assert found.why is why(house) is Why.MOVING
    house.play(7.0)
    house.feed_report(MOTOR, 1.0)
    house.play(1.0)
    found = house.engine.rules.answers.explain("water", house.now)
    assert found is not None
    assert [(each.output, each.goes_first) for each in found.outputs] == [(MOTOR, None), (PUMP, None)]


def test_a_pulse_that_waits_for_a_motor_valve_is_no_pulse_yet() -> None:
    """The rule is on its way to it."""
    house = a_house_with_a_motor()
    house.save(one_by_one(on(MOTOR, duration=60), on(duration=20)))
    damp(house, 20.0)
    house.feed_report(MOTOR, 0.0)
    assert why(house) is Why.MOVING


def test_a_valve_that_has_still_to_say_where_it_stands_is_no_trouble() -> None:
    """Its time to move is over, and its device speaks every 30 seconds; who says nothing for longer is trouble."""
    house = a_house_with_a_motor()
    house.save(a_rule(then=[on(MOTOR)]))
    damp(house, 20.0)
    house.feed_report(MOTOR, 0.0)
    damp(house, 20.0, 6.0)
    health = house.engine.rules.health
    for seconds, found, trouble in (
        (1.0, Why.MOVING, []),
        (30.0, Why.MOVING, []),
        (5.0, Why.NOT_CONFIRMED, ["not_running"]),
    ):
        damp(house, 20.0, seconds)
        health.review("water", house.now)
        assert (why(house), [each.why for each in health.troubles.values()]) == (found, trouble)


def test_a_motor_valve_that_stays_closed_is_a_failure() -> None:
    """Nothing follows it, and the rule tries again later."""
    house = a_house_with_a_motor()
    house.save(one_by_one(on(MOTOR), on()))
    damp(house, 20.0, 8.0)
    house.feed_report(MOTOR, 0.0)
    assert outcomes(house) == [Outcome.UNCONFIRMED, Outcome.LEFT_OUT]
    assert (levels_of(house.trace), why(house)) == ([], Why.TRYING_AGAIN)


def test_a_motor_valve_that_is_let_go_of_on_its_way_has_obeyed() -> None:
    """The record is over; where the valve stood when it was told to close again, nobody asks any more."""
    house = a_house_with_a_motor()
    house.save(a_rule(then=[on(MOTOR)]))
    damp(house, 20.0)
    damp(house, 50.0)
    assert (outcomes(house, 0), house.state().counts.fired) == ([Outcome.CONFIRMED], 1)


@pytest.mark.parametrize("pulse", [{}, {"duration": 30}], ids=["held", "pulse"])
def test_a_motor_valve_that_moves_for_somebody_else_has_not_begun(pulse: dict[str, Any]) -> None:
    """What is refused because it moves starts no cooldown: the rule has its turn, or tries again."""
    house = a_house_with_a_motor()
    house.wish(1.0, MOTOR, origin=Origin.PERSON, duration=60)
    house.play(0.5)
    house.feed(DemandReleased(channel=MOTOR, owner="person"))
    house.save(a_rule(then=[on(MOTOR, **pulse)], cooldown=600))
    house.moisture(20.0)
    assert house.state().cools_until is None
    assert house.state().skipped != "cooldown"


def test_the_cooldown_of_a_motor_valve_begins_when_its_device_has_answered() -> None:
    """It is on its way: where the rule lets go before it has arrived, the next time waits all the same."""
    house = a_house_with_a_motor()
    house.save(a_rule(then=[on(MOTOR)], cooldown=600))
    damp(house, 20.0)
    damp(house, 50.0)
    damp(house, 20.0)
    assert (house.state().skipped, house.state().counts.fired) == ("cooldown", 1)

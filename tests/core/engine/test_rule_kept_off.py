"""What a rule says of itself around a stop or a tag: neither more nor less than what it will do."""

from typing import Any

import pytest

from custom_components.god_kaiser.core.effects import Effect
from custom_components.god_kaiser.core.requests import Origin
from custom_components.god_kaiser.core.rules.executions import Outcome
from custom_components.god_kaiser.core.rules.explaining import Why
from custom_components.god_kaiser.core.rules.orders import ShowRule
from tests.core.engine.ruling import PUMP, PUMP_ESP, VALVE, House, a_rule, levels_of, on
from tests.core.engine.test_rule_answers import ruled, why
from tests.core.engine.test_rule_restarts import again, arrive
from tests.core.engine.test_rule_stops import answer, damp, flushing, starts

ONCE = [on(duration=10)]
LOCK = {"kind": "lock", "output": PUMP, "reason": "hot"}
STOP, TAG = "emergency_stop_active", "locked_out"


def keep_off(house: House, how: str) -> list[Effect]:
    """Press the stop, or hang the tag of a person on the pump."""
    effects = house.press() if how == STOP else house.hang(PUMP)
    return [*effects, *house.play(2.0)]


def permit(house: House, how: str) -> None:
    """Release the stop, or take off the tag."""
    if how == STOP:
        house.release()
    else:
        house.take_off(PUMP)
    house.play(10.0)


def last(house: House) -> list[tuple[Outcome, str]]:
    """Return what has become of what the rule did last, and why."""
    execution = why(house).last
    assert execution is not None
    return [(each.outcome, each.reason) for each in execution.actions_executed]


def losses(house: House) -> list[tuple[str, Any, Any]]:
    """Return which outputs were taken from rules and were free again, and by what, as it was told."""
    told = [event for event in house.told if event.happening.value.startswith("rule.output_")]
    assert all(event.details["esp_id"] == PUMP_ESP for event in told)
    return [(event.happening.value, event.details["channel"], event.details.get("why")) for event in told]


@pytest.mark.parametrize("how", [STOP, TAG])
@pytest.mark.parametrize("fields", [{}, {"then": ONCE}, {"then": [on(duration=10)], "cooldown": 60}])
def test_what_is_taken_from_a_rule_is_told_once_and_once_more_when_it_is_free(how: str, fields: dict[str, Any]) -> None:
    """Whatever it holds or pulses, in the moment of the stop and after the no; why says the same meanwhile."""
    house = ruled(20.0, **fields)
    assert losses(house) == []
    keep_off(house, how)
    taken = [("rule.output_taken", PUMP, how)]
    assert losses(house) == taken
    permit(house, how)
    damp(house, 20.0, 100.0)
    assert (losses(house), why(house).outputs[0].waits_for_no) == (taken, True)
    damp(house, 50.0)
    assert losses(house) == [*taken, ("rule.output_freed", PUMP, None)]
    damp(house, 20.0)
    assert (starts(house), len(losses(house))) == (2, 2)


@pytest.mark.parametrize("how", [STOP, TAG])
def test_an_answer_that_turns_under_a_stop_is_no_news(how: str) -> None:
    """The output is not free before the stop or the tag is over as well, and over a restart nothing is told anew."""
    house = ruled(20.0)
    keep_off(house, how)
    taken = [("rule.output_taken", PUMP, how)]
    for _ in range(3):
        damp(house, 50.0)
        damp(house, 20.0)
    assert losses(house) == taken
    damp(house, 50.0)
    after = again(house, a_rule())
    arrive(after, percent=20.0)
    arrive(after, percent=50.0)
    assert losses(after) == []
    permit(after, how)
    damp(after, 50.0)
    assert losses(after) == [("rule.output_freed", PUMP, None)]


def test_what_is_taken_while_a_rule_does_not_look_yet_is_told_once_over_restarts() -> None:
    """The stop comes after a restart, before all devices are there."""
    after = again(ruled(20.0), a_rule())
    after.press()
    after.play(2.0)
    assert losses(after) == [("rule.output_taken", PUMP, STOP)]
    third = again(after, a_rule())
    arrive(third, percent=20.0)
    assert losses(third) == []


@pytest.mark.parametrize("how", [STOP, TAG])
def test_a_rule_that_is_made_anew_has_its_output_again_and_says_so(how: str) -> None:
    """Another `then`, or off and on; not while the stop still holds, and not of an output that it does not name any more."""
    freed = [("rule.output_freed", PUMP, None)]
    for steps in ([a_rule(then=ONCE)], [a_rule(enabled=False), a_rule()], [a_rule(priority=3)]):
        house = ruled(20.0)
        keep_off(house, how)
        permit(house, how)
        house.save(*steps)
        house.play(2.0)
        assert losses(house)[1:] == freed
        house = ruled(20.0)
        keep_off(house, how)
        house.save(*steps)
        house.play(2.0)
        assert len(losses(house)) == 1
        permit(house, how)
        damp(house, 50.0)
        assert losses(house)[1:] == freed
    house = ruled(20.0)
    keep_off(house, how)
    house.save(a_rule(then=[on(VALVE)]))
    permit(house, how)
    damp(house, 50.0)
    assert [each for each in losses(house) if each[1] == PUMP] == [("rule.output_taken", PUMP, how)]


def test_of_two_outputs_only_what_was_lost_is_told_and_a_press_more_is_no_news() -> None:
    """One has had its pulse; the other one is wanted still."""
    house = ruled(20.0, then=[on(duration=1), on(VALVE)])
    house.play(5.0)
    house.press()
    house.play(2.0)
    house.press(PUMP_ESP)
    house.play(2.0)
    assert losses(house) == [("rule.output_taken", VALVE, STOP)]
    assert [each.output for each in why(house).outputs if each.waits_for_no] == [VALVE]


def test_a_rule_that_only_rests_an_output_loses_nothing() -> None:
    """A stop does what it wants."""
    house = ruled(20.0, then=[on(level=0.0)])
    keep_off(house, STOP)
    assert losses(house) == []


@pytest.mark.parametrize("how", [STOP, TAG])
def test_a_pulse_that_is_over_and_comes_once_has_lost_nothing(how: str) -> None:
    """It has done what it does, is in no trouble, and comes again after a no as it would have without a stop."""
    house = ruled(20.0, then=ONCE)
    house.play(11.0)
    for step in (lambda: keep_off(house, how), lambda: permit(house, how)):
        step()
        found = why(house)
        assert (found.why, found.outputs, found.trouble) == (Why.DONE, (), "")
        assert last(house) == [(Outcome.CONFIRMED, "")]
        assert losses(house) == []
    damp(house, 20.0, 1000.0)
    assert (starts(house), "rule.degraded" in house.happenings()) == (1, False)
    damp(house, 50.0)
    damp(house, 20.0)
    assert starts(house) == 2


@pytest.mark.parametrize("how", [STOP, TAG])
def test_a_pulse_that_is_cut_short_says_so(how: str) -> None:
    """In its record, in what is told once more, and in why: it comes again only after a no."""
    house = ruled(20.0, then=ONCE)
    effects = keep_off(house, how)
    assert last(house) == [(Outcome.CUT_SHORT, how)]
    assert ShowRule("water") in effects
    (told,) = [event for event in house.told if event.happening == "rule.executed"][1:]
    assert (told.details["success"], told.details["error"]) == (False, how)
    assert (why(house).why, why(house).outputs[0].reasons, why(house).outputs[0].waits_for_no) == (
        Why.REFUSED,
        (how,),
        True,
    )
    permit(house, how)
    assert why(house).why is Why.TAKEN
    damp(house, 20.0, 300.0)
    assert starts(house) == 1


def test_what_a_rule_ends_itself_is_not_cut_short() -> None:
    """Nor what has come to its end, nor what somebody else ends while a stop is far away."""
    house = ruled(20.0, then=ONCE)
    house.save(a_rule(then=ONCE, enabled=False))
    house.press()
    house.play(2.0)
    (execution,) = house.executions.values()
    assert execution.success
    house = ruled(20.0, then=ONCE, cooldown=60)
    house.play(30.0)
    house.press(PUMP_ESP)
    house.play(2.0)
    assert last(house) == [(Outcome.CONFIRMED, "")]


def test_one_of_two_pulses_is_cut_short() -> None:
    """The other was over; only what was lost is told."""
    house = ruled(20.0, then=[on(duration=100), on(VALVE, duration=1)])
    house.play(5.0)
    house.press()
    house.play(2.0)
    assert last(house) == [(Outcome.CUT_SHORT, STOP), (Outcome.CONFIRMED, "")]
    assert [each.output for each in why(house).outputs] == [PUMP]
    assert house.engine.rules.health.troubles["water"].why == "output_taken"


def test_a_pulse_that_has_not_begun_can_be_lost() -> None:
    """It waits behind a script when the stop comes: it is not given when the script is done after the release."""
    fill = {"kind": "call", "action": "script.fill"}
    house = ruled(20.0, then=[fill, *ONCE], stop_on_error=True)
    keep_off(house, STOP)
    assert house.state().taken == (PUMP,)
    permit(house, STOP)
    answer(house)
    house.play(2.0)
    assert (last(house)[1], levels_of(house.trace)) == ((Outcome.BARRED, "output_taken"), [])


@pytest.mark.parametrize("how", [STOP, TAG])
@pytest.mark.parametrize("fields", [{}, {"then": ONCE}], ids=["held", "pulse"])
def test_nobody_tries_again_while_a_stop_or_a_tag_keeps_it_off(how: str, fields: dict[str, Any]) -> None:
    """The pump has not obeyed, so the rule would try again; after the release it waits for a no."""
    house = House()
    house.deaf.add(PUMP)
    house.save(a_rule(**fields))
    house.moisture(20.0)
    house.play(120.0)
    house.moisture(20.0)
    while house.state().is_active:
        house.play(1.0)
    assert why(house).why is Why.TRYING_AGAIN
    before = len(house.executions)
    keep_off(house, how)
    assert (why(house).why, why(house).seconds) == (Why.REFUSED, None)
    damp(house, 20.0, 400.0)
    assert house.engine.rules.health.troubles["water"].why == ("output_taken" if how == STOP else "locked_out")
    permit(house, how)
    damp(house, 20.0, 400.0)
    assert (why(house).why, why(house).seconds, len(house.executions)) == (Why.TAKEN, None, before)
    house.deaf.clear()
    damp(house, 50.0)
    damp(house, 20.0)
    assert why(house).why in (Why.RUNNING, Why.PULSING)


@pytest.mark.parametrize(
    ("fields", "values"),
    [({"for": 60}, (20.0,)), ({"cooldown": 60}, (20.0, 50.0, 20.0)), ({"max_per_hour": 1}, (20.0, 50.0, 20.0))],
    ids=["for", "cooldown", "max_per_hour"],
)
def test_a_clock_that_leads_to_nothing_is_not_told(fields: dict[str, Any], values: tuple[float, ...]) -> None:
    """What a rule would do at its end is lost; one that also tells people still waits for that."""
    house = ruled(*values, **fields)
    keep_off(house, TAG)
    assert why(house).why is Why.REFUSED
    permit(house, TAG)
    assert why(house).why is Why.TAKEN
    house = ruled(*values, **fields, then=[on(), {"kind": "log", "text": "dry"}])
    keep_off(house, TAG)
    assert why(house).why not in (Why.REFUSED, Why.TAKEN)


def test_a_pulse_that_the_tag_of_a_rule_has_barred_waits_for_a_no() -> None:
    """One that comes once was not given, and does not come when the tag is taken off: the rule says so all the time."""
    house = ruled(20.0)
    house.save(a_rule("guard", then=[LOCK], priority=1), a_rule("feed", then=ONCE))
    house.play(2.0)
    assert (why(house, "feed").why, why(house, "feed").outputs[0].reasons) == (Why.REFUSED, (TAG,))
    house.take_off(PUMP)
    house.play(2.0)
    assert (why(house, "feed").why, why(house, "feed").outputs[0].waits_for_no) == (Why.TAKEN, True)


def test_a_pulse_that_comes_again_says_that_a_tag_keeps_it_off() -> None:
    """Until a person takes off what another rule has hung; then it waits for its cooldown alone."""
    house = ruled(20.0, then=ONCE, cooldown=60)
    house.save(a_rule("guard", then=[LOCK]))
    house.play(2.0)
    found = why(house)
    assert (found.why, found.outputs[0].reasons, found.outputs[0].waits_for_no) == (Why.REFUSED, (TAG,), False)
    assert last(house) == [(Outcome.CUT_SHORT, TAG)]
    house.take_off(PUMP)
    house.play(2.0)
    assert why(house).why is Why.COOLDOWN


def test_what_has_lost_all_neither_lets_go_nor_begins_when_nobody_knows_its_answer() -> None:
    """It holds nothing; what it also tells people, it does tell again."""
    for line, fired in (([], 1), ([{"kind": "log", "text": "dry"}], 2)):
        rule = a_rule(then=[on(), *line])
        house = ruled(20.0, then=[on(), *line])
        keep_off(house, STOP)
        after = again(house, rule)
        after.play(65.0)
        assert why(after).why is Why.UNKNOWN
        arrive(after, percent=20.0)
        assert (after.state().counts.fired, after.state().taken) == (fired, (PUMP,))


def test_what_is_lost_is_not_claimed_because_somebody_else_runs_it() -> None:
    """After the release a person runs the pump; the rule has no part in that."""
    house = ruled(20.0)
    keep_off(house, STOP)
    permit(house, STOP)
    house.wish(1.0, PUMP, origin=Origin.PERSON, duration=60)
    house.play(1.0)
    assert (why(house).outputs[0].is_running, why(house).why) == (True, Why.TAKEN)


def test_who_shows_a_rule_hears_that_its_sequence_was_taken() -> None:
    """The rule itself does nothing then, and has no output that would have news."""
    house = flushing(PUMP)
    effects = house.press(PUMP_ESP)
    assert house.state().taken_runs == ("flush",)
    assert ShowRule("water") in effects

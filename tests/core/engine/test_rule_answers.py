"""Why a rule does what it does: one reason, and the data behind it."""

from typing import Any

from msgspec import json
import pytest

from custom_components.god_kaiser.core.requests import Origin
from custom_components.god_kaiser.core.rules.explaining import Explanation, Why
from custom_components.god_kaiser.core.safety.limits import DEFAULT_HOLD
from custom_components.god_kaiser.core.truth import Truth
from tests.core.engine.ruling import PUMP, PUMP_ESP, SOIL, VALVE, House, a_rule, dry, on


def why(house: House, name: str = "water") -> Explanation:
    """Return why a rule does what it does; its switch, which is told only a word, is told the same one."""
    found = house.engine.rules.answers.explain(name, house.now)
    assert found is not None
    assert house.engine.rules.answers.why(name, house.now) is found.why
    return found


def said(house: House, *values: float) -> House:
    """Let the soil say these values."""
    for value in values:
        house.moisture(value)
        house.play(1.0)
    return house


def ruled(*values: float, **more: Any) -> House:
    """Return a house with a rule whose soil has said these values."""
    house = House()
    house.save(a_rule(**more))
    return said(house, *values)


def test_every_reason_is_told() -> None:
    """Each state of a rule has its own reason."""
    assert why(ruled(enabled=False)).why is Why.SWITCHED_OFF
    assert why(ruled()).why is Why.UNKNOWN
    assert why(ruled(50.0)).why is Why.NOT_SO
    assert why(ruled(20.0)).why is Why.RUNNING
    assert why(ruled(20.0, then=[on(duration=10)])).why is Why.PULSING
    assert why(ruled(20.0, **{"for": 60})).why is Why.NOT_FOR_LONG_ENOUGH
    assert why(ruled(20.0, 50.0, 20.0, cooldown=60)).why is Why.COOLDOWN
    assert why(ruled(20.0, 50.0, 20.0, max_per_hour=1)).why is Why.MAX_PER_HOUR
    assert why(ruled(20.0, 50.0, 20.0, max_per_day=1)).why is Why.MAX_PER_DAY


@pytest.mark.parametrize(
    ("more", "seconds"),
    [({"for": 60}, 59.0), ({"cooldown": 60}, 57.2), ({"max_per_hour": 1}, 3597.0)],
)
def test_how_long_it_will_be_so_is_told(more: dict[str, Any], seconds: float) -> None:
    """Where a clock decides, people hear how long it still takes."""
    house = ruled(20.0, **more) if "for" in more else ruled(20.0, 50.0, 20.0, **more)
    assert why(house).seconds == pytest.approx(seconds)


def test_who_wants_rest_has_it_where_the_output_rests() -> None:
    """And does not where it runs: because the device has not obeyed yet, or because a more important one wants that."""
    rests = [on(level=0.0)]
    house = ruled(20.0, then=rests)
    assert why(house).why is Why.RUNNING
    house.deaf.add(PUMP)
    house.feed_report(PUMP, 1.0)
    assert why(house).why is Why.NOT_CONFIRMED
    house = House()
    house.save(a_rule(then=rests), a_rule("strong", priority="high"))
    said(house, 20.0)
    assert (why(house).why, why(house, "strong").why) == (Why.OUTRANKED, Why.RUNNING)


def test_a_pulse_says_how_long_it_runs_and_then_how_long_it_waits() -> None:
    """While it runs, between two of them, and where it may not come back within the hour."""
    house = ruled(20.0, then=[on(duration=10)], cooldown=60, max_per_hour=2)
    assert why(house).why is Why.PULSING
    assert why(house).seconds == pytest.approx(9.0)
    assert why(house).outputs[0].seconds == pytest.approx(9.0)
    house.play(8.0)
    assert why(house).why is Why.PULSING
    assert why(house).seconds == pytest.approx(1.0)
    house.play(2.0)
    found = why(house)
    assert (found.why, found.is_active, found.outputs) == (Why.COOLDOWN, True, ())
    assert found.seconds == pytest.approx(49.2)
    house.play(50.0)
    assert why(house).why is Why.PULSING
    house.play(61.0)
    assert (why(house).why, why(house).is_active) == (Why.MAX_PER_HOUR, True)
    assert why(house).seconds == pytest.approx(3600.0 - 121.0, abs=2.0)


def test_a_single_pulse_is_done_when_it_is_over() -> None:
    """Without a cooldown it comes once; a rule that tells people again and again is done in between."""
    house = ruled(20.0, then=[on(duration=10)])
    house.play(11.0)
    assert (why(house).why, why(house).seconds) == (Why.DONE, None)
    assert why(ruled(20.0, then=[{"kind": "log", "text": "dry"}], cooldown=60)).why is Why.DONE


def test_a_pulse_runs_to_its_end_when_the_answer_has_become_no() -> None:
    """And says so until then; what a rule holds besides is let go of at once."""
    house = ruled(20.0, 50.0, then=[on(duration=10), on(VALVE)])
    assert (why(house).why, why(house).is_active) == (Why.PULSING, False)
    house.play(10.0)
    assert why(house).why is Why.NOT_SO
    assert why(ruled(20.0, then=[on(duration=10), on(VALVE)])).why is Why.RUNNING


def test_a_pulse_that_nobody_has_confirmed_is_none_yet() -> None:
    """What the device has not said does not run."""
    house = House()
    house.deaf.add(PUMP)
    house.save(a_rule(then=[on(duration=10)], cooldown=60))
    said(house, 20.0)
    assert why(house).why is Why.NOT_CONFIRMED


def test_the_off_of_a_person_holds_for_so_long() -> None:
    """Whoever asks hears how long a rule is kept away still."""
    house = ruled(20.0)
    house.wish(0.0, PUMP, origin=Origin.PERSON)
    house.play(60.0)
    found = why(house)
    assert found.why is Why.OUTRANKED
    assert found.seconds == pytest.approx(DEFAULT_HOLD - 60.0)
    assert found.outputs[0].held_for == found.seconds
    house.play(DEFAULT_HOLD)
    assert (why(house).why, why(house).outputs[0].held_for) == (Why.RUNNING, None)


def test_the_off_of_a_person_holds_against_pulses_as_well() -> None:
    """Between two pulses, and when the next one was refused; whoever asks hears for how long still."""
    house = ruled(20.0, then=[on(duration=10)], cooldown=60)
    house.play(20.0)
    house.wish(0.0, PUMP, origin=Origin.PERSON)
    for seconds in (1.0, 60.0, 15.0):
        house.play(seconds)
        found = why(house)
        assert (found.why, found.outputs[0].winner) == (Why.OUTRANKED, "person")
        assert found.seconds == found.outputs[0].held_for
    assert not house.state().is_active
    house.play(DEFAULT_HOLD)
    assert why(house).why in (Why.PULSING, Why.COOLDOWN)


def test_what_speaks_against_a_wish_is_named() -> None:
    """A rule that loses, that is refused, that nobody obeys, or whose output was taken by a stop, says which it is."""
    house = House()
    house.save(a_rule("strong", priority="high", then=[on(level=0.4)]), a_rule("weak", then=[on(level=0.9)]))
    said(house, 20.0)
    assert why(house, "weak").why is Why.OUTRANKED
    assert why(house, "weak").outputs[0].winner == "rule:strong"

    house = House()
    house.mute.add(PUMP_ESP)
    house.save(a_rule())
    house.play(200.0)
    said(house, 20.0)
    assert why(house).why is Why.REFUSED
    assert why(house).outputs[0].reasons == ("device_offline",)

    house = House()
    house.deaf.add(PUMP)
    house.save(a_rule())
    said(house, 20.0)
    assert why(house).why is Why.NOT_CONFIRMED

    house = ruled(20.0)
    house.press()
    house.play(2.0)
    assert (why(house).why, why(house).outputs[0].reasons) == (Why.REFUSED, ("emergency_stop_active",))
    house.release()
    house.play(10.0)
    assert why(house).why is Why.TAKEN

    house = House()
    house.hang(PUMP)
    house.save(a_rule())
    said(house, 20.0)
    assert (why(house).why, why(house).outputs[0].reasons) == (Why.REFUSED, ("locked_out",))

    house = ruled(20.0)
    house.wish(0.0, PUMP, origin=Origin.PERSON)
    house.play(1.0)
    assert why(house).why is Why.OUTRANKED


def test_the_question_is_told_part_by_part() -> None:
    """Every part has its answer and what it has seen, also those that are not known."""
    air = {"kind": "entity", "entity_id": "sensor.outside", "operator": "<", "value": 5.0}
    question = {"kind": "any", "of": [dry(), {"kind": "not", "of": air}]}
    found = why(ruled(20.0, when=question))
    assert (found.question.kind, found.question.truth) == ("any", Truth.TRUE)
    reading, negated = found.question.parts
    assert reading.seen is not None
    assert (reading.seen.source, reading.seen.value, reading.seen.threshold) == (SOIL, 20.0, 30.0)
    assert reading.seen.age == pytest.approx(1.0)
    assert (negated.kind, negated.truth, negated.parts[0].truth) == ("not", Truth.UNKNOWN, Truth.UNKNOWN)
    assert json.decode(json.encode(found))["why"] == "running"


def test_the_rules_of_an_output_are_found() -> None:
    """The most important one comes first; a house without rules for an output has nothing to say."""
    house = House()
    house.save(a_rule("weak", priority="low"), a_rule("strong", priority="safety"))
    assert house.engine.rules.answers.rules_of(PUMP) == ["strong", "weak"]
    assert house.engine.rules.answers.explain("nobody", house.now) is None
    assert house.engine.rules.answers.why("nobody", house.now) is None


def test_how_often_a_rule_has_acted_is_told_whatever_its_limits() -> None:
    """Of an hour and of a day, also where nobody has limited it."""
    house = House()
    house.save(a_rule(then=[{"kind": "log", "text": "dry"}]))
    for _ in range(3):
        for percent in (20.0, 50.0):
            house.moisture(percent)
            house.play(100.0)
    told = why(house)
    assert (told.fired_last_hour, told.fired_last_day) == (3, 3)


def test_asking_moves_nothing() -> None:
    """Whoever asks changes neither where a rule stands nor what it remembers."""
    band = {"kind": "hysteresis", "sensor": SOIL, "below": 30.0, "above": 60.0}
    house = ruled(20.0, 45.0, when={"kind": "lasting", "of": band, "seconds": 600})
    before = house.state()
    house.moisture(70.0)
    why(house)
    held = house.state()
    why(house)
    assert house.state() == held
    assert before != held

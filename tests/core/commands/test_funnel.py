"""The only path from a wish to the wire."""

import json

from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.effects import Ending, Keep, Occasion, Record, Reject, Send, Settle, Tell
from custom_components.god_kaiser.core.events import CommandWished
from custom_components.god_kaiser.core.facts import DeviceFact
from custom_components.god_kaiser.core.ids import CommandId
from custom_components.god_kaiser.core.protocol.outbound import encode
from custom_components.god_kaiser.core.requests import BY_PERSON, Origin
from custom_components.god_kaiser.core.safety.objections import Ground
from tests.builders import (
    ESP,
    PUMP,
    EngineBench,
    a_plan,
    a_report,
    a_request,
    an_actuator,
    an_answer,
    an_instant,
    an_outcome,
    decisions,
    levels,
    of_kind,
    sent,
)


def a_valve() -> EngineBench:
    """Return an engine with one motor valve in session."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(ActuatorKind.VALVE, name="Valve")]))
    return bench


@pytest.mark.req("SAF-06", "API-03")
def test_an_approved_wish_is_sent_and_recorded_in_one_step() -> None:
    """Nothing can come between the approval and the wire."""
    bench = EngineBench()
    bench.online()
    send, record, keep = bench.wish(1.0, origin=Origin.SEQUENCE)
    assert isinstance(keep, Keep)
    assert isinstance(send, Send)
    assert isinstance(record, Record)
    decision = record.decision
    assert (decision.command, decision.channel, decision.level) == (send.command.request.id, PUMP, 1.0)
    assert (decision.origin, decision.reasons, decision.at) == (Origin.SEQUENCE, (), bench.now.utc)


def test_the_name_of_a_person_goes_into_the_record_and_nowhere_else() -> None:
    """Everybody on the broker reads what is sent."""
    bench = EngineBench()
    bench.online()
    request = replace(a_request(1.0), asked_by=BY_PERSON, person="Anna")
    effects = bench.feed(CommandWished(request=request))
    (command,) = sent(effects)
    (decision,) = decisions(effects)
    wire = encode(command, kaiser_id="god")
    assert (json.loads(wire.payload)["issued_by"], b"Anna" in wire.payload) == ("user:ha", False)
    assert decision.asked_by == "Anna"


@pytest.mark.req("SAF-06", "SAF-19")
def test_a_refused_wish_is_rejected_and_recorded_with_its_reasons() -> None:
    """Who asked learns why, and so does the journal."""
    bench = EngineBench()
    bench.online()
    bench.press()
    reject, record, tell = bench.wish(1.0)
    assert isinstance(tell, Tell)
    assert tell.occasion is Occasion.COMMAND_REJECTED
    assert tell.details["reasons"] == "emergency_stop_active"
    assert isinstance(reject, Reject)
    assert isinstance(record, Record)
    assert [reason.ground for reason in record.decision.reasons] == [Ground.EMERGENCY_STOP_ACTIVE]
    assert (record.decision.reasons, record.decision.outranked) == (reject.refused.reasons, ())


def test_a_refusal_is_told_with_everything_that_an_automation_may_ask_for() -> None:
    """Which output and level, every reason, who has asked, and which record belongs to it."""
    bench = EngineBench()
    bench.online()
    bench.press()
    reject, _, tell = bench.wish(1.5, origin=Origin.RULE)
    assert isinstance(reject, Reject)
    assert tell == Tell(
        occasion=Occasion.COMMAND_REJECTED,
        device=ESP,
        details={
            "channel": PUMP,
            "level": "1.5",
            "reasons": "emergency_stop_active, pwm_out_of_range",
            "origin": "rule",
            "command": reject.refused.request.id,
        },
    )


def test_a_refused_wish_leaves_nothing_in_flight() -> None:
    """It was never sent, so nobody waits for its answer."""
    bench = EngineBench()
    bench.online()
    bench.wish(1.5)
    assert of_kind(bench.tick(60), Settle) == []


@pytest.mark.req("API-03")
@pytest.mark.parametrize("answer", ["response", "outcome", "report"])
def test_whatever_comes_first_ends_a_command(answer: str) -> None:
    """Response, final outcome or matching report."""
    bench = EngineBench()
    bench.online()
    key = bench.energise()
    bench.tick(0.2)
    answers: dict[str, DeviceFact] = {"response": an_answer(key), "outcome": an_outcome(key), "report": a_report(1.0)}
    (settle,) = of_kind(bench.feed(answers[answer]), Settle)
    assert (settle.id, settle.ending) == (key, Ending.CONFIRMED)
    assert of_kind(bench.tick(60), Settle) == []


def test_energising_is_sent_once_whatever_happens() -> None:
    """No answer is no reason to try again."""
    bench = EngineBench()
    bench.online()
    key = bench.energise()
    effects = bench.tick(60)
    assert of_kind(effects, Settle) == [Settle(id=key, ending=Ending.UNCONFIRMED)]
    assert sent(effects) == []


@pytest.mark.req("SAF-10")
def test_rest_is_sent_again_until_somebody_confirms_it() -> None:
    """Under the same id, so that any of the answers will do."""
    bench = EngineBench()
    bench.online()
    (first,) = sent(bench.wish(0.0))
    effects = bench.tick(12)
    assert [command.request for command in sent(effects)] == [first.request] * 2
    assert [(decision.reasons, decision.outranked) for decision in decisions(effects)] == [((), ())] * 2
    (settle,) = of_kind(bench.feed(an_answer(first.request.id)), Settle)
    assert settle.ending is Ending.CONFIRMED
    assert sent(bench.tick(60)) == []


def test_a_valve_at_rest_again_is_asked_once_more_after_its_travel() -> None:
    """OFF within the travel does nothing on the device: the valve opens fully and says it is closed."""
    bench = a_valve()
    bench.energise()
    bench.tick(2)
    (rest,) = sent(bench.wish(0.0))
    assert of_kind(bench.feed(an_answer(rest.request.id)), Settle) == []
    bench.tick(0.1)
    assert of_kind(bench.feed(a_report(0.0, kind=ActuatorKind.VALVE)), Settle) == []
    assert levels(bench.tick(3.8)) == []
    assert levels(bench.tick(0.1)) == [(PUMP, 0.0)]
    (settle,) = of_kind(bench.feed(an_answer(rest.request.id)), Settle)
    assert (settle.id, settle.ending) == (rest.request.id, Ending.CONFIRMED)
    bench.tick(6)
    bench.feed(a_report(0.0, kind=ActuatorKind.VALVE))
    assert sent(bench.tick(60)) == []


def test_a_refusal_of_a_travelling_valve_does_not_end_its_rest() -> None:
    """Whatever it says on its way, it is asked again when it has arrived."""
    bench = a_valve()
    bench.energise()
    bench.tick(2)
    (rest,) = sent(bench.wish(0.0))
    assert of_kind(bench.feed(an_answer(rest.request.id, success=False)), Settle) == []
    assert levels(bench.tick(4)) == [(PUMP, 0.0)]


def test_a_valve_that_does_not_answer_is_asked_six_seconds_apart() -> None:
    """Its motor must have stopped before it is told anything."""
    bench = a_valve()
    bench.energise()
    bench.tick(2)
    bench.wish(0.0)
    moments = []
    for _ in range(60):
        effects = bench.tick(0.5)
        moments += [bench.seconds] * len(sent(effects))
    start = moments[0]
    assert [moment - start for moment in moments] == [0.0, 6.0, 12.0]


def test_a_rest_during_the_travel_does_not_prolong_it() -> None:
    """The device ignores it, so the valve arrives when it would have arrived."""
    bench = a_valve()
    bench.energise()
    bench.tick(2)
    bench.wish(0.0)
    assert bench.engine.fleet.is_moving(PUMP, bench.now)
    bench.tick(3.9)
    assert bench.engine.fleet.is_moving(PUMP, bench.now)
    assert bench.engine.fleet.settles_at(PUMP) == an_instant(8).monotonic


def test_a_closing_valve_that_is_told_to_close_is_told_again_when_it_has_arrived() -> None:
    """A second press changes nothing for the worse."""
    bench = a_valve()
    bench.wish(0.0)
    bench.tick(1)
    (second,) = sent(bench.wish(0.0))
    assert of_kind(bench.feed(an_answer(second.request.id)), Settle) == []
    assert levels(bench.tick(5)) == [(PUMP, 0.0)]


def test_a_change_that_the_device_refuses_leaves_the_run_its_end() -> None:
    """Only a start is taken back: the output goes on as it was, although nobody has seen it run."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(ActuatorKind.PWM)]))
    bench.feed(an_answer(bench.energise(duration=60)))
    bench.feed(an_answer(bench.energise(level=0.5, duration=60), success=False))
    assert bench.engine.around.leases.is_live(PUMP)
    assert levels(bench.tick(60)) == [(PUMP, 0.0)]


def test_two_wishes_for_one_output_are_answered_each() -> None:
    """The later one counts, the earlier one is told how it ended."""
    bench = EngineBench()
    bench.online()
    first = bench.energise()
    (rest,) = sent(bench.wish(0.0))
    endings = {
        settle.id: settle.ending
        for answer in (an_answer(first), an_answer(rest.request.id))
        for settle in of_kind(bench.feed(answer), Settle)
    }
    assert endings == {first: Ending.CONFIRMED, rest.request.id: Ending.CONFIRMED}


def test_the_correlation_ids_of_our_own_requests_differ_from_one_life_to_the_next() -> None:
    """A late answer to an earlier life of Home Assistant must not match."""
    bench = EngineBench()
    ids = {bench.engine._state.next_id("lease") for _ in range(100)}
    assert len(ids) == 100
    assert all("-t1-" in CommandId(key) for key in ids)

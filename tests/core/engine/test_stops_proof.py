"""What each device shows of its stop, and what is done about those that do not stop."""

from datetime import timedelta

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.devices.notices import EmergencyClear, EmergencyStop, EmergencyStopAll
from custom_components.god_kaiser.core.effects import Ending, Occasion, Record, SendNotice, Settle
from custom_components.god_kaiser.core.engine.proving import REPEAT_AFTER, REPEAT_AGAIN, REST_AFTER, STOPPED_REST_AGAIN
from custom_components.god_kaiser.core.engine.releases import CLEAR_AFTER
from custom_components.god_kaiser.core.events import BrokerConnected, BrokerLost, DeviceForgotten, Event, PlanChanged
from custom_components.god_kaiser.core.facts import StopAcknowledged, StopCleared, StopRefused, WillReceived
from custom_components.god_kaiser.core.fleet.sync import Mark
from custom_components.god_kaiser.core.ids import DeviceId, actuator_channel
from custom_components.god_kaiser.core.protocol.orders import order
from custom_components.god_kaiser.core.requests import Origin
from custom_components.god_kaiser.core.safety.memory import Memory
from custom_components.god_kaiser.core.safety.objections import Ground
from custom_components.god_kaiser.core.safety.proof import PATIENCE, SETTLING, ProofState
from tests.builders import (
    BOOT,
    ESP,
    PUMP,
    PUMP_PIN,
    START,
    EngineBench,
    a_heartbeat,
    a_plan,
    a_report,
    an_actuator,
    grounds,
    levels,
    notices,
    of_kind,
    sent,
    shown,
    told,
)
from tests.core.engine.stopping import (
    FAN,
    FAN_PIN,
    OTHER,
    OTHER_PUMP,
    PUMP_AND_FAN,
    PUMP_AND_VALVE,
    VALVE,
    VALVE_PIN,
    acknowledge,
    obey,
    one_device,
    proof_of,
    shows_hub,
    stop_orders,
    stopped_devices,
    two_devices,
)


@pytest.mark.req("SAF-11")
def test_the_proof_goes_from_asked_over_answered_to_at_rest() -> None:
    """Every change is shown, at the device and at the hub (pitfall A7)."""
    bench = one_device(PUMP_AND_FAN)
    pressed = bench.press()
    assert proof_of(bench).state is ProofState.ASKED
    bench.tick(0.5)
    effects = acknowledge(bench, pressed)
    assert (proof_of(bench).state, proof_of(bench).answered_at) == (
        ProofState.ANSWERED,
        START + timedelta(seconds=bench.seconds),
    )
    assert (shown(effects), shows_hub(effects)) == ({ESP}, 1)
    bench.feed(a_report(0.0, stopped=True))
    assert proof_of(bench).state is ProofState.ANSWERED
    effects = bench.feed(a_report(0.0, FAN_PIN, kind=ActuatorKind.PWM, stopped=True))
    assert (proof_of(bench).state, shows_hub(effects)) == (ProofState.AT_REST, 1)
    assert ESP in shown(effects)


def test_a_report_that_its_output_was_stopped_is_an_answer_too() -> None:
    """A broadcast is not acknowledged in any other way."""
    bench = one_device(PUMP_AND_FAN)
    bench.press()
    effects = bench.feed(a_report(0.0, stopped=True))
    assert proof_of(bench).state is ProofState.ANSWERED
    assert len(told(effects, Occasion.EMERGENCY_CONFIRMED)) == 1


def test_people_are_told_once_that_a_device_has_carried_out_its_stop() -> None:
    """Acknowledgements and reports say the same, and devices repeat themselves."""
    bench = one_device()
    pressed = bench.press()
    effects = [*acknowledge(bench, pressed), *acknowledge(bench, pressed), *obey(bench), *obey(bench)]
    assert [tell.device for tell in told(effects, Occasion.EMERGENCY_CONFIRMED)] == [ESP]


@pytest.mark.parametrize("order_id", ["es-t1-0", "es-another-run-7"])
def test_what_acknowledges_an_older_stop_is_ignored(order_id: str) -> None:
    """It proves nothing about this one."""
    bench = one_device()
    bench.press()
    assert bench.feed(StopAcknowledged(device=ESP, correlation_id=order_id)) == []
    assert proof_of(bench).state is ProofState.ASKED


def test_the_acknowledgement_of_the_first_press_does_not_answer_the_second() -> None:
    """Pressing again begins anew."""
    bench = one_device()
    first, second = bench.press(), bench.press()
    assert acknowledge(bench, first) == []
    assert acknowledge(bench, second) != []


def test_a_device_that_nobody_has_stopped_acknowledges_nothing() -> None:
    """It reports its outputs as stopped anyway, if somebody else has done it."""
    bench = one_device()
    assert bench.feed(StopAcknowledged(device=ESP, correlation_id="es-9")) == []
    assert bench.engine.proofs.all() == []


@pytest.mark.req("SAF-11")
def test_a_device_that_says_nothing_becomes_silent_and_shows_when_its_leases_end() -> None:
    """The list names exactly the mute ones (pitfall A7)."""
    bench = two_devices()
    bench.energise(duration=60)
    started = bench.seconds
    bench.press()
    obey(bench, OTHER)
    effects = bench.tick(PATIENCE)
    assert ESP in shown(effects)
    assert [proof.device for proof in bench.engine.proofs.all() if proof.state is ProofState.SILENT] == [ESP]
    assert proof_of(bench).lease_ends == {PUMP: START + timedelta(seconds=started + 60)}


def test_without_the_broker_every_device_is_silent_at_once() -> None:
    """And asked anew when it returns."""
    bench = one_device()
    bench.feed(BrokerLost())
    bench.press()
    assert proof_of(bench).state is ProofState.SILENT
    assert levels(bench.tick(60)) == []
    effects = bench.feed(BrokerConnected())
    assert proof_of(bench).state is ProofState.ASKED
    assert acknowledge(bench, effects) != []


def test_the_loss_of_the_broker_turns_who_has_not_answered_silent() -> None:
    """Who has is still known to rest."""
    bench = two_devices()
    bench.press()
    obey(bench, OTHER)
    effects = bench.feed(BrokerLost())
    assert (proof_of(bench).state, proof_of(bench, OTHER).state) == (ProofState.SILENT, ProofState.AT_REST)
    assert shows_hub(effects) == 1


def test_a_silent_device_that_speaks_again_is_no_longer_silent() -> None:
    """A late word is better than none, and what it has not said at rest is rested."""
    bench = one_device(PUMP_AND_FAN)
    pressed = bench.press()
    bench.tick(60)
    assert proof_of(bench).state is ProofState.SILENT
    acknowledge(bench, pressed)
    assert proof_of(bench).state is ProofState.ANSWERED
    assert levels(bench.tick(REST_AFTER)) == [(PUMP, 0.0), (FAN, 0.0)]


@pytest.mark.req("SAF-10", "SAF-11", "INV-2")
def test_every_output_that_is_not_seen_at_rest_is_told_to_rest_two_seconds_later() -> None:
    """Through the funnel, in the name of the stop, with a record of its own."""
    bench = one_device(PUMP_AND_FAN)
    bench.press()
    bench.feed(a_report(0.0, stopped=True))
    assert levels(bench.tick(REST_AFTER - 0.1)) == []
    effects = bench.tick(0.1)
    assert levels(effects) == [(FAN, 0.0)]
    (record,) = of_kind(effects, Record)
    assert (record.decision.origin, record.decision.asked_by) == (Origin.EMERGENCY, "emergency_stop")


def test_who_has_shown_rest_is_left_alone() -> None:
    """A stopped device answers every command with an alert (pitfall A18)."""
    bench = one_device(PUMP_AND_FAN)
    bench.press()
    obey(bench)
    assert levels(bench.tick(600)) == []


def test_rest_is_repeated_every_ten_seconds_until_it_is_seen() -> None:
    """However often the device confirms the command."""
    bench = one_device()
    pressed = bench.press()
    acknowledge(bench, pressed)
    (first,) = sent(bench.tick(REST_AFTER))
    bench.feed(a_report(1.0))
    assert sent(bench.tick(STOPPED_REST_AGAIN)) != []
    assert sent(bench.tick(STOPPED_REST_AGAIN + 0.1)) != []
    obey(bench)
    assert levels(bench.tick(600)) == []
    assert first.request.origin is Origin.EMERGENCY


def test_nothing_is_repeated_to_a_device_that_has_fallen_silent() -> None:
    """It hears nothing; it is stopped anew when it returns."""
    bench = one_device()
    bench.press()
    bench.tick(PATIENCE)
    asked = [command for command in sent(bench.tick(600)) if command.request.origin is Origin.EMERGENCY]
    assert len(asked) <= 3


def test_an_inverted_output_is_rested_by_driving_its_pin_anew() -> None:
    """Its firmware takes OFF for done while the pin is energised."""
    bench = one_device([an_actuator(ActuatorKind.RELAY, inverted=True)])
    bench.press()
    (command,) = sent(bench.tick(REST_AFTER))
    assert (order(command).command, order(command).value) == ("PWM", 0.0)


@pytest.mark.req("SAF-11")
def test_the_position_of_a_stopped_valve_is_unknown_and_nothing_is_sent_to_it() -> None:
    """Its motor has stopped wherever it was; no command moves it before its release."""
    bench = one_device(PUMP_AND_VALVE)
    bench.press()
    obey(bench)
    proof = proof_of(bench)
    assert (proof.state, proof.unknown, proof.energised) == (ProofState.ANSWERED, (VALVE,), ())
    assert levels(bench.tick(600)) == []


def test_a_valve_whose_device_has_not_stopped_is_closed() -> None:
    """It takes the command, if it takes anything."""
    bench = one_device(PUMP_AND_VALVE)
    bench.press()
    bench.feed(StopRefused(device=ESP, error="unauthorized"))
    bench.feed(a_report(1.0, VALVE_PIN, kind=ActuatorKind.VALVE))
    assert (VALVE, 0.0) in levels(bench.tick(REST_AFTER))


@pytest.mark.req("SAF-11")
def test_an_output_that_still_runs_after_the_answer_raises_the_loudest_alarm_once() -> None:
    """One alarm for one cause (pitfall A18), and rest at once."""
    bench = one_device(PUMP_AND_FAN)
    pressed = bench.press()
    acknowledge(bench, pressed)
    bench.feed(a_report(0.0, FAN_PIN, kind=ActuatorKind.PWM, stopped=True))
    early = bench.feed(a_report(1.0, stopped=True))
    assert told(early, Occasion.STOP_NOT_EFFECTIVE) == []
    bench.tick(SETTLING)
    effects = bench.feed(a_report(1.0, stopped=True))
    (tell,) = told(effects, Occasion.STOP_NOT_EFFECTIVE)
    assert (tell.device, tell.details) == (ESP, {"channels": PUMP, "count": 1})
    assert (proof_of(bench).state, proof_of(bench).energised) == (ProofState.STILL_ENERGISED, (PUMP,))
    assert levels(bench.tick(0)) == [(PUMP, 0.0)]
    later = [effect for _ in range(5) for effect in [*bench.tick(30), *bench.feed(a_report(1.0, stopped=True))]]
    assert told(later, Occasion.STOP_NOT_EFFECTIVE) == []


def test_another_stop_may_raise_the_alarm_again() -> None:
    """It is another attempt that has failed."""
    bench = one_device()
    for _ in range(2):
        acknowledge(bench, bench.press())
        bench.tick(SETTLING)
        assert len(told(bench.feed(a_report(1.0, stopped=True)), Occasion.STOP_NOT_EFFECTIVE)) == 1


def test_an_output_that_comes_to_rest_after_all_ends_the_alarm_state() -> None:
    """The proof says what is, not what was."""
    bench = one_device()
    acknowledge(bench, bench.press())
    bench.tick(SETTLING)
    bench.feed(a_report(1.0, stopped=True))
    bench.feed(a_report(0.0, stopped=True))
    assert proof_of(bench).state is ProofState.AT_REST


def test_an_output_that_is_energised_by_somebody_else_during_a_stop_is_rested_at_once() -> None:
    """Past the gate, by a foreign hand on the broker."""
    bench = one_device()
    bench.press()
    obey(bench)
    bench.tick(100)
    effects = bench.feed(a_report(1.0))
    assert len(told(effects, Occasion.STOP_NOT_EFFECTIVE)) == 1
    assert levels(bench.tick(0)) == [(PUMP, 0.0)]


def test_a_running_device_that_vanishes_is_silent_and_no_longer_spoken_to() -> None:
    """Its lease is all that is left."""
    bench = one_device()
    acknowledge(bench, bench.press())
    bench.tick(SETTLING)
    bench.feed(a_report(1.0, stopped=True))
    bench.feed(WillReceived(device=ESP))
    bench.tick(STOPPED_REST_AGAIN)
    assert proof_of(bench).state is ProofState.SILENT


def test_the_stop_alone_rests_what_it_has_stopped() -> None:
    """The supervisor does not send, or tell, the same once more."""
    bench = one_device()
    bench.energise()
    bench.feed(a_report(1.0))
    effects = [*bench.press(), *bench.tick(1.9)]
    assert told(effects, Occasion.FORCED_TO_REST) == []
    assert levels(effects) == []


@pytest.mark.req("INV-5", "SAF-16")
def test_a_device_that_joins_is_asked_anew_and_its_old_proof_is_gone() -> None:
    """No device remembers its stop over a reboot."""
    bench = one_device()
    bench.press()
    obey(bench)
    bench.feed(WillReceived(device=ESP))
    bench.tick(100)
    effects = bench.feed(a_heartbeat(boot="ESP_A1B2C3-b2-r1"))
    assert stopped_devices(effects) == [ESP]
    assert (proof_of(bench).state, shows_hub(effects)) == (ProofState.ASKED, 1)
    assert acknowledge(bench, effects) != []


def test_a_new_output_of_a_stopped_device_has_to_show_rest_as_well() -> None:
    """It was not there when the others did."""
    bench = one_device()
    bench.press()
    obey(bench)
    bench.feed(PlanChanged(plan=a_plan(actuators=PUMP_AND_FAN)))
    bench.feed(a_report(0.0, stopped=True))
    assert proof_of(bench).state is ProofState.ANSWERED
    obey(bench)
    assert proof_of(bench).state is ProofState.AT_REST


def test_the_stop_of_one_device_asks_nobody_else() -> None:
    """The list names who is stopped."""
    bench = two_devices()
    bench.press(ESP)
    assert [proof.device for proof in bench.engine.proofs.all()] == [ESP]
    assert bench.feed(a_report(1.0, device=OTHER)) != []
    assert levels(bench.tick(REST_AFTER)) == [(PUMP, 0.0)]
    assert bench.engine.fleet.report(OTHER_PUMP) is not None


def test_reports_of_removed_outputs_prove_nothing() -> None:
    """The echo of an output that a person has just removed."""
    bench = one_device(PUMP_AND_FAN)
    bench.feed(PlanChanged(plan=a_plan(actuators=[an_actuator()])))
    bench.press()
    assert bench.feed(a_report(1.0, FAN_PIN)) == []
    bench.feed(a_report(0.0, PUMP_PIN, stopped=True))
    assert proof_of(bench).state is ProofState.AT_REST


@pytest.mark.req("SAF-11")
def test_how_fast_devices_answer_is_kept() -> None:
    """From the order to the first answer."""
    bench = one_device()
    for seconds in (0.25, 0.5):
        pressed = bench.press()
        bench.tick(seconds)
        acknowledge(bench, pressed)
        obey(bench)
    latency = bench.engine.proofs.latency_of(ESP)
    assert latency is not None
    assert (latency.last, latency.max, latency.count) == (0.5, 0.5, 2)


def test_the_rest_of_a_person_that_was_on_its_way_is_not_forgotten_by_the_stop() -> None:
    """It ends unconfirmed, and the stop rests the output itself."""
    bench = one_device()
    (command,) = sent(bench.wish(0.0))
    effects = bench.press()
    assert [(s.id, s.ending) for s in of_kind(effects, Settle)] == [(command.request.id, Ending.UNCONFIRMED)]
    assert levels(bench.tick(REST_AFTER)) == [(PUMP, 0.0)]
    assert len(stop_orders(effects)) == 1


def test_a_device_that_reboots_under_its_stop_is_rested_again() -> None:
    """Its outputs may have come up energised."""
    bench = one_device()
    bench.press()
    obey(bench)
    bench.tick(60)
    bench.feed(a_heartbeat(boot=f"{BOOT}-next"))
    assert (PUMP, 0.0) in levels(bench.tick(REST_AFTER))


def test_an_order_without_an_answer_is_repeated_to_a_device_that_is_there() -> None:
    """A device beats before it has subscribed to its orders: one that follows its first beat at once is lost."""
    bench = one_device()
    (first,) = stop_orders(bench.press())
    assert stop_orders(bench.tick(REPEAT_AFTER - 0.1)) == []
    (again,) = stop_orders(bench.tick(0.1))
    assert again.correlation_id == first.correlation_id
    assert len(stop_orders(bench.tick(3 * REPEAT_AGAIN))) == 3
    assert told(acknowledge(bench, [SendNotice(again)]), Occasion.EMERGENCY_CONFIRMED) != []
    assert stop_orders(bench.tick(600)) == []


@pytest.mark.parametrize(
    "event", [StopRefused(device=ESP, error="unauthorized"), WillReceived(device=ESP), StopCleared(device=ESP)]
)
def test_an_order_is_not_repeated_to_who_refuses_it_or_is_away(event: Event) -> None:
    """It would be refused again, or heard by nobody; who was released since must not be stopped by it."""
    bench = one_device()
    bench.press()
    bench.release()
    bench.tick(REPEAT_AFTER + CLEAR_AFTER)
    bench.feed(event)
    assert stop_orders(bench.tick(600)) == []


@pytest.mark.req("SAF-11", "INV-1")
def test_in_a_large_fleet_the_first_order_does_not_wait_for_the_last() -> None:
    """The latch and the broadcast reach all at once; the single orders follow in small portions, without delay."""
    bench = EngineBench(offline_after=1e6)
    fleet = [DeviceId(f"ESP_{number:06X}") for number in range(60)]
    plans = [(plan, Mark(plan=plan, boot_sequence=BOOT)) for plan in map(a_plan, fleet)]
    bench.engine.restore(plans, Memory(), bench.now)
    for device in fleet:
        bench.feed(a_heartbeat(device))
    bench.tick(2)
    effects = bench.press()
    assert isinstance(notices(effects)[0], EmergencyStopAll)
    assert 0 < len(stop_orders(effects)) < len(fleet)
    assert [proof.state for proof in bench.engine.proofs.all()] == [ProofState.ASKED] * len(fleet)
    assert bench.engine.proofs.count() == len(fleet)
    last = actuator_channel(fleet[-1], PUMP_PIN)
    assert grounds(bench.wish(1.0, last)) == [Ground.EMERGENCY_STOP_ACTIVE]
    effects += bench.feed(a_report(1.0, device=fleet[-1]))
    effects += bench.tick(0)
    assert stopped_devices(effects) == fleet
    assert levels(effects) == []


def test_a_device_whose_turn_has_not_come_may_join_be_released_or_be_removed() -> None:
    """Each is stopped once, and first."""
    bench = EngineBench(offline_after=1e6)
    fleet = [DeviceId(f"ESP_{number:06X}") for number in range(60)]
    for plan in map(a_plan, fleet):
        bench.engine.restore([(plan, None)], bench.engine.memory(bench.now), bench.now)
        bench.feed(a_heartbeat(plan.device))
    bench.press()
    joining, released, removed = fleet[-3:]
    assert stopped_devices(bench.feed(a_heartbeat(joining, boot="next"))) == [joining]
    bench.feed(DeviceForgotten(device=removed))
    effects = [*bench.release(), *bench.tick(0)]
    for device in fleet:
        bench.feed(StopAcknowledged(device=device))
    effects += bench.tick(CLEAR_AFTER)
    orders = [notice for notice in notices(effects) if isinstance(notice, (EmergencyStop, EmergencyClear))]
    assert [type(order) for order in orders if order.device == released] == [EmergencyStop, EmergencyClear]
    assert stopped_devices(bench.tick(0)) == []

"""The judge: refuses to energise with every reason, never refuses rest, and cannot be imitated."""

from collections.abc import Callable
import copy
from dataclasses import FrozenInstanceError, replace
import pickle
from typing import cast

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.effects import Record, Reject, Send
from custom_components.god_kaiser.core.events import BrokerLost
from custom_components.god_kaiser.core.facts import WillReceived
from custom_components.god_kaiser.core.fleet.fleet import Fleet
from custom_components.god_kaiser.core.ids import ChannelId, actuator_channel
from custom_components.god_kaiser.core.requests import Origin, is_rest
from custom_components.god_kaiser.core.safety.gate import LEASE, ApprovedCommand, Refused, SafetyGate
from custom_components.god_kaiser.core.safety.interlocks.level_limit import LevelLimit
from custom_components.god_kaiser.core.safety.limits import Limits
from custom_components.god_kaiser.core.safety.objections import Ground
from custom_components.god_kaiser.core.safety.surroundings import Surroundings
from tests.builders import (
    BOOT,
    ESP,
    PUMP,
    EngineBench,
    a_heartbeat,
    a_plan,
    a_report,
    a_request,
    an_actuator,
    an_instant,
    grounds,
    of_kind,
    sent,
)


def an_approval() -> ApprovedCommand:
    """Return what the gate makes of a harmless wish."""
    (command,) = sent(_online().wish(1.0, duration=60))
    return command


def _online() -> EngineBench:
    bench = EngineBench()
    bench.online()
    return bench


def _adopting() -> EngineBench:
    bench = EngineBench()
    bench.restore(a_plan(), marked=BOOT)
    bench.feed(a_heartbeat())
    return bench


def _lost() -> EngineBench:
    bench = _online()
    bench.feed(WillReceived(device=ESP))
    return bench


def _latched() -> EngineBench:
    bench = _online()
    bench.press()
    return bench


def _stopped_by_itself() -> EngineBench:
    bench = _online()
    bench.feed(a_report(0.0, stopped=True))
    return bench


def _without_broker() -> EngineBench:
    bench = _online()
    bench.feed(BrokerLost())
    return bench


def _pending() -> EngineBench:
    bench = EngineBench()
    bench.feed(a_heartbeat())
    return bench


def _travelling() -> EngineBench:
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(ActuatorKind.VALVE)]))
    bench.energise(PUMP)
    bench.tick(1)
    return bench


STATES = {
    "unknown": EngineBench,
    "pending": _pending,
    "adopting": _adopting,
    "online": _online,
    "lost": _lost,
    "latched": _latched,
    "stopped by itself": _stopped_by_itself,
    "without broker": _without_broker,
    "travelling": _travelling,
}


@pytest.mark.req("SAF-10", "SAF-06")
@pytest.mark.parametrize("channel", [PUMP, actuator_channel(ESP, 99), actuator_channel(ESP, 34)])
@pytest.mark.parametrize("state", STATES)
def test_rest_always_passes(state: str, channel: ChannelId) -> None:
    """Offline, latched, unknown, travelling, without broker, on the pin of a sensor: rest is never refused."""
    effects = STATES[state]().wish(0.0, channel)
    assert [command.request.level for command in sent(effects)] == [0.0]
    assert [record.decision.reasons for record in of_kind(effects, Record)] == [()]
    assert of_kind(effects, Reject) == []


@pytest.mark.req("SAF-06", "SAF-24")
@pytest.mark.parametrize("state", [state for state in STATES if state != "online"])
def test_energising_passes_in_no_state_but_online(state: str) -> None:
    """Every other state has at least one reason, and the reason is recorded."""
    effects = STATES[state]().wish(1.0)
    assert sent(effects) == []
    (refused,) = of_kind(effects, Reject)
    (record,) = of_kind(effects, Record)
    assert record.decision.reasons == refused.refused.reasons != ()


@pytest.mark.req("SAF-08")
def test_the_reasons_come_in_the_order_emergency_range_conflict_existence() -> None:
    """A bad value during a stop is refused for the stop first; every other reason follows."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[]))
    bench.press()
    bench.feed(WillReceived(device=ESP))
    assert grounds(bench.wish(1.5, actuator_channel(ESP, 34))) == [
        Ground.EMERGENCY_STOP_ACTIVE,
        Ground.PWM_OUT_OF_RANGE,
        Ground.GPIO_CONFLICT,
        Ground.ACTUATOR_NOT_CONFIGURED,
        Ground.DEVICE_OFFLINE,
    ]


@pytest.mark.req("SAF-03", "SAF-22", "SAF-01")
@pytest.mark.parametrize(
    ("level", "reasons"),
    [
        (0.75, []),
        (1.5, [Ground.PWM_OUT_OF_RANGE]),
        (-0.5, [Ground.PWM_OUT_OF_RANGE]),
        (float("nan"), [Ground.PWM_OUT_OF_RANGE]),
        (float("inf"), [Ground.PWM_OUT_OF_RANGE]),
        (True, [Ground.PWM_OUT_OF_RANGE]),
        (False, [Ground.PWM_OUT_OF_RANGE]),
    ],
)
def test_the_three_numbers_of_the_requirement(level: float, reasons: list[Ground]) -> None:
    """0.75 is sent, 1.5 and -0.5 are refused, and so is whatever is no number from 0 to 1."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(ActuatorKind.PWM)]))
    effects = bench.wish(level)
    assert grounds(effects) == reasons
    assert len(sent(effects)) == (not reasons)


@pytest.mark.req("SAF-05")
def test_a_command_to_pin_99_is_refused_for_one_reason() -> None:
    """Nothing is published, and the code says why."""
    effects = _online().wish(1.0, actuator_channel(ESP, 99))
    assert grounds(effects) == [Ground.ACTUATOR_NOT_CONFIGURED]
    assert of_kind(effects, Send) == []


@pytest.mark.req("SAF-02", "SAF-23")
def test_half_power_is_refused_during_a_stop() -> None:
    """The stop is the first reason."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(ActuatorKind.PWM)]))
    bench.press(ESP)
    assert grounds(bench.wish(0.5)) == [Ground.EMERGENCY_STOP_ACTIVE]


@pytest.mark.parametrize("channel", [ChannelId("nonsense"), ChannelId(f"{ESP}/sensor/34/moisture"), ChannelId("")])
def test_a_malformed_channel_is_refused_like_any_other(channel: ChannelId) -> None:
    """Whatever somebody writes into an action is answered with a reason, never with an exception."""
    assert Ground.ACTUATOR_NOT_CONFIGURED in grounds(_online().wish(1.0, channel))


@pytest.mark.parametrize("text", ["0.5", "on", None])
def test_what_is_no_number_at_all_is_refused(text: object) -> None:
    """Types are checked by tools; the gate does not rely on it."""
    assert Ground.PWM_OUT_OF_RANGE in grounds(_online().wish(cast(float, text)))


@pytest.mark.req("SAF-09", "INV-4")
@pytest.mark.parametrize(
    ("asked", "span", "duration"),
    [
        (None, 600, LEASE),
        (0, 600, LEASE),
        (30, 30, 30),
        (LEASE, LEASE, LEASE),
        (LEASE + 1, LEASE + 1, LEASE),
        (600, 600, LEASE),
        (-5, 1, 1),
        (1, 1, 1),
    ],
)
def test_every_approval_has_a_span_within_the_limit_of_its_actuator(
    asked: int | None, span: int, duration: int
) -> None:
    """Without a wish the whole limit is granted, the device is told a lease at most, nothing runs below a second."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(max_runtime=600)]))
    (command,) = sent(bench.wish(1.0, duration=asked))
    assert (command.span, command.duration) == (span, duration)


@pytest.mark.req("SAF-09", "INV-4")
def test_a_run_beyond_the_limit_of_its_actuator_is_refused() -> None:
    """Somebody would rely on a run that is cut off silently."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(max_runtime=600)]))
    effects = bench.wish(1.0, duration=601)
    assert (sent(effects), grounds(effects)) == ([], [Ground.DURATION_TOO_LONG])


def test_an_approval_carries_what_its_wire_form_needs() -> None:
    """Kind and inversion come from the plan, not from who asks."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(ActuatorKind.RELAY, inverted=True)]))
    (command,) = sent(bench.wish(1.0, origin=Origin.RULE))
    assert (command.kind, command.inverted, command.request.origin) == (ActuatorKind.RELAY, True, Origin.RULE)


@pytest.mark.parametrize(
    ("level", "dimmed", "timer"),
    [(0.5, True, False), (0.004, True, False), (0.0, False, True), (1.0, False, True), (None, False, True)],
)
def test_full_power_has_a_timer_on_the_device_unless_the_output_runs_partly(
    level: float | None, dimmed: bool, timer: bool
) -> None:
    """The firmware takes ON for done where anything flows; such an output is told its level, which has no timer."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(ActuatorKind.PWM)]))
    bench.feed(a_report(level, kind=ActuatorKind.PWM))
    (command,) = sent(bench.wish(1.0))
    assert (command.dimmed, command.has_device_timer) == (dimmed, timer)


def test_a_partial_level_has_no_timer_on_the_device() -> None:
    """Only ON has one."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(ActuatorKind.PWM)]))
    (command,) = sent(bench.wish(0.5))
    assert not command.has_device_timer


def test_a_gate_without_interlocks_still_grants_no_more_than_the_limit() -> None:
    """The limit is no interlock that somebody could leave out."""
    fleet = Fleet()
    fleet.set_plan(a_plan(actuators=[an_actuator(max_runtime=10)]), an_instant())
    verdict = SafetyGate((), Limits()).judge(a_request(1.0, duration=3600), Surroundings(fleet), an_instant())
    assert isinstance(verdict, ApprovedCommand)
    assert (verdict.span, verdict.duration) == (10, 10)


def test_rest_for_an_unknown_output_is_plain_off() -> None:
    """Nothing is known that could make it anything else."""
    (command,) = sent(_online().wish(0.0, actuator_channel(ESP, 99)))
    assert (command.kind, command.inverted, command.dimmed) == (ActuatorKind.RELAY, False, False)
    assert (command.span, command.duration) == (0, 0)


def test_a_refusal_keeps_the_request_it_refuses() -> None:
    """Who asked finds its own wish in the answer."""
    bench = _latched()
    verdict = bench.engine._state.gate.judge(a_request(1.0), bench.engine.around, bench.now)
    assert isinstance(verdict, Refused)
    assert verdict.request == a_request(1.0)


@pytest.mark.req("SAF-06")
def test_all_objections_are_collected_those_of_everybody_first() -> None:
    """Who asked learns everything at once, and nothing that is right for all is forgotten for one output."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(ActuatorKind.PWM)]))
    bench.lay_down(LevelLimit(high=0.4), LevelLimit(low=0.6))
    bench.feed(BrokerLost())
    assert grounds(bench.wish(0.5)) == [Ground.BROKER_UNAVAILABLE, Ground.LEVEL_LIMIT, Ground.LEVEL_LIMIT]


def test_what_runs_is_asked_lasting_questions_only() -> None:
    """A device that has gone away is no reason to send it to rest; a level that is too high is one."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(ActuatorKind.PWM)]))
    bench.lay_down(LevelLimit(high=0.4))
    bench.feed(BrokerLost())
    lasting = bench.engine._state.gate.lasting_objections(a_request(0.5), bench.engine.around, bench.now)
    assert [objection.ground for objection in lasting] == [Ground.LEVEL_LIMIT]


@pytest.mark.req("SAF-06")
def test_nobody_but_the_gate_makes_an_approval() -> None:
    """The seal is not for sale."""
    with pytest.raises(TypeError, match="only SafetyGate"):
        ApprovedCommand(
            a_request(1.0),
            ActuatorKind.PUMP,
            inverted=False,
            span=60,
            ends_after=60,
            duration=60,
            dimmed=False,
            seal=object(),
        )


@pytest.mark.req("SAF-06")
def test_an_approval_cannot_be_turned_into_another_one() -> None:
    """Replacing a field needs the seal again, and it was never stored."""
    approval = an_approval()
    remake: Callable[..., object] = replace
    with pytest.raises((TypeError, ValueError)):
        remake(approval, request=a_request(1.0, actuator_channel(ESP, 17)))
    with pytest.raises(TypeError, match="only SafetyGate"):
        remake(approval, duration=86_400, seal=object())
    with pytest.raises(FrozenInstanceError):
        approval.duration = 86_400  # type: ignore[misc]  # assigning is what must fail


@pytest.mark.req("SAF-06")
def test_an_approval_cannot_be_kept_for_later() -> None:
    """It is good for one step: it is neither copied nor stored nor read back."""
    approval = an_approval()
    with pytest.raises(TypeError, match="cannot be kept"):
        copy.copy(approval)
    with pytest.raises(TypeError, match="cannot be kept"):
        copy.deepcopy(approval)
    with pytest.raises(TypeError, match="cannot be kept"):
        pickle.dumps(approval)


@pytest.mark.req("SAF-06")
def test_the_seal_is_not_a_part_of_the_approval() -> None:
    """Whoever has an approval has no way to the seal."""
    approval = an_approval()
    assert not hasattr(approval, "seal")
    assert not hasattr(approval, "__dict__")


@pytest.mark.parametrize(
    ("level", "rests"),
    [(0.0, True), (0, True), (-0.0, True), (False, False), (True, False), (0.01, False), (float("nan"), False)],
)
def test_rest_is_the_number_zero_and_nothing_else(level: float, rests: bool) -> None:
    """A truth value that somebody passes by mistake is not taken for off."""
    assert is_rest(level) is rests

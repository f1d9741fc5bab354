"""The promises of the funnel, tried with anything that can happen in any order."""

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind, ActuatorReport
from custom_components.god_kaiser.core.devices.notices import ConfigPush, EmergencyStop, HeartbeatAck
from custom_components.god_kaiser.core.devices.plan import DevicePlan
from custom_components.god_kaiser.core.effects import Effect, Ending, Record, Reject, Send, SendNotice, Settle
from custom_components.god_kaiser.core.events import (
    BrokerConnected,
    BrokerLost,
    CommandWished,
    DeviceForgotten,
    Event,
    PlanChanged,
    WakeReached,
)
from custom_components.god_kaiser.core.facts import SessionAnnounced, StopCleared, WillReceived
from custom_components.god_kaiser.core.fleet.fleet import is_on_bus
from custom_components.god_kaiser.core.fleet.session import LinkState
from custom_components.god_kaiser.core.ids import CommandId, DeviceId, actuator_channel, device_of
from custom_components.god_kaiser.core.protocol.outbound import encode
from custom_components.god_kaiser.core.protocol.topics import ENERGISE_QOS
from custom_components.god_kaiser.core.requests import FULL, Origin, is_rest
from custom_components.god_kaiser.core.safety.gate import LEASE, ApprovedCommand, Refused
from custom_components.god_kaiser.core.safety.objections import Ground
from tests.builders import (
    BOOT,
    ESP,
    EngineBench,
    a_heartbeat,
    a_plan,
    a_reading,
    a_report,
    a_request,
    a_sensor,
    an_actuator,
    an_answer,
    an_instant,
    an_outcome,
    levels,
    of_kind,
    sent,
)

pytestmark = pytest.mark.req("SAF-06", "SAF-10", "SAF-18", "SAF-24", "API-27")

OTHER = DeviceId("ESP_0000FF")
DEVICES = (ESP, OTHER)
LIMIT = 120
KINDS = {16: ActuatorKind.PUMP, 17: ActuatorKind.RELAY, 25: ActuatorKind.VALVE, 33: ActuatorKind.PWM}
# 33 may turn into the pin of a sensor; 99 is the pin of nothing.
PINS = st.sampled_from([16, 17, 25, 33, 99])
LEVELS = st.sampled_from([0.0, 0, -0.0, 1.0, 0.5, 0.3, 1.5, -0.5, float("nan"), float("inf"), True, False])
DURATIONS = st.sampled_from([60, None, 0, -5, 1, 100_000])
OUTPUTS = st.sampled_from(list(KINDS))
SPANS = st.sampled_from([0.0, 0.1, 1.0, 2.0, 5.0, 6.0, 10.0, 61.0, 122.0, 200.0])
SOME_DEVICE = st.sampled_from(DEVICES)


def plans_of(device: DeviceId) -> dict[str, DevicePlan]:
    """Return the shapes that the plan of a device may take."""
    outputs = [
        an_actuator(kind, gpio, name=f"Output {gpio}", max_runtime=LIMIT, aux=26 if kind is ActuatorKind.VALVE else 255)
        for gpio, kind in KINDS.items()
    ]
    inverted = [an_actuator(ActuatorKind.RELAY, 17, inverted=True, max_runtime=LIMIT)]
    return {
        "usual": a_plan(device, actuators=outputs),
        "sensor on 33": a_plan(device, sensors=[a_sensor(gpio=33)], actuators=outputs[:-1]),
        "inverted": a_plan(device, actuators=inverted),
        "empty": a_plan(device, sensors=[], actuators=[]),
    }


# While the broker is away, no device can be heard.
hears = precondition(lambda machine: machine.bench.engine.fleet.broker_connected)


class FunnelMachine(RuleBasedStateMachine):
    """Everything that can happen to two devices, and what must hold after each of it."""

    def __init__(self) -> None:
        """Start with two strangers and a broker."""
        super().__init__()
        self.bench = EngineBench()
        self.sent: list[ApprovedCommand] = []
        self.blind: set[CommandId] = set()
        self.boots = dict.fromkeys(DEVICES, 0)

    @initialize()
    def approve_both(self) -> None:
        """Most of what can go wrong goes wrong with approved devices."""
        for device in DEVICES:
            self.bench.restore(plans_of(device)["usual"], marked=BOOT)
            self.feed(a_heartbeat(device))
        self.pass_time(2.0)

    def feed(self, event: Event) -> list[Effect]:
        """Feed one event and judge its effects against the state in which they leave."""
        effects = self.bench.feed(event)
        self.judge(effects)
        return effects

    def judge(self, effects: list[Effect]) -> None:
        """Hold every command against the promises."""
        recorded = {effect.decision.command for effect in effects if isinstance(effect, Record)}
        for command in sent(effects):
            assert command.request.id in recorded
            encode(command, kaiser_id="god")
            if not is_rest(command.request.level):
                self.judge_energising(command)
            self.judge_astray(command)
            self.sent.append(command)
        for refused in of_kind(effects, Reject):
            assert refused.refused.reasons
            assert not is_rest(refused.refused.request.level) or was_let_go(refused)
            assert refused.refused.request.id in recorded

    def judge_astray(self, command: ApprovedCommand) -> None:
        """A valve that nobody knows is driven open by force, and no other word to it is ever taken as done."""
        astray = self.bench.engine.fleet.is_astray(command.request.channel)
        assert command.dimmed or not astray
        blind = {command.request.id} if astray and command.request.level != FULL else set()
        self.blind = self.blind - {command.request.id} | blind

    def judge_energising(self, command: ApprovedCommand) -> None:
        """Only in session, never while stopped, never for ever, never on the pin of a sensor."""
        engine, channel = self.bench.engine, command.request.channel
        device = device_of(channel)
        assert not engine.latch.holds(device)
        assert engine.fleet.broker_connected
        assert engine.fleet.link(device).state is LinkState.ONLINE
        actuator = engine.fleet.actuator(channel)
        assert actuator is not None
        assert 1 <= command.duration <= min(LEASE, command.span)
        assert command.span <= actuator.max_runtime
        owners = [s for s in engine.fleet.devices[device].sensors.values() if s.gpio == actuator.gpio]
        assert all(is_on_bus(sensor) for sensor in owners)
        report = engine.fleet.report(channel)
        assert report is None or not report.stopped
        assert encode(command, kaiser_id="god").qos == ENERGISE_QOS
        # Energising is never sent again: every command on the wire is somebody's wish of this very moment.
        assert command.request.id not in {earlier.request.id for earlier in self.sent}
        due = self.bench.engine._state.leases.ends.due(channel)
        assert due is not None
        assert due <= self.bench.now.monotonic + actuator.max_runtime + 2.0

    @rule(
        device=SOME_DEVICE,
        pin=PINS,
        level=LEVELS,
        origin=st.sampled_from(list(Origin)),
        duration=DURATIONS,
    )
    def wish(self, device: DeviceId, pin: int, level: float, origin: Origin, duration: int | None) -> None:
        """Anybody asks for anything; rest is granted in every state, but no program switches off what is not its own."""
        key = f"wish-{len(self.bench.history)}"
        request = a_request(level, actuator_channel(device, pin), key=key, duration=duration, origin=origin)
        was_moving = self.bench.engine.fleet.is_moving(request.channel, self.bench.now)
        before = self.bench.engine.memory(self.bench.now)
        foreseen = self.bench.engine.preview(request, self.bench.now)
        assert self.bench.engine.memory(self.bench.now) == before
        effects = self.feed(CommandWished(request=request))
        refusals = [reject.refused for reject in of_kind(effects, Reject)]
        assert refusals == ([foreseen] if isinstance(foreseen, Refused) else [])
        assert len(of_kind(effects, Record)) == 1
        assert [command.request.id for command in sent(effects)] in ([request.id], [])
        assert sent(effects) or not is_rest(level) or any(map(was_let_go, of_kind(effects, Reject)))
        assert is_rest(level) or not (was_moving and sent(effects))

    @hears
    @rule(device=SOME_DEVICE, pin=OUTPUTS, level=st.sampled_from([1.0, 1.0, 0.5]), duration=DURATIONS)
    def wish_for_something_possible(self, device: DeviceId, pin: int, level: float, duration: int | None = 60) -> None:
        """Most wishes are reasonable, and most devices are there."""
        self.return_to_session(device)
        self.wish(device, pin, level, Origin.PERSON, duration)

    @hears
    @rule(device=SOME_DEVICE, pin=OUTPUTS, level=st.sampled_from([1.0, 0.5]))
    def run_out(self, device: DeviceId, pin: int, level: float) -> None:
        """An output that was off is energised and left alone until its time is over."""
        self.report(device, pin, 0.0, stopped=False)
        self.pass_time(1.0)
        self.wish_for_something_possible(device, pin, level)
        self.pass_time(LIMIT)

    @hears
    @rule(device=SOME_DEVICE, pin=OUTPUTS)
    def measure_where_an_output_is(self, device: DeviceId, pin: int) -> None:
        """A sensor shows itself on the pin of an output that somebody wants to run."""
        self.measure(device, pin)
        self.wish_for_something_possible(device, pin, 1.0)

    @hears
    @rule(device=SOME_DEVICE, scope=st.sampled_from(["all", "one"]))
    def stop_during_a_release(self, device: DeviceId, scope: str) -> None:
        """Somebody presses again while the device is still leaving its emergency."""
        scopes = {"all": (), "one": (device,)}
        self.return_to_session(device)
        self.press(scopes[scope])
        self.release(scopes[scope])
        self.press(scopes[scope])
        self.clear(device)
        self.wish_for_something_possible(device, 16, 1.0)

    @hears
    @rule(device=SOME_DEVICE)
    def return_to_session(self, device: DeviceId) -> None:
        """Most devices are there most of the time."""
        self.beat(device, 1, 0)
        self.pass_time(2.0)

    @hears
    @rule(device=SOME_DEVICE, epoch=st.sampled_from([None, 0, 1, 7]), reboots=st.sampled_from([0, 0, 0, 1]))
    def beat(self, device: DeviceId, epoch: int | None, reboots: int) -> None:
        """A heartbeat is answered first; only a stop may come before the answer."""
        self.boots[device] += reboots
        effects = self.feed(a_heartbeat(device, epoch=epoch, boot=f"{BOOT}{'+' * self.boots[device]}"))
        leading = [effect.notice for effect in effects[:2] if isinstance(effect, SendNotice)]
        acks = [notice for notice in leading if isinstance(notice, HeartbeatAck)]
        stops = [notice for notice in leading if isinstance(notice, EmergencyStop)]
        assert len(acks) == 1
        assert acks[0].epoch >= 1
        assert leading[: len(stops) + 1] == [*stops, *acks]

    @hears
    @rule(device=SOME_DEVICE, epoch=st.sampled_from([None, 1, 2]))
    def announce(self, device: DeviceId, epoch: int | None) -> None:
        """A device connects anew."""
        self.feed(SessionAnnounced(device=device, epoch=epoch))

    @hears
    @rule(device=SOME_DEVICE, retained=st.booleans())
    def will(self, device: DeviceId, retained: bool) -> None:
        """The broker has lost a device, now or long ago."""
        self.feed(WillReceived(device=device, retained=retained))

    @hears
    @rule(device=SOME_DEVICE, pin=PINS, level=st.sampled_from([0.0, 1.0, 0.5, None]), stopped=st.booleans())
    def report(self, device: DeviceId, pin: int, level: float | None, stopped: bool) -> None:
        """An output says what it does; one that says it is stopped is left alone."""
        self.feed(a_report(level, pin, device=device, kind=KINDS.get(pin), stopped=stopped))

    @hears
    @rule(device=SOME_DEVICE, pin=st.sampled_from([33, 34, 16]))
    def measure(self, device: DeviceId, pin: int) -> None:
        """A sensor shows itself, perhaps on a pin that nobody expected."""
        self.feed(a_reading("moisture", pin, device=device))

    @hears
    @rule(success=st.booleans(), by_outcome=st.booleans(), back=st.integers(min_value=0, max_value=4))
    def answer(self, success: bool, by_outcome: bool, back: int) -> None:
        """A device answers one of the last commands, in time, late or twice."""
        for command in self.sent[-1 - back : len(self.sent) - back][:1]:
            key, device = command.request.id, device_of(command.request.channel)
            answers = (an_answer(key, success=success, device=device), an_outcome(key, success=success, device=device))
            endings = of_kind(self.feed(answers[by_outcome]), Settle)
            done = Ending.POSITION_UNKNOWN if key in self.blind else Ending.CONFIRMED
            assert [settle.ending for settle in endings] in ([], [done if success else Ending.REFUSED_BY_DEVICE])

    @rule(scope=st.sampled_from([(), (ESP,), (OTHER,)]))
    def press(self, scope: tuple[DeviceId, ...]) -> None:
        """Somebody presses the emergency stop."""
        self.judge(self.bench.press(*scope))
        assert all(self.bench.engine.latch.holds(device) for device in scope or DEVICES)

    @rule(scope=st.sampled_from([(), (ESP,), (OTHER,)]))
    def release(self, scope: tuple[DeviceId, ...]) -> None:
        """Somebody releases it: who is there stays stopped until it confirms."""
        latch, fleet = self.bench.engine.latch, self.bench.engine.fleet
        held = [device for device in DEVICES if latch.holds(device) and fleet.link(device).is_present]
        self.judge(self.bench.release(*scope))
        assert all(latch.holds(device) for device in held)

    @hears
    @rule(device=SOME_DEVICE)
    def clear(self, device: DeviceId) -> None:
        """A device says that it has left its emergency; that counts only if it was asked to."""
        latch = self.bench.engine.latch
        unasked = latch.holds(device) and self.bench.engine._state.clears.due(device) is None
        self.feed(StopCleared(device=device))
        assert latch.holds(device) or not unasked

    @rule()
    def lose_broker(self) -> None:
        """Nothing can be heard or said."""
        self.feed(BrokerLost())

    @rule()
    def find_broker(self) -> None:
        """The broker is back."""
        self.feed(BrokerConnected())

    @rule(device=SOME_DEVICE, shape=st.sampled_from(["usual", "sensor on 33", "inverted", "empty"]))
    def replan(self, device: DeviceId, shape: str) -> None:
        """A person changes what a device has."""
        self.feed(PlanChanged(plan=plans_of(device)[shape]))

    @rule(device=SOME_DEVICE, again=st.sampled_from([["usual"], ["usual"], []]))
    def forget(self, device: DeviceId, again: list[str]) -> None:
        """A person removes a device and often approves it again."""
        self.feed(DeviceForgotten(device=device))
        for shape in again:
            self.replan(device, shape)

    @hears
    @rule(device=SOME_DEVICE)
    def configure(self, device: DeviceId) -> None:
        """A device confirms the push that is in flight."""
        flight = self.bench.sync(device).flight
        for found in [flight] if flight else []:
            self.judge(self.bench.confirm(ConfigPush(device=device, correlation_id=found.correlation_id)))

    @rule(seconds=SPANS)
    def pass_time(self, seconds: float) -> None:
        """Time passes; the end of every lease leads to rest, unless the output is known to rest."""
        target = self.bench.seconds + seconds
        while (due := self.bench.engine.next_wake()) is not None and due <= an_instant(target).monotonic:
            self.bench.seconds = max(self.bench.seconds, due - an_instant().monotonic)
            self.wake()
        self.bench.seconds = target

    def wake(self) -> None:
        """Wake the engine once and see that no lease ends in silence."""
        leases, fleet, now = self.bench.engine._state.leases, self.bench.engine.fleet, self.bench.now
        ended = [key for key in leases._granted if (leases.ends.due(key) or 0.0) <= now.monotonic]
        resting = {key for key in ended if is_at_rest(fleet.report(key), leases._granted[key])}
        effects = self.feed(WakeReached())
        rested = {command.request.channel for command in sent(effects) if is_rest(command.request.level)}
        assert set(ended) - resting <= rested

    @invariant()
    def every_lease_has_an_end_that_is_not_overdue(self) -> None:
        """Nothing is energised for ever."""
        leases = self.bench.engine._state.leases
        ends = [leases.ends.due(key) for key in leases._granted]
        assert all(end is not None and end <= self.bench.now.monotonic + LIMIT * 31 for end in ends)

    @invariant()
    def nothing_is_waited_for_without_a_deadline(self) -> None:
        """Whoever asked is told how it ended."""
        ledger = self.bench.engine.ledger
        assert all(ledger.timeouts.due(key) is not None for key in ledger._entries)
        assert all(key in ledger._entries for key in ledger._latest.values())

    @invariant()
    def a_device_that_is_away_is_not_configured(self) -> None:
        """A push in flight has a device in session at its other end."""
        for device in DEVICES:
            in_flight = self.bench.sync(device).flight is not None
            assert not in_flight or self.bench.engine.fleet.link(device).is_online


def was_let_go(reject: Reject) -> bool:
    """Tell whether a program has let go of an output that belongs to somebody more important."""
    refused = reject.refused
    is_outranked = [reason.ground for reason in refused.reasons] == [Ground.OUTRANKED]
    return is_outranked and refused.request.origin < Origin.PERSON


def is_at_rest(report: ActuatorReport | None, since: float) -> bool:
    """Tell whether an output has reported rest after a moment."""
    return report is not None and report.at.monotonic > since and report.level == 0.0


FunnelMachine.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=40,
)


TestGatePromises = FunnelMachine.TestCase


@pytest.mark.req("API-26")
def test_a_storm_of_wishes_during_a_stop_energises_nothing() -> None:
    """A thousand mixed wishes: every rest goes out, nothing else does, and each refusal is recorded."""
    bench = EngineBench(offline_after=1e6)
    bench.online(plan=plans_of(ESP)["usual"])
    bench.press()
    storm = [(actuator_channel(ESP, pin), level) for pin in KINDS for level in (0.0, 1.0, 0.5, 1.5, 0.0)] * 50
    effects = [effect for channel, level in storm for effect in bench.wish(level, channel)]
    assert len(storm) == 1000
    assert {level for _, level in levels(effects)} == {0.0}
    assert len(sent(effects)) == 400
    assert len([record for record in of_kind(effects, Record) if record.decision.reasons]) == 600
    assert len(of_kind(effects, Send)) + len(of_kind(effects, Reject)) == len(storm)

"""The stop against the simulated firmware, message by message: what the outputs really do."""

from collections import deque
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest

from custom_components.god_kaiser.core import Engine
from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.devices.notices import Notice
from custom_components.god_kaiser.core.effects import Effect, Occasion, Send, SendNotice
from custom_components.god_kaiser.core.events import (
    BrokerConnected,
    CommandWished,
    DeviceSafetyChanged,
    Event,
    PlanChanged,
    SafetyChanged,
    StopPressed,
    StopReleased,
    WakeReached,
)
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId, actuator_channel
from custom_components.god_kaiser.core.instant import Instant
from custom_components.god_kaiser.core.protocol.inbound import decode
from custom_components.god_kaiser.core.protocol.outbound import encode
from custom_components.god_kaiser.core.safety.gate import ApprovedCommand
from custom_components.god_kaiser.core.safety.limits import ChannelSafety, DeviceSafety, StopMode
from custom_components.god_kaiser.core.safety.proof import Proof, ProofState
from simulator import DeviceSpec, Publish, SimulatedEsp, WiredActuator
from tests.builders import a_plan, a_request, an_actuator, told
from tests.simulator.bench import NOON, a_world

ESP = DeviceId("ESP_EA5484")
PUMP, FAN, HEATER, VALVE = (actuator_channel(ESP, pin) for pin in (16, 17, 19, 18))
WIRED = (
    WiredActuator(gpio=16, actuator_type="pump", name="Pump"),
    WiredActuator(gpio=17, actuator_type="pwm", name="Fan"),
    WiredActuator(gpio=19, actuator_type="relay", name="Heater", inverted=True),
)
PLANNED = (
    an_actuator(gpio=16),
    an_actuator(ActuatorKind.PWM, 17, name="Fan"),
    an_actuator(ActuatorKind.RELAY, 19, name="Heater", inverted=True),
)
WIRED_VALVE = WiredActuator(gpio=18, actuator_type="valve", name="Valve", aux_gpio=25)
PLANNED_VALVE = an_actuator(ActuatorKind.VALVE, 18, name="Valve", aux=25)
STOP = StopPressed(devices=None, by="anna", user="u1")
RELEASE = StopReleased(devices=None, by="anna", user="u1")


class Greenhouse:
    """An engine and one simulated device that hear each other without delay."""

    def __init__(self, *, valve: bool = False, obeys: bool = True) -> None:
        """Approve the device, let it connect and take in its configuration."""
        self.now = NOON
        self.engine = Engine(session="t1")
        self.effects: list[Effect] = []
        self._waiting: deque[Publish] = deque()
        wired = (*WIRED, WIRED_VALVE) if valve else WIRED
        planned = (*PLANNED, PLANNED_VALVE) if valve else PLANNED
        # Without a token the production build refuses every stop.
        spec = DeviceSpec(id=ESP, name="Bench", board="esp32_dev" if obeys else "esp32_prod", actuators=wired)
        self.esp = SimulatedEsp(spec, a_world(), now=self.now)
        self.feed(BrokerConnected())
        self.feed(PlanChanged(plan=a_plan(ESP, sensors=(), actuators=planned)))
        self.hear(self.esp.link_up(self.now))
        self.wait(10)

    @property
    def moment(self) -> Instant:
        """Return this moment on both clocks."""
        return Instant(utc=datetime.fromtimestamp(self.now, UTC), monotonic=self.now)

    def reboot(self) -> None:
        """Restart the device."""
        self.esp.reboot(self.now)
        self.wait(5)
        self.hear(self.esp.link_up(self.now))
        self.wait(10)

    def hear(self, said: Iterable[Publish]) -> None:
        """Carry what the device says to the engine, one message after the other."""
        self._waiting.extend(said)
        while self._waiting:
            message = self._waiting.popleft()
            fact = decode(message.topic, message.payload, kaiser_id="god")
            self.feed(*([] if fact is None else [fact]))

    def feed(self, *events: Event) -> None:
        """Hand events to the engine and carry its orders to the device."""
        for event in events:
            effects = self.engine.handle(event, self.moment)
            self.effects += effects
            for wire in (encode(message, kaiser_id="god") for message in orders_in(effects)):
                self._waiting.extend(self.esp.receive(wire.topic, wire.payload, self.now))

    def order(self, event: Event) -> None:
        """Let a person do something, and the device answer."""
        self.effects.clear()
        self.feed(event)
        self.hear([])

    def wait(self, seconds: float) -> None:
        """Let time pass on both sides."""
        for _ in range(round(seconds * 4)):
            self.now += 0.25
            self.hear(self.esp.tick(self.now))
            due = self.engine.next_wake()
            self.feed(*[WakeReached()] * (due is not None and due <= self.now))
            self.hear([])

    def run(self, channel: ChannelId, level: float = 1.0) -> None:
        """Let a person energise an output."""
        self.order(CommandWished(request=a_request(level, channel, key=f"run-{channel}-{self.now}")))
        self.wait(1)

    @property
    def outputs(self) -> list[float]:
        """Return what pump, fan and heater really do."""
        levels = dict(self.esp.firmware.bank.levels())
        return [round(levels[gpio], 1) for gpio in (16, 17, 19)]

    @property
    def opening(self) -> float:
        """Return how far the valve is really open."""
        return dict(self.esp.firmware.bank.levels())[18]

    @property
    def proof(self) -> Proof:
        """Return what the device has proven."""
        (proof,) = self.engine.proofs.all()
        return proof


def orders_in(effects: Iterable[Effect]) -> list[ApprovedCommand | Notice]:
    """Return what goes to the device, in its order."""
    return [
        effect.command if isinstance(effect, Send) else effect.notice
        for effect in effects
        if isinstance(effect, (Send, SendNotice))
    ]


def running(*, valve: bool = False, obeys: bool = True) -> Greenhouse:
    """Return a greenhouse in which everything runs."""
    house = Greenhouse(valve=valve, obeys=obeys)
    for channel, level in ((PUMP, 1.0), (FAN, 0.5), (HEATER, 1.0)):
        house.run(channel, level)
    assert house.outputs == [1.0, 0.5, 1.0]
    return house


def energising(effects: Iterable[Effect]) -> list[Send]:
    """Return every command that energises."""
    return [effect for effect in effects if isinstance(effect, Send) and effect.command.request.level]


@pytest.mark.req("SAF-11")
def test_a_stop_rests_everything_at_once_and_the_device_proves_it() -> None:
    """Nothing has to be sent to its outputs besides the stop."""
    house = running()
    house.order(STOP)
    assert house.outputs == [0.0, 0.0, 0.0]
    assert house.proof.state is ProofState.AT_REST
    assert house.engine.proofs.latency_of(ESP) is not None
    house.wait(60)
    assert [effect for effect in house.effects if isinstance(effect, Send)] == []
    assert told(house.effects, Occasion.ALERT) == []
    (tell,) = told(house.effects, Occasion.EMERGENCY_OUTCOME)
    assert {fate: shown for fate, shown in tell.details.items() if shown} == {"at_rest": f"{PUMP}, {FAN}, {HEATER}"}


@pytest.mark.req("SAF-13", "SAF-23", "INV-3")
@pytest.mark.parametrize("after", [0, 4, 60])
def test_a_release_is_confirmed_by_the_device_and_nothing_starts(after: int) -> None:
    """Also one that comes too early for the firmware: it is asked for again."""
    house = running()
    house.order(STOP)
    house.wait(after)
    house.order(RELEASE)
    house.wait(2)
    assert house.engine.latch.is_latched or after == 60
    house.wait(10)
    assert not house.engine.latch.is_latched
    assert (house.outputs, energising(house.effects)) == ([0.0, 0.0, 0.0], [])
    house.wait(120)
    assert (house.outputs, energising(house.effects)) == ([0.0, 0.0, 0.0], [])
    house.run(PUMP)
    assert house.outputs == [1.0, 0.0, 0.0]


@pytest.mark.req("SAF-10", "SAF-11")
def test_a_device_that_refuses_its_stop_is_rested_output_by_output() -> None:
    """It has no token; the gate holds all the same."""
    house = running(obeys=False)
    house.order(STOP)
    assert house.outputs == [1.0, 0.5, 1.0]
    house.wait(1)
    assert house.outputs == [0.0, 0.0, 0.0]
    house.wait(40)
    assert (house.proof.state, house.proof.answered_at) == (ProofState.AT_REST, None)
    assert told(house.effects, Occasion.STOP_NOT_EFFECTIVE) == []


@pytest.mark.req("INV-5", "SAF-16")
def test_a_device_that_forgets_its_stop_at_a_reboot_is_stopped_again() -> None:
    """An inverted output comes up energised: the firmware sets its pin the wrong way round."""
    house = running()
    house.order(STOP)
    house.reboot()
    assert house.outputs == [0.0, 0.0, 0.0]
    house.wait(40)
    assert house.proof.state is ProofState.AT_REST
    assert energising(house.effects) == []


def test_a_stopped_valve_stays_where_it_is_and_says_so() -> None:
    """The device believes that it is closed."""
    house = running(valve=True)
    house.run(VALVE)
    house.wait(10)
    house.order(STOP)
    house.wait(60)
    assert house.opening == 1.0
    assert (house.proof.state, house.proof.unknown) == (ProofState.ANSWERED, (VALVE,))


def test_a_controlled_stop_closes_the_valve_first() -> None:
    """Then the pump rests, then the device is stopped."""
    house = running(valve=True)
    house.run(VALVE)
    house.wait(10)
    house.feed(DeviceSafetyChanged(safety=DeviceSafety(device=ESP, stop_mode=StopMode.CONTROLLED)))
    for channel, step in ((VALVE, 1), (FAN, 2), (HEATER, 2), (PUMP, 3)):
        house.feed(SafetyChanged(safety=ChannelSafety(channel=channel, stop_step=step)))
    house.order(STOP)
    assert house.outputs == [1.0, 0.5, 1.0]
    house.wait(6.5)
    assert house.opening == 0.0
    house.wait(10)
    assert house.outputs == [0.0, 0.0, 0.0]
    assert house.proof.answered_at is not None
    assert house.opening == 0.0


def test_a_device_that_was_away_is_stopped_before_it_is_released() -> None:
    """It has never heard of the stop, and its firmware confirms a release also while its outputs run."""
    house = running()
    house.hear([house.esp.will])
    house.esp.link_down(house.now)
    house.order(STOP)
    house.wait(1)
    house.order(RELEASE)
    house.wait(20)
    assert house.engine.latch.holds(ESP)
    house.hear(house.esp.link_up(house.now))
    house.wait(30)
    assert not house.engine.latch.holds(ESP)
    assert (house.outputs, energising(house.effects)) == ([0.0, 0.0, 0.0], [])

"""A tent with a simulated device in it, which our engine serves over the real messages; the engine can go away."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import json

from custom_components.god_kaiser.core import Engine
from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance, Load
from custom_components.god_kaiser.core.devices.plan import ActuatorPlan, DevicePlan
from custom_components.god_kaiser.core.effects import Effect, KeepMark, Send, SendNotice, Tell
from custom_components.god_kaiser.core.events import BrokerConnected, BrokerLost, Event, RuleLaidDown, WakeReached
from custom_components.god_kaiser.core.facts import WillReceived
from custom_components.god_kaiser.core.fleet.sync import Mark
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId
from custom_components.god_kaiser.core.instant import Instant
from custom_components.god_kaiser.core.protocol.inbound import decode
from custom_components.god_kaiser.core.protocol.outbound import WireMessage, encode
from custom_components.god_kaiser.core.rules.model import Rule
from custom_components.god_kaiser.core.rules.orders import KeepRule
from custom_components.god_kaiser.core.rules.reading import read
from custom_components.god_kaiser.core.rules.state import RuleMemory
from custom_components.god_kaiser.core.safety.memory import Memory
from simulator import Publish
from tests.builders import a_plan, a_sensor, an_actuator
from tests.simulator.bench import ESP, Bench

CLIMATE: Final = ChannelId(f"{ESP}/sensor/0/sht31_temp/0x44")
FAN_PIN, PUMP_PIN = 17, 16
FAN: Final = ChannelId(f"{ESP}/actuator/{FAN_PIN}")
PUMP: Final = ChannelId(f"{ESP}/actuator/{PUMP_PIN}")
DEVICE: Final = DeviceId(ESP)
HOT: Final = {"kind": "hysteresis", "id": "n1", "sensor": CLIMATE, "below": 27.0, "above": 30.0, "cools": True}
THE_FAN: Final = an_actuator(ActuatorKind.PWM, FAN_PIN, name="Fan", appears_as=Appearance.FAN, max_runtime=36_000)
_STEP = 0.25


def a_rule(key: str = "cool", **more: Any) -> Rule:
    """Return a rule that cools the tent with its fan unless told otherwise."""
    given = {"id": key, "when": HOT, "then": [{"kind": "set", "output": FAN, "level": 1.0}]}
    return read(given | more, lambda *_: None)


def a_tent_plan(fan: ActuatorPlan = THE_FAN) -> DevicePlan:
    """Return what the device of the tent has: a climate sensor, a fan and a pump."""
    pump = an_actuator(gpio=PUMP_PIN, load=Load.WATER)
    return a_plan(ESP, sensors=[a_sensor("sht31", 0, name="Air", interval=30)], actuators=[fan, pump])


class Tent:
    """The device, what serves it, and everything that was said; ``fan`` is when the fan did what."""

    def __init__(self, *rules: Rule, plan: DevicePlan | None = None) -> None:
        """Bring the device online and let it be configured."""
        self.bench = Bench()
        self.plan = plan or a_tent_plan()
        self.rules = list(rules)
        self.fan: list[tuple[float, float]] = []
        self.configs: list[dict[str, Any]] = []
        self.commands: list[dict[str, Any]] = []
        self.alerts: list[str] = []
        self.began = self.bench.now
        self.is_linked = True
        self._mark: Mark | None = None
        self._disk: dict[str, bytes] = {}
        self._memory = Memory()
        self._runs = 0
        self.engine: Engine | None = None
        self.temperature(25.0)
        self.start()
        self._hear(self.bench.esp.link_up(self.bench.now))
        self.play(40)

    @property
    def served(self) -> Engine:
        """Return the engine that runs."""
        assert self.engine is not None
        return self.engine

    @property
    def now(self) -> Instant:
        """Return this moment on both clocks."""
        return Instant(utc=datetime.fromtimestamp(self.bench.now, UTC), monotonic=self.bench.now)

    def temperature(self, degrees: float) -> None:
        """Let the tent be as warm as this."""
        self.bench.world.air["tent"].temperature = degrees

    def start(self) -> None:
        """Start Home Assistant with what is on the disk."""
        self._runs += 1
        self.engine = Engine(session=f"t{self._runs}")
        self.engine.restore([(self.plan, self._mark)], self._memory, self.now)
        memories = [json.decode(row, type=RuleMemory) for row in self._disk.values()]
        self.engine.rules.restore(self.rules, memories, self.now)
        self.feed(BrokerConnected())

    def kill(self) -> None:
        """Let Home Assistant vanish without a word."""
        self._memory = self.served.memory(self.now)
        self.engine = None

    def unplug(self) -> None:
        """Let the connection of the device break."""
        self.is_linked = False
        self._hear(self.bench.esp.link_down(self.bench.now))
        self.feed(WillReceived(device=DEVICE, reason="unexpected_disconnect"))

    def plug_in(self) -> None:
        """Let the device find the broker again."""
        self.is_linked = True
        self._hear(self.bench.esp.link_up(self.bench.now))

    def lose_broker(self) -> None:
        """Let the broker go away for everybody."""
        self.is_linked = False
        self.feed(BrokerLost())
        self.bench.esp.link_down(self.bench.now)

    def find_broker(self) -> None:
        """Let the broker come back for everybody."""
        self.is_linked = True
        self.feed(BrokerConnected())
        self._hear(self.bench.esp.link_up(self.bench.now))

    def save(self, *rules: Rule) -> None:
        """Let a person save rules."""
        for rule in rules:
            self.rules = [*(known for known in self.rules if known.id != rule.id), rule]
            self.feed(RuleLaidDown(rule=rule))

    def feed(self, event: Event) -> list[Effect]:
        """Hand an event to the engine and do what it wants."""
        if self.engine is None:
            return []
        effects = self.engine.handle(event, self.now)
        self.perform(effects)
        return effects

    def perform(self, effects: Iterable[Effect]) -> None:
        """Do what the engine wants."""
        for effect in effects:
            self._perform(effect)

    def play(self, seconds: float) -> None:
        """Let time pass."""
        for _ in range(round(seconds / _STEP)):
            self.bench.now += _STEP
            self._hear(self.bench.esp.tick(self.bench.now))
            self._wake()
            level = self.bench.output(FAN_PIN)
            if not self.fan or self.fan[-1][1] != level:
                self.fan.append((self.bench.now - self.began, level))

    def device_rules(self) -> list[tuple[int, float, float]]:
        """Return what the device would do by itself: pin, on above, off below."""
        return [(r.actuator_gpio, r.activate_above, r.deactivate_below) for r in self.bench.esp.chip.nvs.rules]

    def _wake(self) -> None:
        for _ in range(100):
            due = None if self.engine is None else self.engine.next_wake()
            if due is None or due > self.bench.now:
                return
            self.feed(WakeReached())
        raise AssertionError("the engine wants to be woken again and again")

    def _hear(self, said: Iterable[Publish]) -> None:
        for message in said:
            if self.engine is None:
                return
            fact = decode(message.topic, message.payload, kaiser_id="god")
            if fact is not None:
                self.feed(fact)

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Send(command=message) | SendNotice(notice=message):
                self._tell(encode(message, kaiser_id="god"))
            case KeepRule(memory=memory):
                self._disk[memory.rule] = json.encode(memory)
            case KeepMark(plan=plan, boot_sequence=boot):
                self._mark = json.decode(json.encode(Mark(plan=plan, boot_sequence=boot)), type=Mark)
            case Tell(details=details) if "alert" in details:
                self.alerts.append(str(details["alert"]))
            case _:
                pass

    def _tell(self, message: WireMessage) -> None:
        if not self.is_linked:
            return
        if message.topic.endswith("/config"):
            self.configs.append(json.decode(message.payload))
        elif message.topic.endswith("/command") and "/actuator/" in message.topic:
            self.commands.append(json.decode(message.payload))
        self._hear(self.bench.esp.receive(message.topic, message.payload, self.bench.now))

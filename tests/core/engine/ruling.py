"""A house on which rules play: sensors on one device, outputs on another, both of which obey; only the test moves the clock."""

from collections.abc import Iterable
from typing import Any

from msgspec import json

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.devices.notices import EmergencyClear, EmergencyStop, EmergencyStopAll
from custom_components.god_kaiser.core.effects import Effect, Send, SendNotice
from custom_components.god_kaiser.core.events import Event, RuleLaidDown, RuleRemoved, WakeReached
from custom_components.god_kaiser.core.facts import StopCleared
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId, device_of
from custom_components.god_kaiser.core.rules.executions import Execution
from custom_components.god_kaiser.core.rules.happenings import Assignment, RuleEvent
from custom_components.god_kaiser.core.rules.model import Rule
from custom_components.god_kaiser.core.rules.orders import AssistRule, ForgetRule, KeepExecution, KeepRule, TellRule
from custom_components.god_kaiser.core.rules.reading import read
from custom_components.god_kaiser.core.rules.state import RuleMemory, RuleState
from custom_components.god_kaiser.core.safety.gate import ApprovedCommand
from tests.builders import (
    ROM,
    EngineBench,
    a_heartbeat,
    a_plan,
    a_reading,
    a_report,
    a_sensor,
    an_actuator,
    an_answer,
    an_instant,
)

SENSOR_ESP, PUMP_ESP = "ESP_SENSOR1", "ESP_PUMP001"
SOIL = ChannelId(f"{SENSOR_ESP}/sensor/34/moisture")
AIR = ChannelId(f"{SENSOR_ESP}/sensor/4/ds18b20/{ROM}")
PUMP = ChannelId(f"{PUMP_ESP}/actuator/12")
VALVE = ChannelId(f"{PUMP_ESP}/actuator/13")
_ANSWERS_AFTER = 0.2
_BEAT = 60.0
_MOST_STEPS = 20_000

type Trace = list[tuple[float, str, float]]


def nowhere(_device: str, _pin: int, _kind: str) -> None:
    """Find no sensor on any pin."""


def dry(below: float = 30.0, **more: Any) -> dict[str, Any]:
    """Return the question whether the soil is dry."""
    return {"kind": "reading", "sensor": SOIL, "operator": "<", "value": below, **more}


def on(output: ChannelId = PUMP, level: float = 1.0, **more: Any) -> dict[str, Any]:
    """Return the wish that an output runs."""
    return {"kind": "set", "output": output, "level": level, **more}


def a_rule(key: str = "water", /, **more: Any) -> Rule:
    """Return a rule: the pump runs as long as the soil is dry, unless told otherwise."""
    return read({"id": key, "when": dry(), "then": [on()], **more}, nowhere)


class House(EngineBench):
    """Two devices and the rules between them; what the outputs are told is in ``trace``."""

    def __init__(self, *, disk: dict[str, bytes] | None = None, at: float = 0.0, is_new: bool = True) -> None:
        """Bring both devices online, unless they are to come later."""
        super().__init__()
        self.seconds = at
        self.trace: Trace = []
        self.levels: dict[ChannelId, float] = {}
        self.disk: dict[str, bytes] = dict(disk or {})
        self.told: list[RuleEvent] = []
        self.executions: dict[str, Execution] = {}
        self.jobs: list[Assignment] = []
        self.mute: set[str] = set()
        self.deaf: set[ChannelId] = set()
        self.stopped_at = 0
        self._due: list[tuple[float, Event]] = []
        self._last_beat = at - _BEAT
        self.plans = (
            a_plan(
                SENSOR_ESP,
                sensors=[a_sensor(), a_sensor("ds18b20", 4, name="Air", onewire=ROM)],
                actuators=[],
            ),
            a_plan(
                PUMP_ESP,
                sensors=[],
                actuators=[
                    an_actuator(ActuatorKind.PWM, 12, name="Pump"),
                    an_actuator(ActuatorKind.RELAY, 13, name="Valve"),
                ],
            ),
        )
        if is_new:
            for plan in self.plans:
                self.online(plan=plan)

    def begin(self, *rules: Rule) -> None:
        """Start with these rules and with what is on the disk, as after a restart."""
        memories = [json.decode(row, type=RuleMemory) for row in self.disk.values()]
        self.engine.rules.restore(rules, memories, self.now)

    def save(self, *rules: Rule) -> list[Effect]:
        """Save rules."""
        return [effect for rule in rules for effect in self.feed(RuleLaidDown(rule=rule))]

    def remove(self, name: str = "water") -> list[Effect]:
        """Delete a rule."""
        return self.feed(RuleRemoved(rule=name))

    def state(self, name: str = "water") -> RuleState:
        """Return where a rule stands."""
        return self.engine.rules.book.states[name]

    def happenings(self) -> list[str]:
        """Return what was told about rules."""
        return [event.happening.value for event in self.told]

    def moisture(self, percent: float) -> list[Effect]:
        """Let the soil be as moist as this."""
        return self.feed(a_reading(device=SENSOR_ESP, raw=percent, value=percent, raw_mode=False))

    def air(self, degrees: float) -> list[Effect]:
        """Let the air be as warm as this."""
        return self.feed(
            a_reading("ds18b20", 4, device=SENSOR_ESP, raw=degrees, value=degrees, raw_mode=False, address=ROM)
        )

    def feed_report(self, channel: ChannelId, level: float) -> list[Effect]:
        """Let an output say what it does."""
        return self.feed(a_report(level, int(channel.rsplit("/", 1)[1]), device=channel.split("/")[0], kind=None))

    def feed(self, event: Event) -> list[Effect]:
        """Hand one event to the engine and let the house do what follows."""
        effects = super().feed(event)
        for effect in effects:
            self._perform(effect)
        return effects

    def play(self, seconds: float) -> None:
        """Let time pass: devices answer and beat, the engine wakes when it wants to."""
        target = self.seconds + seconds
        for _ in range(_MOST_STEPS):
            due = self.engine.next_wake()
            wakes_at = None if due is None else max(self.seconds, due - an_instant().monotonic)
            answers_at = min((moment for moment, _ in self._due), default=None)
            beats_at = self._last_beat + _BEAT
            upcoming = min(moment for moment in (wakes_at, answers_at, beats_at) if moment is not None)
            if upcoming > target:
                self.seconds = target
                return
            self.seconds = max(self.seconds, upcoming)
            if answers_at is not None and answers_at <= self.seconds:
                self._answer()
            elif beats_at <= self.seconds:
                self._beat()
            else:
                self.feed(WakeReached())
        raise AssertionError("time does not pass")

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Send(command=command):
                self._obey(command)
            case KeepRule(memory=memory):
                self.disk[memory.rule] = json.encode(memory)
            case ForgetRule(rule=rule):
                self.disk.pop(rule, None)
            case TellRule(event=event):
                self.told.append(event)
            case KeepExecution(execution=execution):
                self.executions[execution.key] = execution
            case AssistRule(assignment=job):
                self.jobs.append(job)
            case SendNotice(notice=EmergencyStop(device=device)):
                self._drop(device)
            case SendNotice(notice=EmergencyStopAll()):
                self._drop(DeviceId(PUMP_ESP))
            case SendNotice(notice=EmergencyClear(device=device)):
                self._due.append((self.seconds + _ANSWERS_AFTER, StopCleared(device=device)))
            case _:
                pass

    def _obey(self, command: ApprovedCommand) -> None:
        request = command.request
        channel, level = request.channel, request.level
        self.trace.append((round(self.seconds, 1), str(channel), level))
        device, gpio = str(channel).split("/")[0], int(str(channel).rsplit("/", 1)[1])
        if device in self.mute or channel in self.deaf:
            return
        self.levels[channel] = level
        soon = self.seconds + _ANSWERS_AFTER
        self._due.append((soon, an_answer(request.id, device=device)))
        self._due.append((soon, a_report(level, gpio, device=device, kind=None)))

    def _drop(self, device: DeviceId) -> None:
        for channel in (PUMP, VALVE):
            if device_of(channel) == device and device not in self.mute:
                self.levels[channel] = 0.0
                gpio = int(channel.rsplit("/", 1)[1])
                report = a_report(0.0, gpio, device=device, kind=None)
                self._due.append((self.seconds + _ANSWERS_AFTER, report))

    def _answer(self) -> None:
        moment, event = min(self._due, key=lambda each: each[0])
        self._due.remove((moment, event))
        self.feed(event)

    def beat(self, device: DeviceId) -> None:
        """Let a device say that it is there."""
        self.feed(a_heartbeat(device))

    def _beat(self) -> None:
        self._last_beat = self.seconds
        for plan in self.plans:
            if plan.device not in self.mute:
                self.beat(plan.device)


def levels_of(trace: Iterable[tuple[float, str, float]], channel: ChannelId = PUMP) -> list[float]:
    """Return what one output was told, in order."""
    return [level for _, name, level in trace if name == channel]

"""A house on which rules play: sensors on one device, outputs on another, both of which obey; only the test moves the clock."""

from collections.abc import Iterable
from typing import Any, override

from msgspec import json

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.devices.notices import EmergencyClear, EmergencyStop, EmergencyStopAll
from custom_components.god_kaiser.core.effects import Effect, SendNotice
from custom_components.god_kaiser.core.events import RuleLaidDown, RuleRemoved
from custom_components.god_kaiser.core.facts import StopCleared
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId, device_of
from custom_components.god_kaiser.core.rules.executions import Execution
from custom_components.god_kaiser.core.rules.happenings import Assignment, RuleEvent
from custom_components.god_kaiser.core.rules.model import Rule
from custom_components.god_kaiser.core.rules.orders import AssistRule, ForgetRule, KeepExecution, KeepRule, TellRule
from custom_components.god_kaiser.core.rules.reading import read
from custom_components.god_kaiser.core.rules.state import RuleMemory, RuleState
from tests.builders import ROM, a_plan, a_reading, a_report, a_sensor, an_actuator
from tests.core.engine.obeying import ANSWERS_AFTER, ObedientBench

SENSOR_ESP, PUMP_ESP = "ESP_SENSOR1", "ESP_PUMP001"
SOIL = ChannelId(f"{SENSOR_ESP}/sensor/34/moisture")
AIR = ChannelId(f"{SENSOR_ESP}/sensor/4/ds18b20/{ROM}")
PUMP = ChannelId(f"{PUMP_ESP}/actuator/12")
VALVE = ChannelId(f"{PUMP_ESP}/actuator/13")


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


class House(ObedientBench):
    """Two devices and the rules between them; what the outputs are told is in ``trace``."""

    def __init__(self, *, disk: dict[str, bytes] | None = None, at: float = 0.0, is_new: bool = True) -> None:
        """Bring both devices online, unless they are to come later."""
        super().__init__(disk=disk, at=at)
        self.told: list[RuleEvent] = []
        self.executions: dict[str, Execution] = {}
        self.jobs: list[Assignment] = []
        self.stopped_at = 0
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

    @override
    def _perform(self, effect: Effect) -> None:
        super()._perform(effect)
        match effect:
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
                self._due.append((self.seconds + ANSWERS_AFTER, StopCleared(device=device)))
            case _:
                pass

    def _drop(self, device: DeviceId) -> None:
        for channel in (PUMP, VALVE):
            if device_of(channel) == device and device not in self.mute:
                self.levels[channel] = 0.0
                gpio = int(channel.rsplit("/", 1)[1])
                report = a_report(0.0, gpio, device=device, kind=None)
                self._due.append((self.seconds + ANSWERS_AFTER, report))


def levels_of(trace: Iterable[tuple[float, str, float]], channel: ChannelId = PUMP) -> list[float]:
    """Return what one output was told, in order."""
    return [level for _, name, level in trace if name == channel]

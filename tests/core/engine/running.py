"""A greenhouse on which runs of sequences play: devices that obey, a disk that writes, and a clock that only the test moves."""

from collections.abc import Iterable
from typing import Any, override

from msgspec import json

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.effects import Assist, Effect, ForgetRun, KeepRun, Reply, TellRun
from custom_components.god_kaiser.core.events import RunAnswered, RunCancelled, RunHalted, RunResumed, RunWished
from custom_components.god_kaiser.core.ids import ChannelId, CommandId
from custom_components.god_kaiser.core.sequences.happenings import RunEvent
from custom_components.god_kaiser.core.sequences.limits import SequenceLimits
from custom_components.god_kaiser.core.sequences.model import Sequence
from custom_components.god_kaiser.core.sequences.reading import read
from custom_components.god_kaiser.core.sequences.run import Answer, Run
from custom_components.god_kaiser.core.sequences.status import RunStatus
from tests.builders import a_plan, an_actuator
from tests.core.engine.obeying import ObedientBench, Trace
from tests.core.sequences.programs import IRRIGATION, delay, set_to

VALVE_ESP, PUMP_ESP = "ESP_VALVE_01", "ESP_PUMP_01"
VALVE, PUMP = ChannelId(f"{VALVE_ESP}/actuator/10"), ChannelId(f"{PUMP_ESP}/actuator/12")


def irrigation() -> Sequence:
    """Return the former server's example."""
    return read(IRRIGATION, SequenceLimits())


def watering(*steps: dict[str, Any], **more: Any) -> Sequence:
    """Return a sequence for the pump and the valve of this greenhouse."""
    return read({"id": "watering", "steps": list(steps), **more}, SequenceLimits())


def short(seconds: float = 30.0, **more: Any) -> Sequence:
    """Return the shortest sequence that energises something: the pump runs for a while."""
    return watering(set_to(PUMP), delay(seconds), set_to(PUMP, 0.0), **more)


class Greenhouse(ObedientBench):
    """Two devices with an output each; what they are told is in ``trace``."""

    def __init__(self, *, disk: dict[str, bytes] | None = None, at: float = 0.0, is_clean: bool = True) -> None:
        """Bring both devices online."""
        super().__init__(disk=disk, at=at)
        self.replies: dict[CommandId, Reply] = {}
        self.told: list[RunEvent] = []
        self.assists: list[Assist] = []
        self.writes = True
        self._keys = 0
        self.plans = (
            a_plan(VALVE_ESP, sensors=[], actuators=[an_actuator(ActuatorKind.RELAY, 10, name="Valve")], name="Valves"),
            a_plan(PUMP_ESP, sensors=[], actuators=[an_actuator(ActuatorKind.PWM, 12, name="Pump")], name="Pumps"),
        )
        if not disk:
            for plan in self.plans:
                self.online(plan=plan)

    @override
    def _perform(self, effect: Effect) -> None:
        super()._perform(effect)
        match effect:
            case KeepRun(run=run, key=key):
                self.disk[run.id] = json.encode(run)
                if key is not None:
                    written = Answer(key=key, is_done=self.writes, reason="not_saved")
                    self._due.append((self.seconds, RunAnswered(run=run.id, answer=written)))
            case ForgetRun(run=run):
                self.disk.pop(run, None)
            case Reply(key=key):
                self.replies[key] = effect
            case TellRun(event=event):
                self.told.append(event)
            case Assist():
                self.assists.append(effect)
            case _:
                pass

    def start(self, program: Sequence, run: str = "r1", **more: Any) -> Reply:
        """Start a run and return what was said to that."""
        key = self._key()
        self.feed(RunWished(key=key, run=run, program=program, **more))
        return self.replies[key]

    def cancel(self, run: str = "r1", **more: Any) -> Reply:
        """End a run."""
        key = self._key()
        self.feed(RunCancelled(key=key, run=run, **more))
        return self.replies[key]

    def halt(self, status: RunStatus, run: str = "r1", **more: Any) -> Reply:
        """Let a run stand still."""
        key = self._key()
        self.feed(RunHalted(key=key, run=run, status=status, **more))
        return self.replies[key]

    def resume(self, run: str = "r1") -> Reply:
        """Let a run go on."""
        key = self._key()
        self.feed(RunResumed(key=key, run=run))
        return self.replies[key]

    def run(self, run: str = "r1") -> Run:
        """Return a run with its clock set."""
        found = self.engine.programs.runs.at(run, self.now)
        assert found is not None
        return found

    def crashed(self, *, after: float = 5.0, is_clean: bool = False) -> Greenhouse:
        """Return the greenhouse as the next run of Home Assistant finds it; its devices have noticed nothing."""
        successor = Greenhouse(disk=self.disk, at=self.seconds + after, is_clean=is_clean)
        successor.levels = dict(self.levels)
        successor.restore(
            *self.plans, memory=self.engine.memory(self.now), marked="ESP_A1B2C3-b1-r1", runs=self.on_disk()
        )
        return successor

    def on_disk(self) -> tuple[Run, ...]:
        """Return the runs that were written down."""
        return tuple(json.decode(content, type=Run) for content in self.disk.values())

    def happenings(self, run: str = "r1") -> list[str]:
        """Return what was told about a run, in order."""
        return [event.happening.value for event in self.told if event.run == run]

    def driven(self, *channels: str) -> Trace:
        """Return what outputs were told."""
        return [step for step in self.trace if not channels or step[1] in channels]

    def _key(self) -> CommandId:
        self._keys += 1
        return CommandId(f"key-{self._keys}")


def levels_of(trace: Iterable[tuple[float, str, float]]) -> list[tuple[str, float]]:
    """Return what was told, without the moments."""
    return [(channel, level) for _, channel, level in trace]

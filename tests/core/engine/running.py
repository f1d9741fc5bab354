"""A greenhouse on which runs of sequences play: devices that obey, a disk that writes, and a clock that only the test moves."""

from collections.abc import Iterable
from typing import Any

from msgspec import json

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.devices.plan import DevicePlan
from custom_components.god_kaiser.core.effects import Assist, Effect, ForgetRun, KeepRun, Reply, Send, TellRun
from custom_components.god_kaiser.core.events import (
    Event,
    RunAnswered,
    RunCancelled,
    RunHalted,
    RunResumed,
    RunWished,
    WakeReached,
)
from custom_components.god_kaiser.core.ids import ChannelId, CommandId
from custom_components.god_kaiser.core.safety.gate import ApprovedCommand
from custom_components.god_kaiser.core.sequences.happenings import RunEvent
from custom_components.god_kaiser.core.sequences.limits import SequenceLimits
from custom_components.god_kaiser.core.sequences.model import Sequence
from custom_components.god_kaiser.core.sequences.reading import read
from custom_components.god_kaiser.core.sequences.run import Answer, Run
from custom_components.god_kaiser.core.sequences.status import RunStatus
from tests.builders import EngineBench, a_heartbeat, a_plan, a_report, an_actuator, an_answer, an_instant
from tests.core.sequences.programs import IRRIGATION, delay, set_to

VALVE_ESP, PUMP_ESP = "ESP_VALVE_01", "ESP_PUMP_01"
VALVE, PUMP = ChannelId(f"{VALVE_ESP}/actuator/10"), ChannelId(f"{PUMP_ESP}/actuator/12")
_ANSWERS_AFTER = 0.2
_BEAT = 60.0
_MOST_STEPS = 20_000

type Trace = list[tuple[float, str, float]]


def irrigation() -> Sequence:
    """Return the former server's example."""
    return read(IRRIGATION, SequenceLimits())


def watering(*steps: dict[str, Any], **more: Any) -> Sequence:
    """Return a sequence for the pump and the valve of this greenhouse."""
    return read({"id": "watering", "steps": list(steps), **more}, SequenceLimits())


def short(seconds: float = 30.0, **more: Any) -> Sequence:
    """Return the shortest sequence that energises something: the pump runs for a while."""
    return watering(set_to(PUMP), delay(seconds), set_to(PUMP, 0.0), **more)


class Greenhouse(EngineBench):
    """Two devices with an output each; what they are told is in ``trace``."""

    def __init__(self, *, disk: dict[str, bytes] | None = None, at: float = 0.0, is_clean: bool = True) -> None:
        """Bring both devices online."""
        super().__init__()
        self.seconds = at
        self.trace: Trace = []
        self.levels: dict[ChannelId, float] = {}
        self.disk: dict[str, bytes] = dict(disk or {})
        self.replies: dict[CommandId, Reply] = {}
        self.told: list[RunEvent] = []
        self.assists: list[Assist] = []
        self.mute: set[str] = set()
        self.deaf: set[ChannelId] = set()
        self.writes = True
        self._due: list[tuple[float, Event]] = []
        self._last_beat = -_BEAT
        self._keys = 0
        self.plans: tuple[DevicePlan, ...] = (
            a_plan(VALVE_ESP, sensors=[], actuators=[an_actuator(ActuatorKind.RELAY, 10, name="Valve")], name="Valves"),
            a_plan(PUMP_ESP, sensors=[], actuators=[an_actuator(ActuatorKind.PWM, 12, name="Pump")], name="Pumps"),
        )
        if not disk:
            for plan in self.plans:
                self.online(plan=plan)

    def feed(self, event: Event) -> list[Effect]:
        """Hand one event to the engine and let the greenhouse do what follows."""
        effects = super().feed(event)
        for effect in effects:
            self._perform(effect)
        return effects

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Send(command=command):
                self._obey(command)
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

    def play(self, seconds: float) -> list[Effect]:
        """Let time pass; devices answer, beat and obey."""
        until, effects = self.seconds + seconds, list[Effect]()
        for _ in range(_MOST_STEPS):
            due = self.engine.next_wake()
            wake = None if due is None else due - an_instant().monotonic
            answer = min((moment for moment, _ in self._due), default=None)
            moments = [moment for moment in (wake, answer, self._last_beat + _BEAT) if moment is not None]
            if min(moments) > until:
                self.seconds = until
                return effects
            self.seconds = max(self.seconds, min(moments))
            effects += self._next(answer)
        raise AssertionError("time does not pass")

    def _next(self, answer: float | None) -> list[Effect]:
        if self._last_beat + _BEAT <= self.seconds:
            self._last_beat = self.seconds
            present = [plan.device for plan in self.plans if plan.device not in self.mute]
            return [effect for device in present for effect in self.feed(a_heartbeat(device))]
        if answer is not None and answer <= self.seconds:
            position = min(range(len(self._due)), key=lambda index: self._due[index][0])
            return self.feed(self._due.pop(position)[1])
        return self.feed(WakeReached())

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

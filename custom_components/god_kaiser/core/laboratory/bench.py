"""Drives a real engine among imagined devices: the same way from a reading to a command, only that nobody waits for time."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from ..deadlines import Deadlines
from ..devices.model import Quality
from ..effects import Effect, KeepMark, Send, SendNotice
from ..engine import Engine
from ..events import BrokerConnected, ConditionAnswered, EntityChanged, Event, RuleAnswered, WakeReached
from ..facts import ReadingArrived, WillReceived
from ..fleet.sync import Mark
from ..ids import ChannelId, CommandId, DeviceId, device_of
from ..instant import Instant
from ..requests import CommandRequest
from ..rules.orders import AssistRule, ForgetRule, KeepRule
from ..rules.state import RuleMemory
from ..safety.gate import ApprovedCommand
from ..safety.interlocks.fresh_sensor import FreshSensor
from ..safety.memory import Memory
from ..truth import Truth
from .obedient import ANSWERS_AFTER, Health, ObedientDevices
from .scene import Scene

# Devices are adopted before the story begins.
WARM_UP = 3.0
RESTART_TAKES = 5.0
_SPEAKS_AFTER = 1.0
USUAL_BEAT = 60.0
# Still in time: nobody takes a device for lost.
SELDOM_BEAT = 150.0
_ORIGIN = 10_000.0
# How long the word of a sensor that nobody has planned is good.
FRESH_FOR = 180.0
_BEATS = "beats"


class Onlooker:
    """Sees what goes on at a bench; unless it knows better it does not mind."""

    def told(self, command: ApprovedCommand) -> None:
        """See a command, before its device hears it."""

    def followed(self, effects: Iterable[Effect]) -> None:
        """See what has followed from an event."""


class Voice:
    """What a sensor says again and again, and when it has said so last."""

    __slots__ = ("said_at", "value")

    def __init__(self, value: float | None, said_at: float) -> None:
        """Note a value, None for a sensor that says that it does not know."""
        self.value = value
        self.said_at = said_at


class Bench:
    """One house in imagined time; 0 seconds are when its story begins."""

    def __init__(
        self, scene: Scene, begin: datetime, onlooker: Onlooker | None = None, *, beat: float = USUAL_BEAT
    ) -> None:
        """Start Home Assistant, and let all devices come."""
        self.scene = scene.bare()
        self.onlooker = onlooker or Onlooker()
        self.clock = _ORIGIN - WARM_UP
        self.devices = ObedientDevices(self.scene.plans)
        self.voices: dict[ChannelId, Voice] = {}
        self.entities: dict[tuple[str, str], str | float | None] = {}
        self.answers: dict[str, Truth] = {}
        # Whether sensors say again what they have said last, so that it stays known.
        self.repeats = True
        # Whether a person has pressed the stop of everything, and not released it.
        self.is_stopped = False
        self._begin = begin
        self._beat_every = beat
        self._kept: dict[str, RuleMemory] = {}
        self._marks = {
            plan.device: Mark(plan=plan, boot_sequence=self.devices.boot_of(plan.device)) for plan in self.scene.plans
        }
        self._again: Deadlines[ChannelId] = Deadlines()
        self._beats: Deadlines[str] = Deadlines()
        self._jobs: list[tuple[float, RuleAnswered]] = []
        self._ages = _shortest_ages(scene)
        self._sessions = 0
        self._wishes = 0
        self.engine = self._start(Memory())
        self._arrive()
        self.play(WARM_UP)

    @property
    def now(self) -> Instant:
        """Return this moment on both clocks."""
        return Instant(utc=self._begin + timedelta(seconds=self.seconds), monotonic=self.clock)

    @property
    def seconds(self) -> float:
        """Return how long the story has gone on."""
        return self.seconds_at(self.clock)

    @staticmethod
    def seconds_at(clock: float) -> float:
        """Return how long the story had gone on at a moment."""
        return clock - _ORIGIN

    def until(self, seconds: float) -> Iterator[None]:
        """Let time pass, one event after the other, each when somebody asks for the next one."""
        target = _ORIGIN + seconds
        while (upcoming := self._upcoming()) <= target:
            self.clock = max(self.clock, upcoming)
            self._step()
            yield
        self.clock = max(self.clock, target)

    def play(self, seconds: float) -> None:
        """Let so much time pass."""
        for _ in self.until(self.seconds + seconds):
            pass

    def feed(self, event: Event) -> None:
        """Hand an event to the engine, and let the house do what follows."""
        effects = self.engine.handle(event, self.now)
        for effect in effects:
            self._perform(effect)
        self.onlooker.followed(effects)

    def say(self, sensor: ChannelId, value: float | None) -> None:
        """Let a sensor say a value, or that it does not know, and nothing any more after that."""
        self.voices[sensor] = Voice(value, self.clock)
        if value is None:
            self._again.drop(sensor)
        elif self.repeats:
            self._again.touch(sensor, self.clock + self._pace(sensor))
        device, _, gpio, kind, *address = sensor.split("/", 4)
        self.feed(
            ReadingArrived(
                device=DeviceId(device),
                gpio=int(gpio),
                sensor_type=kind,
                raw=value,
                value=value,
                raw_mode=False,
                quality=Quality.ERROR if value is None else Quality.UNKNOWN,
                address=address[0] if address else "",
            )
        )

    def turn(self, entity_id: str, attribute: str, state: str | float | None) -> None:
        """Let an entity be in a state."""
        self.entities[entity_id, attribute] = state
        self.feed(EntityChanged(entity_id=entity_id))

    def answer(self, question: str, truth: Truth) -> None:
        """Let a condition of Home Assistant have an answer."""
        self.answers[question] = truth
        self.feed(ConditionAnswered(question=question, truth=truth))

    def wish_id(self) -> CommandId:
        """Return an id for somebody's wish."""
        self._wishes += 1
        return CommandId(f"wish-{self._wishes}")

    def arrive(self, device: DeviceId) -> None:
        """Let a device show itself, and say what its outputs do."""
        self.devices.recover(device, self.clock)
        self.feed(self.devices.beat(device))
        self._speak_again(device)

    def lose(self, device: DeviceId) -> None:
        """Let a device vanish."""
        self.devices.fall_ill(device, Health.AWAY, self.clock)
        self.feed(WillReceived(device=device))

    def restart(self) -> None:
        """Let Home Assistant crash and come back; it remembers what it has written down, and devices go on meanwhile."""
        memory = self.engine.memory(self.now)
        self.clock += RESTART_TAKES
        self.devices.forget_answers()
        self._jobs.clear()
        self.engine = self._start(memory)
        self._arrive()
        for device in self.devices.health:
            self._speak_again(device)

    def _start(self, memory: Memory) -> Engine:
        self._sessions += 1
        engine = Engine(session=f"lab{self._sessions}")
        engine.around.zone = self.scene.zone
        engine.programs.world.read = self._read
        engine.rules.world.sun_at = self.scene.sun_at
        plans = [(plan, self._marks[plan.device]) for plan in self.scene.plans]
        engine.restore(plans, memory, self.now, self.scene.safeties, self.scene.device_safeties)
        engine.rules.restore(self.scene.rules, self._kept.values(), self.now)
        engine.rules.watch()
        return engine

    def _arrive(self) -> None:
        self.feed(BrokerConnected())
        for question, truth in self.answers.items():
            self.feed(ConditionAnswered(question=question, truth=truth))
        for device in self.devices.health:
            self.devices.report_all(device, self.clock)
        self._beats.touch(_BEATS, self.clock)

    def _speak_again(self, device: DeviceId) -> None:
        for sensor, voice in self.voices.items():
            if device_of(sensor) == device and voice.value is not None and self.repeats:
                self._again.touch(sensor, self.clock + _SPEAKS_AFTER)

    def _read(self, entity_id: str, attribute: str) -> str | float | None:
        return self.entities.get((entity_id, attribute))

    def _pace(self, sensor: ChannelId) -> float:
        """Return how often a sensor has to say the same again to stay known."""
        known = self.engine.fleet.sensor(sensor)
        fresh_for = FRESH_FOR if known is None else known.fresh_for
        return max(1.0, min(fresh_for, self._ages.get(sensor, fresh_for)) / 2)

    def _upcoming(self) -> float:
        moments = (
            self.engine.next_wake(),
            self.devices.next_due(),
            self._beats.next_due(),
            self._again.next_due(),
            self._jobs[0][0] if self._jobs else None,
        )
        return min(moment for moment in moments if moment is not None)

    def _step(self) -> None:
        """Let the next thing happen: answers come first, the engine wakes last."""
        due = self.devices.next_due()
        if due is not None and due <= self.clock:
            if (fact := self.devices.pop_due(self.clock)) is not None:
                self.feed(fact)
        elif self._jobs and self._jobs[0][0] <= self.clock:
            self.feed(self._jobs.pop(0)[1])
        elif self._beats.pop_due(self.clock):
            self._beat()
        elif spoken := self._again.pop_due(self.clock):
            for sensor in spoken:
                # Nobody hears a device that is away.
                if self.devices.health.get(device_of(sensor)) is not Health.AWAY:
                    self.say(sensor, self.voices[sensor].value)
        else:
            self.feed(WakeReached())

    def _beat(self) -> None:
        self._beats.touch(_BEATS, self.clock + self._beat_every)
        for device, health in self.devices.health.items():
            if health is not Health.AWAY:
                self.feed(self.devices.beat(device))
                if any(self._is_unknown(channel, device) for channel in self.devices.outputs_of(device)):
                    self.devices.report_all(device, self.clock)

    def _is_unknown(self, channel: ChannelId, device: DeviceId) -> bool:
        """Tell whether the engine waits for the word of an output; devices report all the time, we where it matters."""
        report = self.engine.fleet.report(channel)
        is_told = report is not None and report.level == self.devices.levels[channel]
        return not is_told or self.engine.ledger.is_in_flight(channel) or self.engine.proofs.is_open(device)

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Send(command=command):
                self.onlooker.told(command)
                self.devices.obey(command, self.clock)
            case SendNotice(notice=notice):
                self.devices.hear(notice, self.clock)
            case KeepRule(memory=memory):
                self._kept[memory.rule] = memory
            case ForgetRule(rule=rule):
                self._kept.pop(rule, None)
            case KeepMark(plan=plan, boot_sequence=boot):
                self._marks[plan.device] = Mark(plan=plan, boot_sequence=boot)
            case AssistRule(assignment=job):
                self._jobs.append((self.clock + ANSWERS_AFTER, RuleAnswered(key=job.key, number=job.number)))


def _shortest_ages(scene: Scene) -> dict[ChannelId, float]:
    """Return how old the readings of sensors may be that outputs depend on."""
    ages: dict[ChannelId, float] = {}
    for safety in scene.safeties:
        for interlock in safety.interlocks:
            if isinstance(interlock, FreshSensor):
                ages[interlock.sensor] = min(interlock.max_age, ages.get(interlock.sensor, interlock.max_age))
    return ages


def request_by(key: CommandId, channel: ChannelId, level: float, owner: str = "") -> CommandRequest:
    """Return the wish of a person, or of somebody unnamed whose wish stands until it is taken back."""
    return CommandRequest(id=key, channel=channel, level=level, owner=owner, is_standing=bool(owner))

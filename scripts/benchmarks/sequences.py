"""What sequences cost: a start, a step, the memory of a run, and a library of 1,000."""

from collections.abc import Iterator
from datetime import timedelta
from statistics import median
import tempfile
from time import perf_counter, process_time
import tracemalloc
from typing import Any

from homeassistant.core import HomeAssistant
from msgspec import json

from custom_components.god_kaiser.core import Engine
from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance, Vitals
from custom_components.god_kaiser.core.devices.plan import ActuatorPlan, DevicePlan
from custom_components.god_kaiser.core.effects import Effect, KeepRun, Reply, Send
from custom_components.god_kaiser.core.events import BrokerConnected, Event, RunAnswered, RunWished, WakeReached
from custom_components.god_kaiser.core.facts import ActuatorReported, CommandAnswered, HeartbeatReceived
from custom_components.god_kaiser.core.fleet.planning import with_actuator
from custom_components.god_kaiser.core.fleet.sync import Mark
from custom_components.god_kaiser.core.ids import CommandId, DeviceId, actuator_channel, device_of
from custom_components.god_kaiser.core.instant import Instant
from custom_components.god_kaiser.core.safety.memory import Memory
from custom_components.god_kaiser.core.sequences.limits import SequenceLimits
from custom_components.god_kaiser.core.sequences.model import Sequence
from custom_components.god_kaiser.core.sequences.reading import read
from custom_components.god_kaiser.core.sequences.run import Answer
from custom_components.god_kaiser.host.sequence_store import SequenceStore
from scripts.benchmarks.reading import moment
from scripts.benchmarks.table import Row

RUNS, STEPS, STORED, ROUNDS = 20, 50, 1_000, 5
PINS = (16, 17, 18, 19, 23, 25, 26, 27, 32, 33)
DEVICES = [DeviceId(f"ESP_B0000{number}") for number in range(RUNS // len(PINS))]
OUTPUTS = [actuator_channel(device, pin) for device in DEVICES for pin in PINS]
LIMITS = SequenceLimits()
_ANSWER_AFTER, _BEAT = 0.1, 60.0


def program(output: str, name: str = "bench") -> Sequence:
    """Return a sequence of fifty steps: on, wait, off, wait, and so on."""
    four: list[dict[str, Any]] = [
        {"kind": "set", "output": output, "level": 1.0},
        {"kind": "delay", "seconds": 1},
        {"kind": "set", "output": output, "level": 0.0},
        {"kind": "delay", "seconds": 1},
    ]
    steps = (four * (STEPS // len(four) + 1))[:STEPS]
    return read({"id": name, "name": f"Bed {name}", "steps": steps}, LIMITS)


class House:
    """An engine with as many outputs as there are runs, on a clock that jumps; its devices obey at once."""

    def __init__(self) -> None:
        """Bring the devices online."""
        self.engine = Engine(session="bench", offline_after=1e9)
        self._start, self._passed = moment(), 0.0
        self._due: list[tuple[float, Event]] = []
        self.replies: list[Reply] = []
        self.rows = 0
        plans = [(plan, Mark(plan=plan, boot_sequence=_boot(plan.device))) for plan in map(_plan, DEVICES)]
        self.engine.restore(plans, Memory(), self.now)
        self.feed(BrokerConnected())
        self.beat()
        self.play(5)

    @property
    def now(self) -> Instant:
        """Return this moment on both clocks."""
        passed = timedelta(seconds=self._passed)
        return Instant(utc=self._start.utc + passed, monotonic=self._start.monotonic + self._passed)

    def beat(self) -> None:
        """Let every device say that it lives."""
        for device in DEVICES:
            vitals = Vitals(boot_sequence=_boot(device))
            self.feed(HeartbeatReceived(device=device, retained=False, epoch=1, vitals=vitals, counters={}))

    def feed(self, event: Event) -> None:
        """Hand an event to the engine and do what follows."""
        for effect in self.engine.handle(event, self.now):
            self._perform(effect)

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Send(command=command):
                request, soon = command.request, self._passed + _ANSWER_AFTER
                device, pin = device_of(request.channel), int(request.channel.rsplit("/", 1)[1])
                self._due.append((soon, CommandAnswered(device=device, success=True, correlation_id=request.id)))
                self._due.append((soon, _report(device, pin, request.level)))
            case KeepRun(run=run, key=key):
                # What goes to the disk is part of the price; the disk itself is not.
                self.rows = len(json.encode(run))
                if key is not None:
                    self._due.append((self._passed, RunAnswered(run=run.id, answer=Answer(key=key))))
            case Reply():
                self.replies.append(effect)
            case _:
                pass

    def play(self, seconds: float) -> None:
        """Let time pass."""
        until, beat = self._passed + seconds, self._passed + _BEAT
        for moment_due in self._moments(until):
            self._passed = max(self._passed, moment_due)
            if self._passed >= beat:
                beat += _BEAT
                self.beat()
            due = [event for at, event in self._due if at <= self._passed]
            self._due = [(at, event) for at, event in self._due if at > self._passed]
            for event in due:
                self.feed(event)
            self.feed(WakeReached())
        self._passed = until

    def _moments(self, until: float) -> Iterator[float]:
        while True:
            wake = self.engine.next_wake()
            moments = [at for at, _ in self._due] + ([] if wake is None else [wake - self._start.monotonic])
            if not moments or min(moments) > until:
                return
            yield min(moments)

    def start(self, number: int) -> None:
        """Start the run of one output."""
        wanted = program(OUTPUTS[number], f"bench-{number}")
        self.feed(RunWished(key=CommandId(f"start-{number}"), run=f"run-{number}", program=wanted))

    @property
    def completed(self) -> int:
        """Return how many runs are completed."""
        return sum(run.status == "completed" for run in self.engine.programs.runs.all.values())


def _boot(device: str) -> str:
    return f"{device}-b1-r1"


def _plan(device: DeviceId) -> DevicePlan:
    plan = DevicePlan(device=device, name=device)
    for pin in PINS:
        relay = ActuatorPlan(gpio=pin, kind=ActuatorKind.RELAY, name=f"Output {pin}", appears_as=Appearance.SWITCH)
        plan = with_actuator(plan, relay)
    return plan


def _report(device: DeviceId, gpio: int, level: float) -> ActuatorReported:
    return ActuatorReported(
        device=device, retained=False, gpio=gpio, kind=ActuatorKind.RELAY, level=level, stopped=False
    )


def starts() -> list[float]:
    """Return how long each of the twenty starts takes, preflight included, until it is answered."""
    taken: list[float] = []
    house = House()
    for number in range(RUNS):
        wanted = program(OUTPUTS[number], f"bench-{number}")
        wish = RunWished(key=CommandId(f"start-{number}"), run=f"run-{number}", program=wanted)
        began = perf_counter()
        house.feed(wish)
        taken.append(perf_counter() - began)
    if [reply.code for reply in house.replies] != [None] * RUNS:
        raise SystemExit("A run of the benchmark was refused")
    return taken


def steps() -> tuple[float, float, int]:
    """Return the CPU seconds of one step, those of one idle second of the same house, and the bytes of a row."""
    house = House()
    idle = process_time()
    house.play(60)
    idle = (process_time() - idle) / 60
    for number in range(RUNS):
        house.start(number)
    began = process_time()
    house.play(STEPS * 2)
    busy = process_time() - began
    if house.completed != RUNS:
        raise SystemExit(f"Only {house.completed} runs of the benchmark are completed")
    return busy / (RUNS * STEPS), idle, house.rows


def memory() -> float:
    """Return how many bytes one run takes in its middle, beside its program that was there before."""
    house = House()
    wishes = [
        RunWished(key=CommandId(f"s{number}"), run=f"run-{number}", program=program(OUTPUTS[number], f"b{number}"))
        for number in range(RUNS)
    ]
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for wish in wishes:
        house.feed(wish)
    house.play(STEPS)
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return (after - before) / RUNS


async def library() -> tuple[float, float]:
    """Return how long it takes to load 1,000 sequences of fifty steps from the disk, and to save one more."""
    with tempfile.TemporaryDirectory() as folder:
        hass = HomeAssistant(folder)
        store = SequenceStore(hass, "bench", LIMITS)
        await store.async_load()
        for number in range(STORED):
            await store.async_put(program(OUTPUTS[number % RUNS], f"stored-{number}"), "bench")
        again = SequenceStore(hass, "bench", LIMITS)
        began = perf_counter()
        await again.async_load()
        loaded = perf_counter() - began
        if len(again.library.sequences) != STORED:
            raise SystemExit("Not every sequence of the benchmark was stored")
        began = perf_counter()
        await again.async_put(program(OUTPUTS[0], "one-more"), "bench")
        saved = perf_counter() - began
        await hass.async_stop(force=True)
        return loaded, saved


async def measure() -> list[Row]:
    """Measure everything."""
    answered = sorted(taken for _ in range(ROUNDS) for taken in starts())
    played = [steps() for _ in range(ROUNDS)]
    step, idle, row = median(each[0] for each in played), median(each[1] for each in played), played[0][2]
    loaded, saved = await library()
    return [
        Row(
            f"start of a run of {STEPS} steps, preflight included, median",
            f"{median(answered) * 1e3:.1f} ms",
            "≤ 50 ms",
        ),
        Row("the same, slowest of 100", f"{answered[-1] * 1e3:.1f} ms", "≤ 50 ms"),
        Row(f"one step, {RUNS} runs side by side, CPU", f"{step * 1e6:.0f} µs"),
        Row("the same house for a second without runs, CPU", f"{idle * 1e6:.0f} µs"),
        Row("memory of a run in its middle", f"{memory() / 1024:.0f} KiB", "< 1024 KiB"),
        Row("what is written down about a run", f"{row / 1024:.1f} KiB"),
        Row(f"{STORED} sequences of {STEPS} steps, loaded", f"{loaded:.2f} s"),
        Row("one more saved beside them", f"{saved * 1e3:.0f} ms"),
    ]

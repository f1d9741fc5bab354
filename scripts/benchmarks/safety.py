"""What safety costs: the judgement of one command, a reading that something depends on, a stop of a large fleet."""

from collections.abc import Callable
from datetime import time
from statistics import median
from time import process_time
from zoneinfo import ZoneInfo

from custom_components.god_kaiser.core import Engine
from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance, Quality, Vitals
from custom_components.god_kaiser.core.devices.plan import ActuatorPlan, DevicePlan, SensorPlan
from custom_components.god_kaiser.core.events import BrokerConnected, CommandWished, SafetyChanged, WakeReached
from custom_components.god_kaiser.core.facts import ActuatorReported, HeartbeatReceived, ReadingArrived
from custom_components.god_kaiser.core.fleet.planning import with_actuator, with_sensor
from custom_components.god_kaiser.core.fleet.sync import Mark
from custom_components.god_kaiser.core.ids import CommandId, actuator_channel, sensor_channel
from custom_components.god_kaiser.core.instant import Instant
from custom_components.god_kaiser.core.protocol.inbound import decode
from custom_components.god_kaiser.core.requests import CommandRequest
from custom_components.god_kaiser.core.safety.gate import ApprovedCommand, SafetyGate
from custom_components.god_kaiser.core.safety.interlocks import Interlock
from custom_components.god_kaiser.core.safety.interlocks.budget import Budget
from custom_components.god_kaiser.core.safety.interlocks.exclusion import Exclusion
from custom_components.god_kaiser.core.safety.interlocks.fresh_sensor import FreshSensor
from custom_components.god_kaiser.core.safety.interlocks.level_limit import LevelLimit
from custom_components.god_kaiser.core.safety.interlocks.max_on_time import MaxOnTime
from custom_components.god_kaiser.core.safety.interlocks.min_times import MinTimes
from custom_components.god_kaiser.core.safety.interlocks.rate_limit import RateLimit, Scope
from custom_components.god_kaiser.core.safety.interlocks.requirement import Requirement
from custom_components.god_kaiser.core.safety.interlocks.starts_per_hour import StartsPerHour
from custom_components.god_kaiser.core.safety.interlocks.time_window import TimeWindow
from custom_components.god_kaiser.core.safety.limits import ChannelSafety
from custom_components.god_kaiser.core.safety.memory import Memory
from scripts.benchmarks import safety_fleet
from scripts.benchmarks.reading import DEVICE, TOPIC, engine_with_bed, moment, payloads, seconds
from scripts.benchmarks.table import Row

ROUNDS = 7
PER_ROUND = 5_000
BOOT = f"{DEVICE}-b1-r1"
PUMP = actuator_channel(DEVICE, 16)
VALVES = (actuator_channel(DEVICE, 17), actuator_channel(DEVICE, 18))
RIVAL = actuator_channel(DEVICE, 19)
PINS = (34, 32, 33, 35, 36)
FRESH = tuple(FreshSensor(sensor=sensor_channel(DEVICE, pin, "moisture", ""), low=0, high=100) for pin in PINS)
TWENTY: tuple[Interlock, ...] = (
    *FRESH,
    LevelLimit(),
    MaxOnTime(per_run=1800),
    MaxOnTime(per_day=7200),
    MinTimes(off=1),
    StartsPerHour(limit=60),
    *(RateLimit(count=100, seconds=60, scope=scope) for scope in Scope),
    Requirement(any_of=VALVES[:1]),
    Requirement(any_of=VALVES),
    Exclusion(others=(RIVAL,)),
    Budget(budget="water", uses=5, limit=20),
    Budget(budget="watts", uses=60, limit=500),
    TimeWindow(start=time(0), end=time(23, 59, 59)),
    TimeWindow(start=time(0), end=time(23, 59, 59), weekdays=(0, 1, 2, 3, 4, 5, 6)),
)


class OpenEngine(Engine):
    """An engine whose judge may be called directly."""

    @property
    def gate(self) -> SafetyGate:
        """Return the judge."""
        return self._state.gate


def beds() -> DevicePlan:
    """Return a device with five sensors, a pump, two valves on relays and a second pump."""
    plan = DevicePlan(device=DEVICE, name="Beds")
    for pin in PINS:
        plan = with_sensor(plan, SensorPlan(gpio=pin, sensor_type="moisture", name=f"Bed {pin}"))
    for pin in (16, 17, 18, 19):
        relay = ActuatorPlan(gpio=pin, kind=ActuatorKind.RELAY, name=f"Output {pin}", appears_as=Appearance.SWITCH)
        plan = with_actuator(plan, relay)
    return plan


def report(gpio: int, level: float) -> ActuatorReported:
    """Return what an output says about itself."""
    return ActuatorReported(
        device=DEVICE, retained=False, gpio=gpio, kind=ActuatorKind.RELAY, level=level, stopped=False
    )


def watched(interlocks: tuple[Interlock, ...], *, running: bool) -> OpenEngine:
    """Return an engine with one device in session and interlocks on its pump, which nothing speaks against."""
    engine, plan, now = OpenEngine(session="bench", offline_after=1e9), beds(), moment()
    engine.around.zone = ZoneInfo("Europe/Berlin")
    engine.restore([(plan, Mark(plan=plan, boot_sequence=BOOT))], Memory(), now)
    engine.handle(BrokerConnected(), now)
    vitals = Vitals(boot_sequence=BOOT)
    engine.handle(HeartbeatReceived(device=DEVICE, retained=False, epoch=1, vitals=vitals, counters={}), now)
    engine.handle(WakeReached(), later(now, 5))
    for gpio, level in ((16, 0.0), (17, 1.0), (18, 1.0), (19, 0.0)):
        engine.handle(report(gpio, level), now)
    for pin in PINS:
        engine.handle(reading(pin), now)
    engine.handle(SafetyChanged(safety=ChannelSafety(channel=PUMP, interlocks=interlocks)), now)
    if running:
        engine.handle(CommandWished(request=wish()), now)
        engine.handle(report(16, 1.0), later(now, 1))
    if engine.around.is_running(PUMP) is not running:
        raise SystemExit("The pump of the benchmark does not do what it should")
    return engine


def later(now: Instant, passed: float) -> Instant:
    """Return a moment some seconds after another one."""
    return Instant(utc=now.utc_of(now.monotonic + passed), monotonic=now.monotonic + passed)


def reading(pin: int) -> ReadingArrived:
    """Return a reading that is neither too old nor out of range."""
    return ReadingArrived(
        device=DEVICE,
        retained=False,
        gpio=pin,
        sensor_type="moisture",
        raw=2000.0,
        value=None,
        raw_mode=True,
        quality=Quality.GOOD,
        address="",
    )


def wish() -> CommandRequest:
    """Return a wish for full power."""
    return CommandRequest(id=CommandId("wish"), channel=PUMP, level=1.0)


def judging(interlocks: tuple[Interlock, ...]) -> Callable[[], float]:
    """Return a way to measure the CPU seconds of one judgement."""
    engine, request = watched(interlocks, running=False), wish()
    gate, around = engine.gate, engine.around
    if not isinstance(gate.judge(request, around, moment()), ApprovedCommand):
        raise SystemExit("The gate refuses the command of the benchmark")

    def measured() -> float:
        # Every command comes at a moment of its own: nothing that was worked out for the one before may help.
        moments = [moment() for _ in range(PER_ROUND)]
        started = process_time()
        for now in moments:
            gate.judge(request, around, now)
        return (process_time() - started) / PER_ROUND

    return measured


def listening(engine: Engine) -> Callable[[], float]:
    """Return a way to measure the CPU seconds of one reading, supervision included."""
    messages = payloads()

    def take(payload: bytes) -> None:
        now = moment()
        fact = decode(TOPIC, payload, kaiser_id="god")
        if fact is not None:
            engine.handle(fact, now)
            engine.next_wake()

    return lambda: seconds(take, messages)


def in_turn(ways: dict[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Measure all ways round by round."""
    figures: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            figures[name].append(way())
    return figures


def compared(figures: dict[str, list[float]], first: str, aims: dict[str, str]) -> list[Row]:
    """Return medians, and their ratios to the first way in the same round."""
    rows = []
    for name, found in figures.items():
        ratio = median(one / base for one, base in zip(found, figures[first], strict=True))
        beside = "" if name == first else f"  {ratio:.2f} ×"
        rows.append(Row(name, f"{median(found) * 1e6:.1f} µs{beside}", aims.get(name, "")))
    return rows


def judgements() -> list[Row]:
    """Measure the gate with and without interlocks."""
    names = ("judgement of one command without interlocks", "judgement of one command with 20 interlocks")
    ways = {names[0]: judging(()), names[1]: judging(TWENTY)}
    return compared(in_turn(ways), names[0], {names[1]: "≤ 50 µs"})


def readings() -> list[Row]:
    """Measure a reading that nothing depends on, and one that is watched."""
    first, watched_once = "reading of a device with one sensor", "reading on which a running pump depends"
    ways = {
        first: listening(engine_with_bed()),
        "reading on which nothing depends": listening(watched((), running=True)),
        "reading on which a resting pump depends": listening(watched(TWENTY, running=False)),
        watched_once: listening(watched(FRESH[:1], running=True)),
        f"{watched_once}, 20 interlocks": listening(watched(TWENTY, running=True)),
    }
    return compared(in_turn(ways), first, {first: "≤ 60 µs", watched_once: "≤ 60 µs"})


async def measure() -> list[Row]:
    """Measure everything."""
    return [*judgements(), *readings(), *await safety_fleet.measure()]

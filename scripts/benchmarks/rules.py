"""What rules cost: a reading with many of them on its source, with many of them elsewhere, a sweep, and getting ready."""

from collections.abc import Callable, Iterator
import gc
from random import Random
from statistics import median
from time import perf_counter, process_time
import tracemalloc
from typing import Any

from custom_components.god_kaiser.core import Engine
from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance, Quality, Vitals
from custom_components.god_kaiser.core.devices.plan import ActuatorPlan, DevicePlan, SensorPlan
from custom_components.god_kaiser.core.effects import Send
from custom_components.god_kaiser.core.events import BrokerConnected, WakeReached
from custom_components.god_kaiser.core.facts import HeartbeatReceived, ReadingArrived
from custom_components.god_kaiser.core.fleet.planning import with_actuator, with_sensor
from custom_components.god_kaiser.core.fleet.sync import Mark
from custom_components.god_kaiser.core.ids import DeviceId, actuator_channel, sensor_channel
from custom_components.god_kaiser.core.instant import Instant
from custom_components.god_kaiser.core.rules.model import Rule
from custom_components.god_kaiser.core.rules.reading import read
from custom_components.god_kaiser.core.safety.memory import Memory
from scripts.benchmarks.reading import moment
from scripts.benchmarks.table import Row

DEVICES, SENSOR_PINS, OUTPUT_PINS = 200, (32, 33, 34, 35, 36), (16, 17, 18, 19, 23)
MANY, ON_ONE, ROUNDS, READINGS = 10_000, 100, 5, 2_000
KIND = "moisture"
_NAMES = [DeviceId(f"ESP_{number:06X}") for number in range(DEVICES)]
SENSORS = [(device, pin) for device in _NAMES for pin in SENSOR_PINS]
OUTPUTS = [actuator_channel(device, pin) for device in _NAMES for pin in OUTPUT_PINS]


def nowhere(_device: str, _pin: int, _kind: str) -> None:
    """Find no sensor: rules of the benchmark name channels."""


def rule(number: int, sensor: tuple[DeviceId, int], border: float) -> Rule:
    """Return a rule as most people write it: below a value an output runs."""
    when: dict[str, Any] = {
        "kind": "reading",
        "sensor": sensor_channel(*sensor, KIND, ""),
        "operator": "<",
        "value": border,
    }
    wanted = {"kind": "set", "output": OUTPUTS[number % len(OUTPUTS)], "level": 1.0}
    return read({"id": f"rule_{number}", "name": f"Rule {number}", "when": when, "then": [wanted]}, nowhere)


def spread() -> list[Rule]:
    """Return 10,000 rules, ten on each of 1,000 sensors."""
    random = Random(1)
    return [rule(number, SENSORS[number % len(SENSORS)], random.uniform(5.0, 45.0)) for number in range(MANY)]


def on_one() -> list[Rule]:
    """Return 100 rules on one sensor."""
    return [rule(number, SENSORS[0], 5.0 + 0.4 * number) for number in range(ON_ONE)]


def a_house(rules: list[Rule]) -> tuple[Engine, Instant]:
    """Return an engine whose devices are online, and in which these rules have looked at the world."""
    engine, now = Engine(session="bench", offline_after=1e9), moment()
    plans = [(plan, Mark(plan=plan, boot_sequence=_boot(plan.device))) for plan in map(_plan, _NAMES)]
    engine.restore(plans, Memory(), now)
    engine.rules.restore(rules, (), now)
    engine.handle(BrokerConnected(), now)
    for device in _NAMES:
        vitals = Vitals(boot_sequence=_boot(device))
        engine.handle(HeartbeatReceived(device=device, retained=False, epoch=1, vitals=vitals, counters={}), now)
    now = _later(now, 61.0)
    engine.handle(WakeReached(), now)
    for sensor in SENSORS:
        engine.handle(a_reading(sensor, 50.0), now)
    return engine, now


def a_reading(sensor: tuple[DeviceId, int], value: float) -> ReadingArrived:
    """Return a reading."""
    device, pin = sensor
    return ReadingArrived(
        device=device,
        retained=False,
        gpio=pin,
        sensor_type=KIND,
        raw=value,
        value=value,
        raw_mode=False,
        quality=Quality.GOOD,
        address="",
    )


def _later(now: Instant, seconds: float) -> Instant:
    return Instant(utc=now.utc_of(now.monotonic + seconds), monotonic=now.monotonic + seconds)


def _boot(device: str) -> str:
    return f"{device}-b1-r1"


def _plan(device: DeviceId) -> DevicePlan:
    plan = DevicePlan(device=device, name=device)
    for pin in SENSOR_PINS:
        plan = with_sensor(plan, SensorPlan(gpio=pin, sensor_type=KIND, name=f"Sensor {pin}"))
    for pin in OUTPUT_PINS:
        relay = ActuatorPlan(gpio=pin, kind=ActuatorKind.RELAY, name=f"Output {pin}", appears_as=Appearance.SWITCH)
        plan = with_actuator(plan, relay)
    return plan


def per_reading(rules: list[Rule], values: Callable[[], Iterator[float]]) -> float:
    """Return the CPU seconds of one reading of the first sensor."""
    engine, now = a_house(rules)
    facts = [a_reading(SENSORS[0], value) for value in values()]
    gc.collect()
    gc.disable()
    began = process_time()
    for fact in facts:
        engine.handle(fact, now)
        engine.next_wake()
    spent = process_time() - began
    gc.enable()
    return spent / len(facts)


def quiet() -> Iterator[float]:
    """Yield values that cross no border."""
    yield from (50.0 + (number % 7) * 0.1 for number in range(READINGS))


def crossing() -> Iterator[float]:
    """Yield values that let ten of a hundred rules look, and their outputs come and go."""
    yield from (24.9 + (number % 2) * 4.0 for number in range(READINGS // 10))


def fires() -> tuple[float, float]:
    """Return the CPU seconds of a reading that lets one rule act and of one that lets it let go, commands included."""
    engine, now = a_house([rule(0, SENSORS[0], 25.0)])
    acts, releases = a_reading(SENSORS[0], 20.0), a_reading(SENSORS[0], 40.0)
    spent = [0.0, 0.0]
    rounds = 200
    for number in range(rounds):
        # A minute apart: a rule that acts again and again at once is taken for a mistake.
        now = _later(now, 60.0)
        for index, fact in enumerate((acts, releases)):
            began = process_time()
            effects = engine.handle(fact, now)
            spent[index] += process_time() - began
            if number == 0 and not any(isinstance(effect, Send) for effect in effects):
                raise SystemExit("A rule of the benchmark did not act")
    return spent[0] / rounds, spent[1] / rounds


def ready(rules: list[Rule]) -> tuple[float, float]:
    """Return how long 10,000 rules take to be ready and to look for the first time, and how long a sweep takes then."""
    engine, now = Engine(session="bench", offline_after=1e9), moment()
    engine.restore([(plan, None) for plan in map(_plan, _NAMES)], Memory(), now)
    gc.collect()
    began = perf_counter()
    engine.rules.restore(rules, (), now)
    engine.handle(WakeReached(), _later(now, 61.0))
    taken = perf_counter() - began
    engine, now = a_house(rules)
    began = process_time()
    engine.handle(WakeReached(), _later(now, 61.0))
    return taken, process_time() - began


def memory() -> float:
    """Return how many bytes one rule takes, its definition included."""
    engine, now = Engine(session="bench", offline_after=1e9), moment()
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    engine.rules.restore(spread(), (), now)
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return (after - before) / MANY


async def measure() -> list[Row]:
    """Measure everything, round by round."""
    many, one = spread(), on_one()
    without, with_many, with_one, crossed = ([] for _ in range(4))
    for _ in range(ROUNDS):
        without.append(per_reading([], quiet))
        with_many.append(per_reading(many, quiet))
        with_one.append(per_reading(one, quiet))
        crossed.append(per_reading(one, crossing))
    taken, sweep = ready(many)
    size = memory()
    acts, releases = fires()
    micro = [median(found) * 1e6 for found in (without, with_many, with_one, crossed)]
    return [
        Row("one reading, no rules", f"{micro[0]:.0f} µs"),
        Row(f"one reading, {MANY} rules (10 a sensor), no border crossed", f"{micro[1]:.0f} µs", "≤ 100 µs"),
        Row("the same, against no rules", f"{micro[1] / micro[0]:.2f} ×"),
        Row(f"one reading, {ON_ONE} rules on its source, no border crossed", f"{micro[2]:.0f} µs", "≤ 300 µs"),
        Row("the same with ten borders crossed, their outputs included", f"{micro[3]:.0f} µs"),
        Row("one reading that lets one rule act, its command included", f"{acts * 1e6:.0f} µs"),
        Row("one reading that lets it let go, the rest included", f"{releases * 1e6:.0f} µs"),
        Row(f"a sweep of {MANY} rules", f"{sweep * 1e3:.0f} ms", "≤ 100 ms"),
        Row(f"{MANY} rules ready, from their definitions", f"{taken:.2f} s", "≤ 3 s"),
        Row("memory of a rule, its definition included", f"{size / 1024:.1f} kB", "≤ 3 kB"),
    ]

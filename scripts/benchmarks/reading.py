"""What one reading costs, beside a bare callback that only parses it and sets a state."""

from collections.abc import Callable
from datetime import UTC, datetime
import json
from statistics import median
import tempfile
from time import monotonic, process_time

from homeassistant.core import HomeAssistant
from homeassistant.util.json import json_loads_object

from custom_components.god_kaiser.core import Engine
from custom_components.god_kaiser.core.devices.plan import DevicePlan, SensorPlan
from custom_components.god_kaiser.core.events import BrokerConnected, PlanChanged
from custom_components.god_kaiser.core.fleet.planning import with_sensor
from custom_components.god_kaiser.core.ids import DeviceId, sensor_channel
from custom_components.god_kaiser.core.instant import Instant
from custom_components.god_kaiser.core.protocol.inbound import decode
from scripts.benchmarks.table import Row

ROUNDS = 7
PER_ROUND = 10_000
DEVICE = DeviceId("ESP_EA5484")
TOPIC = f"kaiser/god/esp/{DEVICE}/sensor/34/data"
ENTITY = "sensor.bed_moisture"


def payloads() -> list[bytes]:
    """Return readings as the firmware writes them, each with another value."""
    reading = {"esp_id": DEVICE, "seq": 0, "zone_id": "zelt_1", "subzone_id": "", "gpio": 34}
    reading |= {"sensor_type": "moisture", "unit": "raw", "quality": "good", "ts": 1777539632}
    reading |= {"time_valid": True, "raw_mode": True}
    return [
        json.dumps(reading | {"seq": number, "raw": raw, "value": float(raw)}).encode()
        for number, raw in enumerate(range(1500, 3200))
    ]


def moment() -> Instant:
    """Return the time as the host reads it for every message."""
    return Instant(utc=datetime.now(UTC), monotonic=monotonic())


def engine_with_bed() -> Engine:
    """Return an engine that knows one device with one sensor."""
    engine = Engine(session="bench")
    plan = DevicePlan(device=DEVICE, name="Beds")
    plan = with_sensor(plan, SensorPlan(gpio=34, sensor_type="moisture", name="Bed"))
    engine.handle(BrokerConnected(), moment())
    engine.handle(PlanChanged(plan=plan), moment())
    return engine


def seconds(work: Callable[[bytes], None], messages: list[bytes]) -> float:
    """Return the CPU seconds that one message costs."""
    started = process_time()
    for number in range(PER_ROUND):
        work(messages[number % len(messages)])
    return (process_time() - started) / PER_ROUND


async def measure() -> list[Row]:
    """Measure the three ways in turn, round by round."""
    engine = engine_with_bed()
    channel = sensor_channel(DEVICE, 34, "moisture", "")
    with tempfile.TemporaryDirectory() as folder:
        hass = HomeAssistant(folder)

        def bare(payload: bytes) -> None:
            hass.states.async_set(ENTITY, str(json_loads_object(payload)["raw"]))

        def core(payload: bytes) -> None:
            now = moment()
            fact = decode(TOPIC, payload, kaiser_id="god")
            if fact is not None:
                engine.handle(fact, now)
                engine.next_wake()

        def whole(payload: bytes) -> None:
            core(payload)
            hass.states.async_set(ENTITY, str(engine.fleet.readings[channel].value))

        ways = {"bare": bare, "core": core, "whole": whole}
        messages = payloads()
        figures: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, way in ways.items():
                figures[name].append(seconds(way, messages))
        await hass.async_stop(force=True)
    return rows(figures)


def rows(figures: dict[str, list[float]]) -> list[Row]:
    """Return medians, and ratios of figures from the same round."""
    micro = {name: median(found) * 1e6 for name, found in figures.items()}
    ratio = {
        name: median(ours / bare for ours, bare in zip(figures[name], figures["bare"], strict=True))
        for name in ("core", "whole")
    }
    return [
        Row("bare callback: parse JSON, set state", f"{micro['bare']:.1f} µs"),
        Row("decode + engine", f"{micro['core']:.1f} µs", "≤ 60 µs"),
        Row("decode + engine, against the bare callback", f"{ratio['core']:.2f} ×"),
        Row("decode + engine + set state", f"{micro['whole']:.1f} µs"),
        Row("decode + engine + set state, against the bare callback", f"{ratio['whole']:.2f} ×"),
    ]

"""The stop of a large fleet inside Home Assistant's own event loop, while readings arrive; and a storm during it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from itertools import count, cycle
import json
import logging
from math import ceil
from pathlib import Path
import random
import tempfile
from time import perf_counter, process_time, sleep
from unittest.mock import patch

from homeassistant.components.mqtt.models import ReceiveMessage
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
import msgspec
from paho.mqtt.client import topic_matches_sub
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_test_home_assistant

from custom_components.god_kaiser.const import CONF_KAISER_ID, DOMAIN
from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance
from custom_components.god_kaiser.core.devices.plan import ActuatorPlan, DevicePlan, SensorPlan
from custom_components.god_kaiser.core.fleet.planning import with_actuator, with_sensor
from custom_components.god_kaiser.core.fleet.sync import Mark
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.safety.estop import StopMemory
from custom_components.god_kaiser.host import mqtt_link
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.storage import StoredDevice
from scripts.benchmarks.table import Row

DEVICES = 1_000
READINGS_PER_SECOND = 500
STOPS = 250
CALLS = 1_000
ORDERS = "/actuator/emergency"
BROADCAST = "kaiser/broadcast/emergency"

type Listener = Callable[[ReceiveMessage], None]


class Client:
    """Stands at the one door to the devices, in the place of Home Assistant's MQTT client."""

    def __init__(self) -> None:
        """Start without a word."""
        self.first_order = 0.0
        self.last_order = 0.0
        self.orders = 0
        self.energising = 0
        self._listeners: list[tuple[str, Listener]] = []

    async def async_wait_for_mqtt_client(self, _hass: HomeAssistant) -> bool:
        """Be there at once."""
        return True

    def is_connected(self, _hass: HomeAssistant) -> bool:
        """Be connected."""
        return True

    def async_subscribe_connection_status(
        self, _hass: HomeAssistant, _on_connection: Callable[[bool], None]
    ) -> Callable[[], None]:
        """Never lose the connection."""
        return lambda: None

    async def async_subscribe(
        self, _hass: HomeAssistant, topic: str, listener: Listener, **_: object
    ) -> Callable[[], None]:
        """Remember who wants to hear what."""
        self._listeners.append((topic, listener))
        return lambda: None

    def async_on_subscribe_done(self, *_: object) -> Callable[[], None]:
        """Stay in the middle of subscribing: only the end of an entry asks."""
        return lambda: None

    async def async_publish(self, _hass: HomeAssistant, topic: str, payload: str, *_: object) -> None:
        """Take a message over: from here on it is the client's."""
        if topic.endswith(ORDERS) or topic == BROADCAST:
            self.last_order = perf_counter()
            self.first_order = self.first_order or self.last_order
            self.orders += topic != BROADCAST
        elif topic.endswith("/command") and "/actuator/" in topic:
            order = json.loads(payload)
            self.energising += order["command"] in ("ON", "TOGGLE") or order.get("value", 0) > 0

    def say(self, topic: str, fields: dict[str, object]) -> None:
        """Let a device say something."""
        message = ReceiveMessage(topic, json.dumps(fields).encode(), 0, False, topic, perf_counter())
        for wanted, listener in self._listeners:
            if topic_matches_sub(wanted, topic):
                listener(message)


class Fleet:
    """A Home Assistant with a thousand devices that are all there."""

    def __init__(self, hass: HomeAssistant, client: Client, host: EngineHost) -> None:
        """Remember who is who."""
        self.hass = hass
        self.client = client
        self.host = host
        self.readings = 0

    def wake_up(self) -> None:
        """Let every device begin its session, its outputs at rest."""
        for device in self.host.fleet.devices:
            root = f"kaiser/god/esp/{device}"
            beat = {"ts": 0, "uptime": 900, "heap_free": 187344, "wifi_rssi": -58, "active_handover_epoch": 1}
            self.client.say(f"{root}/system/heartbeat", {**beat, "boot_sequence_id": boot_of(device)})
            for gpio, kind in ((16, "pump"), (17, "pwm")):
                status = {"esp_id": device, "gpio": gpio, "type": kind, "state": False, "pwm": 0, "emergency": "normal"}
                self.client.say(f"{root}/actuator/{gpio}/status", status)

    async def rain(self) -> None:
        """Let readings arrive evenly, whatever else happens."""
        loop, due = asyncio.get_running_loop(), asyncio.get_running_loop().time()
        for number, device in zip(count(), cycle(self.host.fleet.devices)):
            reading: dict[str, object] = {"esp_id": device, "seq": number, "gpio": 34, "sensor_type": "moisture"}
            reading |= {"raw": 1500 + number % 1700, "value": 0.0, "unit": "raw", "quality": "good", "raw_mode": True}
            self.client.say(f"kaiser/god/esp/{device}/sensor/34/data", reading)
            self.readings += 1
            due += 1 / READINGS_PER_SECOND
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def stop(self, fields: dict[str, object], expected: int) -> tuple[float, float]:
        """Call the stop at some moment that the loop does not choose; return when the first and last order was out."""
        client, loop = self.client, self.hass.loop
        client.first_order, client.orders = 0.0, 0
        done = loop.create_future()

        async def call() -> None:
            await self.hass.services.async_call(DOMAIN, "emergency_stop", fields, blocking=True)
            done.set_result(None)

        def press() -> float:
            sleep(random.uniform(0.01, 0.04))
            called = perf_counter()
            loop.call_soon_threadsafe(lambda: self.hass.async_create_task(call()))
            return called

        called = await asyncio.to_thread(press)
        await done
        while client.orders < expected:
            await asyncio.sleep(0.001)
        return client.first_order - called, client.last_order - called

    def forget_the_stop(self) -> None:
        """Begin anew without the wire: a release takes every device more than five seconds."""
        self.host.engine.latch.memory = StopMemory()
        for device in self.host.fleet.devices:
            self.host.engine.proofs.drop(device)

    def entity_of(self, platform: str, device: str, gpio: int) -> str | None:
        """Return the entity of an output; Home Assistant takes no more than 10,000 entities from one hub."""
        return er.async_get(self.hass).async_get_entity_id(platform, DOMAIN, f"{device}_actuator_{gpio}")


def boot_of(device: str) -> str:
    """Return how a device calls this run of its firmware."""
    return f"{device}-b1-r1"


def plans() -> list[DevicePlan]:
    """Return devices with a sensor, a pump and a dimmed output each."""
    made = []
    for number in range(DEVICES):
        plan = DevicePlan(device=DeviceId(f"ESP_{number:06X}"), name=f"Device {number}")
        plan = with_sensor(plan, SensorPlan(gpio=34, sensor_type="moisture", name="Bed"))
        pump = ActuatorPlan(gpio=16, kind=ActuatorKind.PUMP, name="Pump", appears_as=Appearance.SWITCH)
        lamp = ActuatorPlan(gpio=17, kind=ActuatorKind.PWM, name="Lamp", appears_as=Appearance.NUMBER)
        made.append(with_actuator(with_actuator(plan, pump), lamp))
    return made


@asynccontextmanager
async def fleet() -> AsyncIterator[Fleet]:
    """Set a Home Assistant up with the integration, its entities and all devices."""
    with tempfile.TemporaryDirectory() as folder, patch.object(mqtt_link, "mqtt", Client()) as client:
        entry = MockConfigEntry(domain=DOMAIN, title="Kaiser god", unique_id="god", data={CONF_KAISER_ID: "god"})
        stored = [StoredDevice(plan=plan, mark=Mark(plan=plan, boot_sequence=boot_of(plan.device))) for plan in plans()]
        key = f"{DOMAIN}.{entry.entry_id}"
        content = {"version": 1, "minor_version": 1, "key": key, "data": {"devices": msgspec.to_builtins(stored)}}
        (Path(folder) / ".storage").mkdir()
        (Path(folder) / ".storage" / key).write_text(json.dumps(content))
        async with async_test_home_assistant(config_dir=folder) as hass:
            hass.data.pop(DATA_CUSTOM_COMPONENTS)
            hass.config.components |= {"mqtt", "websocket_api"}
            entry.add_to_hass(hass)
            await hass.config_entries.async_setup(entry.entry_id)
            if entry.state is not ConfigEntryState.LOADED:
                raise SystemExit(f"The integration is not set up: {entry.reason}")
            host: EngineHost = entry.runtime_data
            made = Fleet(hass, client, host)
            made.wake_up()
            await hass.async_block_till_done()
            yield made
            await hass.async_stop(force=True)


async def stops(fleet: Fleet) -> list[Row]:
    """Stop everything, and single devices, again and again."""
    rows = []
    devices = list(fleet.host.fleet.devices)
    registered = cycle(filter(None, map(fleet.host.registry.device_id, devices)))
    raining, began = asyncio.create_task(fleet.rain()), perf_counter()
    for what, expected in (("everything", len(devices)), ("one device", 1)):
        found = []
        for _ in range(STOPS):
            fields: dict[str, object] = {"device_id": [next(registered)]} if expected == 1 else {}
            found.append(await fleet.stop(fields, expected))
            fleet.forget_the_stop()
        first, last = zip(*found, strict=True)
        rows.append(Row(f"stop of {what}: call → first order handed over, p50", milliseconds(first, 0.5)))
        rows.append(Row(f"stop of {what}: call → first order handed over, p99", milliseconds(first, 0.99), "≤ 5 ms"))
        if expected > 1:
            rows.append(Row(f"stop of {what}: call → order to the last of {expected}, p50", milliseconds(last, 0.5)))
    raining.cancel()
    with suppress(asyncio.CancelledError):
        await raining
    return [*rows, Row("readings per second meanwhile", f"{fleet.readings / (perf_counter() - began):.0f}", "500")]


async def storm(fleet: Fleet) -> list[Row]:
    """Wish for all kinds of things during a stop of everything."""
    devices = list(fleet.host.fleet.devices)
    await fleet.stop({}, len(devices))
    wishes: tuple[tuple[str, str, dict[str, object]], ...] = (
        ("switch", "turn_on", {}),
        ("switch", "toggle", {}),
        ("number", "set_value", {"value": 50}),
        ("number", "set_value", {"value": 100}),
    )
    shown = {
        platform: [found for device in devices if (found := fleet.entity_of(platform, device, gpio))]
        for platform, gpio in (("switch", 16), ("number", 17))
    }
    answers: Counter[str] = Counter()
    fleet.client.energising, started = 0, process_time()
    for number in range(CALLS):
        platform, service, fields = wishes[number % len(wishes)]
        target = {"entity_id": shown[platform][number % len(shown[platform])], **fields}
        try:
            await fleet.hass.services.async_call(platform, service, target, blocking=True)
        except HomeAssistantError as refused:
            answers[str(refused.translation_key)] += 1
    spent = (process_time() - started) / CALLS
    return [
        Row(f"refusals among {CALLS} wishes during a stop", str(answers["emergency_stop_active"]), str(CALLS)),
        Row("energising messages that they cause", str(fleet.client.energising), "0"),
        Row("one such wish, from the action to its refusal, CPU", f"{spent * 1e6:.0f} µs"),
    ]


def milliseconds(found: tuple[float, ...], share: float) -> str:
    """Return a percentile."""
    return f"{sorted(found)[ceil(share * len(found)) - 1] * 1e3:.2f} ms"


async def measure() -> list[Row]:
    """Set the fleet up once and measure on it."""
    logging.getLogger().addHandler(logging.NullHandler())
    async with fleet() as made:
        return [*await stops(made), *await storm(made)]

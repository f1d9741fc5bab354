"""How long a real Home Assistant takes to set up a large fleet, and when the first device is answered."""

import asyncio
import json
from pathlib import Path
import subprocess
from threading import Event
from time import monotonic
from typing import NamedTuple

import msgspec
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance
from custom_components.god_kaiser.core.devices.plan import ActuatorPlan, DevicePlan, SensorPlan
from custom_components.god_kaiser.core.fleet.planning import with_actuator, with_sensor
from custom_components.god_kaiser.core.ids import DeviceId
from scripts import hass_server, servers
from scripts.benchmarks.ground import ground
from scripts.benchmarks.table import Row
from scripts.demo_house import House, add_integration, add_mqtt
from scripts.hass_client import HassClient

DEVICES = 100
CHANNELS = 10
BEAT_EVERY = 0.5


def plans(count: int) -> list[DevicePlan]:
    """Return devices with ten channels each: seven values and three outputs."""
    made = []
    for number in range(count):
        plan = DevicePlan(device=DeviceId(f"ESP_{number:06X}"), name=f"Device {number}")
        plan = with_sensor(plan, SensorPlan(gpio=0, sensor_type="sht31", name="Air"))
        for rom in range(2):
            probe = SensorPlan(gpio=4, sensor_type="ds18b20", name=f"Probe {rom}", onewire_address=f"28{rom:014X}")
            plan = with_sensor(plan, probe)
        for gpio in (32, 33):
            plan = with_sensor(plan, SensorPlan(gpio=gpio, sensor_type="moisture", name=f"Bed {gpio}"))
        for gpio in (16, 17, 18):
            pump = ActuatorPlan(gpio=gpio, kind=ActuatorKind.PUMP, name=f"Pump {gpio}", appears_as=Appearance.SWITCH)
            plan = with_actuator(plan, pump)
        made.append(plan)
    return made


class Start(NamedTuple):
    """What one start of Home Assistant has shown."""

    answered: float
    setup: float
    reload: float
    entities: int
    memory: float


class Knocker:
    """A device that beats twice a second until somebody answers."""

    def __init__(self, port: int, device: str) -> None:
        """Describe the device."""
        self.answered_at = 0.0
        self._topic = f"kaiser/god/esp/{device}/system/heartbeat"
        self._answered = Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=device)
        self._client.on_message = self._on_message
        self._client.connect(servers.LOOPBACK, port)
        self._client.subscribe(f"{self._topic}/ack")
        self._client.loop_start()

    def _on_message(self, _client: paho.Client, _userdata: object, _message: paho.MQTTMessage) -> None:
        if not self._answered.is_set():
            self.answered_at = monotonic()
            self._answered.set()

    def knock(self, patience: float) -> float:
        """Return when the first answer came."""
        deadline = monotonic() + patience
        beat = json.dumps({"ts": 0, "uptime": 9, "heap_free": 187344, "wifi_rssi": -58, "active_handover_epoch": 1})
        while not self._answered.wait(BEAT_EVERY):
            if monotonic() > deadline:
                raise TimeoutError("no heartbeat was answered")
            self._client.publish(self._topic, beat)
        self._client.loop_stop()
        self._client.disconnect()
        return self.answered_at


def memory_mb(process: int) -> float:
    """Return the resident memory of a process."""
    found = subprocess.run(["ps", "-o", "rss=", "-p", str(process)], capture_output=True, text=True, check=True)
    return int(found.stdout) / 1024


async def first_start(config: Path, port: int, broker: int) -> str:
    """Set a fresh Home Assistant up and return the id of our entry."""
    server = hass_server.home_assistant(config, port)
    await asyncio.to_thread(server.start, 120)
    try:
        async with HassClient(f"http://{servers.LOOPBACK}:{port}") as client:
            await client.needs_owner()
            await client.onboard("Bench", "bench", "bench")
            await client.running()
            house = House(client, broker)
            await add_mqtt(house)
            await add_integration(house)
            return str((await client.entries(hass_server.DOMAIN))[0]["entry_id"])
    finally:
        await asyncio.to_thread(server.stop)


async def timed_start(config: Path, port: int, broker: int) -> Start:
    """Start Home Assistant again and look at the clock and at its memory."""
    server = hass_server.home_assistant(config, port)
    knocker = Knocker(broker, "ESP_000000")
    answer = asyncio.create_task(asyncio.to_thread(knocker.knock, 120))
    started = monotonic()
    await asyncio.to_thread(server.start, 120)
    try:
        answered = await answer - started
        async with HassClient(f"http://{servers.LOOPBACK}:{port}") as client:
            await client.needs_owner()
            await client.sign_in("bench", "bench")
            await client.running()
            timings = await client.command("integration/setup_info")
            setup = next(item["seconds"] for item in timings if item["domain"] == hass_server.DOMAIN)
            await asyncio.sleep(5)
            memory = memory_mb(server.child.pid) if server.child else 0.0
            registered = await client.command("config/entity_registry/list")
            entities = sum(
                1 for item in registered if item["platform"] == hass_server.DOMAIN and not item["disabled_by"]
            )
            return Start(answered, setup, await timed_reload(client), entities, memory)
    finally:
        await asyncio.to_thread(server.stop)


async def timed_reload(client: HassClient) -> float:
    """Return the wall time in which the entry is unloaded and set up again."""
    entry = (await client.entries(hass_server.DOMAIN))[0]["entry_id"]
    started = monotonic()
    await client.request("POST", f"/api/config/config_entries/entry/{entry}/reload")
    return monotonic() - started


async def measure() -> list[Row]:
    """Start the same Home Assistant with one device and with a hundred."""
    async with ground() as (config, port, broker_port):
        entry = await first_start(config, port, broker_port)
        found = {}
        for count in (1, DEVICES):
            store(config, entry, count)
            # The first start with a fleet fills the registries; the second one is what people live with.
            await timed_start(config, port, broker_port)
            found[count] = await timed_start(config, port, broker_port)
    small, large = found[1], found[DEVICES]
    per_channel = (large.memory - small.memory) * 1024 / ((DEVICES - 1) * CHANNELS)
    fleet = f"{DEVICES} × {CHANNELS} channels"
    return [
        Row("process start to first answered heartbeat, 1 device", f"{small.answered:.1f} s", "well below 60 s"),
        Row(f"process start to first answered heartbeat, {fleet}", f"{large.answered:.1f} s", "well below 60 s"),
        Row("set-up of the entry as Home Assistant counts it, 1 device", f"{small.setup:.2f} s"),
        Row(f"set-up of the entry as Home Assistant counts it, {fleet}", f"{large.setup:.2f} s", "≤ 3 s"),
        Row(f"unload and set-up again, wall time, {fleet}", f"{large.reload:.2f} s"),
        Row(f"enabled entities, {fleet}", f"{large.entities}"),
        Row("memory per channel, entities and registries included", f"{per_channel:.0f} kB"),
    ]


def store(config: Path, entry: str, count: int) -> None:
    """Write the plans of a fleet as the integration keeps them."""
    key = f"{hass_server.DOMAIN}.{entry}"
    devices = [{"plan": msgspec.to_builtins(plan), "mark": None} for plan in plans(count)]
    content = {"version": 1, "minor_version": 1, "key": key, "data": {"devices": devices, "unreadable": []}}
    (config / ".storage" / key).write_text(json.dumps(content))

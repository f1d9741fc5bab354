"""How long it takes from a reading on the wire until a client has it, over the websocket and HTTP, in a real Home Assistant."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from itertools import count
import json
from pathlib import Path
from statistics import median, quantiles
from time import monotonic
from typing import NamedTuple

import paho.mqtt.client as paho

from scripts import hass_server, servers
from scripts.benchmarks.fleet import CHANNELS, first_start, plans, store
from scripts.benchmarks.ground import ground
from scripts.benchmarks.house_traffic import connected, disconnect
from scripts.benchmarks.table import Row
from scripts.hass_client import HassClient, Json

DEVICES = 5
ENTITIES = DEVICES * CHANNELS
# Two values a device: a chip of its own each, so that one message is one reading.
PINS = (32, 33)
ROUNDS = 40
PAUSE = 0.02
SUBSCRIBERS = (1, 10, 100)
WEBSOCKET, HTTP = "websocket", "HTTP"
PATIENCE = 60
# What Home Assistant still does after its start.
SETTLE = 10

type Key = tuple[str, int]


class Wire(NamedTuple):
    """The devices, and when each of them has said what nobody has heard yet."""

    client: paho.Client
    said: dict[Key, deque[float]]

    def say(self, device: str, gpio: int, raw: int) -> None:
        """Publish a reading as the firmware writes it."""
        reading = {"esp_id": device, "seq": raw, "zone_id": "bench", "subzone_id": "", "gpio": gpio, "ts": 0}
        reading |= {"sensor_type": "moisture", "unit": "raw", "quality": "good", "raw_mode": True}
        payload = json.dumps(reading | {"raw": raw, "value": float(raw), "time_valid": False})
        self.said[device, gpio].append(monotonic())
        self.client.publish(f"kaiser/god/esp/{device}/sensor/{gpio}/data", payload)


async def messages(client: HassClient, way: str) -> AsyncGenerator[Json]:
    """Yield what is told over one of the two ways."""
    if way == WEBSOCKET:
        async for event in client.follow("god_kaiser/subscribe", topics=["sensor_data"]):
            yield event
    else:
        async for _, message in client.events("/api/god_kaiser/v1/stream", topics="sensor_data", snapshot="true"):
            if message is not None:
                yield message


class Round(NamedTuple):
    """So many who listen in one way."""

    subscribers: int
    way: str


async def listen(events: AsyncGenerator[Json], wire: Wire, ready: asyncio.Semaphore, took: list[float] | None) -> None:
    """Hear everything; one of all listeners looks at the clock."""
    expected = ROUNDS * DEVICES * len(PINS)
    async for event in events:
        if event["event_type"] == "snapshot":
            ready.release()
        elif event["event_type"] == "sensor_data":
            expected -= 1
            if took is not None:
                took.append(monotonic() - wire.said[event["data"]["esp_id"], event["data"]["gpio"]].popleft())
            if not expected:
                break
    await events.aclose()


async def round_with(client: HassClient, wire: Wire, asked: Round) -> list[float]:
    """Return how long each reading took with so many who listen; the clock is looked at by the last of them."""
    took: list[float] = []
    ready = asyncio.Semaphore(0)
    async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as group:
        for number in range(asked.subscribers):
            is_last = number == asked.subscribers - 1
            group.create_task(listen(messages(client, asked.way), wire, ready, took if is_last else None))
            await ready.acquire()
        raw = count(1500)
        for _ in range(ROUNDS):
            for device, gpio in wire.said:
                wire.say(device, gpio, next(raw))
                await asyncio.sleep(PAUSE)
    return took


def slowest(took: list[float]) -> float:
    """Return what one of a hundred exceeds."""
    return quantiles(took, n=100)[98]


def rows(subscribers: int, took: dict[str, list[float]]) -> list[Row]:
    """Return median and slowest of both ways, and how they compare: the machine was the same."""
    found = [
        Row(
            f"{ENTITIES} channels, {1 / PAUSE:.0f} readings/s, {subscribers} listen over {way}: p50, p99",
            f"{median(times) * 1000:.1f} ms, {slowest(times) * 1000:.1f} ms",
            "< 100 ms",
        )
        for way, times in took.items()
    ]
    middle = median(took[HTTP]) / median(took[WEBSOCKET])
    ratio = slowest(took[HTTP]) / slowest(took[WEBSOCKET])
    return [*found, Row(f"HTTP to websocket, {subscribers} listen: p50, p99", f"{middle:.2f} ×, {ratio:.2f} ×", "")]


async def both(client: HassClient, wire: Wire, subscribers: int) -> list[Row]:
    """Measure one way after the other."""
    ways = (WEBSOCKET, HTTP)
    return rows(subscribers, {way: await round_with(client, wire, Round(subscribers, way)) for way in ways})


async def measured(config: Path, port: int, broker_port: int) -> list[Row]:
    """Start Home Assistant with a small fleet, and listen to it."""
    store(config, await first_start(config, port, broker_port), DEVICES)
    server = hass_server.home_assistant(config, port)
    await asyncio.to_thread(server.start, 120)
    try:
        async with HassClient(f"http://{servers.LOOPBACK}:{port}") as client:
            await client.needs_owner()
            await client.sign_in("bench", "bench")
            await client.running()
            await asyncio.sleep(SETTLE)
            said: dict[Key, deque[float]] = {(plan.device, pin): deque() for plan in plans(DEVICES) for pin in PINS}
            wire = Wire(connected(broker_port, "live"), said)
            try:
                return [row for number in SUBSCRIBERS for row in await both(client, wire, number)]
            finally:
                disconnect(wire.client)
    finally:
        await asyncio.to_thread(server.stop)


async def measure() -> list[Row]:
    """Measure with few and with many who listen."""
    async with ground() as found:
        return await measured(*found)

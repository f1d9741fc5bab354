"""Who listens to the live events of a real Home Assistant, over the websocket and HTTP, and is interrupted again and again."""

import asyncio
from collections.abc import AsyncGenerator
from itertools import cycle
import json
from random import Random
from statistics import median
import time

import aiohttp
import pytest

from scripts.hass_client import HassClient, Json, RefusedError
from scripts.polling import eventually
from tests.e2e.stage import OUTPOST, PASSWORD, USERNAME, Output, Stage
from tests.e2e.starts import WORKSHOP

STREAM = "/api/god_kaiser/v1/stream"
SOIL = "kaiser/god/esp/ESP_E50E55/sensor/32/data"
SOCKET, SOURCE = "websocket", "HTTP"
CLIENTS, ROOM = 10, 100
# Its server gives an answer ten seconds to end by itself.
LONGEST_END = 9
# Home Assistant is away for a while in the middle.
AWAY = (aiohttp.ClientError, TimeoutError, RefusedError, StopAsyncIteration)


@pytest.fixture(scope="module")
async def pump(arena: Stage) -> Output:
    """Provide one pump that can be switched again and again."""
    await arena.enter(WORKSHOP)
    await arena.admit(WORKSHOP)
    found = await arena.output(WORKSHOP, "Acid pump")
    await arena.written_down(found)
    return found


async def told(client: HassClient, way: str, last: str, topic: str) -> AsyncGenerator[tuple[str, Json | None]]:
    """Yield the id to come back to and the message of everything that is told over one of the two ways."""
    if way == SOURCE:
        async for event_id, message in client.events(STREAM, last, topics=topic):
            yield event_id, message
        return
    wishes = {"last_event_id": last} if last else {}
    async for event in client.follow("god_kaiser/subscribe", topics=[topic], **wishes):
        if event["event_type"] == "snapshot":
            (hub,) = event["data"]["hubs"] or ({"last_event_id": last},)
            yield hub["last_event_id"], event
        else:
            yield event.get("event_id", ""), event


class Listener:
    """One client that is cut off again and again, and comes back with the last id that it knows."""

    def __init__(self, client: HassClient, way: str, seed: int) -> None:
        """Know nothing yet."""
        self.ids: list[str] = []
        self.gaps = 0
        self.visits = 0
        self.first = self._last = ""
        self.until: str | None = None
        self._client, self._way = client, way
        self._chance = Random(seed)

    async def listen(self) -> None:
        """Come and go until a last event has been heard."""
        while self.until is None or self.until not in self.ids:
            patience = 60 if self.until else self._chance.uniform(0.05, 4)
            try:
                async with asyncio.timeout(patience):
                    await self._visit()
            except AWAY:
                await asyncio.sleep(self._chance.uniform(0, 1))

    async def _visit(self) -> None:
        events = told(self._client, self._way, self._last, "events")
        self.visits += 1
        try:
            async for event_id, message in events:
                self._hear(event_id, message)
                if self.until in self.ids:
                    return
        finally:
            await events.aclose()

    def _hear(self, event_id: str, message: Json | None) -> None:
        self._last = event_id or self._last
        self.first = self.first or self._last
        if message is None:
            return
        is_gap = message["event_type"] == "replay_gap" or message["data"].get("replay_gap")
        self.gaps += bool(is_gap)
        if "event_id" in message:
            self.ids.append(message["event_id"])


async def journal_after(stage: Stage, first: str) -> list[str]:
    """Return the ids of everything that is in the journal after an event."""
    ids: list[str] = []
    cursor: str | None = first
    while cursor is not None:
        result = await stage.client.command(
            "call_service",
            domain="god_kaiser",
            service="get_events",
            service_data={"after": cursor, "limit": 200},
            return_response=True,
        )
        ids += [event["event_id"] for event in result["response"]["events"]]
        cursor = result["response"]["cursor"]
    return ids


@pytest.mark.req("EXE-35", "EXE-37", "WSM-01")
@pytest.mark.risk(
    fails="A program that listens loses its connection, or Home Assistant restarts",
    happens="it comes back and is told what it has missed, or that something is missing",
    protects="the journal, and the id of every event",
)
async def test_ten_clients_that_are_cut_off_again_and_again_have_heard_the_same(
    arena: Stage, pump: Output, capsys: pytest.CaptureFixture[str]
) -> None:
    """Through a reload of the hub and a restart of Home Assistant: each event once, in its order, without a gap."""
    (entry,) = await arena.client.entries("god_kaiser")
    async with asyncio.timeout(300), HassClient(arena.client.address) as client, asyncio.TaskGroup() as group:
        await client.sign_in(USERNAME, PASSWORD)
        listeners = [
            Listener(client, way, seed) for seed, way in zip(range(CLIENTS), cycle((SOCKET, SOURCE)), strict=False)
        ]
        for listener in listeners:
            group.create_task(listener.listen())

        async def all_have_begun() -> bool:
            return all(listener.first for listener in listeners)

        await eventually(all_have_begun, "everybody has listened once")
        for number in range(12):
            await arena.insist(
                "god_kaiser.set_output", device_id=pump.registry_id, gpio=pump.gpio, level=1, duration=60
            )
            await arena.insist("god_kaiser.set_output", device_id=pump.registry_id, gpio=pump.gpio, level=0)
            if number == 3:
                await arena.client.request("POST", f"/api/config/config_entries/entry/{entry['entry_id']}/reload")
                await arena.becomes(pump.entity_id, "off", timeout=90)
            if number == 7:
                # This closes the connection over which it is commanded; nobody would read there that it shall close.
                await arena.client.running()
                asked = time.monotonic()
                await asyncio.to_thread(arena.hass.stop)
                # Nobody who listens keeps it from ending.
                assert time.monotonic() - asked < LONGEST_END
                await arena.revive()
                await arena.becomes(pump.entity_id, "off", timeout=90)
        first = min(listener.first for listener in listeners)
        whole = await journal_after(arena, first)
        for listener in listeners:
            listener.until = whole[-1]
    with capsys.disabled():
        print(f"\n    {len(whole)} events, connections: {[listener.visits for listener in listeners]}")
    assert len(whole) > 40
    assert all(listener.visits > 2 for listener in listeners)
    for listener in listeners:
        expected = [event_id for event_id in whole if key(event_id) > key(listener.first)]
        assert (listener.gaps, listener.ids[: len(expected)]) == (0, expected)


def key(event_id: str) -> tuple[int, ...]:
    """Return an id as it is ordered."""
    return tuple(map(int, event_id.split("-")))


@pytest.mark.req("EXE-37")
async def test_who_comes_back_with_an_event_that_nobody_knows_is_told_of_the_gap(arena: Stage, pump: Output) -> None:
    """Before anything else, over both ways."""
    async with asyncio.timeout(30), HassClient(arena.client.address) as client:
        await client.sign_in(USERNAME, PASSWORD)
        for way in (SOCKET, SOURCE):
            listener = Listener(client, way, 0)
            events = told(client, way, "1234567890-0", "events")
            while not listener.first:
                listener._hear(*await anext(events))
            await events.aclose()
            assert (listener.gaps, listener.ids) == (1, [])


class Crowd:
    """Many who listen, every second one over HTTP, until each has heard that an output has moved."""

    def __init__(self, client: HassClient) -> None:
        """Begin with nobody."""
        self._client = client
        self._tasks: list[asyncio.Task[None]] = []
        self._begun = asyncio.Semaphore(0)

    async def grow_to(self, number: int) -> None:
        """Let more listen, one after the other."""
        while len(self._tasks) < number:
            way = (SOCKET, SOURCE)[len(self._tasks) % 2]
            self._tasks.append(asyncio.create_task(self._hear(way)))
            await self._begun.acquire()

    async def all_have_heard(self) -> int:
        """Wait for everybody, and return how many that were."""
        await asyncio.gather(*self._tasks)
        return len(self._tasks)

    async def _hear(self, way: str) -> None:
        events = told(self._client, way, "", "events/output")
        await anext(events)
        self._begun.release()
        async for _, message in events:
            if message is not None and message["event_type"] == "output.confirmed":
                await events.aclose()
                return
        raise AssertionError("the stream has ended before anything was heard")


async def refused(client: HassClient, way: str) -> bool:
    """Tell whether there is no room for one more."""
    events = told(client, way, "", "events")
    try:
        await anext(events)
    except RefusedError as refusal:
        error = refusal.answer.get("error", refusal.answer)
        assert error["translation_key"] == "too_many_subscriptions"
        return True
    finally:
        await events.aclose()
    return False


async def switch(stage: Stage, pump: Output) -> None:
    """Switch a pump on and off again."""
    for level in (1, 0):
        await stage.insist("god_kaiser.set_output", device_id=pump.registry_id, gpio=pump.gpio, level=level)


@pytest.mark.req("WSM-01")
async def test_a_hundred_listen_and_the_next_one_is_told_to_come_later(arena: Stage, pump: Output) -> None:
    """Eleven hear, a hundred hear; the one after them is refused over either way, and has a place when somebody goes."""
    async with asyncio.timeout(120), HassClient(arena.client.address) as client:
        await client.sign_in(USERNAME, PASSWORD)
        for number in (11, ROOM):
            crowd = Crowd(client)
            await crowd.grow_to(number)
            is_full = [await refused(client, way) for way in (SOCKET, SOURCE)]
            assert is_full == [number == ROOM] * 2
            await switch(arena, pump)
            assert await crowd.all_have_heard() == number

        async def there_is_room() -> bool:
            return not await refused(client, SOURCE)

        await eventually(there_is_room, "there is room again", timeout=10)


@pytest.mark.req("API-25", "WSM-25")
async def test_a_reading_on_the_broker_is_soon_with_who_listens(
    arena: Stage, pump: Output, capsys: pytest.CaptureFixture[str]
) -> None:
    """Over both ways at once: half of them within a tenth of a second, also where others use the machine."""
    await arena.enter(OUTPOST)
    await arena.admit(OUTPOST)
    await arena.number(await arena.entity("sensor", "Outpost soil"))
    last = arena.witness.last(SOIL)
    assert last is not None
    async with asyncio.timeout(60), HassClient(arena.client.address) as client:
        await client.sign_in(USERNAME, PASSWORD)
        for way in (SOCKET, SOURCE):
            events, took = told(client, way, "", "sensor_data/ESP_E50E55"), list[float]()
            await anext(events)
            for number in range(20):
                reading = json.loads(last.payload) | {"raw": 1500 + number, "value": 1500.0 + number}
                said = time.monotonic()
                arena.witness.say(SOIL, json.dumps(reading))
                while (message := (await anext(events))[1]) is None or message["event_type"] != "sensor_data":
                    pass
                took.append(time.monotonic() - said)
                # Ten within a second are told at once.
                await asyncio.sleep(0.12)
            await events.aclose()
            with capsys.disabled():
                print(f"\n    {way}: p50 {median(took) * 1000:.1f} ms, slowest {max(took) * 1000:.1f} ms")
            assert median(took) < 0.1

"""Coming back to the live events: what was missed is told in its order, once, or the client is told that it cannot be."""

from abc import ABC, abstractmethod
import asyncio
from datetime import timedelta
from itertools import pairwise, takewhile
from random import Random
import sqlite3
from typing import Any, Final, override
from unittest.mock import AsyncMock

from aiohttp.test_utils import TestClient
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.dispatcher import async_dispatcher_send
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.god_kaiser import journal_feed, live_stream
from custom_components.god_kaiser.const import CONF_KAISER_ID, DOMAIN, SIGNAL_OCCASION
from custom_components.god_kaiser.core.alarms.delays import Signal
from custom_components.god_kaiser.core.alarms.kinds import AlarmKind
from custom_components.god_kaiser.core.journal.kinds import Noted
from custom_components.god_kaiser.core.rules.happenings import RuleHappening
from custom_components.god_kaiser.core.sequences.happenings import Happening
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.journal import reading
from custom_components.god_kaiser.host.journal.rows import Row

from .calls import ask
from .conftest import DEVICE, BringOnline
from .event_source import EventSource
from .listening import TENT, begin_to_listen, ids_of, news, tell_at_most
from .stopping import stop
from .wire import FirmwareVoice

TOPICS = ["events/step"]
GAP: Final = None


def happen(host: EngineHost, number: int, run: str = "run-1") -> list[str]:
    """Let some steps of a run begin, and return the ids of that."""
    content = {"execution_id": run, "data": {"step_name": "soak"}}
    return [host.journal.note(Happening.STEP_STARTED, content)["event_id"] for _ in range(number)]


async def written(host: EngineHost, number: int, run: str = "run-1") -> list[str]:
    """Let some steps begin, and wait until that is on the disk."""
    ids = happen(host, number, run)
    await host.journal.writer.async_flush()
    return ids


@pytest.mark.req("EXE-35", "WSM-02", "WSM-20")
async def test_who_comes_back_is_told_what_was_missed(
    hass: HomeAssistant, host: EngineHost, hass_ws_client: WebSocketGenerator
) -> None:
    """Exactly the five events of meanwhile, then what happens from then on."""
    client, _ = await begin_to_listen(hass_ws_client, topics=TOPICS)
    before = await written(host, 2)
    assert ids_of(await news(client, hass)) == before
    await client.close()
    missed = await written(host, 5)
    client, snapshot = await begin_to_listen(hass_ws_client, topics=TOPICS, last_event_id=before[-1])
    assert (snapshot["replay_gap"], snapshot["hubs"][0]["last_event_id"]) == (False, before[-1])
    live = await written(host, 1)
    assert ids_of(await news(client, hass)) == [*missed, *live]


def one_of_each(host: EngineHost) -> list[str]:
    """Let something happen in every part of the house, an alarm among it that is about safety."""
    kinds = {
        Happening.RUN_STARTED: "runs",
        Happening.STEP_FAILED: "runs",
        RuleHappening.RECOVERED: "rules",
        Noted.OUTPUT_ALERT: "safety",
        Noted.STOP_PRESSED: "safety",
        Noted.BROKER_ONLINE: "neither",
    }
    host.alarms.hear(Signal(AlarmKind.GUARANTEE_LOST, True, DEVICE, DEVICE, on_delay=0.0))
    for kind in kinds:
        host.journal.note(kind, {"execution_id": "run-1", "data": {}})
    return ["alarm.raised", *kinds]


@pytest.mark.req("WSM-08")
@pytest.mark.parametrize(
    ("topics", "told"),
    [
        (["runs"], ["run.started", "step.failed"]),
        (["runs/*", "rules"], ["run.started", "step.failed", "rule.recovered"]),
        (["safety"], ["alarm.raised", "output.alert", "stop.pressed"]),
        (["safety/*", "events/broker"], ["alarm.raised", "output.alert", "stop.pressed", "broker.online"]),
        (["events/run/*"], ["run.started"]),
        (["events/run.*", "events/rule.*"], ["run.started", "rule.recovered"]),
    ],
)
async def test_runs_rules_and_safety_are_topics(
    hass: HomeAssistant, host: EngineHost, hass_ws_client: WebSocketGenerator, topics: list[str], told: list[str]
) -> None:
    """What is about safety is found by that, whatever it is called; live, and when it was missed."""
    last = host.journal.note(Noted.BROKER_ONLINE, {"data": {}})["event_id"]
    client, _ = await begin_to_listen(hass_ws_client, topics=topics)
    assert set(told) < set(one_of_each(host))
    await host.journal.writer.async_flush()
    live = await news(client, hass)
    assert [event["event_type"] for event in live] == told
    client, _ = await begin_to_listen(hass_ws_client, topics=topics, last_event_id=last)
    assert ids_of(await news(client, hass)) == ids_of(live)


async def test_a_replay_that_dies_is_a_gap_and_a_finding(
    hass: HomeAssistant,
    host: EngineHost,
    hass_ws_client: WebSocketGenerator,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nobody waits for ever for a snapshot because of a mistake of ours; it is told for ten minutes."""
    (last,) = await written(host, 1)
    monkeypatch.setattr(journal_feed.JournalFeed, "async_missed", AsyncMock(side_effect=RuntimeError("mistake")))
    client, snapshot = await begin_to_listen(hass_ws_client, topics=TOPICS, last_event_id=last)
    assert snapshot["replay_gap"] is True
    live = await written(host, 1)
    assert ids_of(await news(client, hass)) == live
    assert "What a client of the stream has missed cannot be told" in caplog.text
    (found,) = (await ask(hass, "health_check"))["categories"]["system"]["findings"]
    assert (found["code"], found["severity"], found["details"]) == ("stream_broken", "error", {"count": 1})
    (told,) = host.health.findings
    assert "mistake" in told.technical


@pytest.mark.req("EXE-35")
async def test_an_event_of_before_the_subscription_is_not_told(
    hass: HomeAssistant, host: EngineHost, hass_ws_client: WebSocketGenerator
) -> None:
    """Also when it reaches the disk only afterwards; who comes back to the snapshot's own id misses nothing."""
    happen(host, 1)
    client, snapshot = await begin_to_listen(hass_ws_client, topics=TOPICS)
    live = await written(host, 1)
    assert ids_of(await news(client, hass)) == live
    last = snapshot["hubs"][0]["last_event_id"]
    client, snapshot = await begin_to_listen(hass_ws_client, topics=TOPICS, last_event_id=last)
    assert not snapshot["replay_gap"]
    assert ids_of(await news(client, hass)) == live


async def held_back(
    host: EngineHost, connect: WebSocketGenerator, monkeypatch: pytest.MonkeyPatch, last: str
) -> tuple[MockHAClientWebSocket, asyncio.Event]:
    """Return a client whose replay waits for the disk, and how to let the disk answer."""
    answer, whole = asyncio.Event(), host.journal.async_events

    async def slow(wanted: reading.Wanted) -> reading.Page:
        page = await whole(wanted)
        await answer.wait()
        return page

    monkeypatch.setattr(host.journal, "async_events", slow)
    client = await connect()
    await client.send_json_auto_id({"type": "god_kaiser/subscribe", "topics": ["*"], "last_event_id": last})
    assert (await client.receive_json())["success"]
    return client, answer


@pytest.mark.req("EXE-35")
async def test_what_happens_while_the_disk_is_read_waits_its_turn(
    hass: HomeAssistant,
    host: EngineHost,
    hass_ws_client: WebSocketGenerator,
    monkeypatch: pytest.MonkeyPatch,
    bring_online: BringOnline,
    voice: FirmwareVoice,
) -> None:
    """The snapshot, what was missed, what has happened meanwhile, and nothing twice; a reading is part of the snapshot."""
    await bring_online(TENT)
    (last, *missed) = await written(host, 3)
    client, answer = await held_back(host, hass_ws_client, monkeypatch, last)
    meanwhile = await written(host, 2)
    stop(host, by="Eva")
    voice.reading("moisture", 34, raw=2200)
    await host.journal.writer.async_flush()
    answer.set()
    events = await news(client, hass)
    assert [event["event_type"] for event in events[:1]] == ["snapshot"]
    (hub,) = events[0]["data"]["hubs"]
    assert (hub["stop"]["everything_stopped"], len(hub["readings"])) == (True, 1)
    assert "sensor_data" not in {event["event_type"] for event in events}
    steps = ids_of([event for event in events if event["event_type"] == Happening.STEP_STARTED])
    assert steps == [*missed, *meanwhile]
    assert len(set(ids_of(events))) == len(ids_of(events))
    assert [event["data"]["type"] for event in events if event["event_type"] == "system_event"] == ["emergency_stop"]


@pytest.mark.parametrize("tells", ["journal", "bus"])
async def test_a_subscription_for_which_too_much_waits_is_closed(
    hass: HomeAssistant,
    host: EngineHost,
    hass_ws_client: WebSocketGenerator,
    monkeypatch: pytest.MonkeyPatch,
    tells: str,
) -> None:
    """With a message; nothing grows, and nobody else is concerned."""
    monkeypatch.setattr(journal_feed, "MOST_WAITING", 3)
    monkeypatch.setattr(live_stream, "MOST_WAITING", 3)
    (last,) = await written(host, 1)
    other, _ = await begin_to_listen(hass_ws_client, topics=TOPICS)
    client, answer = await held_back(host, hass_ws_client, monkeypatch, last)
    if tells == "journal":
        ids = await written(host, 4)
    else:
        for _ in range(4):
            async_dispatcher_send(hass, SIGNAL_OCCASION, {"entry_id": host.journal.entry_id, "esp_id": None})
        ids = await written(host, 1)
    answer.set()
    assert [(event["event_type"], event["data"]) for event in await news(client, hass)] == [
        ("closed", {"reason": "overflow"})
    ]
    assert ids_of(await news(other, hass)) == ids
    await client.send_json_auto_id({"type": "unsubscribe_events", "subscription": 1})
    assert (await client.receive_json())["error"]["code"] == "not_found"


@pytest.mark.req("EXE-35", "EXE-37")
@pytest.mark.parametrize("why", ["old id", "number alone", "a day", "unknown", "from the future", "too many", "disk"])
async def test_a_gap_is_told(
    hass: HomeAssistant,
    host: EngineHost,
    hass_ws_client: WebSocketGenerator,
    monkeypatch: pytest.MonkeyPatch,
    freezer: FrozenDateTimeFactory,
    why: str,
) -> None:
    """The snapshot says so; what can still be told is told, the newest of it, and then what happens."""
    tell_at_most(host, 5)
    last = (await written(host, 1))[-1]
    # Before the clock runs, which would let the token grow old.
    connection = await hass_ws_client()
    missed = await written(host, 6 if why == "too many" else 5)
    moment, number = last.split("-")
    match why:
        case "old id":
            last = "1234567890-0"
        case "number alone":
            last = "1234567890"
        case "a day":
            freezer.tick(timedelta(seconds=86_401))
        case "unknown":
            last = f"{int(moment) - 1}-{int(number) + 77}"
        case "from the future":
            last = f"{int(moment) + 1_000_000}-0"
        case "disk":

            async def refuse(_wanted: reading.Wanted) -> reading.Page:
                raise sqlite3.OperationalError("disk I/O error")

            monkeypatch.setattr(host.journal, "async_events", refuse)
    client, snapshot = await begin_to_listen(AsyncMock(return_value=connection), topics=TOPICS, last_event_id=last)
    assert snapshot["replay_gap"]
    live = await written(host, 1)
    is_known = why not in ("a day", "from the future", "disk")
    assert ids_of(await news(client, hass)) == [*(missed[-5:] if is_known else []), *live]


@pytest.mark.req("EXE-33")
async def test_the_1001st_event_of_a_run_drops_the_oldest_from_the_replay_and_not_from_the_journal(
    hass: HomeAssistant, host: EngineHost, hass_ws_client: WebSocketGenerator
) -> None:
    """A thousand of each run are told, whatever another run does; who comes back to where that begins has no gap."""
    (last,) = await written(host, 1)
    mine = await written(host, 1000)
    await written(host, 2, "run-2")
    client, snapshot = await begin_to_listen(hass_ws_client, run_id="run-1", last_event_id=last)
    assert (snapshot["replay_gap"], ids_of(await news(client, hass))) == (False, mine)
    mine += await written(host, 1)
    client, snapshot = await begin_to_listen(hass_ws_client, run_id="run-1", last_event_id=last)
    assert (snapshot["replay_gap"], ids_of(await news(client, hass))) == (True, mine[1:])
    begin = snapshot["hubs"][0]["last_event_id"]
    client, snapshot = await begin_to_listen(hass_ws_client, run_id="run-1", last_event_id=begin)
    assert (begin, snapshot["replay_gap"], ids_of(await news(client, hass))) == (mine[0], False, mine[1:])
    run = reading.Wanted(execution="run-1", newest=False, limit=reading.MOST_ROWS)
    kept = [each.envelope["event_id"] for each in (await host.journal.async_events(run)).events]
    assert kept == [last, *mine][: reading.MOST_ROWS]
    assert (await host.journal.async_counts())["events"] >= len(mine) + 3


@pytest.mark.req("EXE-34", "EXE-39")
@pytest.mark.parametrize("wishes", [{"run_id": "run-1"}, {"topics": TOPICS}, {"topics": ["*"]}], ids=str)
@pytest.mark.parametrize(("age", "is_told"), [(86_399, True), (86_401, False)], ids=["23:59:59", "24:00:01"])
async def test_what_is_older_than_a_day_is_in_no_replay(
    hass: HomeAssistant,
    host: EngineHost,
    hass_ws_client: WebSocketGenerator,
    freezer: FrozenDateTimeFactory,
    wishes: dict[str, Any],
    age: int,
    is_told: bool,
) -> None:
    """Of a run, of a family or of everything: until then nothing is missing, and after that there is a gap."""
    last, *old = await written(host, 3)
    # Before the clock runs, which would let the token grow old.
    connect = AsyncMock(return_value=await hass_ws_client())
    freezer.tick(timedelta(seconds=age - 10))
    young = await written(host, 1)
    freezer.tick(timedelta(seconds=10))
    client, snapshot = await begin_to_listen(connect, last_event_id=last, **wishes)
    told = [each for each in ids_of(await news(client, hass)) if each in (*old, *young)]
    assert (snapshot["replay_gap"], told) == (not is_told, [*(old if is_told else []), *young])


async def test_within_a_day_and_a_thousand_there_is_no_gap(
    hass: HomeAssistant, host: EngineHost, hass_ws_client: WebSocketGenerator, freezer: FrozenDateTimeFactory
) -> None:
    """Both are promised to the last event; those of another run do not count."""
    (last,) = await written(host, 1)
    mine = await written(host, 1000)
    await written(host, 30, "run-2")
    connect = AsyncMock(side_effect=[await hass_ws_client(), await hass_ws_client()])
    freezer.tick(timedelta(seconds=86_390))
    client, snapshot = await begin_to_listen(connect, run_id="run-1", last_event_id=last)
    assert not snapshot["replay_gap"]
    assert ids_of(await news(client, hass)) == mine
    _, snapshot = await begin_to_listen(connect, topics=TOPICS, last_event_id=last)
    assert snapshot["replay_gap"]


@pytest.mark.req("EXE-38")
async def test_a_run_is_followed_alone(
    hass: HomeAssistant, host: EngineHost, hass_ws_client: WebSocketGenerator
) -> None:
    """Its events, those that were missed among them, and nothing else whatsoever."""
    mine = await written(host, 2)
    await written(host, 2, "run-2")
    mine += await written(host, 2)
    client, _ = await begin_to_listen(hass_ws_client, run_id="run-1", last_event_id=mine[0])
    await written(host, 2, "run-2")
    stop(host)
    mine += await written(host, 1)
    events = await news(client, hass)
    assert ids_of(events) == mine[1:]
    assert len(events) == len(mine) - 1


@pytest.mark.req("WSM-08")
async def test_a_family_or_one_kind_is_a_topic(
    hass: HomeAssistant, host: EngineHost, hass_ws_client: WebSocketGenerator
) -> None:
    """What was missed is chosen by the same topics."""
    (last,) = await written(host, 1)
    host.journal.note(Noted.BROKER_OFFLINE, {"data": {}})
    host.journal.note(Noted.BROKER_ONLINE, {"data": {}})
    await written(host, 1)
    told = {}
    for topic in ("events/broker", "events/step.started", "events/*", "sensor_data"):
        client, snapshot = await begin_to_listen(hass_ws_client, topics=[topic], last_event_id=last)
        assert not snapshot["replay_gap"]
        host.journal.note(Noted.BROKER_OFFLINE, {"data": {}})
        await host.journal.writer.async_flush()
        told[topic] = [event["event_type"] for event in await news(client, hass)]
    assert told["events/broker"] == ["broker.offline", "broker.online", "broker.offline"]
    assert told["events/step.started"] == ["step.started"]
    assert {"broker.offline", "broker.online", "step.started"} <= set(told["events/*"])
    assert told["sensor_data"] == []


@pytest.mark.req("WSM-13")
async def test_a_reload_loses_and_repeats_nothing(
    hass: HomeAssistant, host: EngineHost, hass_ws_client: WebSocketGenerator, setup_entry: MockConfigEntry
) -> None:
    """What is noted while nobody can be told is told afterwards, from the disk."""
    client, snapshot = await begin_to_listen(hass_ws_client, topics=TOPICS)
    first = await written(host, 1)
    happen(host, 2)
    for _ in range(2):
        assert await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    again: EngineHost = setup_entry.runtime_data
    await written(again, 1)
    ids = ids_of(await news(client, hass))
    after = tuple(map(int, snapshot["hubs"][0]["last_event_id"].split("-")))
    kinds = (Happening.STEP_STARTED,)
    page = await again.journal.async_events(reading.Wanted(kinds=kinds, after=(after[0], after[1]), newest=False))
    assert ids == [stored.envelope["event_id"] for stored in page.events]
    assert (ids[:1], len(ids)) == (first, 4)


@pytest.mark.req("WSM-13")
async def test_a_reload_that_leaves_a_gap_begins_anew(
    hass: HomeAssistant,
    host: EngineHost,
    hass_ws_client: WebSocketGenerator,
    setup_entry: MockConfigEntry,
) -> None:
    """With a second snapshot, and what can still be told."""
    client, _ = await begin_to_listen(hass_ws_client, topics=["events/step"])
    hass.config_entries.async_update_entry(setup_entry, options={"replay_events": 1})
    missed = happen(host, 3)
    await hass.config_entries.async_unload(setup_entry.entry_id)
    await hass.config_entries.async_setup(setup_entry.entry_id)
    await hass.async_block_till_done()
    live = await written(setup_entry.runtime_data, 1)
    events = await news(client, hass)
    assert [event["data"]["replay_gap"] for event in events if event["event_type"] == "snapshot"] == [True]
    assert ids_of(events) == [missed[-1], *live]


async def test_a_hub_that_goes_while_its_disk_is_read_is_caught_up_later(
    hass: HomeAssistant,
    host: EngineHost,
    hass_ws_client: WebSocketGenerator,
    setup_entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The snapshot comes without it; when it is back, everything since the event that the client knows."""
    (last, *missed) = await written(host, 3)
    client, _ = await held_back(host, hass_ws_client, monkeypatch, last)
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    events = await news(client, hass)
    assert (events[0]["event_type"], events[0]["data"]["hubs"]) == ("snapshot", [])
    assert [each for each in ids_of(events) if each in missed] == missed


async def test_with_several_hubs_the_last_event_needs_a_name(
    hass: HomeAssistant, host: EngineHost, hass_ws_client: WebSocketGenerator, setup_entry: MockConfigEntry
) -> None:
    """Each counts for itself."""
    (last,) = await written(host, 1)
    north = MockConfigEntry(domain=DOMAIN, unique_id="north", data={CONF_KAISER_ID: "north"})
    north.add_to_hass(hass)
    await hass.config_entries.async_setup(north.entry_id)
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "god_kaiser/subscribe", "last_event_id": last})
    error = (await client.receive_json())["error"]
    assert (error["code"], error["translation_key"]) == ("invalid_format", "last_event_of_which_hub")
    _, snapshot = await begin_to_listen(hass_ws_client, entry_id=setup_entry.entry_id, last_event_id=last)
    assert (snapshot["replay_gap"], [hub["hub"] for hub in snapshot["hubs"]]) == (False, ["god"])


class Reader(ABC):
    """A client that comes and goes, and remembers what it has read; a gap stands among it as what it is."""

    def __init__(self, hass: HomeAssistant, chance: Random) -> None:
        """Begin offline."""
        self._hass, self._chance = hass, chance
        self.is_here = False
        self.last: str | None = None
        self.read_so_far: list[str | None] = []

    async def come(self) -> None:
        """Listen from the last event on that is known."""
        if self.is_here:
            return
        self.is_here = True
        if await self.open():
            self.read_so_far.append(GAP)

    async def read(self, *, only_some: bool = False) -> None:
        """Read everything that has arrived, or the beginning of it."""
        ids = await self.arrived()
        ids = ids[: self._chance.randint(0, len(ids))] if only_some else ids
        self.read_so_far += ids
        self.last = ids[-1] if ids else self.last

    async def go(self) -> None:
        """Hang up; of what has arrived only a part was read."""
        if self.is_here:
            await self.read(only_some=True)
            await self.hang_up()
            self.is_here = False

    @abstractmethod
    async def open(self) -> bool:
        """Begin to listen, and tell whether there is a gap before that."""

    @abstractmethod
    async def arrived(self) -> list[str]:
        """Return the ids of what has arrived."""

    @abstractmethod
    async def hang_up(self) -> None:
        """End the connection."""


class SocketReader(Reader):
    """One over the websocket."""

    def __init__(self, hass: HomeAssistant, chance: Random, connect: WebSocketGenerator) -> None:
        """Remember how to connect."""
        super().__init__(hass, chance)
        self._connect = connect
        self._client: MockHAClientWebSocket

    @override
    async def open(self) -> bool:
        last = {"last_event_id": self.last} if self.last else {}
        self._client, snapshot = await begin_to_listen(self._connect, topics=TOPICS, **last)
        is_gap: bool = snapshot["replay_gap"]
        if is_gap or not self.last:
            self.last = snapshot["hubs"][0]["last_event_id"]
        return is_gap

    @override
    async def arrived(self) -> list[str]:
        return ids_of(await news(self._client, self._hass))

    @override
    async def hang_up(self) -> None:
        await self._client.close()


class SourceReader(Reader):
    """One over HTTP, that remembers what a browser does."""

    def __init__(self, hass: HomeAssistant, chance: Random, client: TestClient[Any, Any]) -> None:
        """Remember whom to ask."""
        super().__init__(hass, chance)
        self._client = client
        self._source: EventSource

    @override
    async def open(self) -> bool:
        self._source = await EventSource.opened(self._hass, self._client, self.last, topics=",".join(TOPICS))
        while (frame := await self._source.frame()) is not None and frame.event_id is None:
            pass
        assert frame is not None
        self.last = frame.event_id
        return frame.event == "replay_gap"

    @override
    async def arrived(self) -> list[str]:
        return ids_of(await self._source.news())

    @override
    async def hang_up(self) -> None:
        self._source.close()


@pytest.fixture(name="readers")
async def readers_fixture(
    hass: HomeAssistant,
    host: EngineHost,
    hass_ws_client: WebSocketGenerator,
    hass_client: ClientSessionGenerator,
    seed: int,
) -> list[Reader]:
    """Return ten clients, every second of them over HTTP, that all have begun to listen."""
    chance, client = Random(seed), await hass_client()
    readers: list[Reader] = []
    for number in range(10):
        is_socket = number % 2 == 0
        readers.append(SocketReader(hass, chance, hass_ws_client) if is_socket else SourceReader(hass, chance, client))
    for reader in readers:
        await reader.come()
    return readers


async def live_through(host: EngineHost, readers: list[Reader], chance: Random) -> list[str]:
    """Let things happen while the clients come and go, let all of them read to the end, and return what has happened."""
    rows: list[Row] = []
    host.journal.watch(rows.append)
    for _ in range(25):
        happen(host, chance.randint(0, 4))
        if chance.random() < 0.5:
            await host.journal.writer.async_flush()
        for reader in readers:
            if chance.random() < 0.2:
                await reader.go()
            elif chance.random() < 0.4:
                await reader.come()
    await host.journal.writer.async_flush()
    for reader in readers:
        await reader.come()
        await reader.read()
    return [row.envelope["event_id"] for row in rows if row.kind == Happening.STEP_STARTED]


@pytest.mark.req("EXE-35", "WSM-01")
@pytest.mark.parametrize("seed", range(1, 6))
async def test_ten_clients_that_come_and_go_end_with_the_same_events(
    host: EngineHost, readers: list[Reader], seed: int
) -> None:
    """Over the websocket or HTTP, whenever each hangs up, and whatever is on the disk by then: nothing missed or repeated."""
    steps = await live_through(host, readers, Random(seed))
    assert len(steps) > 20
    assert [reader.read_so_far for reader in readers] == [steps] * 10


@pytest.mark.req("EXE-35", "EXE-37")
@pytest.mark.parametrize("seed", range(11, 15))
async def test_who_misses_more_than_can_be_told_knows_where(host: EngineHost, readers: list[Reader], seed: int) -> None:
    """What is read has the order of what has happened, and where something is missing, there stands a gap."""
    tell_at_most(host, 6)
    steps = await live_through(host, readers, Random(seed))
    assert any(GAP in reader.read_so_far for reader in readers)
    for reader in readers:
        told = iter(steps)
        for before, read in pairwise(["", *reader.read_so_far]):
            if read is not GAP:
                skipped = list(takewhile(read.__ne__, told))
                assert not skipped or before is GAP, "something is missing, and nobody said so"
        assert not list(told) or reader.read_so_far[-1] is GAP
    heard = [[read for read in reader.read_so_far if read is not GAP] for reader in readers]
    assert [sorted(set(each), key=steps.index) for each in heard] == heard

"""How much the live stream gives: to how many, how fast, and of what only to those who may see it."""

from typing import Any
from unittest.mock import patch

from homeassistant.auth.models import Group
from homeassistant.core import HomeAssistant
from homeassistant.helpers.dispatcher import async_dispatcher_send
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    MockHAClientWebSocket,
    WebSocketGenerator,
)

from custom_components.god_kaiser.const import SIGNAL_OCCASION
from custom_components.god_kaiser.core.ids import actuator_channel
from custom_components.god_kaiser.core.journal.kinds import Noted
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.stream_topics import LIVE
from custom_components.god_kaiser.subscriptions import subscribers_of

from .calls import ask
from .conftest import DEVICE, PUMP, SOIL, BringOnline, PassTime, id_of, state_of
from .event_source import EventSource
from .listening import TENT, begin_to_listen, ids_of, news, received, subscribe
from .sequences import save, written
from .stopping import stop
from .wire import ESP, FirmwareVoice

SENSOR = "kaiser_god_subscriptions"
READINGS = ["sensor_data"]
EVERYTHING: dict[str, Any] = {"type": "god_kaiser/subscribe"}


@pytest.fixture(name="tent")
async def tent_fixture(bring_online: BringOnline, voice: FirmwareVoice, hass: HomeAssistant) -> None:
    """Bring a device with a sensor and a pump online that have both spoken."""
    await bring_online(TENT)
    voice.reading("moisture", 34, raw=2200)
    voice.status("pump", 16, state=False, pwm=0)
    await hass.async_block_till_done()


async def listen(client: MockHAClientWebSocket, **fields: Any) -> dict[str, Any]:
    """Subscribe with a client that is there already, and return the snapshot."""
    await client.send_json_auto_id({**EVERYTHING, **fields})
    assert (await client.receive_json())["success"]
    snapshot: dict[str, Any] = (await client.receive_json())["event"]["data"]
    return snapshot


@pytest.mark.req("WSM-02", "WSM-20")
@pytest.mark.usefixtures("tent")
async def test_the_snapshot_tells_how_things_are(
    hass: HomeAssistant, host: EngineHost, hass_ws_client: WebSocketGenerator
) -> None:
    """The version, what was measured and reported last, what runs, and what is stopped."""
    await save(hass, written())
    await hass.services.async_call("god_kaiser", "run_sequence", {"sequence": "watering", "wait": False}, blocking=True)
    (run,) = host.sequences.runs()
    stop(host, DEVICE, by="Eva", reason="smoke")
    _, snapshot = await begin_to_listen(hass_ws_client)
    (hub,) = snapshot["hubs"]
    assert snapshot["server_version"][0].isdigit()
    assert (snapshot["replay_gap"], hub["entry_id"], hub["hub"]) == (False, host.journal.entry_id, "god")
    (reading,), (output,) = hub["readings"], hub["outputs"]
    assert (reading["entity_id"], reading["unit"]) == (id_of(hass, "sensor", SOIL), "%")
    assert float(state_of(hass, "sensor", SOIL).state) == pytest.approx(reading["value"], abs=0.1)
    assert (output["entity_id"], output["value"]) == (id_of(hass, "switch", PUMP), 0.0)
    assert [(each["run_id"], each["status"]) for each in hub["runs"]] == [(run.id, run.status.value)]
    stopped = hub["stop"]
    assert (stopped["everything_stopped"], stopped["any_stopped"], stopped["by"]) == (False, True, "Eva")
    assert [(each["esp_id"], each["state"]) for each in stopped["devices"]] == [(ESP, "asked")]
    _, narrow = await begin_to_listen(hass_ws_client, topics=["actuator_status/ESP_X", "sensor_data"])
    assert [(len(hub["readings"]), len(hub["outputs"])) for hub in narrow["hubs"]] == [(1, 0)]


@pytest.mark.req("WSM-01", "WSM-04", "WSM-11", "WSM-12")
@pytest.mark.usefixtures("tent")
async def test_there_is_room_for_a_hundred(
    hass: HomeAssistant,
    host: EngineHost,
    hass_ws_client: WebSocketGenerator,
    hass_client: ClientSessionGenerator,
    setup_entry: MockConfigEntry,
) -> None:
    """The next one is told so, and who hangs up makes room."""
    await save(hass, written("watering"))
    await hass.services.async_call("god_kaiser", "run_sequence", {"sequence": "watering"}, blocking=True)
    (run,) = host.sequences.runs()
    client = await hass_ws_client()
    for _ in range(100):
        await listen(client, topics=["events/run"], run_id=run.id)
    await client.send_json_auto_id(EVERYTHING)
    error = (await client.receive_json())["error"]
    assert (error["code"], error["translation_key"]) == ("too_many_subscriptions", "too_many_subscriptions")
    assert error["translation_placeholders"] == {"most": "100"}
    found: Any = await get_diagnostics_for_config_entry(hass, hass_client, setup_entry)
    assert found["hub"]["subscriptions"] == [{"topics": ["events/run"], "run_id": run.id, "waiting": 0}] * 100
    (full,) = (await ask(hass, "health_check"))["categories"]["system"]["findings"]
    assert (full["code"], full["details"], full["needs_person"]) == ("streams_full", {"count": 100}, True)
    await client.close()
    await hass.async_block_till_done()
    assert (await ask(hass, "health_check"))["categories"]["system"]["findings"] == []
    found = await get_diagnostics_for_config_entry(hass, hass_client, setup_entry)
    assert found["hub"]["subscriptions"] == []
    await begin_to_listen(hass_ws_client)


@pytest.mark.req("WSM-11")
@pytest.mark.usefixtures("every_entity_enabled", "tent")
async def test_a_sensor_counts_who_listens(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, setup_entry: MockConfigEntry
) -> None:
    """From nobody to one, to nobody again; over a reload, too."""
    shown = [state_of(hass, "sensor", SENSOR).state]
    client = await subscribe(hass_ws_client)
    shown.append(state_of(hass, "sensor", SENSOR).state)
    await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    shown.append(state_of(hass, "sensor", SENSOR).state)
    await client.close()
    await hass.async_block_till_done()
    shown.append(state_of(hass, "sensor", SENSOR).state)
    assert shown == ["0", "1", "1", "0"]


@pytest.mark.usefixtures("setup_entry")
async def test_the_sensor_is_off_by_default(hass: HomeAssistant) -> None:
    """It is for those who look for something."""
    assert id_of(hass, "sensor", SENSOR) is not None
    assert hass.states.get(str(id_of(hass, "sensor", SENSOR))) is None


@pytest.mark.req("WSM-01")
@pytest.mark.usefixtures("tent")
async def test_eleven_clients_all_hear(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, voice: FirmwareVoice
) -> None:
    """The same reading, each once."""
    clients = [await subscribe(hass_ws_client, topics=READINGS) for _ in range(11)]
    voice.reading("moisture", 34, raw=2300)
    await hass.async_block_till_done()
    heard = [[event["data"]["esp_id"] for event in await news(client, hass)] for client in clients]
    assert heard == [[ESP]] * 11


@pytest.mark.req("WSM-06", "WSM-14", "WSM-23")
@pytest.mark.usefixtures("tent")
async def test_a_client_that_does_not_read_is_let_go(
    hass: HomeAssistant,
    host: EngineHost,
    hass_ws_client: WebSocketGenerator,
    hass_client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Home Assistant hangs up when too much waits for it; we count it no more, the others go on, and who comes back misses nothing."""
    other = await EventSource.opened(hass, await hass_client(), topics="events/broker")
    stuck, next_one = await subscribe(hass_ws_client, topics=["events/broker"]), await hass_ws_client()
    with patch("homeassistant.components.websocket_api.http.MAX_PENDING_MSG", 20):
        ids = [host.journal.note(Noted.BROKER_ONLINE, {"data": {}})["event_id"] for _ in range(30)]
        await host.journal.writer.async_flush()
        await hass.async_block_till_done()
    assert "Client unable to keep up" in caplog.text
    assert ids_of(await other.news()) == ids
    while not stuck.closed:
        await stuck.receive()
    await hass.async_block_till_done()
    assert len(subscribers_of(host)) == 1
    await listen(next_one, topics=["events/broker"], last_event_id=ids[0])
    ids.append(host.journal.note(Noted.BROKER_ONLINE, {"data": {}})["event_id"])
    await host.journal.writer.async_flush()
    assert ids_of(await news(next_one, hass)) == ids[1:]


@pytest.mark.req("EXE-36", "WSM-09")
@pytest.mark.parametrize(("fields", "seconds", "expected"), [({}, 5, 2), ({"keepalive": 2}, 2, 5)])
@pytest.mark.usefixtures("tent")
async def test_silence_is_broken_by_a_sign_of_life(
    hass_ws_client: WebSocketGenerator,
    pass_time: PassTime,
    voice: FirmwareVoice,
    fields: dict[str, Any],
    seconds: int,
    expected: int,
) -> None:
    """In 11 seconds twice, or as often as was asked for; who hears something else needs none."""
    client = await subscribe(hass_ws_client, topics=READINGS, **fields)
    for _ in range(11):
        await pass_time(1.0)
    await client.send_json_auto_id({"type": "ping"})
    told = [message["event"] for message in (await received(client, "pong"))[:-1]]
    assert [(event["event_type"], event["data"]) for event in told] == [("keepalive", {})] * expected
    await pass_time(seconds - 1.0)
    await client.send_json_auto_id({"type": "ping"})
    await received(client, "pong")
    voice.reading("moisture", 34)
    await pass_time(seconds - 0.5)
    await client.send_json_auto_id({"type": "ping"})
    assert [message["event"]["event_type"] for message in (await received(client, "pong"))[:-1]] == ["sensor_data"]
    await pass_time(0.6)
    await client.send_json_auto_id({"type": "ping"})
    assert [message["event"]["event_type"] for message in (await received(client, "pong"))[:-1]] == ["keepalive"]


@pytest.mark.req("WSM-22")
@pytest.mark.usefixtures("tent")
async def test_of_a_flood_of_readings_the_last_one_arrives(
    hass: HomeAssistant,
    host: EngineHost,
    hass_ws_client: WebSocketGenerator,
    voice: FirmwareVoice,
    pass_time: PassTime,
) -> None:
    """Ten within a second; everything that concerns safety and the journal arrives whole."""
    topics = ["sensor_data", "system_event", "events"]
    client = await subscribe(hass_ws_client, topics=topics)
    for number in range(40):
        voice.reading("moisture", 34, raw=2000 + number)
    ids = [host.journal.note(Noted.OUTPUT_ALERT, {"data": {}})["event_id"] for _ in range(60)]
    for number in range(30):
        stop(host, reason=str(number))
    await host.journal.writer.async_flush()
    first = await news(client, hass)
    assert len([event for event in first if event["event_type"] == "sensor_data"]) == 10
    assert set(ids) <= set(ids_of(first))
    reasons = [event["data"]["reason"] for event in first if event["event_type"] == "system_event"]
    assert reasons == [str(number) for number in range(30)]
    await pass_time(1.1)
    (last,) = [event for event in await news(client, hass) if event["event_type"] == "sensor_data"]
    reading = next(iter(host.fleet.readings.values()))
    assert last["data"]["value"] == reading.value
    voice.reading("moisture", 34, raw=2100)
    assert [event["event_type"] for event in await news(client, hass)] == ["sensor_data"]


@pytest.mark.req("WSM-04")
@pytest.mark.usefixtures("tent")
async def test_what_waits_is_forgotten_at_the_end(
    hass: HomeAssistant, host: EngineHost, hass_ws_client: WebSocketGenerator, voice: FirmwareVoice, pass_time: PassTime
) -> None:
    """A reading that would have come later does not; nor a sign of life."""
    client = await hass_ws_client()
    await listen(client, topics=READINGS)
    for number in range(20):
        voice.reading("moisture", 34, raw=2000 + number)
    assert len(await news(client, hass)) == 10
    await client.send_json_auto_id({"type": "unsubscribe_events", "subscription": 1})
    assert (await client.receive_json())["success"]
    await pass_time(6.0)
    assert await news(client, hass) == []
    assert host.journal._followers.all == []


def somebody(hass: HomeAssistant, *entities: str | None) -> MockUser:
    """Return a user who may read these entities alone."""
    policy = {"entities": {"entity_ids": {entity: {"read": True} for entity in entities if entity}}}
    return MockUser(groups=[Group(name="Guests", policy=policy)]).add_to_hass(hass)


async def token_of(hass: HomeAssistant, user: MockUser) -> str:
    """Return a way in for somebody."""
    refresh = await hass.auth.async_create_refresh_token(user, "https://example.com")
    return hass.auth.async_create_access_token(refresh)


@pytest.mark.usefixtures("tent")
async def test_nobody_hears_of_entities_that_are_not_theirs(
    hass: HomeAssistant, host: EngineHost, hass_ws_client: WebSocketGenerator, voice: FirmwareVoice
) -> None:
    """Neither readings nor states, nor what the journal says about the output; what concerns everybody, they hear."""
    stranger = await hass_ws_client(hass, await token_of(hass, somebody(hass)))
    (hub,) = (await listen(stranger, topics=["sensor_data", "actuator_status"]))["hubs"]
    assert (hub["readings"], hub["outputs"]) == ([], [])
    guest = somebody(hass, id_of(hass, "sensor", SOIL))
    client = await hass_ws_client(hass, await token_of(hass, guest))
    snapshot = await listen(client, topics=[*LIVE, "events/output", "events/broker", "events/rule"])
    (hub,) = snapshot["hubs"]
    assert (len(hub["readings"]), hub["outputs"]) == (1, [])
    voice.reading("moisture", 34, raw=2500)
    voice.status("pump", 16, state=True, pwm=255)
    about = {"channel": actuator_channel(DEVICE, 16), "level": 1.0}
    host.journal.note(Noted.OUTPUT_CONFIRMED, {"data": about})
    host.journal.note(Noted.BROKER_ONLINE, {"data": {}})
    seen = {"trigger_data": {"sensor_value": 3}, "conditions": [3], "observed_last": 3, "success": True}
    host.journal.note("rule.executed", {"data": {**seen, "metrics": {"commands": 1, "observed_last": 3}}})
    async_dispatcher_send(hass, SIGNAL_OCCASION, {"entry_id": host.journal.entry_id, "esp_id": ESP, **about})
    async_dispatcher_send(hass, SIGNAL_OCCASION, {"entry_id": "gone", "esp_id": ESP, **about})
    await host.journal.writer.async_flush()
    assert await news(stranger, hass) == []
    told = await news(client, hass)
    assert {event["event_type"] for event in told} == {"sensor_data", "broker.online", "rule.executed"}
    (executed,) = [event["data"] for event in told if event["event_type"] == "rule.executed"]
    assert executed == {"trigger_data": {}, "conditions": [], "success": True, "metrics": {"commands": 1}}


@pytest.mark.usefixtures("tent")
async def test_who_somebody_is_concerns_administrators(
    hass: HomeAssistant, host: EngineHost, hass_ws_client: WebSocketGenerator, hass_read_only_access_token: str
) -> None:
    """So does what only they can make something of."""
    stop(host, DEVICE, by="Eva", reason="smoke")
    admin, other = await hass_ws_client(), await hass_ws_client(hass, hass_read_only_access_token)
    topics = ["system_event", "events/run", "events/stop"]
    snapshots = [await listen(client, topics=topics) for client in (admin, other)]
    assert [snapshot["hubs"][0]["stop"]["devices"][0].get("by") for snapshot in snapshots] == ["Eva", None]
    actor = {"type": "user", "id": None, "name": "Eva"}
    host.journal.note("run.failed", {"actor": actor, "data": {"code": 1}}, technical="KeyError")
    stop(host, by="Eva")
    await host.journal.writer.async_flush()
    known, unknown = await news(admin, hass), await news(other, hass)
    assert ids_of(known) == ids_of(unknown)
    failed = [next(event for event in told if event["event_type"] == "run.failed") for told in (known, unknown)]
    assert [(event["actor"], event.get("error_tech")) for event in failed] == [
        (actor, "KeyError"),
        ({"type": "user"}, None),
    ]
    assert "Eva" in str(known)
    assert "Eva" not in str(unknown)
    assert ["by" in event["data"] for event in unknown if event["event_type"] == "system_event"] == [False]

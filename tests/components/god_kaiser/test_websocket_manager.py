"""Subscriptions to the live events: who hears what, since when, and until when."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.god_kaiser.const import CONF_KAISER_ID, DOMAIN
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.stream_topics import LIVE
from custom_components.god_kaiser.subscriptions import SUBSCRIPTIONS, subscribers_of

from .conftest import BringOnline, PassTime, a_plan, a_sensor
from .listening import TENT, news, subscribe
from .stopping import stop
from .wire import ESP, FirmwareVoice

OTHER = DeviceId("ESP_OTHER")


@pytest.fixture(name="tent")
async def tent_fixture(bring_online: BringOnline) -> None:
    """Bring a device with a sensor and a pump online."""
    await bring_online(TENT)


@pytest.mark.req("WSM-21")
@pytest.mark.usefixtures("setup_entry")
async def test_every_request_is_answered(hass_ws_client: WebSocketGenerator) -> None:
    """Subscribed, alive, unsubscribed: each with the number of the request, and that it went well."""
    client = await hass_ws_client()
    await client.send_json({"id": 5, "type": "god_kaiser/subscribe"})
    assert await client.receive_json() == {"id": 5, "type": "result", "success": True, "result": None}
    assert (await client.receive_json())["event"]["event_type"] == "snapshot"
    await client.send_json({"id": 6, "type": "ping"})
    assert await client.receive_json() == {"id": 6, "type": "pong"}
    await client.send_json({"id": 7, "type": "unsubscribe_events", "subscription": 5})
    assert await client.receive_json() == {"id": 7, "type": "result", "success": True, "result": None}


@pytest.mark.req("WSM-26")
async def test_there_is_one_list_of_who_listens(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, setup_entry: MockConfigEntry
) -> None:
    """The former server's manager was a singleton: reloading a hub makes no second one, and nobody is told twice."""
    first = hass.data[SUBSCRIPTIONS]
    client = await subscribe(hass_ws_client, topics=["system_event"])
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    assert hass.data[SUBSCRIPTIONS] is first
    stop(setup_entry.runtime_data, by="test", reason="")
    told = [event["data"]["type"] for event in await news(client, hass)]
    assert told.count("emergency_stop") == 1


@pytest.mark.req("WSM-26")
async def test_who_connects_is_counted_and_who_goes_is_not(
    hass: HomeAssistant, host: EngineHost, hass_ws_client: WebSocketGenerator
) -> None:
    """One, then nobody."""
    client = await subscribe(hass_ws_client)
    assert len(subscribers_of(host)) == 1
    await client.close()
    await hass.async_block_till_done()
    assert len(subscribers_of(host)) == 0


@pytest.mark.req("WSM-26")
async def test_of_two_clients_the_one_that_has_asked_is_told(
    hass: HomeAssistant, host: EngineHost, hass_ws_client: WebSocketGenerator, pass_time: PassTime
) -> None:
    """`sensor_data/ESP_01` reaches exactly one of them."""
    device = DeviceId("ESP_01")
    await host.async_change_plan(a_plan(a_sensor("moisture", 34, "Soil"), device=device, name="First"))
    clients = [
        await subscribe(hass_ws_client, topics=["sensor_data/ESP_01"]),
        await subscribe(hass_ws_client, topics=["sensor_data/ESP_02"]),
    ]
    FirmwareVoice(hass, device).reading("moisture", 34)
    assert [len(await news(client, hass)) for client in clients] == [1, 0]


@pytest.mark.req("WSM-08", "WSM-05")
@pytest.mark.usefixtures("tent")
async def test_a_topic_reaches_who_has_asked_for_it(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, host: EngineHost, voice: FirmwareVoice
) -> None:
    """One device, all devices of a kind, or everything."""
    await host.async_change_plan(a_plan(a_sensor("moisture", 34, "Soil"), device=OTHER, name="Other"))
    one, kind, everything, all_by_default = [
        await subscribe(hass_ws_client, topics=[f"sensor_data/{ESP}", "system_event/ESP_X"]),
        await subscribe(hass_ws_client, topics=["sensor_data/*"]),
        await subscribe(hass_ws_client, topics=["*"]),
        await subscribe(hass_ws_client),
    ]
    voice.reading("moisture", 34)
    FirmwareVoice(hass, OTHER).reading("moisture", 34)
    voice.status("pump", 16, state=True, pwm=255)
    voice.will()
    senders = {}
    for name, client in {"one": one, "kind": kind, "everything": everything, "default": all_by_default}.items():
        arrived = await news(client, hass)
        live = [event for event in arrived if event["event_type"] in LIVE]
        senders[name] = [(event["event_type"], event["data"]["esp_id"]) for event in live]
    assert senders["one"] == [("sensor_data", ESP)]
    assert senders["kind"] == [("sensor_data", ESP), ("sensor_data", OTHER)]
    assert ("actuator_status", ESP) in senders["everything"]
    assert ("system_event", ESP) in senders["everything"]
    assert senders["default"] == senders["everything"]


@pytest.mark.req("WSM-07", "WSM-04")
@pytest.mark.usefixtures("tent")
async def test_nobody_is_watched_when_nobody_listens(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, host: EngineHost, voice: FirmwareVoice
) -> None:
    """Unsubscribing and hanging up both end it; then a reading costs nothing more."""
    client = await hass_ws_client()
    at_first = list(host.watchers._of_everything.all)
    await client.send_json_auto_id({"type": "god_kaiser/subscribe"})
    subscription = (await client.receive_json())["id"]
    assert (await client.receive_json())["event"]["event_type"] == "snapshot"
    assert len(host.watchers._of_everything.all) == len(at_first) + 1
    await client.send_json_auto_id({"type": "unsubscribe_events", "subscription": subscription})
    assert (await client.receive_json())["success"]
    assert host.watchers._of_everything.all == at_first
    voice.reading("moisture", 34)
    assert await news(client, hass) == []
    await client.send_json_auto_id({"type": "god_kaiser/subscribe"})
    await client.receive_json()
    await client.close()
    await hass.async_block_till_done()
    assert host.watchers._of_everything.all == at_first


@pytest.mark.req("WSM-13")
@pytest.mark.usefixtures("tent")
async def test_a_subscription_outlives_a_reload(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    setup_entry: MockConfigEntry,
    pass_time: PassTime,
    voice: FirmwareVoice,
) -> None:
    """The same client goes on with the next host, and hears everything once."""
    client = await subscribe(hass_ws_client, entry_id=setup_entry.entry_id, topics=["sensor_data"])
    await hass.config_entries.async_reload(setup_entry.entry_id)
    voice.heartbeat()
    await pass_time(2.1)
    voice.reading("moisture", 34)
    assert [event["event_type"] for event in await news(client, hass)] == ["sensor_data"]


async def test_a_hub_that_comes_later_is_heard_too(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, setup_entry: MockConfigEntry
) -> None:
    """Unless one hub was named; foreign entries do not matter."""
    topics = ["system_event"]
    everything = await subscribe(hass_ws_client, topics=topics)
    one = await subscribe(hass_ws_client, topics=topics, entry_id=setup_entry.entry_id)
    MockConfigEntry(domain="other").add_to_hass(hass)
    north = MockConfigEntry(domain=DOMAIN, unique_id="north", data={CONF_KAISER_ID: "north"})
    north.add_to_hass(hass)
    await hass.config_entries.async_setup(north.entry_id)
    stop(north.runtime_data, by="test", reason="")
    assert [event["data"]["type"] for event in await news(everything, hass)][-1] == "emergency_stop"
    assert await news(one, hass) == []


@pytest.mark.usefixtures("setup_entry")
@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"entry_id": "unknown"}, "not_found"),
        ({"topics": ["weather"]}, "invalid_format"),
        ({"topics": ["sensor_data/ESP/1"]}, "invalid_format"),
        ({"topics": ["sensor_data/\n"]}, "invalid_format"),
        ({"topics": "*"}, "invalid_format"),
        ({"topics": ["events/weather"]}, "invalid_format"),
        ({"topics": ["events/run.begun"]}, "invalid_format"),
        ({"last_event_id": "yesterday"}, "invalid_format"),
        ({"keepalive": 0}, "invalid_format"),
        ({"keepalive": "often"}, "invalid_format"),
        ({"keepalive": "nan"}, "invalid_format"),
        ({"keepalive": "inf"}, "invalid_format"),
        ({"keepalive": None}, "invalid_format"),
    ],
)
async def test_a_wrong_subscription_is_refused(
    hass_ws_client: WebSocketGenerator, host: EngineHost, fields: dict[str, Any], code: str
) -> None:
    """The client is told what is wrong, and nothing is watched."""
    client = await hass_ws_client()
    at_first = list(host.watchers._of_everything.all)
    await client.send_json_auto_id({"type": "god_kaiser/subscribe", **fields})
    answer = await client.receive_json()
    assert (answer["success"], answer["error"]["code"]) == (False, code)
    assert host.watchers._of_everything.all == at_first


async def test_a_foreign_entry_is_no_hub(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, setup_entry: MockConfigEntry
) -> None:
    """Nor is one that belongs to another integration."""
    foreign = MockConfigEntry(domain="other")
    foreign.add_to_hass(hass)
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "god_kaiser/subscribe", "entry_id": foreign.entry_id})
    assert (await client.receive_json())["error"]["translation_key"] == "hub_not_found"


@pytest.mark.usefixtures("tent")
async def test_every_user_may_listen(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, hass_read_only_access_token: str, voice: FirmwareVoice
) -> None:
    """The stream tells and commands nothing, so it asks for no rights."""
    client = await hass_ws_client(hass, hass_read_only_access_token)
    await client.send_json_auto_id({"type": "god_kaiser/subscribe", "topics": ["sensor_data"]})
    assert (await client.receive_json())["success"]
    assert (await client.receive_json())["event"]["event_type"] == "snapshot"
    voice.reading("moisture", 34)
    assert [event["data"]["esp_id"] for event in await news(client, hass)] == [ESP]

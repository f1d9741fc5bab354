"""Live events over the websocket."""

from collections.abc import Awaitable, Callable
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.god_kaiser.const import CONF_KAISER_ID, DOMAIN
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.host.engine_host import EngineHost

from .conftest import DEVICE, PUMP, SOIL, BringOnline, PassTime, SwitchBroker, a_plan, a_sensor, an_actuator, id_of
from .wire import ESP, FirmwareVoice

OTHER = DeviceId("ESP_OTHER")

type Listen = Callable[..., Awaitable[MockHAClientWebSocket]]


@pytest.fixture(name="listen")
async def listen_fixture(hass_ws_client: WebSocketGenerator) -> Listen:
    """Return a way to subscribe."""

    async def subscribe(**fields: Any) -> MockHAClientWebSocket:
        client = await hass_ws_client()
        await client.send_json_auto_id({"type": "god_kaiser/subscribe", **fields})
        answer = await client.receive_json()
        assert (answer["success"], answer["result"]) == (True, None)
        return client

    return subscribe


@pytest.fixture(name="tent")
async def tent_fixture(bring_online: BringOnline) -> None:
    """Bring a device with a sensor and a pump online."""
    await bring_online(a_plan(a_sensor("moisture", 34, "Soil"), an_actuator("pump", 16, "Pump")))


async def news(client: MockHAClientWebSocket, hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return everything that has arrived until now, by asking for something behind it."""
    await hass.async_block_till_done()
    await client.send_json_auto_id({"type": "ping"})
    arrived: list[dict[str, Any]] = []
    while (message := await client.receive_json())["type"] != "pong":
        arrived.append(message["event"])
    return arrived


@pytest.mark.req("WSM-16", "WSM-15")
@pytest.mark.usefixtures("tent")
async def test_each_reading_is_an_event(hass: HomeAssistant, listen: Listen, voice: FirmwareVoice) -> None:
    """With its value as the entity shows it, its unit, its entity and how far it can be trusted."""
    client = await listen(topics=["sensor_data/*"])
    voice.reading("moisture", 34, raw=2200)
    voice.reading("moisture", 34, raw=2200)
    voice.status("pump", 16)
    first, second = await news(client, hass)
    entity_id = id_of(hass, "sensor", SOIL)
    assert entity_id is not None
    state = hass.states.get(entity_id)
    assert state is not None
    assert set(first) == {"event_type", "timestamp", "data"}
    assert first["event_type"] == second["event_type"] == "sensor_data"
    assert {**first["data"], "timestamp": "", "value": ""} == {
        "esp_id": ESP,
        "gpio": 34,
        "sensor_type": "moisture",
        "value": "",
        "unit": "%",
        "timestamp": "",
        "entity_id": entity_id,
        "quality": "good",
    }
    assert first["data"]["value"] == pytest.approx(float(state.state), abs=0.1)
    assert first["data"]["timestamp"].endswith("+00:00")


@pytest.mark.usefixtures("tent")
async def test_a_reading_that_grows_old_is_an_event(
    hass: HomeAssistant, listen: Listen, voice: FirmwareVoice, host: EngineHost
) -> None:
    """Silence is news: the value becomes unknown."""
    client = await listen(topics=["sensor_data/*"])
    voice.reading("moisture", 34)
    reading = next(iter(host.fleet.readings))
    host.fleet.freshness.touch(reading, 0.0)
    host._wake()
    fresh, stale = await news(client, hass)
    assert (fresh["data"]["value"] is None, stale["data"]["value"], stale["data"]["quality"]) == (False, None, "stale")


@pytest.mark.req("WSM-17")
@pytest.mark.usefixtures("tent")
async def test_only_a_change_of_an_output_is_an_event(
    hass: HomeAssistant, listen: Listen, voice: FirmwareVoice, host: EngineHost
) -> None:
    """And only what the device itself reports: a command is no event."""
    voice.status("pump", 16, state=False, pwm=0)
    await hass.async_block_till_done()
    client = await listen(topics=["actuator_status/*"])
    voice.status("pump", 16, state=False, pwm=0)
    voice.status("pump", 16, state=True, pwm=255)
    voice.status("pump", 16, state=True, pwm=255)
    host.watchers.wake(next(iter(host.fleet.reports)))
    voice.reading("moisture", 34)
    (event,) = await news(client, hass)
    assert event["event_type"] == "actuator_status"
    assert {**event["data"], "timestamp": ""} == {
        "esp_id": ESP,
        "gpio": 16,
        "actuator_type": "pump",
        "is_active": True,
        "value": 1.0,
        "timestamp": "",
        "entity_id": id_of(hass, "switch", PUMP),
        "confirmed": True,
    }


@pytest.mark.usefixtures("tent")
async def test_an_output_of_unknown_level_is_neither_on_nor_off(
    hass: HomeAssistant, listen: Listen, voice: FirmwareVoice, host: EngineHost
) -> None:
    """What was not said is not guessed; an output that has said nothing at all is no event."""
    client = await listen(topics=["actuator_status", "sensor_data"])
    host.watchers.wake(next(iter(host.fleet.devices[DEVICE].actuators)))
    host.watchers.wake(next(iter(host.fleet.devices[DEVICE].sensors)))
    assert await news(client, hass) == []
    voice.say("actuator/16/status", {"esp_id": ESP, "gpio": 16, "type": "pump"})
    (event,) = await news(client, hass)
    assert (event["data"]["is_active"], event["data"]["value"]) == (None, None)


@pytest.mark.req("WSM-19")
@pytest.mark.usefixtures("tent")
async def test_what_the_engine_tells_is_an_event(
    hass: HomeAssistant, listen: Listen, voice: FirmwareVoice, host: EngineHost, switch_broker: SwitchBroker
) -> None:
    """A last will, an emergency stop, a lost broker."""
    client = await listen(topics=["system_event"])
    host.press_stop(None, by="Eva", reason="smoke")
    voice.will()
    await switch_broker(False)
    arrived = await news(client, hass)
    assert {event["event_type"] for event in arrived} == {"system_event"}
    told = [(event["data"]["type"], event["data"]["esp_id"]) for event in arrived]
    assert told == [("emergency_stop", None), ("device_offline", ESP), ("broker_offline", None)]
    assert arrived[1]["data"]["reason"]


@pytest.mark.req("WSM-08", "WSM-05")
@pytest.mark.usefixtures("tent")
async def test_a_topic_reaches_who_has_asked_for_it(
    hass: HomeAssistant, listen: Listen, host: EngineHost, voice: FirmwareVoice
) -> None:
    """One device, all devices of a kind, or everything."""
    await host.async_change_plan(a_plan(a_sensor("moisture", 34, "Soil"), device=OTHER, name="Other"))
    one, kind, everything, all_by_default = [
        await listen(topics=[f"sensor_data/{ESP}", "system_event/ESP_X"]),
        await listen(topics=["sensor_data/*"]),
        await listen(topics=["*"]),
        await listen(),
    ]
    voice.reading("moisture", 34)
    FirmwareVoice(hass, OTHER).reading("moisture", 34)
    voice.status("pump", 16, state=True, pwm=255)
    voice.will()
    senders = {}
    for name, client in {"one": one, "kind": kind, "everything": everything, "default": all_by_default}.items():
        arrived = await news(client, hass)
        senders[name] = [(event["event_type"], event["data"]["esp_id"]) for event in arrived]
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
    await client.send_json_auto_id({"type": "god_kaiser/subscribe"})
    subscription = (await client.receive_json())["id"]
    assert len(host.watchers._of_everything) == 1
    await client.send_json_auto_id({"type": "unsubscribe_events", "subscription": subscription})
    assert (await client.receive_json())["success"]
    assert host.watchers._of_everything == []
    voice.reading("moisture", 34)
    assert await news(client, hass) == []
    await client.send_json_auto_id({"type": "god_kaiser/subscribe"})
    await client.receive_json()
    await client.close()
    await hass.async_block_till_done()
    assert host.watchers._of_everything == []


@pytest.mark.req("WSM-13")
@pytest.mark.usefixtures("tent")
async def test_a_subscription_outlives_a_reload(
    hass: HomeAssistant, listen: Listen, setup_entry: MockConfigEntry, pass_time: PassTime, voice: FirmwareVoice
) -> None:
    """The same client goes on with the next host, and hears everything once."""
    client = await listen(entry_id=setup_entry.entry_id, topics=["sensor_data"])
    await hass.config_entries.async_reload(setup_entry.entry_id)
    voice.heartbeat()
    await pass_time(2.1)
    voice.reading("moisture", 34)
    assert [event["event_type"] for event in await news(client, hass)] == ["sensor_data"]


async def test_a_hub_that_comes_later_is_heard_too(
    hass: HomeAssistant, listen: Listen, setup_entry: MockConfigEntry
) -> None:
    """Unless one hub was named; foreign entries do not matter."""
    everything, one = await listen(), await listen(entry_id=setup_entry.entry_id)
    MockConfigEntry(domain="other").add_to_hass(hass)
    north = MockConfigEntry(domain=DOMAIN, unique_id="north", data={CONF_KAISER_ID: "north"})
    north.add_to_hass(hass)
    await hass.config_entries.async_setup(north.entry_id)
    north.runtime_data.press_stop(None, by="test", reason="")
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
    ],
)
async def test_a_wrong_subscription_is_refused(
    hass_ws_client: WebSocketGenerator, host: EngineHost, fields: dict[str, Any], code: str
) -> None:
    """The client is told what is wrong, and nothing is watched."""
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "god_kaiser/subscribe", **fields})
    answer = await client.receive_json()
    assert (answer["success"], answer["error"]["code"]) == (False, code)
    assert host.watchers._of_everything == []


async def test_a_foreign_entry_is_no_hub(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, setup_entry: MockConfigEntry
) -> None:
    """Nor is one that belongs to another integration."""
    foreign = MockConfigEntry(domain="other")
    foreign.add_to_hass(hass)
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "god_kaiser/subscribe", "entry_id": foreign.entry_id})
    assert (await client.receive_json())["error"]["translation_key"] == "hub_not_found"

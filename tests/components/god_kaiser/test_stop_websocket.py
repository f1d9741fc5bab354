"""Following a stop over the websocket, and that docs/WEBSOCKET_API.md says the same."""

from typing import Any
from unittest.mock import MagicMock

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.god_kaiser.const import CONF_KAISER_ID, DOMAIN
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.safety.proof import ProofState
from custom_components.god_kaiser.host.engine_host import EngineHost

from .conftest import DEVICE, PUMP, BringOnline, PassTime, a_plan, call
from .listening import TENT, news, received, subscribe
from .stopping import Brake, release, stop
from .websocket_page import examples, lasting, rows, words
from .wire import ESP, FirmwareVoice, ObedientDevice

OTHER = DeviceId("ESP_OTHER")
EXAMPLE = examples("A stop, step by step")


@pytest.fixture
def config_entry() -> MockConfigEntry:
    """Return the hub that the page speaks of."""
    hub = EXAMPLE[0]["entry_id"]
    return MockConfigEntry(domain=DOMAIN, entry_id=hub, unique_id="god", data={CONF_KAISER_ID: "god"})


@pytest.fixture(name="device", autouse=True)
async def device_fixture(bring_online: BringOnline) -> ObedientDevice:
    """Bring a device with a sensor and a pump online."""
    return await bring_online(TENT)


@pytest.fixture(name="brake")
def brake_fixture(device: ObedientDevice, voice: FirmwareVoice, mqtt_mock: MagicMock) -> Brake:
    """Have the device take emergency orders."""
    return Brake(voice, mqtt_mock, device.kinds)


async def follow(connect: WebSocketGenerator, **fields: Any) -> MockHAClientWebSocket:
    """Return a client of its own that follows the stops."""
    client = await connect()
    await client.send_json_auto_id({"type": "god_kaiser/stop", **fields})
    answer = await client.receive_json()
    assert (answer["success"], answer["result"]) == (True, None)
    return client


def told(events: list[dict[str, Any]]) -> list[tuple[str, Any]]:
    """Return of each message its type and what it says about devices."""
    return [
        (
            event["event_type"],
            event["data"].get("state", [proof["state"] for proof in event["data"].get("devices", [])]),
        )
        for event in events
    ]


@pytest.mark.req("API-20", "SAF-11")
async def test_the_page_shows_what_really_happens(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, host: EngineHost, device: ObedientDevice, brake: Brake
) -> None:
    """Every step of the example is taken, and every message on the page is one that really arrives."""
    await call(hass, "switch", "turn_on", PUMP)
    brake.rests = device.reports = False
    client = await hass_ws_client()
    await client.send_json(EXAMPLE[0])
    messages = [await client.receive_json() for _ in range(2)]
    stop(host, by="Eva", reason="Smell of burning")
    messages += [await client.receive_json() for _ in range(2)]
    brake.report(running=False)
    await client.send_json(EXAMPLE[-2])
    messages += await received(client, "result")
    assert lasting(messages) == lasting([block for block in EXAMPLE if block["type"] in {"result", "event"}])


@pytest.mark.req("API-20")
def test_every_field_of_a_stop_has_its_row_on_the_page() -> None:
    """The tables describe the example, and the states are all of them."""
    shown = {event["event_type"]: event["data"] for event in (block["event"] for block in EXAMPLE if "event" in block)}
    assert {kind: rows(kind).keys() for kind in shown} == {kind: content.keys() for kind, content in shown.items()}
    stopped = [
        block["event"]["data"]["devices"] for block in EXAMPLE if "devices" in block.get("event", {}).get("data", {})
    ]
    assert {frozenset(proof) for proofs in stopped for proof in proofs} == {
        frozenset(rows("stop_proof")) - {"entry_id"}
    }
    outputs = [output for proofs in stopped for proof in proofs for output in proof["not_at_rest"]]
    assert {key for output in outputs for key in output} == words(rows("stop_proof")["not_at_rest"])
    assert words(rows("stop_proof")["state"]) == set(ProofState)


async def test_whoever_comes_during_a_stop_learns_all_of_it(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, host: EngineHost, brake: Brake
) -> None:
    """The first message tells how things are, for each hub."""
    north = MockConfigEntry(domain=DOMAIN, unique_id="north", data={CONF_KAISER_ID: "north"})
    north.add_to_hass(hass)
    await hass.config_entries.async_setup(north.entry_id)
    stop(host)
    await hass.async_block_till_done()
    everybody, one = await follow(hass_ws_client), await follow(hass_ws_client, entry_id=north.entry_id)
    assert sorted(told(await news(everybody, hass))) == [("stop_state", []), ("stop_state", ["at_rest"])]
    assert told(await news(one, hass)) == [("stop_state", [])]


@pytest.mark.req("INV-6")
async def test_only_what_changes_is_sent(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, host: EngineHost, voice: FirmwareVoice, brake: Brake
) -> None:
    """A heartbeat is no news, a stop of one device is no proof of another."""
    await host.async_change_plan(a_plan(device=OTHER, name="Other"))
    client = await follow(hass_ws_client)
    voice.heartbeat()
    voice.status("pump", 16, state=False, pwm=0)
    assert told(await news(client, hass)) == [("stop_state", [])]
    brake.confirms = brake.rests = False
    stop(host, DEVICE)
    voice.heartbeat()
    assert told(await news(client, hass)) == [("stop_state", ["asked"])]
    brake.report(running=False)
    assert told(await news(client, hass))[-1] == ("stop_proof", "at_rest")


async def test_silence_and_release_are_told(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, host: EngineHost, brake: Brake, pass_time: PassTime
) -> None:
    """Until the last device has been released, and beyond."""
    brake.confirms = brake.rests = False
    client = await follow(hass_ws_client)
    stop(host)
    await pass_time(6)
    assert told(await news(client, hass))[-1] == ("stop_proof", "silent")
    release(host)
    assert told(await news(client, hass))[-1] == ("stop_state", ["silent"])
    await pass_time(6)
    assert told(await news(client, hass))[-1] == ("stop_state", [])


async def test_following_outlives_a_reload(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """The next host tells everything anew."""
    client = await follow(hass_ws_client)
    stop(host)
    await news(client, hass)
    await hass.config_entries.async_reload(setup_entry.entry_id)
    assert ("stop_state", ["asked"]) in told(await news(client, hass))


async def test_who_has_left_is_not_told(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, host: EngineHost
) -> None:
    """Unsubscribing ends it."""
    at_first = list(host.watchers._of_everything.all)
    client = await follow(hass_ws_client)
    await news(client, hass)
    await client.send_json_auto_id({"type": "unsubscribe_events", "subscription": 1})
    assert (await client.receive_json())["success"]
    stop(host)
    assert await news(client, hass) == []
    assert host.watchers._of_everything.all == at_first


@pytest.mark.usefixtures("setup_entry")
async def test_a_hub_that_does_not_exist_cannot_be_followed(hass_ws_client: WebSocketGenerator) -> None:
    """The client is told so."""
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": "god_kaiser/stop", "entry_id": "unknown"})
    assert (await client.receive_json())["error"]["translation_key"] == "hub_not_found"


async def test_every_user_may_follow(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, hass_read_only_access_token: str
) -> None:
    """Whoever sees the danger sees what becomes of the stop."""
    client = await hass_ws_client(hass, hass_read_only_access_token)
    await client.send_json_auto_id({"type": "god_kaiser/stop"})
    assert (await client.receive_json())["success"]


@pytest.mark.req("WSM-08")
@pytest.mark.parametrize(
    ("scope", "is_heard"), [((), True), ((DEVICE,), True), ((DEVICE, OTHER), True), ((OTHER,), False)]
)
async def test_who_listens_to_one_device_hears_its_stops(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    host: EngineHost,
    scope: tuple[DeviceId, ...],
    is_heard: bool,
) -> None:
    """A stop has no single device, and concerns every one that it stops; it is told once."""
    await host.async_change_plan(a_plan(device=OTHER, name="Other"))
    client = await subscribe(hass_ws_client, topics=[f"system_event/{ESP}"])
    stop(host, *scope)
    heard = [event["data"]["type"] for event in await news(client, hass)]
    assert heard.count("emergency_stop") == int(is_heard)


@pytest.mark.req("SAF-21", "SAF-19")
async def test_a_refused_command_is_an_error_for_the_caller_and_an_event_for_the_listener(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, host: EngineHost
) -> None:
    """The page that shows the refusal needs not be the one that has asked."""
    client = await subscribe(hass_ws_client, topics=["system_event"])
    stop(host)
    await news(client, hass)
    with pytest.raises(ServiceValidationError) as caught:
        await call(hass, "switch", "turn_on", PUMP)
    assert caught.value.translation_key == "emergency_stop_active"
    assert [event["data"]["type"] for event in await news(client, hass)] == ["command_rejected"]

"""What the live events hold, and that docs/WEBSOCKET_API.md says the same."""

from collections.abc import Awaitable, Callable
import re
from typing import Any

from homeassistant.components.websocket_api import DOMAIN as WEBSOCKET
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MockHAClientWebSocket, WebSocketGenerator

from custom_components.god_kaiser.const import CONF_KAISER_ID, DOMAIN
from custom_components.god_kaiser.core.devices.model import ActuatorKind, Quality
from custom_components.god_kaiser.core.effects import Occasion
from custom_components.god_kaiser.core.engine.supervision import ORPHAN_GRACE
from custom_components.god_kaiser.core.events import CommandWished, CrashFound, LockOutHung, LockOutTakenOff
from custom_components.god_kaiser.core.ids import CommandId, actuator_channel
from custom_components.god_kaiser.core.requests import CommandRequest
from custom_components.god_kaiser.core.safety.lockouts import LockOut
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.stream_refusals import ERR_TOO_MANY
from custom_components.god_kaiser.stream_topics import FAMILIES

from .conftest import DEVICE, PUMP, SOIL, BringOnline, PassTime, SwitchBroker, a_plan, a_sensor, id_of, turn_the_loop
from .listening import TENT, news, received, subscribe
from .stopping import release, stop
from .websocket_page import PAGE, examples, lasting, rows, words
from .wire import ESP, FirmwareVoice, ObedientDevice, Wire, recorded

CAUSES: dict[str, Callable[[FirmwareVoice], None]] = {
    "snapshot": lambda _: None,
    "sensor_data": lambda voice: voice.reading("moisture", 34, raw=2200),
    "actuator_status": lambda voice: voice.status("pump", 16),
    "system_event": lambda voice: voice.will(),
}


EXAMPLE = examples("A complete example")


@pytest.fixture
def config_entry() -> MockConfigEntry:
    """Return the hub that the page speaks of."""
    hub = EXAMPLE[0]["entry_id"]
    return MockConfigEntry(domain=DOMAIN, entry_id=hub, unique_id="god", data={CONF_KAISER_ID: "god"})


@pytest.fixture(name="device")
async def device_fixture(bring_online: BringOnline) -> ObedientDevice:
    """Bring a device with a sensor and a pump online."""
    return await bring_online(TENT)


async def replay(
    blocks: list[dict[str, Any]], client: MockHAClientWebSocket, voice: FirmwareVoice
) -> list[dict[str, Any]]:
    """Send what the client of the page sends, let happen what happens there, and return what was received."""
    messages: list[dict[str, Any]] = []
    for block in blocks:
        match block:
            case {"type": "event", "event": {"event_type": kind}}:
                CAUSES[kind](voice)
            case {"type": "result"}:
                messages += await received(client, "result")
            case _:
                await client.send_json(block)
    return messages


@pytest.mark.req("API-20", "WSM-10")
@pytest.mark.usefixtures("device")
@pytest.mark.parametrize("section", ["A complete example", "Errors"])
async def test_the_page_shows_what_really_happens(
    hass_ws_client: WebSocketGenerator, voice: FirmwareVoice, section: str
) -> None:
    """Every example is sent, and every message on the page is one that really arrives."""
    blocks = examples(section)
    messages = await replay(blocks, await hass_ws_client(), voice)
    shown = [block for block in blocks if block["type"] in {"result", "event"}]
    assert len(shown) >= 3
    assert lasting(messages) == lasting(shown)


@pytest.mark.req("API-20")
def test_no_example_of_the_page_is_left_out() -> None:
    """Each JSON block stands in one of the sections that are tried."""
    tried = ("A complete example", "Errors", "A stop, step by step")
    assert PAGE.count("```json") == sum(len(examples(section)) for section in tried)


@pytest.mark.req("API-20")
def test_every_field_and_every_error_has_its_row_on_the_page() -> None:
    """The tables describe the examples, the examples are real."""
    shown = {event["event_type"]: event for event in (block["event"] for block in EXAMPLE if "event" in block)}
    assert shown.keys() == CAUSES.keys()
    assert words(rows("Messages")["event_type"]) == {*CAUSES, "logic_execution", "keepalive", "closed"}
    assert [set(event) for event in shown.values()] == [rows("Messages").keys()] * len(shown)
    described = {kind: rows(kind).keys() for kind in ("sensor_data", "actuator_status")}
    assert described == {kind: shown[kind]["data"].keys() for kind in described}
    snapshot = shown["snapshot"]["data"]
    assert rows("snapshot").keys() == snapshot.keys() | snapshot["hubs"][0].keys()
    codes = {block["error"]["code"] for block in examples("Errors") if "error" in block}
    assert codes | {ERR_TOO_MANY} == rows("Errors").keys()
    families = {
        family for topic, family in re.findall(r"^\| (`events/run`); .*?dot: (.*) \|$", PAGE, flags=re.MULTILINE)
    }
    assert words("".join(families)) == set(FAMILIES)
    assert words(rows("sensor_data")["quality"]) == set(Quality)
    assert words(rows("actuator_status")["actuator_type"]) == set(ActuatorKind)


@pytest.fixture(name="everything_happens")
def everything_happens_fixture(
    host: EngineHost,
    device: ObedientDevice,
    voice: FirmwareVoice,
    wire: Wire,
    pass_time: PassTime,
    switch_broker: SwitchBroker,
) -> Callable[[], Awaitable[None]]:
    """Return a way to have everything happen that the engine tells people of."""

    async def live() -> None:
        for alert in ("runtime_protection", "verification_failed"):
            voice.repeat(recorded("actuator_alert", alert_type=alert))
        voice.repeat(recorded("error", error_code=1060))
        stop(host)
        voice.repeat(recorded("emergency_ack"), correlation_id=wire.said("/actuator/emergency")[-1]["correlation_id"])
        await pass_time(3.1)
        voice.status("pump", 16, state=True, pwm=255)
        voice.status("pump", 16, state=False, pwm=0)
        voice.repeat(recorded("emergency_error", error="unauthorized"))
        host.stops.release(host.stops.releasing(None, by="Bert", user="bert", is_admin=False, reason="impatience"))
        wish = CommandRequest(id=CommandId("wish"), channel=actuator_channel(DEVICE, 16), level=1.0)
        host.feed(CommandWished(request=wish))
        release(host)
        await pass_time(15.1)
        release(host)
        voice.repeat(recorded("emergency_response", status="emergency_cleared"))
        host.feed(LockOutHung(tag=LockOut(place=DEVICE, by="Eva", reason="pump is out")))
        host.feed(LockOutTakenOff(place=DEVICE, by="Eva"))
        host.feed(CrashFound())
        host.feed(CrashFound(lost=3))
        voice.status("pump", 16, state=True, pwm=255)
        await pass_time(ORPHAN_GRACE + 0.1)
        await host.async_change_plan(a_plan(*TENT.actuators, *TENT.sensors, a_sensor("ph", 35, "pH")))
        await turn_the_loop()
        device.answers = False
        await host.async_change_plan(a_plan(*TENT.actuators, *TENT.sensors, a_sensor("ph", 35, "pH", interval=60)))
        voice.refuse_configuration(wire.said("/config")[-1], "sensor")
        voice.will()
        voice.heartbeat()
        await switch_broker(False)
        await switch_broker(True)

    return live


@pytest.mark.req("API-20", "WSM-19")
async def test_every_system_event_has_its_row_on_the_page(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, everything_happens: Callable[[], Awaitable[None]]
) -> None:
    """Whatever the engine can tell holds the fields that the page promises, and those alone."""
    client = await subscribe(hass_ws_client, topics=["system_event"])
    await everything_happens()
    told = [event["data"] for event in await news(client, hass)]
    assert {event["type"] for event in told} == set(Occasion)
    common = rows("system_event").keys() - set(Occasion)
    fields = {kind: [event.keys() - common for event in told if event["type"] == kind] for kind in Occasion}
    promised = {kind: rows("system_event")[kind].partition(";") for kind in Occasion}
    assert all(common <= event.keys() for event in told)
    assert {kind: (set.intersection(*seen), set.union(*seen)) for kind, seen in fields.items()} == {
        kind: (words(always), words(always + perhaps)) for kind, (always, _, perhaps) in promised.items()
    }


@pytest.mark.req("WSM-03")
@pytest.mark.usefixtures("setup_entry")
def test_every_command_is_on_the_page(hass: HomeAssistant) -> None:
    """The commands that are registered are those that the page names."""
    registered = {command for command in hass.data[WEBSOCKET] if command.startswith(DOMAIN)}
    assert registered == set(re.findall(r"^\| `type` \| text \| `(.+)` \|$", PAGE, flags=re.MULTILINE))


@pytest.mark.req("WSM-16", "WSM-15")
@pytest.mark.usefixtures("device")
async def test_each_reading_is_an_event(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, voice: FirmwareVoice
) -> None:
    """With its value as the entity shows it, its unit, its entity and how far it can be trusted."""
    client = await subscribe(hass_ws_client, topics=["sensor_data/*"])
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


@pytest.mark.req("WSM-16")
@pytest.mark.usefixtures("device")
async def test_a_broker_that_comes_back_is_no_reading(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, voice: FirmwareVoice, switch_broker: SwitchBroker
) -> None:
    """The entities look again, but nothing was measured meanwhile."""
    voice.reading("moisture", 34)
    voice.status("pump", 16)
    await hass.async_block_till_done()
    client = await subscribe(hass_ws_client, topics=["sensor_data", "actuator_status"])
    await switch_broker(False)
    await switch_broker(True)
    assert await news(client, hass) == []


@pytest.mark.usefixtures("device")
async def test_a_reading_that_grows_old_is_an_event(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, voice: FirmwareVoice, host: EngineHost
) -> None:
    """Silence is news: the value becomes unknown."""
    client = await subscribe(hass_ws_client, topics=["sensor_data/*"])
    voice.reading("moisture", 34)
    reading = next(iter(host.fleet.readings))
    host.fleet.freshness.touch(reading, 0.0)
    host.loop._wake()
    fresh, stale = await news(client, hass)
    assert (fresh["data"]["value"] is None, stale["data"]["value"], stale["data"]["quality"]) == (False, None, "stale")


@pytest.mark.req("WSM-17")
@pytest.mark.usefixtures("device")
async def test_only_a_change_of_an_output_is_an_event(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, voice: FirmwareVoice, host: EngineHost
) -> None:
    """And only what the device itself reports: a command is no event."""
    voice.status("pump", 16, state=False, pwm=0)
    await hass.async_block_till_done()
    client = await subscribe(hass_ws_client, topics=["actuator_status/*"])
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


@pytest.mark.usefixtures("device")
async def test_an_output_of_unknown_level_is_neither_on_nor_off(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, voice: FirmwareVoice, host: EngineHost
) -> None:
    """What was not said is not guessed; an output that has said nothing at all is no event."""
    client = await subscribe(hass_ws_client, topics=["actuator_status", "sensor_data"])
    host.watchers.wake(next(iter(host.fleet.devices[DEVICE].actuators)))
    host.watchers.wake(next(iter(host.fleet.devices[DEVICE].sensors)))
    assert await news(client, hass) == []
    voice.say("actuator/16/status", {"esp_id": ESP, "gpio": 16, "type": "pump"})
    (event,) = await news(client, hass)
    assert (event["data"]["is_active"], event["data"]["value"]) == (None, None)


@pytest.mark.req("WSM-19")
@pytest.mark.usefixtures("device")
async def test_what_the_engine_tells_is_an_event(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    voice: FirmwareVoice,
    host: EngineHost,
    switch_broker: SwitchBroker,
) -> None:
    """A last will, an emergency stop, a lost broker."""
    client = await subscribe(hass_ws_client, topics=["system_event"])
    stop(host, by="Eva", reason="smoke")
    voice.will()
    await switch_broker(False)
    arrived = await news(client, hass)
    assert {event["event_type"] for event in arrived} == {"system_event"}
    told = [(event["data"]["type"], event["data"]["esp_id"]) for event in arrived]
    assert told == [("emergency_stop", None), ("device_offline", ESP), ("broker_offline", None)]
    assert arrived[1]["data"]["reason"]

"""How long a reading is on its way: from the moment the broker brings it until a client has it."""

from itertools import count
from statistics import median
from time import perf_counter
from unittest.mock import patch

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.god_kaiser.core.devices.plan import DevicePlan
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.live_stream import Asked, LiveStream, Outlet
from custom_components.god_kaiser.stream_contents import Content
from custom_components.god_kaiser.stream_topics import Topics

from .conftest import a_plan, a_sensor, an_actuator, turn_the_loop
from .event_source import EventSource
from .listening import subscribe
from .wire import FirmwareVoice

PINS, OUTPUTS = (32, 33, 34, 35, 36, 39), (16, 17, 18, 19)
DEVICES = [DeviceId(f"ESP_{number:02}") for number in range(5)]
ROUNDS = 5
PROMISED = 0.1


def plan_of(device: DeviceId) -> DevicePlan:
    """Return six probes and four outputs."""
    probes = [a_sensor("moisture", pin, f"Soil {pin}") for pin in PINS]
    outputs = [an_actuator("relay", pin, f"Relay {pin}") for pin in OUTPUTS]
    return a_plan(*probes, *outputs, device=device, name=device)


@pytest.fixture
def nobody_waits() -> None:
    """Let the house wait as it does."""


@pytest.fixture(name="voices")
async def voices_fixture(hass: HomeAssistant, host: EngineHost) -> list[FirmwareVoice]:
    """Return five devices with fifty entities for their channels."""
    for device in DEVICES:
        await host.async_change_plan(plan_of(device))
    await hass.async_block_till_done()
    return [FirmwareVoice(hass, device) for device in DEVICES]


@pytest.mark.req("WSM-25", "API-25")
@pytest.mark.parametrize("way", ["websocket", "http"])
async def test_a_reading_is_with_who_listens_within_a_tenth_of_a_second(
    hass: HomeAssistant,
    voices: list[FirmwareVoice],
    hass_ws_client: WebSocketGenerator,
    hass_client: ClientSessionGenerator,
    way: str,
) -> None:
    """With fifty entities, for most readings, however busy the machine is; `scripts/bench live` tells of the slowest."""
    if way == "websocket":
        client = await subscribe(hass_ws_client, topics=["sensor_data"])
    else:
        source = await EventSource.opened(hass, await hass_client(), topics="sensor_data")
        await source.frames()

    async def heard() -> Content:
        if way == "websocket":
            message: Content = (await client.receive_json())["event"]
            return message
        frame = await source.frame()
        assert frame is not None
        told: Content = frame.content
        return told

    raw = count(1500)
    took: list[float] = []
    for _ in range(ROUNDS):
        for voice in voices:
            for pin in PINS:
                began = perf_counter()
                voice.reading("moisture", pin, raw=next(raw))
                assert (await heard())["data"]["gpio"] == pin
                took.append(perf_counter() - began)
    assert median(took) < PROMISED


@pytest.mark.req("WSM-25")
@pytest.mark.usefixtures("freezer")
async def test_nothing_waits_for_a_clock_between_the_wire_and_who_listens(
    hass: HomeAssistant, voices: list[FirmwareVoice]
) -> None:
    """What the broker brings is told in the same turns of the loop."""
    told: list[Content] = []
    asked = Asked(Topics(["sensor_data"]), None, None, 300)
    admin = MockUser(is_owner=True).add_to_hass(hass)
    stream = LiveStream(hass, admin, asked, Outlet(told.append, lambda: None))
    stream.begin()
    now = hass.loop.time()
    with patch.object(hass.loop, "time", lambda: now):
        voices[0].reading("moisture", PINS[0], raw=2000)
        await turn_the_loop()
    assert [message["event_type"] for message in told] == ["snapshot", "sensor_data"]
    stream.end()

"""What a reading waits for on its way, from the moment the broker brings it until a client has it: for no clock.

How long it takes, `scripts/bench live` tells.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from itertools import count
from unittest.mock import patch

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.god_kaiser.core.devices.plan import DevicePlan
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.stream_contents import Content

from .conftest import a_plan, a_sensor, an_actuator
from .event_source import EventSource
from .listening import subscribe
from .wire import FirmwareVoice

PINS, OUTPUTS = (32, 33, 34, 35, 36, 39), (16, 17, 18, 19)
DEVICES = [DeviceId(f"ESP_{number:02}") for number in range(5)]
ROUNDS = 5
# A message needs a handful of turns through two sockets; who has not got it by then waits for something else.
TURNS = 1_000


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


@contextmanager
def time_stands_still(hass: HomeAssistant) -> Iterator[None]:
    """Let no timer of the loop become due: whoever waits for one, waits for ever."""
    now = hass.loop.time()
    with patch.object(hass.loop, "time", lambda: now):
        yield


async def without_waiting[Answer](answer: Coroutine[None, None, Answer]) -> Answer:
    """Return an answer that is there after some turns of the loop, whose sockets are read in each."""
    task = asyncio.ensure_future(answer)
    for _ in range(TURNS):
        if task.done():
            return task.result()
        await asyncio.sleep(0)
    task.cancel()
    raise AssertionError("nothing has arrived")


@pytest.mark.req("WSM-25", "API-25")
@pytest.mark.parametrize("way", ["websocket", "http"])
async def test_nothing_waits_for_a_clock_between_the_wire_and_who_listens(
    hass: HomeAssistant,
    voices: list[FirmwareVoice],
    hass_ws_client: WebSocketGenerator,
    hass_client: ClientSessionGenerator,
    way: str,
) -> None:
    """With fifty entities: a client has what the broker brings although time stands still."""
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
    with time_stands_still(hass):
        for _ in range(ROUNDS):
            for voice in voices:
                for pin in PINS:
                    voice.reading("moisture", pin, raw=next(raw))
                    told = (await without_waiting(heard()))["data"]
                    assert (told["esp_id"], told["gpio"]) == (voice.esp, pin)

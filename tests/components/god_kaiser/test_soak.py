"""A day of a hundred devices, as fast as it goes: nothing fails, and nothing grows."""

from collections import Counter
import gc
import logging
import sys
from unittest.mock import MagicMock, NonCallableMock

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_fire_time_changed

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.message_tail import MOST_OF_ONE
from custom_components.god_kaiser.live_stream import Asked, LiveStream, Outlet
from custom_components.god_kaiser.stream_topics import Topics

from .conftest import PassTime, a_plan, a_sensor, turn_the_loop
from .soaking import SoakedFleet, sizes

DEVICES, HOURS, WARM = 100, 24, 2
# What the interpreter itself may have more of after a day, of about two million.
SLACK = 10_000


@pytest.fixture
def platforms() -> list[Platform]:
    """Load no entities: what they cost is Home Assistant's, and what they keep is one state each."""
    return []


def forget_calls() -> None:
    """Let the stand-ins for the broker and the disk forget what they were asked: they remember every call of the day."""
    for each in gc.get_objects():
        if issubclass(type(each), NonCallableMock):
            each.reset_mock()


async def acknowledge(hass: HomeAssistant) -> None:
    """Let somebody see that a device was away; what nobody has seen is meant to stay."""
    await hass.services.async_call(DOMAIN, "acknowledge_alarm", {"all": True}, blocking=True)
    await hass.async_block_till_done()


async def come_to_rest(
    hass: HomeAssistant, host: EngineHost, fleet: SoakedFleet, minute: int, pass_time: PassTime
) -> None:
    """Let everybody speak until nothing is wrong, no check listens for what is retained, and nothing waits to be written."""
    for _ in range(60):
        fleet.speak(minute - 1)
        fleet.speak(minute)
        await pass_time(15.0)
        await acknowledge(hass)
        await host.journal.writer.async_flush()
        await host.memory.async_flush()
        found = sizes(host)
        is_listening = host.health.facts.examined.ear.is_listening
        if not is_listening and not found["AlarmBook.alarms"] and not found["MemoryFile._waiting"]:
            return
    raise AssertionError("the hub does not come to rest")


@pytest.mark.req("API-21", "WSM-24")
async def test_a_day_of_readings_ends_as_it_began(
    hass: HomeAssistant,
    host: EngineHost,
    mqtt_mock: MagicMock,
    freezer: FrozenDateTimeFactory,
    pass_time: PassTime,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Every list is as long after a day as after two hours, and so is what Python holds in its memory; somebody listens all day."""
    caplog.set_level(logging.WARNING)
    # A clock that jumps looks like a loop that is slow; what is said about it would be kept until the end of the test.
    caplog.set_level(logging.ERROR, logger="asyncio")
    fleet = SoakedFleet(hass, host, mqtt_mock, DEVICES)
    for device in fleet.devices:
        await host.async_change_plan(a_plan(a_sensor("moisture", 34, "Soil", interval=120), device=device))
        fleet.beat(device)
        for _ in range(MOST_OF_ONE):
            # As many as are remembered of each device: they take the place of one another from now on.
            host.messages.note(f"kaiser/god/esp/{device}/system/heartbeat", b"{}", is_ours=False, retained=False)
    await pass_time(2.1)
    await hass.async_block_till_done()
    told: Counter[str] = Counter()
    outlet = Outlet(lambda message: told.update((message["event_type"],)), lambda: None)
    stream = LiveStream(hass, MockUser(is_owner=True).add_to_hass(hass), Asked(Topics(["*"]), None, None, 5), outlet)
    stream.begin()
    kept: list[tuple[dict[str, int], int]] = []
    for minute in range(HOURS * 60):
        fleet.speak(minute)
        await host.journal.writer.async_flush()
        freezer.tick(60)
        async_fire_time_changed(hass)
        await turn_the_loop()
        if minute % 60 == 59:
            await acknowledge(hass)
            caplog.clear()
        if minute in (WARM * 60 - 1, HOURS * 60 - 1):
            await come_to_rest(hass, host, fleet, minute, pass_time)
            forget_calls()
            gc.collect()
            kept.append(({**sizes(host), **sizes(stream)}, sys.getallocatedblocks()))
    (before, blocks), (after, blocks_after) = kept
    assert {place: size for place, size in after.items() if size > before.get(place, 0)} == {}
    assert blocks_after - blocks < SLACK
    assert sum(device.link.is_present for device in host.fleet.devices.values()) >= DEVICES
    assert host.inbox.accepted > HOURS * 60 * DEVICES
    assert told["sensor_data"] > HOURS * 60 * DEVICES // 3
    assert told["device.offline"] >= HOURS
    stream.end()

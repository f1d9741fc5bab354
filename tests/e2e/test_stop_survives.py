"""A stop outlives everything that can happen to Home Assistant, to the broker and to a device."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
import json
import time

import pytest

from scripts.hass_client import RefusedError
from scripts.polling import eventually
from tests.e2e.stage import STOPPED, Output, Stage
from tests.e2e.starts import WORKSHOP

type Mishap = Callable[[Stage, Output], Awaitable[None]]


async def hass_ends(stage: Stage, pump: Output) -> None:
    """End Home Assistant as it wants to be ended, and start it again."""
    await asyncio.to_thread(stage.hass.stop)
    await stage.revive()


async def hass_is_killed(stage: Stage, pump: Output) -> None:
    """End Home Assistant like a power cut, and start it again."""
    stage.hass.kill()
    await stage.revive()


async def broker_restarts(stage: Stage, pump: Output) -> None:
    """Take the broker away from everybody, and bring it back."""
    stage.broker.kill()
    await stage.becomes(pump.entity_id, "unavailable", timeout=30)
    await asyncio.to_thread(stage.broker.start)


async def device_reboots(stage: Stage, pump: Output) -> None:
    """Let the device forget that it is stopped."""
    await stage.order(f"{pump.device} reboot")


async def device_reboots_alone(stage: Stage, pump: Output) -> None:
    """Let the device forget that it is stopped while nobody is there who could tell it again."""
    stage.hass.kill()
    rebooted = time.monotonic()
    await device_reboots(stage, pump)
    beats = f"{pump.device}/session/announce"

    async def returned() -> bool:
        return bool(stage.witness.since(rebooted, beats))

    await eventually(returned, "the device is back", timeout=30)
    await stage.revive()


async def everything_fails(stage: Stage, pump: Output) -> None:
    """Lose the broker and Home Assistant at the same time."""
    stage.broker.kill()
    stage.hass.kill()
    await asyncio.to_thread(stage.broker.start)
    await stage.revive()


@pytest.fixture(scope="module")
async def pump(arena: Stage) -> Output:
    """Provide one pump that may run for minutes."""
    await arena.enter(WORKSHOP)
    await arena.admit(WORKSHOP)
    found = await arena.output(WORKSHOP, "Acid pump")
    await arena.written_down(found)
    return found


async def is_stopped(stage: Stage, pump: Output, since: float) -> None:
    """Wait until the device has said since a moment that it is stopped and that its pump rests."""

    async def said() -> bool:
        reports = [json.loads(heard.payload) for heard in stage.witness.since(since, f"{pump.topic}/status")]
        return bool(reports) and reports[-1]["emergency"] == "active" and not reports[-1]["state"]

    await eventually(said, f"{pump.device} is stopped", timeout=120)


async def is_refused(stage: Stage, pump: Output) -> None:
    """Insist that the pump cannot be switched on."""
    with pytest.raises(RefusedError) as refused:
        await stage.client.call("god_kaiser.set_output", device_id=pump.registry_id, gpio=pump.gpio, level=1)
    assert refused.value.answer["translation_key"] == "emergency_stop_active"


async def works_again(stage: Stage, pump: Output) -> None:
    """Release the stop: nothing starts by that, but what a person starts then runs."""
    released = time.monotonic()
    await stage.permit_everything()
    await stage.becomes(pump.entity_id, "off", timeout=60)
    assert stage.witness.energising(released) == []
    await stage.switch_on(pump.entity_id)
    await stage.client.call("switch.turn_off", entity_id=pump.entity_id)
    await stage.becomes(pump.entity_id, "off", timeout=15)


@pytest.mark.risk(
    fails="Home Assistant, the broker or a device restarts during a stop",
    happens="everything stays stopped",
    protects="the latch on disk, and the stop that greets a device",
)
@pytest.mark.req("SAF-16", "SAF-18", "INV-1", "INV-5")
@pytest.mark.parametrize(
    "mishaps",
    [
        (hass_ends, broker_restarts, device_reboots),
        (device_reboots, hass_is_killed, broker_restarts),
        (broker_restarts, device_reboots, hass_ends),
        (device_reboots_alone, everything_fails),
    ],
    ids=lambda mishaps: ", ".join(mishap.__name__ for mishap in mishaps),
)
async def test_whatever_happens_during_a_stop_it_holds_until_a_person_releases_it(
    arena: Stage, pump: Output, mishaps: Sequence[Mishap]
) -> None:
    """Stopped stays stopped, in every order of misfortunes."""
    await arena.switch_on(pump.entity_id)
    pressed = time.monotonic()
    await arena.stop_everything()
    await is_stopped(arena, pump, pressed)

    for mishap in mishaps:
        began = time.monotonic()
        await mishap(arena, pump)

        await is_stopped(arena, pump, began)
        await arena.becomes(await arena.entity("binary_sensor", STOPPED), "on", timeout=60)
        await is_refused(arena, pump)
        assert arena.witness.energising(pressed) == []

    await works_again(arena, pump)


@pytest.mark.risk(
    fails="The broker is away when the stop is pressed",
    happens="it is latched at once and sent with the reconnect",
    protects="the latch",
)
@pytest.mark.req("SAF-11", "INV-5", "ROB-72")
async def test_a_stop_pressed_while_the_broker_is_away_is_sent_when_it_returns(arena: Stage, pump: Output) -> None:
    """It is latched at once, and nobody has to press again."""
    await arena.switch_on(pump.entity_id)
    arena.broker.kill()
    await arena.becomes(pump.entity_id, "unavailable", timeout=30)

    pressed = time.monotonic()
    asked = await arena.stop_everything()

    assert {device["state"] for device in asked} == {"silent"}
    await arena.becomes(await arena.entity("binary_sensor", STOPPED), "on", timeout=10)
    await is_refused(arena, pump)
    await asyncio.to_thread(arena.broker.start)
    await is_stopped(arena, pump, pressed)
    assert arena.witness.energising(pressed) == []
    await works_again(arena, pump)

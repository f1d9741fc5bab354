"""A stop that is cleared at once: each device is released as soon as its firmware permits it, and nobody is alarmed."""

import asyncio
import json
import time

import pytest

from scripts.hass_client import Json
from scripts.polling import eventually
from tests.e2e.stage import GREENHOUSE, STOPPED, Output, Stage, crowd

DEVICES = {spec.id for spec in crowd(GREENHOUSE)}
CLEAR = "/api/services/god_kaiser/clear_emergency_stop?return_response"


async def clear(stage: Stage) -> list[Json]:
    """Clear the stop over a connection of its own, and return what became of the devices of the greenhouse."""
    answer = await stage.client.request("POST", CLEAR, {"reason": "end to end"})
    return [device for device in answer["service_response"]["devices"] if device["esp_id"] in DEVICES]


async def alarms(stage: Stage) -> set[str]:
    """Return which kinds of alarms there are about the devices of the greenhouse."""
    result = await stage.client.command(
        "call_service", domain="god_kaiser", service="get_alarms", service_data={}, return_response=True
    )
    return {alarm["alarm"] for alarm in result["response"]["alarms"] if alarm["esp_id"] in DEVICES}


async def waits(stage: Stage, device: str, stage_of_release: str) -> None:
    """Wait until people are shown what the release of a device waits for."""
    stopped = await stage.entity("binary_sensor", STOPPED)

    async def shown() -> bool:
        state = await stage.client.state(stopped)
        listed = state["attributes"]["devices"] if state is not None else []
        return [each["release"] for each in listed if each["esp_id"] == device] == [stage_of_release]

    await eventually(shown, f"the release of {device} is {stage_of_release}", timeout=10, pause=0.1)


def refusals(stage: Stage, since: float) -> list[str]:
    """Return who has refused an emergency order, from the broker's own mouth."""
    return [heard.topic for heard in stage.witness.since(since, "actuator/emergency/error") if heard.payload]


async def pump_of(stage: Stage) -> Output:
    """Return the pump, which runs."""
    pump = await stage.output(GREENHOUSE, "Salad pump")
    await stage.switch_on(pump.entity_id)
    return pump


@pytest.mark.req("SAF-13", "INV-3")
async def test_a_stop_that_is_cleared_at_once_waits_for_the_firmware_without_an_alarm(greenhouse: Stage) -> None:
    """No device is asked before it may be released, so none refuses; until it confirms it stays stopped."""
    before = await alarms(greenhouse)
    pump = await pump_of(greenhouse)
    pressed = time.monotonic()
    await greenhouse.stop_everything()

    clearing = asyncio.create_task(clear(greenhouse))
    await waits(greenhouse, pump.device, "too_early")
    assert greenhouse.witness.since(pressed, "recovery_confirm") == []
    released = await clearing

    assert {device["esp_id"]: device["state"] for device in released} == dict.fromkeys(DEVICES, "released")
    assert refusals(greenhouse, pressed) == []
    assert await alarms(greenhouse) <= before
    assert greenhouse.witness.energising(pressed) == []
    await greenhouse.becomes(pump.entity_id, "off", timeout=15)
    await greenhouse.permit_everything()


@pytest.mark.req("SAF-13", "SAF-18", "INV-3")
async def test_a_stop_by_another_hand_is_not_undone_by_a_release_that_waits(greenhouse: Stage) -> None:
    """That device stays stopped without an alarm, and is never asked, until a person releases it once more."""
    before = await alarms(greenhouse)
    pump = await pump_of(greenhouse)
    pressed = time.monotonic()
    await greenhouse.stop_everything()
    clearing = asyncio.create_task(clear(greenhouse))
    await waits(greenhouse, pump.device, "too_early")

    order = json.dumps({"command": "emergency_stop", "reason": "another hand"})
    greenhouse.witness.say(f"kaiser/god/esp/{pump.device}/actuator/emergency", order)
    released = await clearing

    expected = dict.fromkeys(DEVICES, "released") | {pump.device: "waiting"}
    assert {device["esp_id"]: device["state"] for device in released} == expected
    assert greenhouse.witness.since(pressed, f"{pump.device}/actuator/recovery_confirm") == []
    assert refusals(greenhouse, pressed) == []
    assert await alarms(greenhouse) <= before
    assert greenhouse.witness.energising(pressed) == []

    released = await clear(greenhouse)
    assert [device["state"] for device in released if device["esp_id"] == pump.device] == ["released"]
    await greenhouse.permit_everything()

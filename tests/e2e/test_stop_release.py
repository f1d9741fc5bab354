"""A stop that is cleared at once: each device is released as soon as its firmware permits it, and nobody is alarmed."""

import asyncio
import json
import time
from typing import NamedTuple

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


class Cleared(NamedTuple):
    """A stop of everything that somebody clears in the same moment: what was so before, and when it was pressed."""

    pump: Output
    pressed: float
    alarms_before: set[str]
    clearing: asyncio.Task[list[Json]]


async def cleared_at_once(stage: Stage) -> Cleared:
    """Stop everything while the pump runs and clear it; return as soon as its release is shown to wait."""
    before = await alarms(stage)
    pump = await stage.output(GREENHOUSE, "Salad pump")
    await stage.switch_on(pump.entity_id)
    pressed = time.monotonic()
    await stage.stop_everything()
    clearing = asyncio.create_task(clear(stage))
    await waits(stage, pump.device, "too_early")
    return Cleared(pump, pressed, before, clearing)


async def stays_calm(stage: Stage, cleared: Cleared) -> None:
    """Show that nobody has refused, no alarm has come, and nothing was energised."""
    assert refusals(stage, cleared.pressed) == []
    assert await alarms(stage) <= cleared.alarms_before
    assert stage.witness.energising(cleared.pressed) == []


@pytest.mark.req("SAF-13", "INV-3")
async def test_a_stop_that_is_cleared_at_once_waits_for_the_firmware_without_an_alarm(greenhouse: Stage) -> None:
    """No device is asked before it may be released, so none refuses; until it confirms it stays stopped."""
    cleared = await cleared_at_once(greenhouse)
    assert greenhouse.witness.since(cleared.pressed, "recovery_confirm") == []
    released = await cleared.clearing

    assert {device["esp_id"]: device["state"] for device in released} == dict.fromkeys(DEVICES, "released")
    await stays_calm(greenhouse, cleared)
    await greenhouse.becomes(cleared.pump.entity_id, "off", timeout=15)
    await greenhouse.permit_everything()


@pytest.mark.req("SAF-13", "SAF-18", "INV-3")
async def test_a_stop_by_another_hand_is_not_undone_by_a_release_that_waits(greenhouse: Stage) -> None:
    """That device stays stopped without an alarm, and is never asked, until a person releases it once more."""
    cleared = await cleared_at_once(greenhouse)
    device_of_pump = cleared.pump.device

    order = json.dumps({"command": "emergency_stop", "reason": "another hand"})
    greenhouse.witness.say(f"kaiser/god/esp/{device_of_pump}/actuator/emergency", order)
    released = await cleared.clearing

    expected = dict.fromkeys(DEVICES, "released") | {device_of_pump: "waiting"}
    assert {device["esp_id"]: device["state"] for device in released} == expected
    assert greenhouse.witness.since(cleared.pressed, f"{device_of_pump}/actuator/recovery_confirm") == []
    await stays_calm(greenhouse, cleared)

    released = await clear(greenhouse)
    assert [device["state"] for device in released if device["esp_id"] == device_of_pump] == ["released"]
    await greenhouse.permit_everything()

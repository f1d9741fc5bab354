"""Outputs that are lights."""

from typing import Any

from homeassistant.const import STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, snapshot_platform
from syrupy.assertion import SnapshotAssertion

from .conftest import BringOnline, a_plan, an_actuator, call, state_of
from .wire import ESP, FirmwareVoice, ObedientDevice, Wire

LIGHT = Platform.LIGHT
PLAIN = f"{ESP}_actuator_19"
DIMMED = f"{ESP}_actuator_17"


@pytest.fixture(name="device", autouse=True)
async def device_fixture(bring_online: BringOnline, wire: Wire) -> ObedientDevice:
    """Bring a device with two lights online."""
    plan = a_plan(an_actuator("relay", 19, "Lamp", "light"), an_actuator("pwm", 17, "LED bar", "light"))
    device = await bring_online(plan)
    wire.forget()
    return device


@pytest.mark.parametrize("platforms", [[Platform.LIGHT]], ids=["alone"])
@pytest.mark.freeze_time("2026-11-21T12:00:00+00:00")
async def test_lights_look_as_agreed(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    voice: FirmwareVoice,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
) -> None:
    """One is on or off, the other has a brightness."""
    voice.status("relay", state=True, pwm=255)
    voice.status("pwm")
    await hass.async_block_till_done()
    await snapshot_platform(hass, entity_registry, snapshot, setup_entry.entry_id)


async def test_before_their_first_report_lights_are_unknown(hass: HomeAssistant) -> None:
    """Nothing is assumed."""
    assert [state_of(hass, LIGHT, key).state for key in (PLAIN, DIMMED)] == [STATE_UNKNOWN, STATE_UNKNOWN]


@pytest.mark.req("API-03")
@pytest.mark.parametrize(
    ("fields", "command", "brightness"),
    [
        ({}, "ON", 255),
        ({"brightness": 1}, "PWM", 1),
        ({"brightness": 51}, "PWM", 51),
        ({"brightness_pct": 50}, "PWM", 128),
        ({"brightness": 254}, "PWM", 254),
    ],
)
async def test_a_dimmed_light_is_told_its_brightness(
    hass: HomeAssistant, wire: Wire, fields: dict[str, Any], command: str, brightness: int
) -> None:
    """Without a wish it shines as it can; the report decides what is shown."""
    await call(hass, LIGHT, "turn_on", DIMMED, **fields)
    told = wire.said("/actuator/17/command")[0]
    assert told["command"] == command
    assert int(told["value"] * 255) == brightness
    assert state_of(hass, LIGHT, DIMMED).attributes["brightness"] == brightness


@pytest.mark.req("API-03")
async def test_lights_go_out(hass: HomeAssistant, wire: Wire) -> None:
    """Off is rest, for both kinds."""
    for key in (PLAIN, DIMMED):
        await call(hass, LIGHT, "turn_on", key)
        assert state_of(hass, LIGHT, key).state == "on"
        await call(hass, LIGHT, "turn_off", key)
        assert state_of(hass, LIGHT, key).state == "off"
    assert [command["command"] for command in wire.said("/command")] == ["ON", "OFF", "ON", "OFF"]


async def test_a_plain_light_has_no_brightness(hass: HomeAssistant) -> None:
    """A relay cannot dim."""
    await call(hass, LIGHT, "turn_on", PLAIN)
    attributes = state_of(hass, LIGHT, PLAIN).attributes
    assert (attributes["supported_color_modes"], attributes.get("brightness")) == (["onoff"], None)

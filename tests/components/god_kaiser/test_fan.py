"""Outputs that are fans."""

from typing import Any

from homeassistant.components.fan.const import FanEntityFeature
from homeassistant.const import STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceNotSupported
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, snapshot_platform
from syrupy.assertion import SnapshotAssertion

from .conftest import BringOnline, a_plan, an_actuator, call, state_of
from .wire import ESP, FirmwareVoice, ObedientDevice, Wire

FAN = Platform.FAN
PLAIN = f"{ESP}_actuator_19"
SPEEDY = f"{ESP}_actuator_17"


@pytest.fixture(name="device", autouse=True)
async def device_fixture(bring_online: BringOnline, wire: Wire) -> ObedientDevice:
    """Bring a device with two fans online."""
    plan = a_plan(an_actuator("relay", 19, "Exhaust", "fan"), an_actuator("pwm", 17, "Circulation", "fan"))
    device = await bring_online(plan)
    wire.forget()
    return device


@pytest.mark.parametrize("platforms", [[Platform.FAN]], ids=["alone"])
@pytest.mark.freeze_time("2026-11-21T12:00:00+00:00")
async def test_fans_look_as_agreed(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    voice: FirmwareVoice,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
) -> None:
    """One is on or off, the other has a speed."""
    voice.status("relay")
    voice.status("pwm")
    await hass.async_block_till_done()
    await snapshot_platform(hass, entity_registry, snapshot, setup_entry.entry_id)


async def test_before_their_first_report_fans_are_unknown(hass: HomeAssistant) -> None:
    """Nothing is assumed."""
    assert [state_of(hass, FAN, key).state for key in (PLAIN, SPEEDY)] == [STATE_UNKNOWN, STATE_UNKNOWN]


@pytest.mark.req("API-03")
@pytest.mark.parametrize(
    ("fields", "command", "duty", "percentage"),
    [({}, "ON", 255, 100), ({"percentage": 40}, "PWM", 102, 40), ({"percentage": 0}, "OFF", 0, 0)],
)
async def test_a_fan_with_a_speed_is_told_one(
    hass: HomeAssistant, wire: Wire, fields: dict[str, Any], command: str, duty: int, percentage: int
) -> None:
    """Without a wish it runs at full speed."""
    await call(hass, FAN, "turn_on", SPEEDY, **fields)
    told = wire.said("/actuator/17/command")[0]
    assert (told["command"], int(told["value"] * 255)) == (command, duty)
    assert state_of(hass, FAN, SPEEDY).attributes["percentage"] == percentage


@pytest.mark.req("API-03")
async def test_the_speed_of_a_running_fan_can_be_changed(hass: HomeAssistant, wire: Wire) -> None:
    """And the fan is shown as off when it has come to rest."""
    await call(hass, FAN, "turn_on", SPEEDY)
    await call(hass, FAN, "set_percentage", SPEEDY, percentage=25)
    assert int(wire.said("/actuator/17/command")[-1]["value"] * 255) == 64
    await call(hass, FAN, "turn_off", SPEEDY)
    assert state_of(hass, FAN, SPEEDY).state == "off"


async def test_a_plain_fan_is_on_or_off(hass: HomeAssistant, wire: Wire) -> None:
    """A relay has no speed to offer."""
    state = state_of(hass, FAN, PLAIN)
    assert not state.attributes["supported_features"] & FanEntityFeature.SET_SPEED
    await call(hass, FAN, "turn_on", PLAIN)
    assert state_of(hass, FAN, PLAIN).state == "on"
    await call(hass, FAN, "turn_off", PLAIN)
    assert state_of(hass, FAN, PLAIN).state == "off"
    with pytest.raises(ServiceNotSupported):
        await call(hass, FAN, "set_percentage", PLAIN, percentage=25)
    assert [command["command"] for command in wire.said("/actuator/19/command")] == ["ON", "OFF"]

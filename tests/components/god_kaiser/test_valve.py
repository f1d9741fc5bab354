"""Motor valves: closed, half open, open."""

from functools import partial

from homeassistant.components.valve.const import DOMAIN as VALVE
from homeassistant.const import STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, snapshot_platform
from syrupy.assertion import SnapshotAssertion

from .conftest import BringOnline, PassTime, a_plan, an_actuator, begin, call, state_of
from .wire import ESP, FirmwareVoice, ObedientDevice, Wire

KEY = f"{ESP}_actuator_18"
COMMAND = "/actuator/18/command"
open_valve = partial(call, platform=VALVE, action="open_valve", key=KEY)
close_valve = partial(call, platform=VALVE, action="close_valve", key=KEY)


@pytest.fixture(name="device", autouse=True)
async def device_fixture(bring_online: BringOnline, wire: Wire) -> ObedientDevice:
    """Bring a device with a valve online."""
    device = await bring_online(a_plan(an_actuator("valve", 18, "Inlet", "valve", max_runtime=300)))
    wire.forget()
    return device


@pytest.mark.parametrize("platforms", [[Platform.VALVE]], ids=["alone"])
@pytest.mark.freeze_time("2026-11-21T12:00:00+00:00")
async def test_a_valve_looks_as_agreed(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    voice: FirmwareVoice,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
) -> None:
    """Half open, with its position."""
    voice.status("valve")
    await hass.async_block_till_done()
    await snapshot_platform(hass, entity_registry, snapshot, setup_entry.entry_id)


@pytest.mark.parametrize(
    ("duty", "shown", "position"), [(0, "closed", 0), (127, "open", 50), (128, "open", 50), (255, "open", 100)]
)
async def test_the_position_is_the_one_that_the_valve_reports(
    hass: HomeAssistant, voice: FirmwareVoice, duty: int, shown: str, position: int
) -> None:
    """The firmware knows three of them."""
    voice.status("valve", pwm=duty, state=duty > 0)
    await hass.async_block_till_done()
    state = state_of(hass, VALVE, KEY)
    assert (state.state, state.attributes["current_position"]) == (shown, position)


async def test_before_its_first_report_a_valve_is_unknown(hass: HomeAssistant) -> None:
    """It may be anywhere."""
    assert state_of(hass, VALVE, KEY).state == STATE_UNKNOWN


@pytest.mark.req("API-03")
async def test_opening_and_closing_are_commands(hass: HomeAssistant, wire: Wire, pass_time: PassTime) -> None:
    """The state follows the report each time."""
    await open_valve(hass)
    assert state_of(hass, VALVE, KEY).state == "open"
    await pass_time(7)
    await close_valve(hass)
    assert [command["command"] for command in wire.said(COMMAND)] == ["ON", "OFF"]
    assert state_of(hass, VALVE, KEY).state == "closed"


async def test_closing_a_valve_that_was_stopped_is_sent_but_no_success(
    hass: HomeAssistant, device: ObedientDevice, voice: FirmwareVoice, wire: Wire, pass_time: PassTime
) -> None:
    """Its device says done without moving it; opened fully, and seen to be open, it closes as ever."""
    device.reports = False
    for emergency in ("active", "normal"):
        voice.status("valve", state=False, pwm=0, emergency=emergency)
    await hass.async_block_till_done()
    with pytest.raises(HomeAssistantError) as raised:
        await close_valve(hass)
    assert raised.value.translation_key == "position_unknown"
    assert state_of(hass, VALVE, KEY).state == STATE_UNKNOWN
    await pass_time(7)
    await open_valve(hass)
    assert state_of(hass, VALVE, KEY).state == STATE_UNKNOWN
    await pass_time(7)
    voice.status("valve", state=True, pwm=254)
    await hass.async_block_till_done()
    await close_valve(hass)
    assert [(told["command"], told["value"]) for told in wire.said(COMMAND)] == [("OFF", 0), ("PWM", 1), ("OFF", 0)]


async def test_a_valve_on_its_way_is_left_alone(hass: HomeAssistant, wire: Wire, pass_time: PassTime) -> None:
    """A motor that is told something else halfway ends up somewhere else; only closing is never refused."""
    await open_valve(hass)
    with pytest.raises(ServiceValidationError) as raised:
        await open_valve(hass)
    assert raised.value.translation_key == "actuator_moving"
    task = await begin(hass, VALVE, "close_valve", KEY)
    assert [command["command"] for command in wire.said(COMMAND)] == ["ON", "OFF"]
    await pass_time(7)
    await task
    assert state_of(hass, VALVE, KEY).state == "closed"

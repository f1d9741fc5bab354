"""The history of the emergency stop as an event entity."""

from typing import Any
from unittest.mock import MagicMock

from homeassistant.const import Platform
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events, snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.god_kaiser.host.engine_host import EngineHost

from .conftest import BringOnline, PassTime, a_plan, an_actuator, id_of, state_of, turn_the_loop
from .stopping import Brake, release, stop
from .wire import ESP, FirmwareVoice, ObedientDevice, recorded

EVENT = Platform.EVENT
STOP = "kaiser_god_stop"


@pytest.fixture(name="device", autouse=True)
async def device_fixture(bring_online: BringOnline) -> ObedientDevice:
    """Bring a device with a pump online."""
    return await bring_online(a_plan(an_actuator("pump", 16, "Pump")))


@pytest.fixture(name="brake")
def brake_fixture(device: ObedientDevice, voice: FirmwareVoice, mqtt_mock: MagicMock) -> Brake:
    """Have the device take emergency orders."""
    return Brake(voice, mqtt_mock, device.kinds)


def happened(hass: HomeAssistant, changes: list[Event[dict[str, Any]]]) -> list[str]:
    """Return the types of everything that the entity has shown."""
    states = [event.data["new_state"] for event in changes if event.data["entity_id"] == id_of(hass, EVENT, STOP)]
    return [state.attributes["event_type"] for state in states if state]


@pytest.mark.parametrize("platforms", [[EVENT]], ids=["alone"])
@pytest.mark.freeze_time("2026-11-21T12:00:00+00:00")
async def test_the_event_looks_as_agreed(
    hass: HomeAssistant, setup_entry: MockConfigEntry, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    """One for each hub."""
    await snapshot_platform(hass, entity_registry, snapshot, setup_entry.entry_id)


@pytest.mark.req("SAF-11", "SAF-13")
async def test_a_stop_that_is_obeyed_is_pressed_confirmed_and_cleared(
    hass: HomeAssistant, host: EngineHost, brake: Brake, pass_time: PassTime
) -> None:
    """Each step with who, why and which device."""
    changes = async_capture_events(hass, "state_changed")
    stop(host, reason="smoke")
    await hass.async_block_till_done()
    assert happened(hass, changes) == ["pressed", "confirmed"]
    confirmed = state_of(hass, EVENT, STOP).attributes
    assert (confirmed["esp_id"], confirmed["name"]) == (ESP, "Tent")
    await pass_time(6)
    release(host, by="Eva", reason="false alarm")
    await hass.async_block_till_done()
    cleared = state_of(hass, EVENT, STOP).attributes
    assert (cleared["event_type"], cleared["by"], cleared["reason"]) == ("cleared", "Eva", "false alarm")


@pytest.mark.req("SAF-11")
async def test_a_stop_that_is_not_obeyed_is_not_effective(
    hass: HomeAssistant, host: EngineHost, device: ObedientDevice, brake: Brake, pass_time: PassTime
) -> None:
    """The device confirms, and goes on running."""
    brake.rests = device.reports = False
    changes = async_capture_events(hass, "state_changed")
    stop(host)
    await turn_the_loop()
    await pass_time(3.1)
    brake.report(running=True)
    await turn_the_loop()
    assert happened(hass, changes) == ["pressed", "confirmed", "not_effective"]
    assert state_of(hass, EVENT, STOP).attributes["channels"] == f"{ESP}/actuator/16"


async def test_an_order_that_is_refused_is_told(hass: HomeAssistant, host: EngineHost, voice: FirmwareVoice) -> None:
    """What else is told about devices is no business of this entity."""
    changes = async_capture_events(hass, "state_changed")
    voice.repeat(recorded("emergency_error", error="unauthorized"))
    voice.will()
    await hass.async_block_till_done()
    assert happened(hass, changes) == ["refused"]
    assert state_of(hass, EVENT, STOP).attributes["error"] == "unauthorized"

"""What a stop leaves in the journal: who has pressed it, and for each device one line with all of its outputs."""

from unittest.mock import MagicMock

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.god_kaiser.const import EVENT_SYSTEM
from custom_components.god_kaiser.core.ids import actuator_channel
from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import ask
from .conftest import DEVICE, BringOnline, PassTime, a_plan, an_actuator
from .stopping import Brake, stop
from .wire import FirmwareVoice

PINS = (16, 17, 18, 19, 21, 22)
NOTHING = {"esp_id": DEVICE, "at_rest": "", "stopped": "", "running": "", "unknown": "", "unheard": ""}
OUTPUTS = ", ".join(actuator_channel(DEVICE, pin) for pin in PINS)


@pytest.fixture(name="brake")
async def brake_fixture(bring_online: BringOnline, voice: FirmwareVoice, mqtt_mock: MagicMock) -> Brake:
    """Bring a device with six outputs online that takes emergency orders as the firmware does."""
    device = await bring_online(a_plan(*(an_actuator("relay", pin, f"Relay {pin}") for pin in PINS)))
    return Brake(voice, mqtt_mock, device.kinds)


@pytest.mark.req("SAF-11", "EXE-38")
@pytest.mark.usefixtures("brake")
async def test_a_stop_that_is_obeyed_is_one_warning_and_one_line_for_each_device(
    hass: HomeAssistant, host: EngineHost
) -> None:
    """The alerts by which the firmware answers for every output are in that line, which the trail keeps as well."""
    told = async_capture_events(hass, EVENT_SYSTEM)
    stop(host)
    await hass.async_block_till_done()
    events = (await ask(hass, "get_events", domain="safety"))["events"]
    said = [each for each in events if not each["event_type"].startswith("alarm.")]
    assert [(each["event_type"], each["level"]) for each in said] == [
        ("stop.pressed", "warn"),
        ("stop.confirmed", "ok"),
        ("stop.outcome", "ok"),
    ]
    assert said[-1]["data"] == NOTHING | {"at_rest": OUTPUTS}
    trail = (await ask(hass, "get_audit"))["entries"]
    assert "stop.outcome" in {each["event"] for each in trail}
    assert [event.data["type"] for event in told] == ["emergency_stop", "emergency_confirmed", "emergency_outcome"]


@pytest.mark.req("SAF-11")
async def test_outputs_of_which_nothing_is_heard_are_a_warning(
    hass: HomeAssistant, host: EngineHost, brake: Brake, pass_time: PassTime
) -> None:
    """Nobody takes silence for rest."""
    brake.rests = False
    stop(host)
    await pass_time(6)
    (event,) = (await ask(hass, "get_events", type="stop.outcome"))["events"]
    assert (event["level"], event["data"]) == ("warn", NOTHING | {"unheard": OUTPUTS})

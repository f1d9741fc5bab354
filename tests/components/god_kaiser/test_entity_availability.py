"""When entities are unavailable, and that each loss and each return is one line in the log."""

import logging

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.god_kaiser.const import EVENT_SYSTEM

from .conftest import PUMP, SOIL, BringOnline, PassTime, SwitchBroker, a_plan, a_sensor, an_actuator, state_of
from .wire import ESP, FirmwareVoice, ObedientDevice

CONNECTION = f"{ESP}_connection"


@pytest.fixture(name="device", autouse=True)
async def device_fixture(
    hass: HomeAssistant, bring_online: BringOnline, voice: FirmwareVoice, caplog: pytest.LogCaptureFixture
) -> ObedientDevice:
    """Bring a device online whose sensor and output have spoken."""
    plan = a_plan(a_sensor("moisture", 34, "Soil"), an_actuator("pump", 16, "Pump"))
    device = await bring_online(plan)
    voice.reading("moisture")
    voice.status("pump", 16, state=False, pwm=0)
    await hass.async_block_till_done()
    caplog.clear()
    return device


def shown(hass: HomeAssistant) -> tuple[str, str, str]:
    """Return the states of the sensor, of the output and of the connection."""
    return (
        state_of(hass, "sensor", SOIL).state,
        state_of(hass, "switch", PUMP).state,
        state_of(hass, "binary_sensor", CONNECTION).state,
    )


def spoken(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the integration has logged for people."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components.god_kaiser") and record.levelno >= logging.INFO
    ]


async def test_a_living_device_is_shown(hass: HomeAssistant) -> None:
    """Sensor, output and connection show what was said."""
    assert shown(hass) == ("58.2", "off", "on")


@pytest.mark.req("WSM-19", "API-17")
async def test_a_last_will_makes_everything_unavailable_and_is_logged_once(
    hass: HomeAssistant, voice: FirmwareVoice, caplog: pytest.LogCaptureFixture
) -> None:
    """The broker's word counts at once; saying it twice changes nothing."""
    events = async_capture_events(hass, EVENT_SYSTEM)
    voice.will()
    voice.will()
    await hass.async_block_till_done()
    assert shown(hass) == (STATE_UNAVAILABLE, STATE_UNAVAILABLE, "off")
    assert spoken(caplog) == ["Device Tent is offline (unexpected_disconnect)"]
    assert [(event.data["type"], event.data["esp_id"], event.data["reason"]) for event in events] == [
        ("device_offline", ESP, "unexpected_disconnect")
    ]


@pytest.mark.req("WSM-19", "API-17")
async def test_a_heartbeat_brings_a_lost_device_back_and_is_logged_once(
    hass: HomeAssistant, voice: FirmwareVoice, caplog: pytest.LogCaptureFixture
) -> None:
    """Readings are shown again; what the output does must be said anew."""
    voice.will()
    await hass.async_block_till_done()
    caplog.clear()
    voice.heartbeat()
    voice.heartbeat()
    await hass.async_block_till_done()
    assert shown(hass) == ("58.2", "unknown", "on")
    assert spoken(caplog) == ["Device Tent is back online"]


@pytest.mark.req("PHE-22")
async def test_three_minutes_of_silence_make_everything_unavailable(
    hass: HomeAssistant, pass_time: PassTime, caplog: pytest.LogCaptureFixture
) -> None:
    """Not a second earlier than the limit, and with one line."""
    await pass_time(175)
    assert shown(hass) == ("58.2", "off", "on")
    await pass_time(6)
    assert shown(hass) == (STATE_UNAVAILABLE, STATE_UNAVAILABLE, "off")
    assert spoken(caplog) == ["Device Tent is offline (silent)"]


@pytest.mark.req("PHE-22")
async def test_any_word_of_a_device_counts_against_silence(
    hass: HomeAssistant, pass_time: PassTime, voice: FirmwareVoice
) -> None:
    """A reading is a sign of life as good as a heartbeat."""
    await pass_time(150)
    voice.reading("moisture")
    await pass_time(150)
    assert shown(hass)[1:] == ("off", "on")


@pytest.mark.req("API-17", "ROB-72")
async def test_without_the_broker_everything_is_unavailable_and_it_is_said_once(
    hass: HomeAssistant, switch_broker: SwitchBroker, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody can tell whether a device is there, so not even its connection is shown."""
    await switch_broker(False)
    assert shown(hass) == (STATE_UNAVAILABLE, STATE_UNAVAILABLE, STATE_UNAVAILABLE)
    assert spoken(caplog) == ["The MQTT broker is away; all devices of god are unavailable"]


@pytest.mark.req("API-17")
async def test_the_broker_s_return_heals_everything_and_is_said_once(
    hass: HomeAssistant, switch_broker: SwitchBroker, caplog: pytest.LogCaptureFixture
) -> None:
    """Devices that were there are taken as there until they prove silent."""
    await switch_broker(False)
    caplog.clear()
    await switch_broker(True)
    assert shown(hass)[::2] == ("58.2", "on")
    assert spoken(caplog) == ["The MQTT broker of god is back"]


@pytest.mark.req("API-17")
async def test_a_long_absence_of_the_broker_is_no_fault_of_the_devices(
    hass: HomeAssistant, switch_broker: SwitchBroker, pass_time: PassTime, caplog: pytest.LogCaptureFixture
) -> None:
    """While nothing can be heard, silence proves nothing and is not logged."""
    await switch_broker(False)
    await pass_time(600)
    assert spoken(caplog) == ["The MQTT broker is away; all devices of god are unavailable"]


async def test_a_leftover_will_does_not_outweigh_a_living_device(hass: HomeAssistant, voice: FirmwareVoice) -> None:
    """A retained will is from the past."""
    voice.will(retain=True)
    await hass.async_block_till_done()
    assert shown(hass) == ("58.2", "off", "on")


async def test_a_device_that_reconnects_stays_available(hass: HomeAssistant, voice: FirmwareVoice) -> None:
    """Between its announcement and its heartbeat a device is being adopted, which is no loss."""
    voice.announce()
    await hass.async_block_till_done()
    assert STATE_UNAVAILABLE not in shown(hass)

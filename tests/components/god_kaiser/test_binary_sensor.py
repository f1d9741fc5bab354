"""Links, problems and stops."""

from typing import Any
from unittest.mock import MagicMock

from homeassistant.const import STATE_UNAVAILABLE, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.god_kaiser.host.engine_host import EngineHost

from .conftest import DEVICE, PUMP, BringOnline, PassTime, SwitchBroker, a_plan, an_actuator, call, state_of
from .stopping import Brake, release, stop
from .wire import ESP, FirmwareVoice, ObedientDevice, recorded

BINARY = Platform.BINARY_SENSOR
CONNECTION, PROBLEM, STOP = (f"{ESP}_{key}" for key in ("connection", "problem", "emergency_stop"))
BROKER, STOP_OF_ALL, STOP_ANYWHERE = (f"kaiser_god_{key}" for key in ("broker", "emergency_stop", "any_stopped"))


@pytest.fixture(name="device", autouse=True)
async def device_fixture(bring_online: BringOnline) -> ObedientDevice:
    """Bring a device with a pump online."""
    return await bring_online(a_plan(an_actuator("pump", 16, "Pump")))


def shown(hass: HomeAssistant, *keys: str) -> list[str]:
    """Return the states of some binary sensors."""
    return [state_of(hass, BINARY, key).state for key in keys]


@pytest.mark.parametrize("platforms", [[BINARY]], ids=["alone"])
@pytest.mark.freeze_time("2026-11-21T12:00:00+00:00")
async def test_binary_sensors_look_as_agreed(
    hass: HomeAssistant, setup_entry: MockConfigEntry, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    """Three of the hub and four of each device."""
    await snapshot_platform(hass, entity_registry, snapshot, setup_entry.entry_id)


@pytest.mark.req("PHE-22")
async def test_a_lost_device_is_disconnected_and_not_unavailable(hass: HomeAssistant, voice: FirmwareVoice) -> None:
    """That it is away is exactly what this one knows."""
    assert shown(hass, CONNECTION) == ["on"]
    voice.will()
    await hass.async_block_till_done()
    assert shown(hass, CONNECTION, PROBLEM) == ["off", STATE_UNAVAILABLE]


async def test_without_the_broker_nobody_knows_whether_a_device_is_there(
    hass: HomeAssistant, switch_broker: SwitchBroker
) -> None:
    """The broker's own state is known, and so is every stop."""
    await switch_broker(False)
    assert shown(hass, BROKER, CONNECTION, STOP, STOP_ANYWHERE) == ["off", STATE_UNAVAILABLE, "off", "off"]
    await switch_broker(True)
    assert shown(hass, BROKER, CONNECTION) == ["on", "on"]


@pytest.mark.parametrize("trouble", ["persistence_degraded", "runtime_state_degraded", "network_degraded"])
async def test_a_degraded_device_has_a_problem(hass: HomeAssistant, voice: FirmwareVoice, trouble: str) -> None:
    """It says so in its heartbeat, and takes it back in a later one."""
    voice.heartbeat(**{trouble: True})
    await hass.async_block_till_done()
    state = state_of(hass, BINARY, PROBLEM)
    assert state.state == "on"
    assert state.attributes[trouble.replace("runtime_state", "runtime")] is True
    voice.heartbeat()
    await hass.async_block_till_done()
    assert shown(hass, PROBLEM) == ["off"]


@pytest.mark.parametrize(
    ("kind", "worse", "better", "reason"),
    [
        (
            "intent_lifecycle",
            {"event_type": "entered_config_pending"},
            {"event_type": "exited_config_pending"},
            "config_pending",
        ),
        ("queue_pressure", {"event": "entered_pressure"}, {"event": "recovered"}, "under_pressure"),
    ],
)
async def test_a_device_in_trouble_has_a_problem(
    hass: HomeAssistant, voice: FirmwareVoice, kind: str, worse: dict[str, Any], better: dict[str, Any], reason: str
) -> None:
    """It waits for its configuration, or cannot get rid of what it has to say."""
    voice.repeat(recorded(kind, **worse))
    await hass.async_block_till_done()
    state = state_of(hass, BINARY, PROBLEM)
    assert (state.state, state.attributes[reason]) == ("on", True)
    voice.repeat(recorded(kind, **better))
    await hass.async_block_till_done()
    assert shown(hass, PROBLEM) == ["off"]


@pytest.mark.req("SAF-02")
async def test_a_stop_of_everything_is_shown_everywhere(hass: HomeAssistant, host: EngineHost) -> None:
    """On the hub and on each device, at once."""
    stop(host)
    await hass.async_block_till_done()
    assert shown(hass, STOP_OF_ALL, STOP_ANYWHERE, STOP) == ["on", "on", "on"]


@pytest.mark.req("SAF-15")
async def test_a_stop_of_one_device_is_none_of_everything(hass: HomeAssistant, host: EngineHost) -> None:
    """The hub tells apart whether everything is stopped, and whether anything is."""
    await host.async_change_plan(a_plan(an_actuator("relay", 18, "Lamp"), device="ESP_OTHER", name="Other"))
    await hass.async_block_till_done()
    stop(host, DEVICE)
    await hass.async_block_till_done()
    states = shown(hass, STOP_OF_ALL, STOP_ANYWHERE, STOP, "ESP_OTHER_emergency_stop")
    assert states == ["off", "on", "on", "off"]


@pytest.mark.req("SAF-11", "SAF-15")
async def test_the_sensors_name_everybody_who_has_pressed(hass: HomeAssistant, host: EngineHost) -> None:
    """The last press is shown with its reason, all the names only if there are several."""
    stop(host, DEVICE, by="Eva", user="u1", reason="smoke")
    await hass.async_block_till_done()
    assert "pressed_by" not in state_of(hass, BINARY, STOP).attributes
    stop(host, DEVICE, by="Bert", user="u2", reason="fire")
    await hass.async_block_till_done()
    for key in (STOP_OF_ALL, STOP_ANYWHERE, STOP):
        attributes = state_of(hass, BINARY, key).attributes
        assert (attributes["by"], attributes["reason"]) == ("Bert", "fire")
        assert attributes["pressed_by"] == ["Eva", "Bert"]
    (listed,) = state_of(hass, BINARY, STOP_OF_ALL).attributes["devices"]
    assert (listed["by"], listed["pressed_by"]) == ("Bert", ["Eva", "Bert"])


@pytest.mark.req("SAF-11", "SAF-15")
async def test_the_sensors_tell_who_and_why_and_what_each_device_has_shown(
    hass: HomeAssistant, host: EngineHost, device: ObedientDevice, voice: FirmwareVoice, mqtt_mock: MagicMock
) -> None:
    """The hub lists every stopped device, the device names its outputs that are not proven to rest."""
    await call(hass, "switch", "turn_on", PUMP)
    brake = Brake(voice, mqtt_mock, device.kinds)
    brake.rests = device.reports = False
    stop(host, by="Eva", reason="smoke")
    await hass.async_block_till_done()
    for key in (STOP_OF_ALL, STOP_ANYWHERE, STOP):
        attributes = state_of(hass, BINARY, key).attributes
        assert (attributes["by"], attributes["reason"]) == ("Eva", "smoke")
        assert attributes["since"].endswith("+00:00")
    own = state_of(hass, BINARY, STOP).attributes
    assert (own["proof"], [output["gpio"] for output in own["not_at_rest"]]) == ("answered", [16])
    listed = state_of(hass, BINARY, STOP_OF_ALL).attributes["devices"]
    assert [(proof["name"], proof["state"]) for proof in listed] == [("Tent", "answered")]
    brake.report(running=False)
    await hass.async_block_till_done()
    own = state_of(hass, BINARY, STOP).attributes
    assert (own["proof"], own["not_at_rest"], bool(own["rested_at"])) == ("at_rest", [], True)
    listed = state_of(hass, BINARY, STOP_ANYWHERE).attributes["devices"]
    assert [proof["state"] for proof in listed] == ["at_rest"]


async def test_a_device_that_was_never_told_has_proven_nothing(hass: HomeAssistant, host: EngineHost) -> None:
    """It was approved while everything is stopped, and has not been there since."""
    stop(host)
    await host.async_change_plan(a_plan(device="ESP_OTHER", name="Other"))
    await hass.async_block_till_done()
    attributes = state_of(hass, BINARY, "ESP_OTHER_emergency_stop").attributes
    assert (attributes["proof"], attributes["by"], attributes["not_at_rest"]) == ("silent", "Eva", [])


async def test_while_nothing_is_stopped_the_attributes_are_empty(hass: HomeAssistant) -> None:
    """The same names as during a stop, so that templates do not break."""
    assert [state_of(hass, BINARY, STOP).attributes[key] for key in ("by", "proof", "not_at_rest")] == [None] * 3
    assert state_of(hass, BINARY, STOP_OF_ALL).attributes["devices"] == []


@pytest.mark.req("SAF-02")
async def test_a_stop_is_over_when_the_device_has_confirmed_its_release(
    hass: HomeAssistant, host: EngineHost, device: ObedientDevice, voice: FirmwareVoice, pass_time: PassTime
) -> None:
    """Asking for the release is not the release; a device is asked when it may be released."""
    stop(host, DEVICE)
    voice.repeat(recorded("emergency_ack"), correlation_id="")
    release(host, DEVICE)
    await hass.async_block_till_done()
    assert shown(hass, STOP_ANYWHERE, STOP) == ["on", "on"]
    assert state_of(hass, BINARY, STOP).attributes["release"] == "too_early"
    await pass_time(6)
    assert state_of(hass, BINARY, STOP).attributes["release"] == "asked"
    (listed,) = state_of(hass, BINARY, STOP_ANYWHERE).attributes["devices"]
    assert listed["release"] == "asked"
    voice.repeat(recorded("emergency_response", status="emergency_cleared"))
    await hass.async_block_till_done()
    assert shown(hass, STOP_ANYWHERE, STOP) == ["off", "off"]


@pytest.mark.req("SAF-02", "SAF-16", "INV-5")
async def test_a_latched_stop_survives_a_restart_and_is_visible_before_the_device_speaks(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry
) -> None:
    """It was on the disk before anything else happened."""
    stop(host)
    await hass.async_block_till_done()
    await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert shown(hass, STOP_OF_ALL, STOP_ANYWHERE, STOP, CONNECTION) == ["on", "on", "on", "off"]
    listed = state_of(hass, BINARY, STOP_OF_ALL).attributes["devices"]
    assert [(proof["esp_id"], proof["state"]) for proof in listed] == [(ESP, "asked")]


async def test_the_device_s_own_emergency_is_shown_at_once(hass: HomeAssistant, voice: FirmwareVoice) -> None:
    """Its runtime protection has tripped; our latch has nothing to do with it."""
    voice.repeat(recorded("actuator_status", emergency="active"))
    await hass.async_block_till_done()
    assert shown(hass, STOP, STOP_ANYWHERE) == ["on", "off"]
    voice.status("pump", emergency="normal", state=False, pwm=0)
    await hass.async_block_till_done()
    assert shown(hass, STOP) == ["off"]


async def test_an_emergency_of_an_output_that_has_just_appeared_is_shown(
    hass: HomeAssistant, voice: FirmwareVoice
) -> None:
    """The stop sensor attends to newcomers."""
    voice.status("relay", 19)
    voice.reading("moisture", 34)
    await hass.async_block_till_done()
    voice.status("relay", 19, emergency="active")
    await hass.async_block_till_done()
    assert shown(hass, STOP) == ["on"]

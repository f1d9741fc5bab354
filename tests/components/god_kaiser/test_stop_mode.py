"""Choosing how a device is stopped: all at once, or one step after the other."""

from unittest.mock import MagicMock

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import Unauthorized
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
import voluptuous as vol

from custom_components.god_kaiser.core.ids import actuator_channel
from custom_components.god_kaiser.core.safety.limits import ChannelSafety, StopMode
from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import act, act_as, ask, registry_id
from .conftest import DEVICE, PUMP, BringOnline, a_plan, an_actuator, call, turn_the_loop
from .stopping import Brake, stop
from .wire import ESP, FirmwareVoice, ObedientDevice, Wire

PLAN = a_plan(an_actuator("relay", 18, "Master"), an_actuator("pump", 16, "Pump"))
ORDER, PUMP_COMMAND, MASTER_COMMAND = (f"{ESP}/actuator/{place}" for place in ("emergency", "16/command", "18/command"))


@pytest.fixture(name="device", autouse=True)
async def device_fixture(bring_online: BringOnline) -> ObedientDevice:
    """Bring a device with a master switch and a pump online."""
    return await bring_online(PLAN)


@pytest.mark.req("SAF-11")
async def test_a_controlled_stop_goes_step_by_step_and_ends_with_the_device(
    hass: HomeAssistant,
    host: EngineHost,
    device: ObedientDevice,
    voice: FirmwareVoice,
    mqtt_mock: MagicMock,
    wire: Wire,
) -> None:
    """The pump rests before its master switch; only then the device is stopped as a whole, and the latch holds all along."""
    Brake(voice, mqtt_mock, device.kinds)
    await host.async_change_safety(ChannelSafety(channel=actuator_channel(DEVICE, 18), stop_step=2))
    await act(hass, "set_stop_mode", device_id=registry_id(host), stop_mode="controlled")
    await call(hass, "switch", "turn_on", f"{ESP}_actuator_18")
    await call(hass, "switch", "turn_on", PUMP)
    wire.forget()
    stop(host)
    assert host.engine.latch.holds(DEVICE)
    assert wire.said(ORDER) == []
    await turn_the_loop()
    assert [command["value"] for command in wire.said(PUMP_COMMAND)] == [0.0]
    assert [command["value"] for command in wire.said(MASTER_COMMAND)] == [0.0]
    assert [order["command"] for order in wire.said(ORDER)] == ["emergency_stop"]


async def test_the_stop_mode_is_kept_with_the_device(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry
) -> None:
    """Over a change of its plan and over a restart; until somebody chooses, everything stops at once."""
    assert host.engine.around.limits.mode_of(DEVICE) is StopMode.IMMEDIATE
    await act(hass, "set_stop_mode", device_id=registry_id(host), stop_mode="controlled")
    await host.async_change_plan(a_plan(*PLAN.actuators, name="Big tent"))
    await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    restarted: EngineHost = setup_entry.runtime_data
    assert restarted.engine.around.limits.mode_of(DEVICE) is StopMode.CONTROLLED
    assert (await ask(hass, "list_devices"))["devices"][0]["stop_mode"] == "controlled"


async def test_only_administrators_choose_the_stop_mode(
    hass: HomeAssistant, host: EngineHost, hass_read_only_user: MockUser
) -> None:
    """And only one that exists."""
    with pytest.raises(Unauthorized):
        await act_as(hass, hass_read_only_user, "set_stop_mode", device_id=registry_id(host), stop_mode="controlled")
    with pytest.raises(vol.Invalid):
        await act(hass, "set_stop_mode", device_id=registry_id(host), stop_mode="gently")
    assert host.engine.around.limits.mode_of(DEVICE) is StopMode.IMMEDIATE

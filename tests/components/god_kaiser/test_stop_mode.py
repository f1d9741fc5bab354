"""Choosing how a device is stopped: all at once, or one step after the other."""

from collections.abc import Callable
from typing import Any
from unittest.mock import MagicMock

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import area_registry as ar, device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
import voluptuous as vol

from custom_components.god_kaiser.core.ids import DeviceId, actuator_channel
from custom_components.god_kaiser.core.safety.limits import ChannelSafety, StopMode
from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import act, act_as, ask, refused, registry_id
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


@pytest.fixture(name="modes")
async def modes_fixture(host: EngineHost) -> Callable[[], list[StopMode]]:
    """Approve two more devices, and return a way to ask all three for their stop mode."""
    devices = [DEVICE, DeviceId("ESP_B"), DeviceId("ESP_C")]
    for device in devices[1:]:
        await host.async_change_plan(a_plan(an_actuator("pump", 16, "Pump"), device=device, name=device))
    return lambda: [host.engine.around.limits.mode_of(device) for device in devices]


@pytest.mark.req("SAF-11")
async def test_a_group_of_devices_is_named_by_devices_by_area_or_by_hub(
    hass: HomeAssistant, host: EngineHost, modes: Callable[[], list[StopMode]], area_registry: ar.AreaRegistry
) -> None:
    """An area means every device that has something there, also if it is one output only."""
    shed = area_registry.async_create("Shed").id
    registry = dr.async_get(hass)
    registry.async_update_device(registry_id(host, DeviceId("ESP_B")), area_id=shed)
    (output,) = dr.async_entries_for_parent_device(registry, registry_id(host, DeviceId("ESP_C")))
    registry.async_update_child_device(output.id, area_id=shed)
    await act(hass, "set_stop_mode", area_id=shed, stop_mode="controlled")
    assert modes() == [StopMode.IMMEDIATE, StopMode.CONTROLLED, StopMode.CONTROLLED]
    named = [registry_id(host, DeviceId(device)) for device in (ESP, "ESP_B")]
    await act(hass, "set_stop_mode", device_id=named[1], stop_mode="immediate")
    await act(hass, "set_stop_mode", device_id=named, stop_mode="controlled")
    assert modes() == [StopMode.CONTROLLED] * 3
    await act(hass, "set_stop_mode", device_id=host.registry.hub_id, stop_mode="immediate")
    assert modes() == [StopMode.IMMEDIATE] * 3


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ({}, "stop_mode_target_missing"),
        ({"device_id": []}, "stop_target_not_found"),
        ({"area_id": "nowhere"}, "area_not_found"),
    ],
)
async def test_a_stop_mode_is_for_somebody(
    hass: HomeAssistant, host: EngineHost, modes: Callable[[], list[StopMode]], target: dict[str, Any], problem: str
) -> None:
    """Whoever names nobody does not mean everybody, and nothing is changed by halves."""
    assert (await refused(hass, "set_stop_mode", **target, stop_mode="controlled"))[0] == problem
    fields = {"device_id": registry_id(host), "area_id": "nowhere", "stop_mode": "controlled"}
    assert (await refused(hass, "set_stop_mode", **fields))[0] == "area_not_found"
    assert modes() == [StopMode.IMMEDIATE] * 3


async def test_only_administrators_choose_the_stop_mode(
    hass: HomeAssistant, host: EngineHost, hass_read_only_user: MockUser
) -> None:
    """And only one that exists."""
    with pytest.raises(Unauthorized):
        await act_as(hass, hass_read_only_user, "set_stop_mode", device_id=registry_id(host), stop_mode="controlled")
    with pytest.raises(vol.Invalid):
        await act(hass, "set_stop_mode", device_id=registry_id(host), stop_mode="gently")
    assert host.engine.around.limits.mode_of(DEVICE) is StopMode.IMMEDIATE

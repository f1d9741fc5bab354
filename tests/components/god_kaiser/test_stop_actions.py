"""The emergency stop by action: whom it means, what it answers, and that it waits for nobody."""

import asyncio
from collections.abc import Callable
from typing import Any
from unittest.mock import MagicMock

from homeassistant.config_entries import SOURCE_IGNORE, ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.god_kaiser.const import CONF_KAISER_ID, DOMAIN
from custom_components.god_kaiser.core.events import CommandWished
from custom_components.god_kaiser.core.ids import CommandId, DeviceId, actuator_channel
from custom_components.god_kaiser.core.requests import CommandRequest
from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import act, act_as, ask, refused, registry_id
from .conftest import DEVICE, PUMP, BringOnline, PassTime, a_plan, a_sensor, an_actuator, call, state_of, turn_the_loop
from .stopping import Brake, release, stop
from .wire import ESP, FirmwareVoice, ObedientDevice, Wire

OTHER = DeviceId("ESP_OTHER")


@pytest.fixture(name="device", autouse=True)
async def device_fixture(bring_online: BringOnline) -> ObedientDevice:
    """Bring a device with a pump and a dimmed fan online."""
    return await bring_online(
        a_plan(a_sensor("moisture", 34, "Soil"), an_actuator("pump", 16, "Pump"), an_actuator("pwm", 17, "Fan", "fan"))
    )


@pytest.fixture(name="brake")
def brake_fixture(device: ObedientDevice, voice: FirmwareVoice, mqtt_mock: MagicMock) -> Brake:
    """Have the device take emergency orders."""
    return Brake(voice, mqtt_mock, device.kinds)


@pytest.fixture(name="other", autouse=True)
async def other_fixture(host: EngineHost, device: ObedientDevice) -> DeviceId:
    """Approve a second device, which never speaks."""
    await host.async_change_plan(a_plan(an_actuator("relay", 18, "Lamp"), device=OTHER, name="Other"))
    return OTHER


def held(host: EngineHost) -> tuple[bool, bool]:
    """Tell of both devices whether they are stopped."""
    return host.engine.latch.holds(DEVICE), host.engine.latch.holds(OTHER)


@pytest.mark.req("API-04", "SAF-11")
async def test_the_stop_without_a_target_stops_everything(
    hass: HomeAssistant, host: EngineHost, wire: Wire, hass_read_only_user: MockUser
) -> None:
    """Every hub, by broadcast and device by device, and nobody needs a right for it."""
    second = MockConfigEntry(domain=DOMAIN, unique_id="north", data={CONF_KAISER_ID: "north"})
    second.add_to_hass(hass)
    await hass.config_entries.async_setup(second.entry_id)
    await act_as(hass, hass_read_only_user, "emergency_stop", reason="Smell of burning")
    scopes = [hub.engine.latch.memory.everything for hub in (host, second.runtime_data)]
    said = [(scope.by, scope.user, scope.reason) for scope in scopes if scope]
    assert said == [(hass_read_only_user.name, hass_read_only_user.id, "Smell of burning")] * 2
    assert [order["command"] for order in wire.said("broadcast/emergency")] == ["emergency_stop"] * 2
    assert [order["command"] for order in wire.said(f"{ESP}/actuator/emergency")] == ["emergency_stop"]


@pytest.mark.req("SAF-12", "INV-6")
async def test_the_stop_of_one_device_leaves_the_others_alone(
    hass: HomeAssistant, host: EngineHost, wire: Wire, other: DeviceId
) -> None:
    """Also when another one of the named devices does not exist: what can be stopped is stopped first."""
    with pytest.raises(ServiceValidationError):
        await act(hass, "emergency_stop", device_id=["unknown", registry_id(host)])
    assert held(host) == (True, False)
    assert wire.said("broadcast/emergency") == []
    await act(hass, "emergency_stop", device_id=[registry_id(host, other)])
    assert host.engine.latch.memory.devices.keys() == {DEVICE, other}
    await act(hass, "emergency_stop", device_id=[host.registry.hub_id, registry_id(host)])
    assert host.engine.latch.memory.everything


@pytest.mark.req("SAF-12")
@pytest.mark.parametrize("named", ["device_id", "entity_id"])
async def test_an_output_stands_for_its_device(hass: HomeAssistant, host: EngineHost, named: str) -> None:
    """The firmware stops whole devices, so one output of it names all of it."""
    child = dr.async_entries_for_parent_device(dr.async_get(hass), registry_id(host))[0].id
    ids = {"device_id": child, "entity_id": state_of(hass, "switch", PUMP).entity_id}
    await act(hass, "emergency_stop", **{named: ids[named]})
    assert held(host) == (True, False)


@pytest.fixture(name="lies_in")
def lies_in_fixture(
    hass: HomeAssistant, host: EngineHost, area_registry: ar.AreaRegistry
) -> Callable[[str, DeviceId], str]:
    """Return a way to say that something of a device lies in an area of its own."""
    devices, entities = dr.async_get(hass), er.async_get(hass)

    def put(what: str, device: DeviceId) -> str:
        area = area_registry.async_get_or_create("Bed").id
        parent = registry_id(host, device)
        child = dr.async_entries_for_parent_device(devices, parent)[-1].id
        match what:
            case "device":
                devices.async_update_device(parent, area_id=area)
            case "output":
                devices.async_update_child_device(child, area_id=area)
            case "entity":
                entity = er.async_entries_for_device(entities, parent)[0]
                entities.async_update_entity(entity.entity_id, area_id=area)
        return area

    return put


@pytest.mark.req("SAF-12", "INV-6")
@pytest.mark.parametrize("what", ["device", "output", "entity"])
async def test_an_area_means_every_device_that_has_something_there(
    hass: HomeAssistant, host: EngineHost, lies_in: Callable[[str, DeviceId], str], what: str
) -> None:
    """The device itself, one of its outputs, or only an entity; and nobody who is elsewhere."""
    area = lies_in(what, DEVICE)
    await act(hass, "emergency_stop", area_id=area)
    assert held(host) == (True, False)


async def test_where_the_hub_is_said_to_be_means_nobody(
    hass: HomeAssistant, host: EngineHost, area_registry: ar.AreaRegistry
) -> None:
    """Its devices may be anywhere; a stop that finds nothing is no success."""
    office = area_registry.async_get_or_create("Office").id
    dr.async_get(hass).async_update_device(host.registry.hub_id, area_id=office)
    assert (await refused(hass, "emergency_stop", area_id=office))[0] == "stop_target_not_found"
    assert held(host) == (False, False)


@pytest.mark.req("SAF-12", "INV-6")
async def test_a_zone_means_every_device_that_reports_it(
    hass: HomeAssistant, host: EngineHost, voice: FirmwareVoice
) -> None:
    """Exactly that zone, and nobody who has not said so."""
    voice.heartbeat(zone_id="tent_1")
    await hass.async_block_till_done()
    assert (await refused(hass, "emergency_stop", zone="tent"))[0] == "zone_not_found"
    assert held(host) == (False, False)
    await act(hass, "emergency_stop", zone="tent_1")
    assert held(host) == (True, False)


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ({"device_id": []}, "stop_target_not_found"),
        ({"area_id": []}, "stop_target_not_found"),
        ({"zone": []}, "stop_target_not_found"),
        ({"area_id": "nowhere"}, "area_not_found"),
        ({"entity_id": "switch.unknown"}, "stop_target_not_found"),
    ],
)
async def test_a_target_that_means_nothing_is_told(
    hass: HomeAssistant, host: EngineHost, target: dict[str, Any], problem: str
) -> None:
    """An empty list comes from a template that has gone wrong; it is neither everything nor a success."""
    assert (await refused(hass, "emergency_stop", **target))[0] == problem
    assert not host.engine.latch.is_latched


async def test_what_is_found_is_stopped_whatever_else_is_named(
    hass: HomeAssistant, host: EngineHost, lies_in: Callable[[str, DeviceId], str]
) -> None:
    """The first problem is told when everything that was found is stopped."""
    area = lies_in("device", DEVICE)
    fields = {"device_id": registry_id(host, OTHER), "area_id": ["nowhere", area], "zone": "unknown"}
    assert (await refused(hass, "emergency_stop", **fields)) == ("area_not_found", {"wanted": "nowhere"})
    assert held(host) == (True, True)


@pytest.mark.req("SAF-12", "INV-5")
async def test_a_zone_is_known_after_a_restart_before_its_devices_speak(
    hass: HomeAssistant, setup_entry: MockConfigEntry, voice: FirmwareVoice
) -> None:
    """Who is silent just then is stopped as well."""
    voice.heartbeat(zone_id="tent_1")
    await hass.config_entries.async_reload(setup_entry.entry_id)
    await act(hass, "emergency_stop", zone="tent_1")
    assert held(setup_entry.runtime_data) == (True, False)


@pytest.fixture(name="north")
async def north_fixture(hass: HomeAssistant) -> MockConfigEntry:
    """Return a second hub that is enabled, and not loaded just now."""
    second = MockConfigEntry(domain=DOMAIN, title="North", data={CONF_KAISER_ID: "north"})
    second.add_to_hass(hass)
    await hass.config_entries.async_setup(second.entry_id)
    await hass.config_entries.async_unload(second.entry_id)
    return second


@pytest.mark.req("API-04", "INV-6")
@pytest.mark.parametrize("target", [{}, {"zone": "tent_1"}])
async def test_a_hub_that_is_out_of_reach_is_named_when_the_others_are_stopped(
    hass: HomeAssistant, host: EngineHost, voice: FirmwareVoice, north: MockConfigEntry, target: dict[str, Any]
) -> None:
    """While it is set up again, its devices run on; a stop of everything or of a zone may have meant them."""
    voice.heartbeat(zone_id="tent_1")
    assert await refused(hass, "emergency_stop", **target) == ("hubs_out_of_reach", {"hubs": "North"})
    assert held(host)[0]
    await act(hass, "emergency_stop", device_id=registry_id(host))


async def test_what_is_in_reach_is_cleared_before_a_hub_is_named(
    hass: HomeAssistant,
    host: EngineHost,
    brake: Brake,
    north: MockConfigEntry,
    hass_admin_user: MockUser,
    pass_time: PassTime,
) -> None:
    """Its own latch holds until it is there again."""
    stop(host)
    await turn_the_loop()
    await pass_time(6)
    with pytest.raises(ServiceValidationError) as caught:
        await act_as(hass, hass_admin_user, "clear_emergency_stop", reason="false alarm")
    assert caught.value.translation_key == "hubs_out_of_reach"
    assert host.engine.latch.memory.everything is None


async def test_a_hub_that_nobody_wants_now_is_not_missed(
    hass: HomeAssistant, host: EngineHost, north: MockConfigEntry
) -> None:
    """A person has disabled it; and a device that was turned away is no hub."""
    MockConfigEntry(domain=DOMAIN, title=ESP, source=SOURCE_IGNORE, unique_id="god/ESP_X").add_to_hass(hass)
    await hass.config_entries.async_set_disabled_by(north.entry_id, ConfigEntryDisabler.USER)
    await act(hass, "emergency_stop")
    assert held(host) == (True, True)


async def test_a_hub_that_is_not_loaded_cannot_be_stopped(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost, lies_in: Callable[[str, DeviceId], str]
) -> None:
    """A stop that reaches nobody must not look like a success."""
    area = lies_in("device", DEVICE)
    await hass.config_entries.async_unload(setup_entry.entry_id)
    assert await refused(hass, "emergency_stop") == ("hubs_out_of_reach", {"hubs": "Kaiser god"})
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "emergency_stop", area_id=area)
    assert caught.value.translation_key == "service_config_entry_not_loaded"
    await hass.config_entries.async_set_disabled_by(setup_entry.entry_id, ConfigEntryDisabler.USER)
    assert (await refused(hass, "emergency_stop"))[0] == "hub_not_found"


@pytest.mark.req("SAF-11")
async def test_the_answer_is_the_proof_of_each_device(
    hass: HomeAssistant, host: EngineHost, brake: Brake, pass_time: PassTime
) -> None:
    """Asked for, it waits three seconds at most for whoever has not shown that it rests."""
    await call(hass, "switch", "turn_on", PUMP)
    task = asyncio.ensure_future(ask(hass, "emergency_stop"))
    await turn_the_loop()
    assert not task.done()
    await pass_time(3.1)
    mine, others = (await task)["devices"]
    assert (mine["hub"], mine["esp_id"], mine["name"], mine["state"]) == ("god", ESP, "Tent", "at_rest")
    assert mine["answered_at"]
    assert mine["rested_at"]
    assert mine["not_at_rest"] == []
    assert mine["device_id"] == registry_id(host)
    assert mine["by"] == "automation"
    assert (others["esp_id"], others["state"], others["answered_at"]) == (OTHER, "asked", None)


async def test_whoever_answers_at_once_is_not_waited_for(hass: HomeAssistant, host: EngineHost, brake: Brake) -> None:
    """The answer is there when the last device has shown that it rests."""
    answer = await ask(hass, "emergency_stop", device_id=registry_id(host))
    assert [device["state"] for device in answer["devices"]] == ["at_rest"]


@pytest.mark.req("INV-10")
async def test_a_device_that_stays_silent_is_named_with_the_end_of_its_lease(
    hass: HomeAssistant, host: EngineHost, device: ObedientDevice, brake: Brake, pass_time: PassTime
) -> None:
    """What may still be running, and when the device ends it by itself."""
    await call(hass, "switch", "turn_on", PUMP)
    brake.confirms = brake.rests = device.answers = device.reports = False
    task = asyncio.ensure_future(ask(hass, "emergency_stop", device_id=registry_id(host)))
    await turn_the_loop()
    await pass_time(3.1)
    (proof,) = (await task)["devices"]
    assert proof["state"] == "asked"
    (pump,) = proof["not_at_rest"]
    assert (pump["gpio"], pump["entity_id"], pump["level"]) == (16, state_of(hass, "switch", PUMP).entity_id, 1.0)
    assert pump["lease_ends"] == state_of(hass, "switch", PUMP).attributes["device_ends_at"]


@pytest.mark.req("SAF-11", "SAF-18")
async def test_the_orders_are_out_before_anything_is_waited_for(
    hass: HomeAssistant, wire: Wire, pass_time: PassTime
) -> None:
    """The first step of the call hands them over; only then somebody may wait for the answer."""
    wire.forget()
    task = asyncio.ensure_future(ask(hass, "emergency_stop"))
    await asyncio.sleep(0)
    assert len(wire.said("broadcast/emergency")) == 1
    assert len(wire.said("actuator/emergency")) == 2
    await turn_the_loop()
    assert not task.done()
    await pass_time(3.1)
    await task


async def test_who_asks_for_no_answer_does_not_wait(hass: HomeAssistant, host: EngineHost) -> None:
    """The next step of an automation may be the call for help."""
    async with asyncio.timeout(1):
        await act(hass, "emergency_stop")
    assert host.engine.latch.is_latched


@pytest.mark.req("API-27", "SAF-18", "INV-1")
async def test_a_storm_during_a_stop_energises_nothing(
    hass: HomeAssistant, host: EngineHost, wire: Wire, device: ObedientDevice
) -> None:
    """A thousand mixed wishes for more, and not one of them gets out."""
    stop(host)
    wire.forget()
    for number in range(1000):
        gpio, level = ((16, 1.0), (17, 0.5), (17, 1.0))[number % 3]
        request = CommandRequest(id=CommandId(str(number)), channel=actuator_channel(DEVICE, gpio), level=level)
        host.feed(CommandWished(request=request))
    assert wire.said("/command") == []
    assert host.health.tally.rejected == 1000


@pytest.mark.req("SAF-02", "SAF-10", "SAF-23", "INV-2")
async def test_half_power_is_refused_during_the_stop_and_possible_after_it(
    hass: HomeAssistant, host: EngineHost, brake: Brake, wire: Wire, pass_time: PassTime
) -> None:
    """Off is let through all the time."""
    fan = {"device_id": registry_id(host), "gpio": 17}
    stop(host, DEVICE)
    await turn_the_loop()
    assert (await refused(hass, "set_output", **fan, level=0.5))[0] == "emergency_stop_active"
    wire.forget()
    await act(hass, "set_output", **fan, level=0)
    assert [command["value"] for command in wire.said("/17/command")] == [0.0]
    await pass_time(6)
    release(host)
    await hass.async_block_till_done()
    await act(hass, "set_output", **fan, level=0.5)
    assert wire.said("/17/command")[-1]["value"] == pytest.approx(0.5, abs=0.01)

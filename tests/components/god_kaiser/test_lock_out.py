"""Lock-out tags: who hangs them, who takes them off, and where everybody sees them."""

import json
from typing import Any

from homeassistant.auth.const import GROUP_ID_ADMIN
from homeassistant.auth.models import User
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_capture_events
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
import voluptuous as vol

from custom_components.god_kaiser.const import CONF_KAISER_ID, DOMAIN, EVENT_SYSTEM
from custom_components.god_kaiser.core.ids import DeviceId, actuator_channel
from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import act, act_as, ask, refused, registry_id
from .conftest import DEVICE, PUMP, SOIL, BringOnline, PassTime, a_plan, a_sensor, an_actuator, id_of, state_of
from .wire import ESP, ObedientDevice, Wire

LAMP = f"{ESP}_actuator_17"
ON_PUMP = actuator_channel(DEVICE, 16)
ON_LAMP = actuator_channel(DEVICE, 17)


@pytest.fixture(name="device")
async def device_fixture(bring_online: BringOnline, wire: Wire) -> ObedientDevice:
    """Bring a device with a pump, a lamp and a sensor online."""
    plan = a_plan(
        a_sensor("moisture", 34, "Soil"), an_actuator("pump", 16, "Pump"), an_actuator("relay", 17, "Lamp", "light")
    )
    device = await bring_online(plan)
    wire.forget()
    return device


@pytest.fixture(name="pump")
def pump_fixture(hass: HomeAssistant, device: ObedientDevice) -> str:
    """Return the entity of the pump."""
    return id_of(hass, "switch", PUMP) or ""


@pytest.fixture(name="gardener")
def gardener_fixture(hass: HomeAssistant) -> MockUser:
    """Return a person who is no administrator."""
    return MockUser(name="Gardener").add_to_hass(hass)


def tags(host: EngineHost) -> set[str]:
    """Return the places where tags hang."""
    return set(host.engine.around.lock_outs.tags)


async def denied(hass: HomeAssistant, user: User, action: str, **fields: Any) -> str | None:
    """Return why an action is refused to a user."""
    with pytest.raises(ServiceValidationError) as caught:
        await act_as(hass, user, action, **fields)
    return caught.value.translation_key


async def test_what_is_locked_out_rests_and_cannot_be_started(
    hass: HomeAssistant, pump: str, gardener: MockUser, wire: Wire
) -> None:
    """The refusal names who has hung the tag and why."""
    await act(hass, "set_output", device_id=registry_id_of(hass), gpio=16, level=1)
    await act_as(hass, gardener, "lock_out", entity_id=pump, reason="The impeller is out")
    await hass.async_block_till_done()
    assert wire.said("/16/command")[-1]["command"] == "OFF"
    key, words = await refused(hass, "set_output", device_id=registry_id_of(hass), gpio=16, level=1)
    assert (key, words["by"], words["reason"]) == ("locked_out", "Gardener", "The impeller is out")
    await act(hass, "set_output", device_id=registry_id_of(hass), gpio=17, level=1)
    assert wire.said("/17/command")[-1]["command"] == "ON"


def registry_id_of(hass: HomeAssistant) -> str:
    """Return the id of the device in the registry."""
    entity = er.async_get(hass).async_get(id_of(hass, "binary_sensor", f"{ESP}_locked_out") or "")
    assert entity is not None
    return entity.device_id or ""


async def test_a_tag_is_seen_wherever_people_look(
    hass: HomeAssistant,
    host: EngineHost,
    setup_entry: MockConfigEntry,
    pump: str,
    gardener: MockUser,
    hass_client: ClientSessionGenerator,
) -> None:
    """On the output, on its device, in the list, on the bus; diagnostics leave the name out."""
    events = async_capture_events(hass, EVENT_SYSTEM)
    await act_as(hass, gardener, "lock_out", entity_id=pump, reason="New pump", duration={"hours": 2})
    await hass.async_block_till_done()
    shown = hass.states.get(pump)
    assert shown is not None
    until = shown.attributes["lock_out_until"]
    assert (shown.attributes["locked_out_by"], shown.attributes["lock_out_reason"]) == ("Gardener", "New pump")
    assert until.endswith("+00:00")
    seen = state_of(hass, "binary_sensor", f"{ESP}_locked_out")
    assert (seen.state, seen.attributes["outputs"], seen.attributes["lock_out_until"]) == ("on", ["Pump (Tent)"], until)
    (device,) = (await ask(hass, "list_devices"))["devices"]
    assert device["locked_out_by"] is None
    listed = {item["gpio"]: (item["locked_out_by"], item["lock_out_until"]) for item in device["actuators"]}
    assert listed == {16: ("Gardener", until), 17: (None, None)}
    (told,) = [event.data for event in events if event.data["type"] == "locked_out"]
    assert (told["by"], told["reason"], told["place"], told["device_id"]) == (
        "Gardener",
        "New pump",
        ON_PUMP,
        registry_id(host),
    )
    found = json.dumps(await get_diagnostics_for_config_entry(hass, hass_client, setup_entry))
    assert "Gardener" not in found
    assert "New pump" not in found


async def test_the_tag_of_a_device_covers_all_its_outputs(
    hass: HomeAssistant, host: EngineHost, pump: str, gardener: MockUser
) -> None:
    """The tag of one output is shown as its own, that of the device as the device's."""
    await act_as(hass, gardener, "lock_out", device_id=registry_id(host), reason="Rewiring")
    await hass.async_block_till_done()
    assert tags(host) == {DEVICE}
    seen = state_of(hass, "binary_sensor", f"{ESP}_locked_out")
    assert (seen.state, seen.attributes["outputs"], seen.attributes["locked_out_by"]) == (
        "on",
        ["Pump (Tent)", "Lamp (Tent)"],
        "Gardener",
    )
    assert state_of(hass, "light", LAMP).attributes["locked_out_by"] == "Gardener"
    assert (await ask(hass, "list_devices"))["devices"][0]["lock_out_reason"] == "Rewiring"


async def test_a_tag_ends_at_its_time(hass: HomeAssistant, host: EngineHost, pump: str, pass_time: PassTime) -> None:
    """An automation may hang one for a while; nothing starts when it is gone."""
    events = async_capture_events(hass, EVENT_SYSTEM)
    await act(hass, "lock_out", entity_id=pump, reason="Refilling", duration=60)
    await hass.async_block_till_done()
    assert state_of(hass, "switch", PUMP).attributes["locked_out_by"] == "automation"
    await pass_time(61)
    assert tags(host) == set()
    assert state_of(hass, "binary_sensor", f"{ESP}_locked_out").state == "off"
    assert state_of(hass, "switch", PUMP).attributes["locked_out_by"] is None
    assert [event.data["by"] for event in events if event.data["type"] == "lock_out_ended"] == ["time"]


async def test_only_who_has_hung_a_tag_or_an_administrator_takes_it_off(
    hass: HomeAssistant, host: EngineHost, pump: str, gardener: MockUser, hass_admin_user: MockUser
) -> None:
    """Neither others nor automations; and nobody gets round that by hanging a shorter one over it."""
    other = MockUser(name="Visitor").add_to_hass(hass)
    await act_as(hass, gardener, "lock_out", entity_id=pump, reason="Working here")
    key, words = await refused(hass, "lock_out", entity_id=pump, reason="Mine", duration=1)
    assert (key, words) == ("lock_out_of_other", {"by": "Gardener", "output": "Pump (Tent)"})
    assert await denied(hass, other, "lock_out", entity_id=pump, reason="Mine") == "lock_out_of_other"
    assert await denied(hass, other, "release_lock_out", entity_id=pump) == "lock_out_of_other"
    assert (await refused(hass, "release_lock_out", entity_id=pump))[0] == "lock_out_needs_person"
    assert tags(host) == {ON_PUMP}
    await act_as(hass, gardener, "release_lock_out", entity_id=pump)
    assert tags(host) == set()
    await act_as(hass, gardener, "lock_out", entity_id=pump, reason="Again")
    await act_as(hass, hass_admin_user, "release_lock_out", entity_id=pump)
    assert tags(host) == set()


async def test_an_automation_renews_the_tag_of_an_automation(hass: HomeAssistant, host: EngineHost, pump: str) -> None:
    """But only an administrator takes it off."""
    await act(hass, "lock_out", entity_id=pump, reason="Frost", duration=60)
    await act(hass, "lock_out", entity_id=pump, reason="Still frost", duration=60)
    assert host.engine.around.lock_outs.tags[ON_PUMP].reason == "Still frost"
    person = MockUser(name="Anybody").add_to_hass(hass)
    assert await denied(hass, person, "release_lock_out", entity_id=pump) == "lock_out_of_other"


async def test_what_is_not_locked_out_cannot_be_released(
    hass: HomeAssistant, host: EngineHost, pump: str, hass_admin_user: MockUser
) -> None:
    """A tag on the device is no tag on its output, and nothing is released by halves."""
    await act(hass, "lock_out", device_id=registry_id(host), reason="Rewiring")
    assert await denied(hass, hass_admin_user, "release_lock_out", entity_id=pump) == "not_locked_out"
    await act(hass, "lock_out", entity_id=pump, reason="Impeller")
    lamp = id_of(hass, "light", LAMP)
    assert await denied(hass, hass_admin_user, "release_lock_out", entity_id=[pump, lamp]) == "not_locked_out"
    assert tags(host) == {DEVICE, ON_PUMP}


async def test_an_area_means_the_devices_and_outputs_that_are_there(
    hass: HomeAssistant,
    host: EngineHost,
    pump: str,
    area_registry: ar.AreaRegistry,
    device_registry: dr.DeviceRegistry,
    hass_admin_user: MockUser,
) -> None:
    """A device that stands there with all its outputs, or an output that alone lies there."""
    await host.async_change_plan(a_plan(an_actuator("pump", 16, "Far pump"), device="ESP_FAR", name="Far"))
    shed, bed, attic = (area_registry.async_create(name) for name in ("Shed", "Bed", "Attic"))
    device_registry.async_update_device(registry_id(host, DeviceId("ESP_FAR")), area_id=shed.id)
    children = dr.async_entries_for_parent_device(device_registry, registry_id(host))
    of_lamp = next(child for child in children if child.name == "Lamp")
    of_soil = next(child for child in children if child.name == "Soil")
    device_registry.async_update_child_device(of_lamp.id, area_id=bed.id)
    device_registry.async_update_child_device(of_soil.id, area_id=attic.id)
    await act(hass, "lock_out", area_id=[shed.id, bed.id], reason="Winter")
    assert tags(host) == {"ESP_FAR", ON_LAMP}
    assert (await refused(hass, "lock_out", area_id=attic.id, reason="x"))[0] == "area_without_outputs"
    assert (await refused(hass, "lock_out", area_id="nowhere", reason="x"))[0] == "area_not_found"
    await act_as(hass, hass_admin_user, "release_lock_out", entity_id=id_of(hass, "light", LAMP))
    await act_as(hass, hass_admin_user, "release_lock_out", area_id=[shed.id, bed.id])
    assert tags(host) == set()
    assert await denied(hass, hass_admin_user, "release_lock_out", area_id=bed.id) == "not_locked_out"


async def test_an_output_lies_where_its_entity_is_said_to_be(
    hass: HomeAssistant,
    host: EngineHost,
    pump: str,
    area_registry: ar.AreaRegistry,
    entity_registry: er.EntityRegistry,
    hass_admin_user: MockUser,
) -> None:
    """An entity may have an area of its own; that of a sensor or of the whole device brings no output there."""
    bench, shelf = (area_registry.async_create(name).id for name in ("Bench", "Shelf"))
    of_lamp, of_soil = id_of(hass, "light", LAMP) or "", id_of(hass, "sensor", SOIL) or ""
    of_device = id_of(hass, "binary_sensor", f"{ESP}_locked_out") or ""
    # Home Assistant wants a name of its own for what has an area of its own.
    for entity_id, area in ((of_lamp, bench), (of_soil, shelf), (of_device, shelf)):
        entity_registry.async_update_entity(entity_id, name="Its own", area_id=area)
    await act(hass, "lock_out", area_id=bench, reason="Winter")
    assert tags(host) == {ON_LAMP}
    assert (await refused(hass, "lock_out", area_id=shelf, reason="x"))[0] == "area_without_outputs"
    await act_as(hass, hass_admin_user, "release_lock_out", area_id=bench)
    assert tags(host) == set()


async def test_where_the_hub_is_said_to_be_nothing_is_locked_out(
    hass: HomeAssistant, host: EngineHost, pump: str, area_registry: ar.AreaRegistry, device_registry: dr.DeviceRegistry
) -> None:
    """Its devices may be anywhere."""
    office = area_registry.async_create("Office").id
    device_registry.async_update_device(host.registry.hub_id, area_id=office)
    assert (await refused(hass, "lock_out", area_id=office, reason="x"))[0] == "area_without_outputs"


@pytest.fixture(name="bed")
async def bed_fixture(
    hass: HomeAssistant,
    host: EngineHost,
    pump: str,
    area_registry: ar.AreaRegistry,
    device_registry: dr.DeviceRegistry,
) -> str:
    """Return an area in which the device lies together with one of a second hub, which is not loaded any more."""
    second = MockConfigEntry(domain=DOMAIN, title="North", entry_id="north", data={CONF_KAISER_ID: "north"})
    second.add_to_hass(hass)
    await hass.config_entries.async_setup(second.entry_id)
    await second.runtime_data.async_change_plan(a_plan(an_actuator("pump", 16, "Far pump"), device="ESP_FAR"))
    area = area_registry.async_create("Bed").id
    for lying in (registry_id(host), registry_id(second.runtime_data, DeviceId("ESP_FAR"))):
        device_registry.async_update_device(lying, area_id=area)
    await hass.config_entries.async_unload(second.entry_id)
    return area


async def test_a_hub_out_of_reach_is_told(hass: HomeAssistant, host: EngineHost, bed: str) -> None:
    """Else somebody would work on an output that they believe to be locked out."""
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, "lock_out", area_id=bed, reason="Winter")
    assert caught.value.translation_key == "service_config_entry_not_loaded"
    assert tags(host) == set()


async def test_a_hub_that_a_person_has_disabled_is_not_meant(hass: HomeAssistant, host: EngineHost, bed: str) -> None:
    """Its devices are nobody's business here until it is enabled again."""
    await hass.config_entries.async_set_disabled_by("north", ConfigEntryDisabler.USER)
    await act(hass, "lock_out", area_id=bed, reason="Winter")
    assert tags(host) == {DEVICE}


@pytest.mark.parametrize("place", ["device_id", "entity_id"])
async def test_a_tag_goes_with_the_device_for_good(
    hass: HomeAssistant, setup_entry: MockConfigEntry, host: EngineHost, pump: str, place: str
) -> None:
    """Nobody could take it off later, and it must not hang on the next device of that name."""
    await act(hass, "lock_out", **{place: {"device_id": registry_id(host), "entity_id": pump}[place]}, reason="Old")
    await act(hass, "remove_device", device_id=registry_id(host))
    assert tags(host) == set()
    await hass.config_entries.async_reload(setup_entry.entry_id)
    assert tags(setup_entry.runtime_data) == set()


async def test_an_account_of_the_system_is_no_person(
    hass: HomeAssistant, host: EngineHost, pump: str, hass_admin_user: MockUser
) -> None:
    """An add-on hangs tags as an automation does, with its name on them, and takes nobody's off."""
    addon = await hass.auth.async_create_system_user("Add-on", group_ids=[GROUP_ID_ADMIN])
    await act_as(hass, addon, "lock_out", entity_id=pump, reason="Frost")
    tag = host.engine.around.lock_outs.tags[ON_PUMP]
    assert (tag.by, tag.user) == ("Add-on", "")
    assert await denied(hass, addon, "release_lock_out", entity_id=pump) == "lock_out_needs_person"
    await act(hass, "lock_out", entity_id=pump, reason="Still frost")
    await act_as(hass, hass_admin_user, "lock_out", entity_id=pump, reason="Mine")
    assert await denied(hass, addon, "lock_out", entity_id=pump, reason="Frost") == "lock_out_of_other"


async def test_a_device_and_its_output_get_one_tag(hass: HomeAssistant, host: EngineHost, pump: str) -> None:
    """The child device of an output stands for that output alone, the one of a sensor for nothing."""
    children = dr.async_entries_for_parent_device(dr.async_get(hass), registry_id(host))
    by_name = {child.name: child.id for child in children}
    await act(hass, "lock_out", device_id=by_name["Lamp"], reason="Bulb")
    assert tags(host) == {ON_LAMP}
    assert (await refused(hass, "lock_out", device_id=by_name["Soil"], reason="x"))[0] == "actuator_not_found"
    assert (await refused(hass, "lock_out", device_id=host.registry.hub_id, reason="x"))[0] == "device_not_found"
    await act(hass, "lock_out", entity_id=pump, device_id=registry_id(host), reason="All of it")
    assert tags(host) == {ON_LAMP, DEVICE}


async def test_a_tag_says_why_and_where(hass: HomeAssistant, pump: str) -> None:
    """Without a reason or a place there is none."""
    for without in ({"entity_id": pump}, {"entity_id": pump, "reason": ""}):
        with pytest.raises(vol.Invalid):
            await act(hass, "lock_out", **without)
    assert (await refused(hass, "lock_out", reason="x"))[0] == "lock_out_target_missing"
    soil = id_of(hass, "sensor", SOIL)
    assert (await refused(hass, "lock_out", entity_id=soil, reason="x"))[0] == "actuator_not_found"


async def test_a_tag_hangs_through_a_restart(
    hass: HomeAssistant, setup_entry: MockConfigEntry, pump: str, gardener: MockUser
) -> None:
    """Whoever is at work does not know that Home Assistant has restarted."""
    await act_as(hass, gardener, "lock_out", entity_id=pump, reason="Working here")
    await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert tags(setup_entry.runtime_data) == {ON_PUMP}
    seen = state_of(hass, "binary_sensor", f"{ESP}_locked_out")
    assert (seen.state, seen.attributes["locked_out_by"]) == ("on", "Gardener")

"""A sequence is meant by its id, by its device or by one of its entities, wherever an action takes one."""

from collections.abc import Callable
from typing import Any

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.util.yaml import load_yaml_dict
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.const import CONF_KAISER_ID, DOMAIN
from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import PACKAGE, act, ask, refused
from .conftest import id_of
from .sequences import PREFIX, entity, save, written

type Name = Callable[[HomeAssistant], str]


def by_device(hass: HomeAssistant) -> str:
    """Return the device of the sequence."""
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    device = dr.async_get(hass).async_get_child_device_by_identifier((DOMAIN, f"{PREFIX}watering"), entry.entry_id)
    assert device is not None
    return device.id


def by_sensor(hass: HomeAssistant) -> str:
    """Return the entity that shows how far the sequence is."""
    return entity(hass, Platform.SENSOR, "status") or ""


@pytest.mark.usefixtures("host")
@pytest.mark.parametrize("name", [lambda _: "watering", by_device, by_sensor], ids=["id", "device", "entity"])
async def test_a_sequence_is_meant_in_three_ways(
    hass: HomeAssistant, config_entry: MockConfigEntry, name: Name
) -> None:
    """By whoever starts, watches, cancels, plans or deletes it, with the hub or without it."""
    await save(hass, written())
    await save(hass, written("other"))
    meant: dict[str, Any] = {"sequence": name(hass)}
    run = await ask(hass, "run_sequence", **meant)
    assert (run["sequence_id"], (await ask(hass, "get_run", **meant))["run_id"]) == ("watering", run["run_id"])
    await ask(hass, "run_sequence", sequence="other")
    assert [each["sequence_id"] for each in (await ask(hass, "list_runs", **meant))["runs"]] == ["watering"]
    await act(hass, "cancel_sequence", **meant, config_entry_id=config_entry.entry_id)
    planned = await ask(hass, "schedule_sequence", **meant, delay=60)
    (schedule,) = (await ask(hass, "list_schedules"))["schedules"]
    assert (schedule["schedule_id"], schedule["sequence_id"]) == (planned["schedule_id"], "watering")
    await act(hass, "delete_sequence", **meant)
    assert (await ask(hass, "list_sequences"))["deleted"] == ["watering"]


async def test_a_device_that_is_no_sequence_is_none(hass: HomeAssistant, host: EngineHost) -> None:
    """The hub itself, one of its entities, and a device of a hub that is not loaded."""
    await save(hass, written())
    assert host.registry.hub_id is not None
    for name in (host.registry.hub_id, id_of(hass, Platform.CALENDAR, "kaiser_god_planned_runs"), "nothing"):
        assert (await refused(hass, "run_sequence", sequence=name))[0] == "sequence_not_found"
    device = by_device(hass)
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    await hass.config_entries.async_unload(entry.entry_id)
    assert (await refused(hass, "run_sequence", sequence=device))[0] == "sequence_not_found"


async def test_a_device_of_one_hub_means_no_sequence_of_another(
    hass: HomeAssistant, host: EngineHost, config_entry: MockConfigEntry
) -> None:
    """Even where both have one of that name."""
    second = MockConfigEntry(domain=DOMAIN, unique_id="north", data={CONF_KAISER_ID: "north"})
    second.add_to_hass(hass)
    await hass.config_entries.async_setup(second.entry_id)
    device = ""
    for entry in (config_entry, second):
        await ask(hass, "save_sequence", definition=written(), config_entry_id=entry.entry_id)
        await hass.async_block_till_done()
        device = device or by_sensor(hass)
    meant = {"sequence": device, "config_entry_id": second.entry_id}
    for action in ("run_sequence", "delete_sequence"):
        assert await refused(hass, action, **meant) == ("named_of_other_hub", {"wanted": "watering"})
    with pytest.raises(ServiceValidationError) as caught:
        await ask(hass, "list_runs", **meant)
    assert caught.value.translation_key == "named_of_other_hub"
    assert second.runtime_data.sequences.runs() == []
    assert "watering" in second.runtime_data.sequences.store.library.sequences
    await act(hass, "run_sequence", sequence=device, config_entry_id=config_entry.entry_id)
    assert len(host.sequences.runs()) == 1


async def test_a_form_offers_the_sequences(hass: HomeAssistant, host: EngineHost) -> None:
    """Each has an entity by which its device is found among the devices of the integration."""
    await save(hass, written())
    services = load_yaml_dict(str(PACKAGE / "services.yaml"))
    fields = [services[name]["fields"]["sequence"]["selector"]["device"] for name in ("run_sequence", "get_run")]
    (wanted,) = fields[0]["entity"]
    assert fields == [{"multiple": True, "entity": [wanted]}, {"entity": [wanted]}]
    state = hass.states.get(entity(hass, Platform.SENSOR, "last_duration") or "")
    assert state is not None
    found = {"integration": DOMAIN, "domain": state.domain, **state.attributes}
    assert {key: found[key] for key in wanted} == wanted

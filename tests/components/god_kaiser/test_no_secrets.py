"""What people attach to an issue holds nothing with which somebody could log in."""

import json
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.god_kaiser.host.engine_host import EngineHost

from .conftest import BringOnline, a_plan, an_actuator
from .sequences import act, save, written
from .wire import ESP, FirmwareVoice

SECRET = "open-sesame"
NAMES = ("token", "auth_token", "password", "mqtt_password", "username", "mqtt_username")


@pytest.mark.req("PHE-62")
async def test_neither_password_nor_token_is_in_the_diagnostics(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    setup_entry: MockConfigEntry,
    host: EngineHost,
    bring_online: BringOnline,
) -> None:
    """Wherever one lies: in the entry, in what a device says, or in a run."""
    secrets = dict.fromkeys(NAMES, SECRET)
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    FirmwareVoice(hass).heartbeat(**secrets)
    variables = {name: {"default": SECRET} for name in NAMES}
    await save(hass, written("watering", {"kind": "delay", "seconds": 600}, variables=variables))
    await act(hass, "run_sequence", sequence="watering", variables=secrets)
    hass.config_entries.async_update_entry(setup_entry, data={**setup_entry.data, **secrets})
    found: Any = await get_diagnostics_for_config_entry(hass, hass_client, setup_entry)
    assert [device["esp_id"] for device in found["devices"]] == [ESP]
    assert len(found["sequences"]["active_runs"]) == 1
    assert found["entry"]["data"].keys() >= set(NAMES)
    assert SECRET not in json.dumps(found)

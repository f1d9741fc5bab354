"""What people download and attach to an issue."""

import json
from typing import Any, cast

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.journal.kinds import Noted
from custom_components.god_kaiser.core.rules.happenings import RuleHappening
from custom_components.god_kaiser.host.engine_host import EngineHost

from .conftest import DEVICE, BringOnline, a_plan, a_sensor, an_actuator
from .stopping import stop
from .wire import ESP, FirmwareVoice

ADDRESS = "192.168.178.77"
REDACTED = "**REDACTED**"


@pytest.fixture(name="busy_host")
async def busy_host_fixture(hass: HomeAssistant, host: EngineHost, bring_online: BringOnline) -> EngineHost:
    """Return a host that has heard and done something."""
    await bring_online(a_plan(a_sensor("moisture", 34, "Soil"), an_actuator("pump", 16, "Pump")))
    voice = FirmwareVoice(hass)
    voice.heartbeat(wifi_ip=ADDRESS)
    voice.reading("moisture", 34)
    voice.say("sensor/999/data", {})
    FirmwareVoice(hass, "ESP_NEW").heartbeat()
    target = {"device_id": host.registry.device_id(DEVICE), "gpio": 16, "level": 1}
    await hass.services.async_call(DOMAIN, "set_output", target, blocking=True)
    stop(host, DEVICE, by="Erika Mustermann", reason="test")
    return host


async def diagnostics_of(
    hass: HomeAssistant, client: ClientSessionGenerator, entry: ConfigEntry, registry_id: str
) -> Any:
    """Return the diagnostics of a device."""
    device = dr.async_get(hass).async_get(registry_id)
    return await get_diagnostics_for_device(hass, client, entry, cast(dr.DeviceEntry, device))


async def test_a_hub_tells_everything_but_secrets(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, setup_entry: MockConfigEntry, busy_host: EngineHost
) -> None:
    """Devices, decisions and counters are there; addresses and names of people are not."""
    found: Any = await get_diagnostics_for_config_entry(hass, hass_client, setup_entry)
    text = json.dumps(found)
    assert ADDRESS not in text
    assert "Mustermann" not in text
    assert found["entry"]["data"] == {"kaiser_id": "god"}
    hub = found["hub"]
    assert (hub["broker_connected"], set(hub["stop"]["devices"])) == (True, {ESP})
    assert hub["stop"]["devices"][ESP]["by"] == REDACTED
    assert hub["inbox"]["accepted"] > 3
    assert sum(hub["inbox"]["rejected"].values()) == busy_host.inbox.rejected.total() > 0
    ledger = busy_host.engine.ledger
    assert hub["ledger"] == {
        "answer_timeout": 10,
        "late_answers": ledger.late_answers,
        "duplicate_answers": ledger.echoes.duplicates,
        "unknown_answers": ledger.echoes.unknown,
    }
    by_id = {device["esp_id"]: device for device in found["devices"]}
    assert set(by_id) == {ESP, "ESP_NEW"}
    tent = by_id[ESP]
    assert (tent["session"]["state"], tent["vitals"]["wifi_ip"], tent["stopped"]) == ("online", REDACTED, True)
    assert (tent["configuration"]["state"], tent["plan"]["name"]) == ("in_sync", "Tent")
    assert tent["configuration"]["fingerprint"] == tent["configuration"]["confirmed_fingerprint"]
    assert (by_id["ESP_NEW"]["plan"], by_id["ESP_NEW"]["configuration"]["state"]) == (None, "unmanaged")
    decisions = [(each["channel"], each["level"], each["asked_by"]) for each in found["decisions"][-2:]]
    assert decisions == [(f"{ESP}/actuator/16", 1.0, REDACTED), (f"{ESP}/actuator/16", 0.0, REDACTED)]


@pytest.mark.parametrize(
    "options", [{"alarm_targets": ["notify.evas_tablet"], "alarm_action": "notify.mobile_app_evas_phone"}]
)
async def test_whose_phone_gets_messages_stays_here(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, setup_entry: MockConfigEntry, host: EngineHost
) -> None:
    """Neither as a setting nor in what rules have called and what could not be reached."""
    called = {"actions_executed": [{"type": "call", "action": "notify.mobile_app_evas_phone"}]}
    host.journal.note(RuleHappening.EXECUTED, {"data": called})
    host.journal.note(Noted.ALARM_NOT_NOTIFIED, {"data": {"unreached": ["notify.evas_tablet: no answer"]}})
    found: Any = await get_diagnostics_for_config_entry(hass, hass_client, setup_entry)
    executed = next(each for each in found["journal"] if each["event_type"] == RuleHappening.EXECUTED)
    assert executed["data"] == {"actions_executed": [{"type": "call", "action": REDACTED}]}
    assert found["entry"]["options"]["alarm_action"] == REDACTED
    assert "evas" not in json.dumps(found)


async def test_a_device_tells_about_itself_alone(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, setup_entry: MockConfigEntry, busy_host: EngineHost
) -> None:
    """Other devices and their decisions are left out; a channel tells about its device."""
    await busy_host.async_change_plan(a_plan(an_actuator("pump", 16, "Pump"), device="ESP_OTHER", name="Other"))
    other = busy_host.registry.device_id(DeviceId("ESP_OTHER")) or ""
    found = await diagnostics_of(hass, hass_client, setup_entry, busy_host.registry.device_id(DEVICE) or "")
    assert (found["device"]["esp_id"], len(found["decisions"])) == (ESP, 2)
    assert "ESP_OTHER" not in json.dumps(found)
    quiet = await diagnostics_of(hass, hass_client, setup_entry, other)
    assert (quiet["device"]["configuration"]["state"], quiet["decisions"]) == ("pending", [])
    child = dr.async_entries_for_parent_device(dr.async_get(hass), other)[0]
    assert (await diagnostics_of(hass, hass_client, setup_entry, child.id))["device"]["esp_id"] == "ESP_OTHER"


async def test_the_hubs_own_device_stands_for_the_hub(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, setup_entry: MockConfigEntry, busy_host: EngineHost
) -> None:
    """The button is there too, and gives everything."""
    found = await diagnostics_of(hass, hass_client, setup_entry, busy_host.registry.hub_id)
    assert len(found["devices"]) == 2


async def test_a_configuration_in_trouble_is_shown(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, hass_client: ClientSessionGenerator
) -> None:
    """Sent and not answered, then refused: each with what the device said."""
    device = await bring_online(a_plan())
    device.answers = False
    await host.async_change_plan(a_plan(a_sensor("moisture", 34, "Soil")))
    entry = hass.config_entries.async_loaded_entries(DOMAIN)[0]
    registry_id = host.registry.device_id(DEVICE) or ""
    sent = await diagnostics_of(hass, hass_client, entry, registry_id)
    flight = host.engine.sync_of(DEVICE).flight
    assert flight is not None
    FirmwareVoice(hass).refuse_configuration({"correlation_id": flight.correlation_id}, "sensor")
    refused = await diagnostics_of(hass, hass_client, entry, registry_id)
    states = [found["device"]["configuration"]["state"] for found in (sent, refused)]
    assert states == ["pushing", "refused"]
    assert refused["device"]["configuration"]["failures"][0]["scope"] == "sensor"

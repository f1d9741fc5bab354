"""What *System information* shows."""

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_system_health_info

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.host.engine_host import EngineHost

from .conftest import BringOnline, SwitchBroker, a_plan
from .rules import a_rule, save
from .stopping import stop
from .wire import FirmwareVoice


@pytest.mark.req("API-06")
async def test_the_system_page_sums_up_all_hubs(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, voice: FirmwareVoice, switch_broker: SwitchBroker
) -> None:
    """Broker, devices, stop, rules and messages at a glance."""
    assert await async_setup_component(hass, "system_health", {})
    await bring_online(a_plan())
    await host.async_change_plan(a_plan(device="ESP_AWAY", name="Away"))
    voice.say("sensor/999/data", {})
    await save(host, a_rule(then=[{"kind": "log", "text": "x"}]))
    await save(host, a_rule("off", enabled=False))
    for effect in host.engine.rules.mover.give_up("water", "acts_too_often", host.now()):
        host._performer.perform(effect)
    found = await get_system_health_info(hass, DOMAIN)
    assert found == {
        "broker_connected": True,
        "devices_online": "1/2",
        "emergency_stop_active": False,
        "health": "ok",
        "rules": "1/2",
        "rules_in_trouble": 1,
        "messages_accepted": host.inbox.accepted,
        "messages_rejected": 1,
    }
    stop(host, DeviceId("ESP_AWAY"), by="test", reason="")
    await switch_broker(False)
    found = await get_system_health_info(hass, DOMAIN)
    assert (found["broker_connected"], found["emergency_stop_active"]) == (False, True)


async def test_the_system_page_works_without_a_hub(hass: HomeAssistant, setup_entry: MockConfigEntry) -> None:
    """Nothing is loaded, nothing is online."""
    assert await async_setup_component(hass, "system_health", {})
    await hass.config_entries.async_unload(setup_entry.entry_id)
    found = await get_system_health_info(hass, DOMAIN)
    assert (found["devices_online"], found["messages_accepted"]) == ("0/0", 0)

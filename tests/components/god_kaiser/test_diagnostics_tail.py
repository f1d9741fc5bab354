"""What was said and what has happened lately, for whoever reads an issue: enough to understand, and nobody named."""

import json
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.host.database import DatabaseError
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.message_tail import LONGEST, MOST_DEVICES, MOST_OF_ONE, MessageTail

from .calls import act_as
from .conftest import DEVICE, PUMP, BringOnline, a_plan, a_sensor, an_actuator, call
from .rules import a_rule
from .sequences import written
from .test_diagnostics import diagnostics_of
from .wire import ESP, FirmwareVoice

CANARY = "Rosalinde Vogelsang"
SECRET = "open-sesame"


@pytest.fixture(name="told")
async def told_fixture(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, hass_admin_user: MockUser
) -> EngineHost:
    """Return a hub in which people and devices have said all kinds of things."""
    hass_admin_user.name = CANARY
    hass.config.location_name, hass.config.latitude, hass.config.longitude = CANARY, 48.123456, 11.654321
    await bring_online(a_plan(a_sensor("moisture", 34, "Soil"), an_actuator("pump", 16, "Pump")))
    voice = FirmwareVoice(hass)
    voice.heartbeat(wifi_ip="192.168.178.77", wifi_ssid=CANARY, password=SECRET, zone_name=CANARY)
    voice.reading("moisture", 34)
    voice.say("sensor/34/data", {CANARY: 1, "status": CANARY, "deep": [{"x": SECRET}]})
    voice.say("system/error", {"message": SECRET, "error_code": 1001, "ts": 1})
    await call(hass, "switch", "turn_on", PUMP)
    await act_as(hass, hass_admin_user, "create_rule", definition=a_rule("water", name=CANARY, description=SECRET))
    await act_as(hass, hass_admin_user, "save_sequence", definition=written(name=CANARY))
    await act_as(hass, hass_admin_user, "lock_out", entity_id="switch.tent_pump", reason=f"{CANARY} cleans")
    await act_as(hass, hass_admin_user, "emergency_stop", reason=f"{CANARY} has said so")
    await host.journal.writer.async_flush()
    return host


async def test_events_and_messages_are_there_and_nobody_is_named(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, setup_entry: MockConfigEntry, told: EngineHost
) -> None:
    """What was measured, commanded and stopped; no person, place, network or secret."""
    found: Any = await get_diagnostics_for_config_entry(hass, hass_client, setup_entry)
    of_device: Any = await diagnostics_of(hass, hass_client, setup_entry, told.registry.device_id(DEVICE) or "")
    for tail in (found["journal"], of_device["journal"]):
        kinds = {each["event_type"] for each in tail}
        assert {"output.confirmed", "decision.allowed", "output.locked_out"} <= kinds
        assert {each["actor"]["type"] for each in tail if each.get("actor")} <= {"user", "system", "webhook"}
    assert "stop.pressed" in {each["event_type"] for each in found["journal"]}
    messages = of_device["device"]["messages"]
    assert {each["from"] for each in messages} == {"hub", "device"}
    command = next(each for each in messages if each["topic"].endswith("/actuator/16/command"))
    assert (command["content"]["command"], command["content"]["value"]) == ("ON", 1.0)
    assert {"raw"} <= next(each for each in messages if each["topic"].endswith("/sensor/34/data"))["content"].keys()
    for text in (json.dumps(found), json.dumps(of_device)):
        for hidden in ("Rosalinde", "Vogelsang", SECRET, "192.168.178.77", "48.123", "11.654"):
            assert hidden not in text


async def test_a_device_tells_only_of_itself(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, setup_entry: MockConfigEntry, told: EngineHost
) -> None:
    """Neither messages nor events of another one."""
    await told.async_change_plan(a_plan(device="ESP_OTHER", name="Other"))
    FirmwareVoice(hass, "ESP_OTHER").heartbeat()
    await told.journal.writer.async_flush()
    found: Any = await diagnostics_of(
        hass, hass_client, setup_entry, told.registry.device_id(DeviceId("ESP_OTHER")) or ""
    )
    assert found["device"]["messages"]
    assert ESP not in json.dumps([found["device"]["messages"], found["journal"]])


async def test_a_journal_that_cannot_be_read_keeps_nobody_from_the_rest(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    setup_entry: MockConfigEntry,
    told: EngineHost,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An issue about a broken disk needs its diagnostics most."""

    async def broken(*_: Any) -> Any:
        raise DatabaseError("disk I/O error")

    monkeypatch.setattr(told.journal, "async_events", broken)
    found: Any = await get_diagnostics_for_config_entry(hass, hass_client, setup_entry)
    assert (found["journal"], bool(found["devices"])) == ([{"unreadable": "Error"}], True)


def test_what_is_remembered_has_its_limits() -> None:
    """However many devices talk, how much, and how long."""
    tail = MessageTail()
    for number in range(MOST_DEVICES + 5):
        tail.note(f"kaiser/god/esp/ESP_{number:06X}/system/heartbeat", b"{}", is_ours=False, retained=False)
    assert (tail.of(DeviceId("ESP_000004")), len(tail.of(DeviceId("ESP_000005")))) == ((), 1)
    for _ in range(MOST_OF_ONE + 3):
        tail.note("kaiser/god/esp/ESP_000009/system/heartbeat", b"x" * 9_000, is_ours=False, retained=True)
    kept = tail.of(DeviceId("ESP_000009"))
    assert (len(kept), len(kept[-1].payload), kept[-1].size, kept[-1].retained) == (MOST_OF_ONE, LONGEST, 9_000, True)
    tail.note("kaiser/broadcast/emergency", b"{}", is_ours=True, retained=False)
    assert sum(bool(tail.of(DeviceId(f"ESP_{number:06X}"))) for number in range(400)) == MOST_DEVICES


async def test_nothing_of_it_is_written_down(hass: HomeAssistant, told: EngineHost) -> None:
    """Messages are in memory alone, and gone with the hub."""
    assert told.messages.of(DEVICE)
    rows = await hass.async_add_executor_job(told.memory.rows)
    assert not any(b"zone_name" in content for content in rows.values())

"""Switches: they show what the device says and ask for the rest."""

from functools import partial
from typing import Any

from homeassistant.components.switch import DOMAIN as SWITCH
from homeassistant.const import STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.god_kaiser.core.devices.plan import DevicePlan
from custom_components.god_kaiser.core.ids import CommandId, actuator_channel
from custom_components.god_kaiser.core.requests import CommandRequest
from custom_components.god_kaiser.core.safety.gate import LEASE
from custom_components.god_kaiser.host.engine_host import EngineHost

from .conftest import (
    DEVICE,
    PUMP,
    BringOnline,
    PassTime,
    SwitchBroker,
    a_plan,
    a_sensor,
    an_actuator,
    begin,
    call,
    id_of,
    state_of,
)
from .stopping import stop
from .wire import ESP, FirmwareVoice, ObedientDevice, Wire, recorded

COMMAND = "/actuator/16/command"
turn_on = partial(call, platform=SWITCH, action="turn_on", key=PUMP)
turn_off = partial(call, platform=SWITCH, action="turn_off", key=PUMP)


@pytest.fixture(name="plan")
def plan_fixture() -> DevicePlan:
    """Return everything that may look like a switch."""
    return a_plan(
        a_sensor("moisture", 34, "Soil"),
        an_actuator("pump", 16, "Pump", max_runtime=600),
        an_actuator("relay", 19, "Heater"),
        an_actuator("valve", 18, "Inlet"),
    )


@pytest.fixture(name="device")
async def device_fixture(bring_online: BringOnline, plan: DevicePlan, wire: Wire) -> ObedientDevice:
    """Bring the device online; nothing was commanded yet."""
    device = await bring_online(plan)
    wire.forget()
    return device


def pump(hass: HomeAssistant) -> str:
    """Return the state of the pump."""
    return state_of(hass, SWITCH, PUMP).state


@pytest.mark.parametrize("platforms", [[Platform.SWITCH]], ids=["alone"])
@pytest.mark.freeze_time("2026-11-21T12:00:00+00:00")
@pytest.mark.usefixtures("device")
async def test_switches_look_as_agreed(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    voice: FirmwareVoice,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
) -> None:
    """A pump, a relay, and a valve whose owner wants a switch."""
    voice.status("pump")
    voice.status("relay")
    voice.status("valve")
    await hass.async_block_till_done()
    await snapshot_platform(hass, entity_registry, snapshot, setup_entry.entry_id)


@pytest.mark.req("API-03")
async def test_the_state_comes_from_the_device_alone(
    hass: HomeAssistant, device: ObedientDevice, wire: Wire, voice: FirmwareVoice
) -> None:
    """A confirmed command is no state: only the report is."""
    device.reports = False
    assert pump(hass) == STATE_UNKNOWN
    await turn_on(hass)
    assert pump(hass) == STATE_UNKNOWN
    voice.status("pump")
    await hass.async_block_till_done()
    assert pump(hass) == "on"
    assert "assumed_state" not in state_of(hass, SWITCH, PUMP).attributes


@pytest.mark.req("API-03", "SAF-06")
@pytest.mark.usefixtures("device")
async def test_turning_on_is_one_command_with_an_end(hass: HomeAssistant, wire: Wire) -> None:
    """The command names its asker, and the device is told when to end the run by itself."""
    await turn_on(hass)
    (command,) = wire.said(COMMAND)
    assert (command["command"], command["value"], command["duration"], command["issued_by"]) == (
        "ON",
        1.0,
        LEASE,
        "automation",
    )
    assert pump(hass) == "on"


@pytest.mark.req("SAF-09", "INV-4")
@pytest.mark.usefixtures("device")
async def test_a_long_run_is_renewed_until_its_end(
    hass: HomeAssistant, wire: Wire, voice: FirmwareVoice, pass_time: PassTime
) -> None:
    """The device never hears of more than one lease at once, and the pump rests after its maximum runtime."""
    await turn_on(hass)
    for _ in range(12):
        voice.heartbeat()
        await pass_time(60)
    told = [(command["command"], command["duration"]) for command in wire.said(COMMAND)]
    assert told[-1] == ("OFF", 0)
    assert len(told) > 2
    assert all(order == "ON" and 0 < duration <= LEASE for order, duration in told[:-1])
    assert pump(hass) == "off"


@pytest.mark.usefixtures("device")
async def test_turning_off_is_a_command_to_rest(hass: HomeAssistant, wire: Wire) -> None:
    """And the pump is shown as off when it says so."""
    await turn_on(hass)
    await turn_off(hass)
    assert wire.said(COMMAND)[-1]["command"] == "OFF"
    assert pump(hass) == "off"


@pytest.mark.usefixtures("device")
async def test_turning_on_what_runs_already_renews_it(hass: HomeAssistant, wire: Wire) -> None:
    """The device starts its timer anew, so the second wish is sent too."""
    await turn_on(hass)
    await turn_on(hass)
    assert [command["command"] for command in wire.said(COMMAND)] == ["ON", "ON"]


@pytest.mark.req("WSM-17")
async def test_without_an_answer_a_command_is_unconfirmed_and_nothing_changes(
    hass: HomeAssistant, device: ObedientDevice, voice: FirmwareVoice, wire: Wire, pass_time: PassTime
) -> None:
    """The device is asked once; then nobody knows what the pump does, so nothing is claimed."""
    voice.status("pump", state=False, pwm=0)
    device.answers = device.reports = False
    task = await begin(hass, SWITCH, "turn_on", PUMP)
    await pass_time(9)
    assert wire.said("system/command") == []
    await pass_time(2)
    assert [question["command"] for question in wire.said("system/command")] == ["status"]
    assert not task.done()
    await pass_time(10)
    with pytest.raises(HomeAssistantError) as raised:
        await task
    assert raised.value.translation_key == "unconfirmed"
    assert pump(hass) == "off"


async def test_the_device_s_own_refusal_is_told_in_its_words(
    hass: HomeAssistant, device: ObedientDevice, voice: FirmwareVoice, wire: Wire
) -> None:
    """The pump protection of the firmware says no, and the person reads why."""
    device.answers = device.reports = False
    task = await begin(hass, SWITCH, "turn_on", PUMP)
    voice.answer(wire.said(COMMAND)[0], 16, success=False, message="Failed to turn actuator ON")
    with pytest.raises(HomeAssistantError) as raised:
        await task
    assert raised.value.translation_key == "refused_by_device"
    assert raised.value.translation_placeholders == {"reason": "Failed to turn actuator ON"}


async def test_a_matching_report_is_an_answer_too(
    hass: HomeAssistant, device: ObedientDevice, voice: FirmwareVoice, pass_time: PassTime
) -> None:
    """The response may be lost; the pump itself has spoken."""
    device.answers = device.reports = False
    task = await begin(hass, SWITCH, "turn_on", PUMP)
    await pass_time(1)
    voice.status("pump")
    await task
    assert pump(hass) == "on"


@pytest.mark.usefixtures("device")
async def test_while_a_device_is_adopted_it_takes_no_command(
    hass: HomeAssistant, voice: FirmwareVoice, wire: Wire
) -> None:
    """It has just come back and is asked to wait for a moment; nothing is sent."""
    voice.announce()
    voice.heartbeat()
    with pytest.raises(ServiceValidationError) as raised:
        await turn_on(hass)
    assert raised.value.translation_key == "device_adopting"
    assert wire.said(COMMAND) == []


def to_full(key: CommandId) -> CommandRequest:
    """Return the wish to run the pump."""
    return CommandRequest(id=key, channel=actuator_channel(DEVICE, 16), level=1.0)


@pytest.mark.usefixtures("device")
async def test_an_offline_device_is_not_commanded(
    hass: HomeAssistant, host: EngineHost, voice: FirmwareVoice, wire: Wire
) -> None:
    """Nothing is kept for later: the wish is refused now."""
    voice.will()
    with pytest.raises(ServiceValidationError) as raised:
        await host.async_command(to_full)
    assert raised.value.translation_key == "device_offline"
    assert wire.said(COMMAND) == []


@pytest.mark.req("API-11")
@pytest.mark.usefixtures("device")
async def test_without_the_broker_nothing_is_commanded(
    hass: HomeAssistant, host: EngineHost, switch_broker: SwitchBroker, wire: Wire
) -> None:
    """A message that is delivered an hour later would energise out of the blue."""
    await switch_broker(False)
    with pytest.raises(ServiceValidationError) as raised:
        await host.async_command(to_full)
    assert raised.value.translation_key == "broker_unavailable"
    assert wire.said(COMMAND) == []


async def test_losing_the_device_ends_a_waiting_command_at_once(
    hass: HomeAssistant, device: ObedientDevice, voice: FirmwareVoice
) -> None:
    """Whoever waits is not left waiting for the timeout."""
    device.answers = device.reports = False
    task = await begin(hass, SWITCH, "turn_on", PUMP)
    voice.will()
    with pytest.raises(HomeAssistantError) as raised:
        await task
    assert raised.value.translation_key == "unconfirmed"


@pytest.mark.req("SAF-02")
@pytest.mark.usefixtures("device")
async def test_during_an_emergency_stop_nothing_is_turned_on(hass: HomeAssistant, host: EngineHost, wire: Wire) -> None:
    """The refusal says what to do, and no command leaves."""
    stop(host, by="user:ha", reason="test")
    with pytest.raises(ServiceValidationError) as raised:
        await turn_on(hass)
    assert raised.value.translation_key == "emergency_stop_active"
    assert wire.said(COMMAND) == []
    assert state_of(hass, SWITCH, PUMP).attributes["emergency_stopped"] is True


@pytest.mark.req("SAF-10")
async def test_during_an_emergency_stop_off_is_still_sent(
    hass: HomeAssistant, device: ObedientDevice, host: EngineHost, wire: Wire
) -> None:
    """The safe direction is never refused."""
    stop(host, by="user:ha", reason="test")
    await turn_off(hass)
    assert wire.said(COMMAND)[-1]["command"] == "OFF"


@pytest.mark.req("SAF-04")
@pytest.mark.usefixtures("device")
async def test_a_pin_that_a_sensor_reads_is_not_driven(hass: HomeAssistant, voice: FirmwareVoice, wire: Wire) -> None:
    """The device itself says that it measures there."""
    voice.reading("moisture", 16)
    with pytest.raises(ServiceValidationError) as raised:
        await turn_on(hass)
    assert raised.value.translation_key == "gpio_conflict"
    words = raised.value.translation_placeholders
    assert words is not None
    assert (words["gpio"], words["sensor"]) == ("16", "Moisture (GPIO 16) (Tent)")
    assert wire.said(COMMAND) == []


@pytest.mark.usefixtures("device")
@pytest.mark.parametrize(
    ("changes", "shown"),
    [({}, "on"), ({"state": False, "pwm": 0}, "off"), ({"state": "error"}, STATE_UNKNOWN)],
)
async def test_what_the_pump_reports_is_what_is_shown(
    hass: HomeAssistant, voice: FirmwareVoice, changes: dict[str, Any], shown: str
) -> None:
    """Also when it does not know itself."""
    voice.status("pump", **changes)
    await hass.async_block_till_done()
    assert pump(hass) == shown


@pytest.mark.usefixtures("device")
async def test_the_device_s_own_emergency_is_visible(hass: HomeAssistant, voice: FirmwareVoice) -> None:
    """Nobody has pressed our button, and still the output is held."""
    voice.repeat(recorded("actuator_status", emergency="active"))
    await hass.async_block_till_done()
    attributes = state_of(hass, SWITCH, PUMP).attributes
    assert (attributes["emergency_stopped"], attributes["command_source"], attributes["runtime"]) == (
        True,
        "user:ha",
        48,
    )


@pytest.mark.req("WSM-17")
@pytest.mark.usefixtures("device")
async def test_a_repeated_report_writes_nothing(hass: HomeAssistant, voice: FirmwareVoice, pass_time: PassTime) -> None:
    """Devices repeat themselves every half minute."""
    voice.status("pump")
    await hass.async_block_till_done()
    written_at = state_of(hass, SWITCH, PUMP).last_reported
    await pass_time(1)
    voice.status("pump", runtime_ms=19450)
    voice.heartbeat()
    await hass.async_block_till_done()
    assert state_of(hass, SWITCH, PUMP).last_reported == written_at


async def test_an_output_that_somebody_else_configured_is_shown_and_works(
    hass: HomeAssistant, bring_online: BringOnline, voice: FirmwareVoice, wire: Wire
) -> None:
    """A device keeps what its former server taught it."""
    device = await bring_online(a_plan())
    voice.status("pump", state=False, pwm=0)
    await hass.async_block_till_done()
    device.kinds[16] = "pump"
    await turn_on(hass)
    assert pump(hass) == "on"


@pytest.mark.usefixtures("device")
async def test_a_half_open_valve_that_is_shown_as_a_switch_is_on(hass: HomeAssistant, voice: FirmwareVoice) -> None:
    """Water flows."""
    voice.status("valve", pwm=127)
    await hass.async_block_till_done()
    assert state_of(hass, SWITCH, f"{ESP}_actuator_18").state == "on"


@pytest.mark.usefixtures("device")
async def test_an_output_belongs_to_a_child_device_with_its_name(hass: HomeAssistant) -> None:
    """The switch is called as the pump is called."""
    assert id_of(hass, SWITCH, PUMP) == "switch.tent_pump"
    assert state_of(hass, SWITCH, PUMP).name == "Pump"

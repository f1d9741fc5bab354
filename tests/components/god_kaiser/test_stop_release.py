"""Clearing the emergency stop: who may, that each device confirms it, and that nothing starts by it."""

import asyncio
from typing import Any
from unittest.mock import MagicMock

from homeassistant.auth.const import GROUP_ID_ADMIN
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_capture_events
import voluptuous as vol

from custom_components.god_kaiser.const import DOMAIN, EVENT_SYSTEM
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import act, act_as, ask, refused, registry_id
from .conftest import DEVICE, PUMP, BringOnline, PassTime, a_plan, an_actuator, call, state_of, turn_the_loop
from .stopping import Brake, stop
from .wire import ESP, FirmwareVoice, ObedientDevice, Wire, recorded

OTHER = DeviceId("ESP_OTHER")


@pytest.fixture(name="device", autouse=True)
async def device_fixture(bring_online: BringOnline) -> ObedientDevice:
    """Bring a device with a pump online."""
    return await bring_online(a_plan(an_actuator("pump", 16, "Pump")))


@pytest.fixture(name="brake", autouse=True)
def brake_fixture(device: ObedientDevice, voice: FirmwareVoice, mqtt_mock: MagicMock) -> Brake:
    """Have the device take emergency orders."""
    return Brake(voice, mqtt_mock, device.kinds)


async def clear(hass: HomeAssistant, user: MockUser | None, **fields: Any) -> Any:
    """Clear the stop, as a user or as an automation, and return the answer."""
    context = Context(user_id=user.id if user else None)
    wish = {"reason": "false alarm", **fields}
    return await hass.services.async_call(
        DOMAIN, "clear_emergency_stop", wish, blocking=True, return_response=True, context=context
    )


@pytest.mark.req("SAF-13", "INV-3")
async def test_a_release_waits_for_the_device_and_starts_nothing(
    hass: HomeAssistant, host: EngineHost, brake: Brake, wire: Wire, pass_time: PassTime, hass_admin_user: MockUser
) -> None:
    """The firmware refuses it for five seconds, so it is asked after them; what ran before stays off."""
    await call(hass, "switch", "turn_on", PUMP)
    stop(host)
    await turn_the_loop()
    wire.forget()
    task = asyncio.ensure_future(clear(hass, hass_admin_user))
    await turn_the_loop()
    assert host.engine.latch.holds(DEVICE)
    await pass_time(5.6)
    answer = await task
    assert answer["devices"] == [{"hub": "god", "esp_id": ESP, "name": "Tent", "state": "released"}]
    assert not host.engine.latch.is_latched
    assert [order["command"] for order in wire.said("/actuator/emergency")] == ["clear_emergency"]
    await hass.async_block_till_done()
    assert [command["value"] for command in wire.said("/command") if command["value"]] == []
    assert state_of(hass, "switch", PUMP).state == "off"


@pytest.mark.req("SAF-13", "SAF-14", "INV-6")
async def test_the_release_of_one_device_leaves_the_others_stopped(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime, hass_admin_user: MockUser
) -> None:
    """And the release of everything clears the stops of single devices, too."""
    await host.async_change_plan(a_plan(device=OTHER, name="Other"))
    stop(host, DEVICE)
    stop(host, OTHER)
    await turn_the_loop()
    await pass_time(6)
    answer = await clear(hass, hass_admin_user, device_id=registry_id(host))
    assert [(found["esp_id"], found["state"]) for found in answer["devices"]] == [(ESP, "released")]
    assert host.engine.latch.memory.devices.keys() == {OTHER}
    stop(host, DEVICE)
    await turn_the_loop()
    await pass_time(6)
    answer = await clear(hass, hass_admin_user)
    # Who is away confirms after its return, and stays stopped until then.
    assert {found["esp_id"]: found["state"] for found in answer["devices"]} == {ESP: "released", OTHER: "waiting"}
    assert host.engine.latch.memory.devices.keys() == {OTHER}


@pytest.mark.req("SAF-14", "INV-6")
async def test_the_stop_of_everything_outlasts_the_release_of_one_device(
    hass: HomeAssistant, host: EngineHost, hass_admin_user: MockUser
) -> None:
    """A device that was stopped by itself is told to be held all the same; one that was not is refused."""
    stop(host)
    with pytest.raises(ServiceValidationError) as caught:
        await clear(hass, hass_admin_user, device_id=registry_id(host))
    assert caught.value.translation_key == "held_by_everything"
    stop(host, DEVICE)
    answer = await clear(hass, hass_admin_user, device_id=registry_id(host))
    assert [found["state"] for found in answer["devices"]] == ["held_by_everything"]
    assert host.engine.latch.memory.everything
    assert host.engine.latch.holds(DEVICE)


@pytest.mark.req("INV-15")
async def test_who_has_pressed_the_stop_may_clear_it_and_other_people_may_not(
    hass: HomeAssistant,
    host: EngineHost,
    pass_time: PassTime,
    hass_read_only_user: MockUser,
    hass_admin_user: MockUser,
) -> None:
    """An administrator always may."""
    told = async_capture_events(hass, EVENT_SYSTEM)
    await act_as(hass, hass_admin_user, "emergency_stop")
    await turn_the_loop()
    await pass_time(6)
    with pytest.raises(ServiceValidationError) as caught:
        await clear(hass, hass_read_only_user)
    assert caught.value.translation_key == "release_not_yours"
    assert host.engine.latch.is_latched
    await hass.async_block_till_done()
    attempts = [(event.data["error"], event.data["by"]) for event in told if event.data["type"] == "emergency_refused"]
    assert attempts == [("release_not_yours", hass_read_only_user.name)]
    await clear(hass, hass_admin_user)
    await act_as(hass, hass_read_only_user, "emergency_stop")
    await turn_the_loop()
    await pass_time(6)
    await clear(hass, hass_read_only_user)
    assert not host.engine.latch.is_latched


@pytest.mark.req("INV-15")
async def test_a_stop_that_an_administrator_has_pressed_as_well_is_not_cleared_by_the_first_presser(
    hass: HomeAssistant,
    host: EngineHost,
    pass_time: PassTime,
    hass_read_only_user: MockUser,
    hass_admin_user: MockUser,
) -> None:
    """Each press has to be released by somebody who may."""
    device_id = registry_id(host)
    await act_as(hass, hass_read_only_user, "emergency_stop", device_id=device_id, reason="leak")
    await act_as(hass, hass_admin_user, "emergency_stop", device_id=device_id, reason="short circuit")
    await turn_the_loop()
    await pass_time(6)
    with pytest.raises(ServiceValidationError) as caught:
        await clear(hass, hass_read_only_user, device_id=device_id)
    assert caught.value.translation_key == "release_not_yours"
    assert host.engine.latch.holds(DEVICE)
    await clear(hass, hass_admin_user, device_id=device_id)
    assert not host.engine.latch.is_latched


@pytest.mark.req("INV-15")
async def test_an_automation_may_stop_and_not_clear(hass: HomeAssistant, host: EngineHost) -> None:
    """Neither may an account that belongs to no person, such as that of an add-on."""
    await act(hass, "emergency_stop")
    assert (await refused(hass, "clear_emergency_stop", reason="all is well"))[0] == "release_needs_a_person"
    machine = await hass.auth.async_create_system_user("Add-on", group_ids=[GROUP_ID_ADMIN])
    with pytest.raises(ServiceValidationError) as caught:
        await hass.services.async_call(
            DOMAIN, "clear_emergency_stop", {"reason": "x"}, blocking=True, context=Context(user_id=machine.id)
        )
    assert caught.value.translation_key == "release_needs_a_person"
    assert host.engine.latch.is_latched


@pytest.mark.req("INV-15")
@pytest.mark.parametrize("options", [{"allow_automatic_release": True}])
async def test_automations_may_clear_where_people_have_allowed_it(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime, caplog: pytest.LogCaptureFixture
) -> None:
    """Each time is a warning in the log."""
    await act(hass, "emergency_stop")
    await turn_the_loop()
    await pass_time(6)
    await clear(hass, None, reason="tank is empty again")
    assert not host.engine.latch.is_latched
    (warned,) = [
        record.getMessage() for record in caplog.records if record.levelname == "WARNING" and DOMAIN in record.name
    ]
    assert warned.startswith("The emergency stop of Tent was cleared by automation: tank is empty again [")


@pytest.fixture(name="mute")
async def mute_fixture(host: EngineHost, brake: Brake, pass_time: PassTime) -> None:
    """Stop the device, which is going to ignore every release."""
    brake.releases = False
    stop(host)
    await turn_the_loop()
    await pass_time(6)


@pytest.mark.req("INV-9")
@pytest.mark.usefixtures("mute")
async def test_a_device_that_does_not_confirm_stays_stopped(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime, hass_admin_user: MockUser
) -> None:
    """The answer comes after a while, and says so."""
    task = asyncio.ensure_future(clear(hass, hass_admin_user))
    await turn_the_loop()
    await pass_time(15.1)
    assert [found["state"] for found in (await task)["devices"]] == ["waiting"]
    assert host.engine.latch.holds(DEVICE)


@pytest.mark.req("INV-9")
async def test_a_device_that_refuses_its_release_too_early_is_no_alarm_and_one_that_goes_on_refusing_is(
    hass: HomeAssistant, host: EngineHost, brake: Brake, pass_time: PassTime, hass_admin_user: MockUser
) -> None:
    """It is asked again until it has had the time; then people are told in words, without those of the firmware."""
    stop(host)
    await turn_the_loop()
    brake.refuses = True
    told = async_capture_events(hass, EVENT_SYSTEM)
    task = asyncio.ensure_future(clear(hass, hass_admin_user))
    await turn_the_loop()
    for _ in range(3):
        await pass_time(5.6)
        await hass.async_block_till_done()
    assert {event.data["type"] for event in told} & {"alert", "emergency_refused"} == set()
    assert [each["alarm"] for each in (await ask(hass, "get_alarms"))["alarms"]] == ["stop_pressed"]
    await pass_time(4)
    assert [found["state"] for found in (await task)["devices"]] == ["waiting"]
    await hass.async_block_till_done()
    assert host.engine.latch.holds(DEVICE)
    (refusal,) = [event.data for event in told if event.data["type"] == "emergency_refused"]
    assert "message" not in refusal
    (alarm,) = [each for each in (await ask(hass, "get_alarms"))["alarms"] if each["alarm"] != "stop_pressed"]
    assert alarm["alarm"] == "release_refused"
    assert alarm["priority"] == "high"
    assert alarm["text"] == (
        "Tent has refused to leave its emergency stop, although it had stopped long enough before. It was left stopped."
    )
    brake.refuses = False
    task = asyncio.ensure_future(clear(hass, hass_admin_user))
    await turn_the_loop()
    assert [found["state"] for found in (await task)["devices"]] == ["released"]


async def test_a_release_that_somebody_else_asks_for_too_early_is_no_alarm_of_ours(
    hass: HomeAssistant, host: EngineHost, voice: FirmwareVoice, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing was stopped here, and nobody here has asked; the journal has both words of the device."""
    told = async_capture_events(hass, EVENT_SYSTEM)
    voice.repeat(recorded("emergency_error", error="clear_failed", message="Safety verification failed"))
    words = recorded("actuator_alert", alert_type="verification_failed", message="clear_emergency")
    voice.repeat(words, "actuator/255/alert", gpio=255)
    await hass.async_block_till_done()
    assert {"alert", "emergency_refused"} <= {event.data["type"] for event in told}
    assert (await ask(hass, "get_alarms"))["alarms"] == []
    assert not host.engine.latch.is_latched
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.req("SAF-18")
async def test_a_stop_by_another_hand_ends_the_release_that_waits_and_is_no_alarm(
    hass: HomeAssistant,
    host: EngineHost,
    voice: FirmwareVoice,
    caplog: pytest.LogCaptureFixture,
    hass_admin_user: MockUser,
) -> None:
    """Who has asked for the release gets the answer at once: the device stays stopped."""
    stop(host)
    await turn_the_loop()
    task = asyncio.ensure_future(clear(hass, hass_admin_user))
    await turn_the_loop()
    assert not task.done()
    voice.repeat(recorded("emergency_ack"), correlation_id="another-hand")
    await hass.async_block_till_done()
    assert [found["state"] for found in (await task)["devices"]] == ["waiting"]
    assert host.engine.latch.holds(DEVICE)
    assert [each["alarm"] for each in (await ask(hass, "get_alarms"))["alarms"]] == ["stop_pressed"]
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.req("INV-9")
@pytest.mark.usefixtures("mute")
async def test_an_error_names_who_has_not_confirmed(
    hass: HomeAssistant, pass_time: PassTime, hass_admin_user: MockUser
) -> None:
    """For who has not asked for the answer, it must not look like a success."""
    task = asyncio.ensure_future(act_as(hass, hass_admin_user, "clear_emergency_stop", reason="x"))
    await turn_the_loop()
    await pass_time(15.1)
    with pytest.raises(HomeAssistantError) as caught:
        await task
    assert caught.value.translation_key == "release_not_confirmed"
    assert caught.value.translation_placeholders == {"devices": "Tent"}


async def test_the_own_emergency_of_a_device_is_cleared_with_everything(
    hass: HomeAssistant, host: EngineHost, brake: Brake, voice: FirmwareVoice, hass_admin_user: MockUser
) -> None:
    """Its runtime protection has tripped; nobody has pressed a stop."""
    voice.repeat(recorded("actuator_status", emergency="active"))
    await hass.async_block_till_done()
    answer = await clear(hass, hass_admin_user)
    assert [found["state"] for found in answer["devices"]] == ["released"]


async def test_nothing_is_released_when_one_of_the_targets_is_unknown(
    hass: HomeAssistant, host: EngineHost, hass_admin_user: MockUser
) -> None:
    """Permission is given for what is meant, and a typing error means something else."""
    stop(host, DEVICE)
    with pytest.raises(ServiceValidationError):
        await clear(hass, hass_admin_user, device_id=["unknown", registry_id(host)])
    assert host.engine.latch.holds(DEVICE)


async def test_a_release_needs_a_reason(hass: HomeAssistant, host: EngineHost) -> None:
    """Whoever permits devices to run again says why."""
    stop(host)
    for without in ({}, {"reason": ""}):
        with pytest.raises(vol.Invalid):
            await act(hass, "clear_emergency_stop", **without)
    assert host.engine.latch.is_latched


async def test_where_nothing_is_stopped_nothing_is_cleared(hass: HomeAssistant, hass_admin_user: MockUser) -> None:
    """The answer is an empty list."""
    assert await clear(hass, hass_admin_user) == {"devices": []}

"""Stopping everything or one device, and measuring on demand."""

from homeassistant.const import Platform
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.god_kaiser.core.devices.model import SamplingMode
from custom_components.god_kaiser.core.devices.plan import DevicePlan
from custom_components.god_kaiser.host.engine_host import EngineHost

from .conftest import (
    DEVICE,
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
from .wire import ESP, FirmwareVoice, ObedientDevice, Wire

BUTTON = Platform.BUTTON
STOP = "kaiser_god_emergency_stop"
DEVICE_STOP = f"{ESP}_emergency_stop"
PH = f"{ESP}_sensor_35_ph"
COMMAND = "/sensor/35/command"


def the_plan(mode: SamplingMode = SamplingMode.ON_DEMAND) -> DevicePlan:
    """Return a probe, a chip that measures by itself, and a pump."""
    return a_plan(
        a_sensor("ph", 35, "pH probe", mode=mode), a_sensor("sht31", 0, "Air"), an_actuator("pump", 16, "Pump")
    )


@pytest.fixture(name="device", autouse=True)
async def device_fixture(bring_online: BringOnline, wire: Wire) -> ObedientDevice:
    """Bring a device online whose pH probe is read only when asked."""
    device = await bring_online(the_plan())
    wire.forget()
    return device


@pytest.mark.parametrize("platforms", [[Platform.BUTTON]], ids=["alone"])
@pytest.mark.freeze_time("2026-11-21T12:00:00+00:00")
async def test_buttons_look_as_agreed(
    hass: HomeAssistant, setup_entry: MockConfigEntry, entity_registry: er.EntityRegistry, snapshot: SnapshotAssertion
) -> None:
    """One for the hub, one for the device, one for the probe; the chip that measures by itself has none."""
    await snapshot_platform(hass, entity_registry, snapshot, setup_entry.entry_id)


@pytest.mark.req("API-04")
async def test_the_stop_button_stops_every_device(hass: HomeAssistant, host: EngineHost, wire: Wire) -> None:
    """By one broadcast and one order to each, and from then on nothing is energised."""
    await call(hass, BUTTON, "press", STOP)
    assert wire.said("/broadcast/emergency")[0]["issued_by"] == "user:ha"
    assert [topic for topic, _ in wire.messages("/actuator/emergency")] == [f"kaiser/god/esp/{ESP}/actuator/emergency"]
    assert host.engine.latch.is_latched


@pytest.mark.req("API-04")
async def test_the_stop_button_works_without_the_broker(
    hass: HomeAssistant, host: EngineHost, switch_broker: SwitchBroker, wire: Wire
) -> None:
    """The latch holds at once; the devices are told when the broker is back."""
    await switch_broker(False)
    await call(hass, BUTTON, "press", STOP)
    assert host.engine.latch.is_latched
    wire.forget()
    await switch_broker(True)
    assert len(wire.messages("/actuator/emergency")) == 1


@pytest.mark.req("SAF-12")
async def test_the_stop_button_of_a_device_stops_that_device(hass: HomeAssistant, host: EngineHost, wire: Wire) -> None:
    """And nobody else: there is no broadcast."""
    await host.async_change_plan(a_plan(device="ESP_OTHER", name="Other"))
    await call(hass, BUTTON, "press", DEVICE_STOP)
    assert host.engine.latch.memory.devices.keys() == {DEVICE}
    assert [topic for topic, _ in wire.messages("emergency")] == [f"kaiser/god/esp/{ESP}/actuator/emergency"]


async def test_a_device_that_is_away_can_be_stopped_too(
    hass: HomeAssistant, host: EngineHost, voice: FirmwareVoice
) -> None:
    """It is held, and stopped before anything else when it returns."""
    voice.will()
    await hass.async_block_till_done()
    assert state_of(hass, BUTTON, DEVICE_STOP).state != "unavailable"
    await call(hass, BUTTON, "press", DEVICE_STOP)
    assert host.engine.latch.holds(DEVICE)


@pytest.mark.req("SAF-17")
@pytest.mark.parametrize("button", [STOP, DEVICE_STOP])
async def test_a_stop_button_knows_who_has_pressed_it(
    hass: HomeAssistant, host: EngineHost, hass_admin_user: MockUser, button: str
) -> None:
    """That person may also clear it."""
    press = {"entity_id": id_of(hass, BUTTON, button)}
    context = Context(user_id=hass_admin_user.id)
    await hass.services.async_call(BUTTON, "press", press, blocking=True, context=context)
    scope = host.engine.latch.scope_of(DEVICE)
    assert scope is not None
    assert (scope.by, scope.user, scope.reason) == (hass_admin_user.name, hass_admin_user.id, "button")


async def test_measuring_asks_the_device_and_waits_for_it(hass: HomeAssistant, wire: Wire) -> None:
    """The button returns when the device has measured."""
    await call(hass, BUTTON, "press", PH)
    assert wire.said(COMMAND)[0]["command"] == "measure"


async def test_a_device_that_does_not_answer_is_told_to_the_person(
    hass: HomeAssistant, device: ObedientDevice, pass_time: PassTime
) -> None:
    """Not waiting for ever is part of the promise."""
    device.answers = False
    task = await begin(hass, BUTTON, "press", PH)
    await pass_time(31)
    with pytest.raises(HomeAssistantError) as raised:
        await task
    assert raised.value.translation_key == "unconfirmed"


async def test_a_measurement_that_fails_is_told_with_its_reason(
    hass: HomeAssistant, device: ObedientDevice, voice: FirmwareVoice, wire: Wire
) -> None:
    """The device says why."""
    device.answers = False
    task = await begin(hass, BUTTON, "press", PH)
    voice.measured(wire.said(COMMAND)[0], 35, success=False, reason_code="MEASURE_TIMEOUT")
    with pytest.raises(HomeAssistantError) as raised:
        await task
    assert raised.value.translation_placeholders == {"reason": "MEASURE_TIMEOUT"}


async def test_the_button_follows_the_plan(hass: HomeAssistant, host: EngineHost) -> None:
    """It goes when the probe measures by itself and returns when it does not; the value stays."""
    await host.async_change_plan(the_plan(SamplingMode.CONTINUOUS))
    await hass.async_block_till_done()
    assert id_of(hass, BUTTON, PH) is None
    assert id_of(hass, "sensor", PH) is not None
    await host.async_change_plan(the_plan())
    await hass.async_block_till_done()
    assert state_of(hass, BUTTON, PH).state == "unknown"


async def test_the_button_goes_with_its_sensor(
    hass: HomeAssistant, host: EngineHost, entity_registry: er.EntityRegistry, setup_entry: MockConfigEntry
) -> None:
    """Nothing is left of a probe that was taken out of the plan."""
    await host.async_change_plan(a_plan(an_actuator("pump", 16, "Pump")))
    await hass.async_block_till_done()
    entries = er.async_entries_for_config_entry(entity_registry, setup_entry.entry_id)
    assert [entry.unique_id for entry in entries if "_sensor_" in entry.unique_id] == []


async def test_the_button_is_there_after_a_restart(hass: HomeAssistant, setup_entry: MockConfigEntry) -> None:
    """Unavailable, like everything of a device that has not spoken."""
    await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, BUTTON, PH).state == "unavailable"

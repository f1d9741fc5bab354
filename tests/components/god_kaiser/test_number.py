"""PWM outputs as a percentage."""

from functools import partial

from homeassistant.components.number.const import DOMAIN as NUMBER
from homeassistant.const import STATE_UNKNOWN, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.god_kaiser.core.ids import CommandId, actuator_channel
from custom_components.god_kaiser.core.requests import CommandRequest
from custom_components.god_kaiser.host.engine_host import EngineHost

from .conftest import DEVICE, BringOnline, a_plan, an_actuator, call, state_of
from .wire import ESP, FirmwareVoice, ObedientDevice, Wire

KEY = f"{ESP}_actuator_17"
COMMAND = "/actuator/17/command"
set_value = partial(call, platform=NUMBER, action="set_value", key=KEY)


@pytest.fixture(name="device", autouse=True)
async def device_fixture(bring_online: BringOnline, wire: Wire) -> ObedientDevice:
    """Bring a device with a dimmed output online."""
    device = await bring_online(a_plan(an_actuator("pwm", 17, "Circulation", "number")))
    wire.forget()
    return device


@pytest.mark.parametrize("platforms", [[Platform.NUMBER]], ids=["alone"])
@pytest.mark.freeze_time("2026-11-21T12:00:00+00:00")
async def test_a_level_looks_as_agreed(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    voice: FirmwareVoice,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
) -> None:
    """Percent from 0 to 100 in whole steps."""
    voice.status("pwm")
    await hass.async_block_till_done()
    await snapshot_platform(hass, entity_registry, snapshot, setup_entry.entry_id)


@pytest.mark.parametrize(("duty", "shown"), [(0, "0"), (3, "1"), (114, "45"), (128, "50"), (255, "100")])
async def test_the_duty_of_the_device_is_shown_in_percent(
    hass: HomeAssistant, voice: FirmwareVoice, duty: int, shown: str
) -> None:
    """Eight bits become whole percents."""
    voice.status("pwm", pwm=duty, state=duty > 0)
    await hass.async_block_till_done()
    assert state_of(hass, NUMBER, KEY).state == shown


@pytest.mark.req("API-03", "SAF-03")
@pytest.mark.parametrize(
    ("value", "command", "duty"), [(0, "OFF", 0), (1, "PWM", 3), (75, "PWM", 191), (100, "ON", 255)]
)
async def test_setting_a_level_is_a_command(
    hass: HomeAssistant, wire: Wire, value: int, command: str, duty: int
) -> None:
    """The device is told a fraction; what it then reports is shown."""
    assert state_of(hass, NUMBER, KEY).state == STATE_UNKNOWN
    await set_value(hass, value=value)
    told = wire.said(COMMAND)[0]
    assert (told["command"], int(told["value"] * 255)) == (command, duty)
    assert state_of(hass, NUMBER, KEY).state == str(value)


@pytest.mark.req("SAF-03")
@pytest.mark.parametrize("value", [-1, 101])
async def test_a_level_outside_the_scale_is_refused(hass: HomeAssistant, wire: Wire, value: int) -> None:
    """Home Assistant knows the range of the entity."""
    with pytest.raises(ServiceValidationError):
        await set_value(hass, value=value)
    assert wire.said(COMMAND) == []


@pytest.mark.req("SAF-03")
@pytest.mark.parametrize("level", [1.5, -0.5, float("nan"), float("inf"), True])
async def test_whoever_gets_past_the_entity_meets_the_gate(host: EngineHost, wire: Wire, level: float) -> None:
    """No number, too large, too small, no level at all: refused with a translated reason."""

    def build(key: CommandId) -> CommandRequest:
        return CommandRequest(id=key, channel=actuator_channel(DEVICE, 17), level=level)

    with pytest.raises(ServiceValidationError) as raised:
        await host.async_command(build)
    assert raised.value.translation_key == "pwm_out_of_range"
    assert wire.said(COMMAND) == []

"""The emergency stop and the gate, all the way from an action to what leaves for the devices."""

from math import inf, nan
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, Unauthorized
import pytest
from pytest_homeassistant_custom_component.common import MockUser
import voluptuous as vol

from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import act, act_as, refused, registry_id
from .conftest import PUMP, BringOnline, a_plan, a_sensor, an_actuator, state_of
from .wire import FirmwareVoice, Wire


@pytest.fixture(name="online_pump")
async def online_pump_fixture(bring_online: BringOnline, host: EngineHost) -> str:
    """Return the registry id of a device that is online with a pump and a soil sensor."""
    await bring_online(a_plan(a_sensor("moisture", 34, "Soil"), an_actuator("pump", 16, "Pump")))
    return registry_id(host)


@pytest.mark.req("SAF-02", "SAF-03", "SAF-05")
async def test_an_output_is_set_for_a_while(hass: HomeAssistant, online_pump: str, wire: Wire) -> None:
    """Level, or percent; the duration goes to the device, and the answer ends the action."""
    await act(hass, "set_output", device_id=online_pump, gpio=16, level=1, duration={"minutes": 5})
    await act(hass, "set_output", device_id=online_pump, gpio=16, percent=0)
    sent = [(command["command"], command["value"], command["duration"]) for command in wire.said("/16/command")]
    assert sent == [("ON", 1.0, 300), ("OFF", 0.0, 0)]
    assert state_of(hass, "switch", PUMP).state == "off"


@pytest.mark.req("SAF-03", "SAF-22")
@pytest.mark.parametrize(
    "wrong",
    [
        *({"level": level} for level in (1.5, -0.5, nan, inf, True, False, 10**400)),
        *({"percent": percent} for percent in (101, -1, nan, inf, True, 10**400)),
    ],
)
async def test_what_is_no_level_is_refused(
    hass: HomeAssistant, host: EngineHost, online_pump: str, wire: Wire, wrong: dict[str, Any]
) -> None:
    """Nothing is read into truth values, and the journal knows about the attempt."""
    key, _ = await refused(hass, "set_output", device_id=online_pump, gpio=16, **wrong)
    assert key == "pwm_out_of_range"
    assert wire.said("/16/command") == []
    assert host.decisions[-1].reasons[0].ground == "pwm_out_of_range"


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        *(({"level": level}, ("output_level_no_number", given)) for level, given in (("1", '"1"'), (None, "null"))),
        *(({"level": level}, ("output_level_no_number", given)) for level, given in (("on", '"on"'), ([1], "[1]"))),
        ({"percent": "50"}, ("output_level_no_number", '"50"')),
        ({}, ("output_level_missing", None)),
    ],
)
async def test_what_is_no_number_never_comes_to_the_gate(
    hass: HomeAssistant,
    host: EngineHost,
    online_pump: str,
    wire: Wire,
    wrong: dict[str, Any],
    problem: tuple[str, str | None],
) -> None:
    """Nothing is read into a text, and nothing into what is not there: the sentence says what belongs there."""
    decided = len(host.decisions)
    key, words = await refused(hass, "set_output", device_id=online_pump, gpio=16, **wrong)
    assert (key, words.get("given")) == problem
    assert (len(host.decisions), wire.said("/16/command")) == (decided, [])


async def test_an_output_is_refused_for_the_usual_reasons(
    hass: HomeAssistant, host: EngineHost, online_pump: str, wire: Wire
) -> None:
    """The action is no way round the gate."""
    target = {"device_id": online_pump, "level": 1}
    assert (await refused(hass, "set_output", gpio=25, **target))[0] == "actuator_not_configured"
    assert (await refused(hass, "set_output", gpio=34, **target))[0] == "gpio_conflict"
    assert (await refused(hass, "set_output", gpio=16, device_id=online_pump, level=0.5))[0] == "level_not_supported"
    await act(hass, "emergency_stop", device_id=[online_pump])
    assert (await refused(hass, "set_output", gpio=16, **target))[0] == "emergency_stop_active"
    with pytest.raises(vol.Invalid):
        await act(hass, "set_output", gpio=16, **target, duration=0)
    with pytest.raises(vol.Invalid):
        await act(hass, "set_output", gpio=16, **target, percent=100)
    assert wire.said("/command") == []


async def test_a_device_that_refuses_is_quoted(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, voice: FirmwareVoice, wire: Wire
) -> None:
    """Its words reach the person who asked."""
    device = await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    device.answers = device.reports = False
    drive = {"device_id": registry_id(host), "gpio": 16, "level": 1}
    asked = hass.async_create_task(act(hass, "set_output", **drive))
    voice.answer(wire.said("/16/command")[-1], 16, success=False, message="Pump is dry")
    with pytest.raises(HomeAssistantError) as caught:
        await asked
    assert (caught.value.translation_key, caught.value.translation_placeholders) == (
        "refused_by_device",
        {"reason": "Pump is dry"},
    )


async def test_only_who_may_control_an_output_may_drive_it(
    hass: HomeAssistant,
    host: EngineHost,
    online_pump: str,
    wire: Wire,
    hass_read_only_user: MockUser,
    hass_admin_user: MockUser,
) -> None:
    """Who drove it is recorded here and told to nobody else."""
    drive = {"device_id": online_pump, "gpio": 16, "level": 1}
    with pytest.raises(Unauthorized):
        await act_as(hass, hass_read_only_user, "set_output", **drive)
    with pytest.raises(Unauthorized):
        await act_as(hass, hass_read_only_user, "set_output", **{**drive, "gpio": 25})
    await act_as(hass, hass_admin_user, "set_output", **drive)
    assert host.decisions[-1].asked_by == hass_admin_user.name
    await act(hass, "set_output", **{**drive, "level": 0})
    assert host.decisions[-1].asked_by == "automation"
    assert [command["issued_by"] for command in wire.said("/16/command")] == ["user:ha", "automation"]

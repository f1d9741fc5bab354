"""Who has an output and until when: shown while it counts, given back on request, and known of what is lost."""

from datetime import datetime
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import Unauthorized
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.god_kaiser.core.events import CommandWished
from custom_components.god_kaiser.core.ids import CommandId, actuator_channel
from custom_components.god_kaiser.core.requests import FULL, CommandRequest, Origin
from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import act, act_as, ask, refused, registry_id
from .conftest import (
    DEVICE,
    PUMP,
    SOIL,
    BringOnline,
    PassTime,
    SwitchBroker,
    a_plan,
    a_sensor,
    an_actuator,
    call,
    id_of,
    state_of,
)
from .wire import ESP, FirmwareVoice, ObedientDevice, Wire

ON_PUMP = actuator_channel(DEVICE, 16)
HOLD = ("held_by", "held_until", "runs_until", "device_ends_at")


@pytest.fixture(name="device")
async def device_fixture(bring_online: BringOnline, wire: Wire) -> ObedientDevice:
    """Bring a device with a pump and a sensor online."""
    device = await bring_online(a_plan(a_sensor("moisture", 34, "Soil"), an_actuator("pump", 16, "Pump")))
    wire.forget()
    return device


def held(hass: HomeAssistant) -> dict[str, Any]:
    """Return who has the pump, as its entity shows it."""
    attributes = state_of(hass, "switch", PUMP).attributes
    return {key: attributes[key] for key in HOLD}


def seconds_until(host: EngineHost, moment: str) -> float:
    """Return how far away a moment is that an attribute shows."""
    return (datetime.fromisoformat(moment) - host.now().utc).total_seconds()


def wish(host: EngineHost, key: str) -> None:
    """Want the pump on for as long as the rule lives."""
    request = CommandRequest(
        id=CommandId(key), channel=ON_PUMP, level=FULL, origin=Origin.RULE, owner="rule-1", is_standing=True
    )
    host.feed(CommandWished(request=request))


@pytest.mark.freeze_time("2026-11-21T12:00:00+00:00")
async def test_a_run_shows_whose_it_is_and_when_it_ends(
    hass: HomeAssistant, host: EngineHost, device: ObedientDevice
) -> None:
    """A countdown needs the end of the wish, of our lease and of what the device was told."""
    assert held(hass) == dict.fromkeys(HOLD)
    await act(hass, "set_output", device_id=registry_id(host), gpio=16, level=1, duration=600)
    await hass.async_block_till_done()
    shown = held(hass)
    assert shown.pop("held_by") == "person"
    ends = {key: round(seconds_until(host, moment)) for key, moment in shown.items()}
    assert ends == {"held_until": 600, "runs_until": 602, "device_ends_at": 300}


@pytest.mark.freeze_time("2026-11-21T12:00:00+00:00")
async def test_a_new_wish_for_what_runs_already_is_shown(
    hass: HomeAssistant, host: EngineHost, device: ObedientDevice
) -> None:
    """The level stays, the end moves."""
    target = {"device_id": registry_id(host), "gpio": 16, "level": 1}
    await act(hass, "set_output", **target, duration=60)
    await act(hass, "set_output", **target, duration=900)
    assert round(seconds_until(host, held(hass)["held_until"])) == 900


@pytest.mark.freeze_time("2026-11-21T12:00:00+00:00")
@pytest.mark.usefixtures("device")
async def test_who_switches_off_keeps_rules_away_for_a_while(
    hass: HomeAssistant, host: EngineHost, wire: Wire, pass_time: PassTime, voice: FirmwareVoice
) -> None:
    """The hold is shown with its end, and the rule has its output back afterwards."""
    await call(hass, "switch", "turn_off", PUMP)
    wish(host, "first")
    await hass.async_block_till_done()
    assert (held(hass)["held_by"], round(seconds_until(host, held(hass)["held_until"]))) == ("person", 900)
    assert [command["command"] for command in wire.said("/16/command")] == ["OFF"]
    for _ in range(16):
        voice.heartbeat()
        await pass_time(60)
    assert wire.said("/16/command")[-1]["command"] == "ON"
    assert held(hass)["held_by"] == "rule-1"


@pytest.mark.usefixtures("device")
async def test_a_hold_is_given_back_before_its_time(hass: HomeAssistant, host: EngineHost, wire: Wire) -> None:
    """The rule that waits has its output at once."""
    await call(hass, "switch", "turn_off", PUMP)
    wish(host, "first")
    await act(hass, "release_hold", entity_id=id_of(hass, "switch", PUMP))
    await hass.async_block_till_done()
    assert wire.said("/16/command")[-1]["command"] == "ON"
    assert held(hass)["held_by"] == "rule-1"


@pytest.mark.usefixtures("device")
async def test_what_nobody_holds_cannot_be_given_back(
    hass: HomeAssistant, host: EngineHost, hass_read_only_user: MockUser
) -> None:
    """And who may not control an output may not give it back."""
    pump = id_of(hass, "switch", PUMP)
    assert await refused(hass, "release_hold", entity_id=pump) == ("not_held", {"output": "Pump (Tent)"})
    soil = id_of(hass, "sensor", SOIL)
    assert (await refused(hass, "release_hold", entity_id=soil))[0] == "actuator_not_found"
    await call(hass, "switch", "turn_off", PUMP)
    with pytest.raises(Unauthorized):
        await act_as(hass, hass_read_only_user, "release_hold", entity_id=pump)
    assert held(hass)["held_by"] == "person"


async def test_of_a_silent_device_it_is_told_what_may_still_run(
    hass: HomeAssistant, host: EngineHost, device: ObedientDevice, voice: FirmwareVoice
) -> None:
    """The output is unavailable, so its connection tells the last word and when the device ends it."""
    connection = f"{ESP}_connection"
    assert "outputs_that_may_run" not in state_of(hass, "binary_sensor", connection).attributes
    await call(hass, "switch", "turn_on", PUMP)
    voice.will()
    await hass.async_block_till_done()
    shown = state_of(hass, "binary_sensor", connection)
    (output,) = shown.attributes["outputs_that_may_run"]
    assert (shown.state, output["name"], output["level"]) == ("off", "Pump (Tent)", 1.0)
    assert output["entity_id"] == id_of(hass, "switch", PUMP)
    assert output["last_seen"].endswith("+00:00")
    assert 0 < seconds_until(host, output["device_ends_at"]) <= 300
    assert seconds_until(host, output["runs_until"]) > 300
    (listed,) = (await ask(hass, "list_devices"))["devices"][0]["actuators"]
    assert (listed["level"], listed["last_level"], listed["runs_until"]) == (None, 1.0, output["runs_until"])


@pytest.mark.usefixtures("device")
async def test_without_the_broker_the_hub_tells_what_may_still_run(
    hass: HomeAssistant, switch_broker: SwitchBroker
) -> None:
    """Nobody can be reached then, so it is told in one place."""
    await call(hass, "switch", "turn_on", PUMP)
    await switch_broker(False)
    shown = state_of(hass, "binary_sensor", "kaiser_god_broker")
    assert [output["name"] for output in shown.attributes["outputs_that_may_run"]] == ["Pump (Tent)"]
    await switch_broker(True)
    assert "outputs_that_may_run" not in state_of(hass, "binary_sensor", "kaiser_god_broker").attributes

"""Whatever is laid down is in the trail with who has done it, by whichever way."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.god_kaiser.core.ids import actuator_channel
from custom_components.god_kaiser.core.journal.kinds import Noted
from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import act, act_as, ask, registry_id
from .conftest import DEVICE, a_plan, a_sensor, an_actuator

SOIL_ENTITY = "sensor.tent_soil"
ON_PUMP = actuator_channel(DEVICE, 16)
OPTIONS = "/api/config/config_entries/options/flow"
# Each way to lay something down by an action: what is given beside the device, and what is noted.
LAID_DOWN: dict[str, tuple[dict[str, Any], Noted]] = {
    "set_safety": ({"gpio": 16, "hold": 60}, Noted.SAFETY_CHANGED),
    "set_stop_mode": ({"stop_mode": "controlled"}, Noted.SAFETY_CHANGED),
    "set_alarm_limits": ({"entity_id": SOIL_ENTITY, "high": 30}, Noted.ALARM_LIMITS_CHANGED),
    "set_sensor": ({"gpio": 35, "sensor_type": "moisture", "name": "Bed"}, Noted.PLAN_CHANGED),
    "set_actuator": ({"gpio": 17, "actuator_type": "relay", "name": "Lamp"}, Noted.PLAN_CHANGED),
    "remove_channel": ({"gpio": 34, "kind": "sensor"}, Noted.PLAN_CHANGED),
    "remove_device": ({}, Noted.DEVICE_REMOVED),
}


@pytest.fixture(autouse=True)
async def tent(hass: HomeAssistant, host: EngineHost) -> None:
    """Approve a device with a pump and a probe."""
    await host.async_change_plan(a_plan(a_sensor("moisture", 34, "Soil"), an_actuator("pump", 16, "Pump")))
    await hass.async_block_till_done()


async def newest(hass: HomeAssistant, kind: str) -> dict[str, Any]:
    """Return the entry of the trail that was written last of its kind."""
    entries = (await ask(hass, "get_audit", limit=1000))["entries"]
    found: dict[str, Any] = [entry for entry in entries if entry["event"] == kind][-1]
    return found


def fields_of(host: EngineHost, action: str) -> dict[str, Any]:
    """Return what an action is given."""
    given, _ = LAID_DOWN[action]
    return given if "entity_id" in given else {"device_id": registry_id(host), **given}


@pytest.mark.req("EXE-48", "EXE-78")
@pytest.mark.parametrize("action", LAID_DOWN)
async def test_what_a_person_lays_down_by_an_action_names_that_person(
    hass: HomeAssistant, host: EngineHost, hass_admin_user: MockUser, action: str
) -> None:
    """And the call, by which it is found together with the action itself."""
    await act_as(hass, hass_admin_user, action, **fields_of(host, action))
    entry, called = await newest(hass, LAID_DOWN[action][1]), await newest(hass, Noted.ACTION_DONE)
    assert entry["actor_type"] == "user"
    assert entry["actor"] == {"type": "user", "id": hass_admin_user.id, "name": hass_admin_user.name}
    assert entry["correlation_id"] == called["correlation_id"]


@pytest.mark.req("EXE-48")
async def test_what_an_automation_lays_down_is_no_persons_work(hass: HomeAssistant, host: EngineHost) -> None:
    """Nobody here has decided for it."""
    await act(hass, "set_safety", **fields_of(host, "set_safety"))
    assert (await newest(hass, Noted.SAFETY_CHANGED))["actor_type"] == "webhook"


@pytest.mark.req("EXE-48")
async def test_what_the_hub_lays_down_by_itself_is_its_own_work(hass: HomeAssistant) -> None:
    """Also after somebody else was at work."""
    entry = await newest(hass, Noted.PLAN_CHANGED)
    assert (entry["actor_type"], entry["actor"]) == ("system", {"type": "system", "id": None, "name": None})


@pytest.mark.req("EXE-48")
async def test_what_a_person_lays_down_in_a_form_names_that_person(
    hass: HomeAssistant, setup_entry: MockConfigEntry, hass_client: ClientSessionGenerator, hass_admin_user: MockUser
) -> None:
    """A form belongs to whoever has sent it."""
    assert await async_setup_component(hass, "config", {})
    client = await hass_client()
    answer = await (await client.post(OPTIONS, json={"handler": setup_entry.entry_id})).json()
    for given in (
        {"next_step_id": "safety"},
        {"output": ON_PUMP},
        {"next_step_id": "output_settings"},
        {"hold": 60, "on_shutdown": "rest", "stop_step": 1},
    ):
        response = await client.post(f"{OPTIONS}/{answer['flow_id']}", json=given)
        assert response.status == 200, await response.text()
    entry = await newest(hass, Noted.SAFETY_CHANGED)
    assert (entry["actor"]["type"], entry["actor"]["id"]) == ("user", hass_admin_user.id)


@pytest.mark.req("EXE-48")
async def test_a_device_that_a_person_removes_on_its_page_names_that_person(
    hass: HomeAssistant, host: EngineHost, hass_ws_client: WebSocketGenerator, hass_admin_user: MockUser
) -> None:
    """Home Assistant asks us over the connection of that page."""
    assert await async_setup_component(hass, "config", {})
    client = await hass_ws_client()
    assert (await client.remove_device(registry_id(host)))["success"]
    entry = await newest(hass, Noted.DEVICE_REMOVED)
    assert (entry["actor"]["type"], entry["actor"]["id"]) == ("user", hass_admin_user.id)

"""Whether a person may control a run is judged by what that run drives, and of a sequence by what is saved."""

from homeassistant.auth.const import GROUP_ID_ADMIN
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.sequences.library import Library
from custom_components.god_kaiser.host.engine_host import EngineHost
from tests.core.sequences.programs import delay

from .calls import act, act_as, ask
from .conftest import DEVICE, BringOnline, PassTime
from .listening import TENT
from .test_run_stream import changes, follow, person, token_of

PUMPING = {"kind": "set", "output": f"{DEVICE}/actuator/16", "level": 1, "duration": 30}
WITHIN = {"kind": "run", "sequence": "inner"}


@pytest.fixture(name="run")
async def run_fixture(hass: HomeAssistant, bring_online: BringOnline) -> str:
    """Have a run that waits, and then runs another sequence that drives the pump."""
    await bring_online(TENT)
    await ask(hass, "save_sequence", definition={"id": "inner", "steps": [PUMPING]})
    await ask(hass, "save_sequence", definition={"id": "outer", "steps": [delay(600), WITHIN]})
    run_id: str = (await ask(hass, "run_sequence", sequence="outer"))["run_id"]
    return run_id


@pytest.fixture(name="guest")
def guest_fixture(hass: HomeAssistant) -> MockUser:
    """Return a person who may control lights alone."""
    guest = MockUser(name="Guest").add_to_hass(hass)
    guest.mock_policy({"entities": {"domains": {"light": True}}})
    return guest


async def test_a_run_stays_out_of_reach_whatever_is_saved_since(hass: HomeAssistant, run: str, guest: MockUser) -> None:
    """It drives the pump still, when the sequence of today does not."""
    await ask(hass, "save_sequence", definition={"id": "inner", "steps": [delay(1)]})
    for action in ("pause_sequence", "cancel_sequence"):
        with pytest.raises(ServiceValidationError) as refused:
            await act_as(hass, guest, action, run_id=run)
        assert refused.value.translation_key == "permission_not_found"
    again = (await ask(hass, "run_sequence", sequence="inner"))["run_id"]
    await act_as(hass, guest, "cancel_sequence", run_id=again)


async def test_a_run_is_in_reach_when_a_sequence_of_it_is_gone(
    hass: HomeAssistant, host: EngineHost, run: str, hass_admin_user: MockUser, hass_ws_client: WebSocketGenerator
) -> None:
    """It has what it needs with it: an administrator sees it, pauses it and ends it."""
    await ask(hass, "save_sequence", definition={"id": "outer", "steps": [delay(600)]})
    await host.sequences.store.async_drop("inner")
    _, (state,) = await follow(hass_ws_client)
    assert [(each["run_id"], each["may_control"]) for each in state["data"]["runs"]] == [(run, True)]
    for action, status in (("pause_sequence", "paused"), ("cancel_sequence", "cancelled")):
        context = Context(user_id=hass_admin_user.id)
        told = await hass.services.async_call(
            DOMAIN, action, {"run_id": run}, blocking=True, context=context, return_response=True
        )
        assert told is not None
        assert told["status"] == status


async def test_a_sequence_that_misses_another_is_nobodys_to_start(
    hass: HomeAssistant, host: EngineHost, run: str, hass_ws_client: WebSocketGenerator
) -> None:
    """It is told all the same, beside those that are whole; as what is kept may be after a mishap with the file."""
    store = host.sequences.store
    beside = [each for name, each in store.library.sequences.items() if name != "inner"]
    await ask(hass, "save_sequence", definition={"id": "whole", "steps": [delay(1)]})
    store.library = Library.of([*beside, store.library.get("whole")])
    user = await person(hass, "Max", GROUP_ID_ADMIN)
    _, (state,) = await follow(hass_ws_client, await token_of(hass, user))
    rights = {each["id"]: each["may_control"] for each in state["data"]["sequences"]}
    assert rights == {"outer": False, "whole": True}
    assert (await ask(hass, "get_run", run_id=run))["status"] == "waiting"


async def test_what_a_sequence_drives_is_told_of_those_that_run_it(
    hass: HomeAssistant, run: str, guest: MockUser, hass_ws_client: WebSocketGenerator, pass_time: PassTime
) -> None:
    """The change of an inner one changes who may start the outer one; whose rights stay is not told again."""
    await act(hass, "cancel_sequence", run_id=run)
    await ask(hass, "save_sequence", definition={"id": "other", "steps": [delay(1)]})
    client, (state,) = await follow(hass_ws_client, await token_of(hass, guest))
    rights = {each["id"]: each["may_control"] for each in state["data"]["sequences"]}
    assert rights == {"inner": False, "other": True, "outer": False}
    await ask(hass, "save_sequence", definition={"id": "inner", "steps": [delay(1)]})
    (change,) = await changes(hass, client, pass_time)
    assert {each["id"]: each["may_control"] for each in change["data"]["sequences"]} == {"inner": True, "outer": True}

"""A command that is only asked for: judged like every other, and never sent."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import Unauthorized
import pytest
from pytest_homeassistant_custom_component.common import MockUser, async_capture_events

from custom_components.god_kaiser.const import EVENT_SYSTEM
from custom_components.god_kaiser.host.engine_host import EngineHost

from .calls import act, act_as, ask, refused, registry_id
from .conftest import PUMP, BringOnline, a_plan, an_actuator, id_of, state_of
from .stopping import stop
from .wire import Wire


@pytest.fixture(name="pump")
async def pump_fixture(hass: HomeAssistant, bring_online: BringOnline, wire: Wire) -> str:
    """Return the entity of a pump that rests."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    entity_id = id_of(hass, "switch", PUMP)
    assert entity_id is not None
    wire.forget()
    return entity_id


async def would(hass: HomeAssistant, **fields: Any) -> tuple[bool, list[str]]:
    """Return whether a command would be carried out, and the codes of what speaks against it."""
    answer = await ask(hass, "set_output", dry_run=True, **fields)
    return answer["allowed"], [reason["code"] for reason in answer.get("reasons", [])]


@pytest.mark.req("INV-16")
async def test_what_would_run_is_said_and_not_sent(
    hass: HomeAssistant, host: EngineHost, pump: str, wire: Wire
) -> None:
    """No message, no decision, no demand and no start comes from a question."""
    events = async_capture_events(hass, EVENT_SYSTEM)
    shown = state_of(hass, "switch", PUMP)
    memory, decided = host.engine.memory(host.now()), len(host.decisions)
    assert await would(hass, entity_id=pump, level=1, duration=60) == (True, [])
    await hass.async_block_till_done()
    assert wire.messages("") == []
    assert host.engine.memory(host.now()).channels == memory.channels
    assert (len(host.decisions), events) == (decided, [])
    assert state_of(hass, "switch", PUMP) is shown


@pytest.mark.req("INV-16")
async def test_every_promise_holds_for_a_question_too(
    hass: HomeAssistant, host: EngineHost, pump: str, wire: Wire
) -> None:
    """Whatever would be refused is refused in the same words: stop, tag, length, level."""
    assert await would(hass, entity_id=pump, level=1, duration=7200) == (False, ["duration_too_long"])
    assert await would(hass, entity_id=pump, level=2) == (False, ["pwm_out_of_range"])
    await act(hass, "lock_out", entity_id=pump, reason="New seal")
    assert await would(hass, entity_id=pump, level=1) == (False, ["locked_out"])
    stop(host)
    await hass.async_block_till_done()
    wire.forget()
    allowed, reasons = await would(hass, entity_id=pump, percent=50)
    assert (allowed, reasons[:2]) == (False, ["emergency_stop_active", "locked_out"])
    assert await would(hass, entity_id=pump, level=0) == (True, [])
    assert wire.said("/16/command") == []


async def test_reasons_are_sentences(hass: HomeAssistant, pump: str) -> None:
    """A dashboard shows them as they are."""
    await act(hass, "lock_out", entity_id=pump, reason="New seal")
    answer = await ask(hass, "set_output", dry_run=True, entity_id=pump, level=1)
    (reason,) = answer["reasons"]
    assert "Pump (Tent)" in reason["text"]
    assert "New seal" in reason["text"]
    assert "{" not in reason["text"]


async def test_an_output_is_named_by_entity_or_by_pin(hass: HomeAssistant, host: EngineHost, pump: str) -> None:
    """The gate speaks about a pin without an output; half an address is an error."""
    device = registry_id(host)
    assert await would(hass, device_id=device, gpio=16, level=1) == (True, [])
    assert (await would(hass, device_id=device, gpio=99, level=1))[0] is False
    assert (await refused(hass, "set_output", device_id=device, level=1))[0] == "output_target_missing"
    assert (await refused(hass, "set_output", gpio=16, level=1, dry_run=True))[0] == "output_target_missing"
    assert (await refused(hass, "set_output", entity_id="switch.somebody_else", level=1))[0] == "actuator_not_found"


async def test_a_command_by_entity_is_carried_out(hass: HomeAssistant, pump: str, wire: Wire) -> None:
    """Who asks for an answer learns that it was."""
    assert await ask(hass, "set_output", entity_id=pump, level=1, duration=60) == {"allowed": True}
    assert [order["command"] for order in wire.said("/16/command")] == ["ON"]


async def test_only_who_may_control_an_output_may_ask(
    hass: HomeAssistant, pump: str, hass_read_only_user: MockUser
) -> None:
    """What an output would do is nobody else's business."""
    with pytest.raises(Unauthorized):
        await act_as(hass, hass_read_only_user, "set_output", entity_id=pump, level=1, dry_run=True)


async def test_how_long_it_would_run_is_said_too(hass: HomeAssistant, pump: str) -> None:
    """An interlock that ends a run does not refuse it: whoever plans with two hours must know."""
    assert (await ask(hass, "set_output", dry_run=True, entity_id=pump, level=1, duration=500))["runs_for"] == 500
    await act(hass, "set_safety", entity_id=pump, interlocks=[{"kind": "max_on_time", "per_run": 4}])
    answer = await ask(hass, "set_output", dry_run=True, entity_id=pump, level=1, duration=500)
    assert answer == {"allowed": True, "runs_for": 4}
    assert (await ask(hass, "set_output", dry_run=True, entity_id=pump, level=0))["runs_for"] == 0

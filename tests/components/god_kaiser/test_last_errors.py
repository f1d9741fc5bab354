"""What is left of an error after the last attempt at a step."""

from typing import Any

from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockUser

from custom_components.god_kaiser.const import DOMAIN

from .calls import ask
from .conftest import PassTime
from .sequences import save, written


@pytest.mark.req("PHE-27", "PHE-29")
@pytest.mark.usefixtures("host")
@pytest.mark.parametrize("kind", [HomeAssistantError, RuntimeError])
async def test_the_last_error_and_the_number_of_attempts_are_told(
    hass: HomeAssistant,
    pass_time: PassTime,
    kind: type[Exception],
    caplog: pytest.LogCaptureFixture,
    hass_admin_user: MockUser,
) -> None:
    """Neither is lost in a general one: the step, the run, its event and its log say what the action has said.

    What nobody has thought of is said by an administrator's answer alone.
    """
    raised: list[Exception] = []

    async def fails(_call: ServiceCall) -> None:
        raised.append(kind(f"valve stuck, {len(raised) + 1}"))
        raise raised[-1]

    hass.services.async_register("test", "fails", fails)
    await save(hass, written("watering", {"kind": "call", "action": "test.fails", "retries": 2}))
    run_id = (await ask(hass, "run_sequence", sequence="watering"))["run_id"]
    await hass.async_block_till_done(wait_background_tasks=True)
    for wait in (1.1, 2.1):
        await pass_time(wait)
        await hass.async_block_till_done(wait_background_tasks=True)
    context = Context(user_id=hass_admin_user.id)
    run: Any = await hass.services.async_call(
        DOMAIN, "get_run", {"run_id": run_id}, blocking=True, return_response=True, context=context
    )
    (step,) = run["steps"]
    said = "valve stuck, 3"
    if kind is RuntimeError:
        assert run["error"]["error_tech"] == step["error_tech"]
        assert step["error_tech"].startswith("RuntimeError: valve stuck, 3\nTraceback")
        said = "An unexpected error has happened in test.fails. The log of Home Assistant has the details."
    assert [str(err) for err in raised] == ["valve stuck, 1", "valve stuck, 2", "valve stuck, 3"]
    assert (run["status"], run["error"]["place"], run["error"]["reason"]) == ("failed", "main / 1", said)
    assert (step["status"], step["attempts"], step["reason"]) == ("failed", 3, said)
    events = (await ask(hass, "get_events", run_id=run_id, type="step.failed"))["events"]
    assert [(each["data"]["attempts"], each["data"]["reason"]) for each in events] == [(3, said)]
    lines = (await ask(hass, "get_run_logs", run_id=run_id))["lines"]
    again = [line for line in lines if line["level"] == "warn"]
    assert [line["details"] for line in again] == [{"attempt": 2, "delay": 1.0}, {"attempt": 3, "delay": 2.0}]
    assert again[0]["human"] == "Another attempt, number 2, after 1 s"
    assert [line["text"] for line in lines if line["level"] == "error"] == [said] * 2
    # What nobody has thought of stands in Home Assistant's log as it was raised, with its stack.
    logged = [record.exc_info[1] for record in caplog.records if record.exc_info and record.levelname == "ERROR"]
    assert logged == (raised if kind is RuntimeError else [])

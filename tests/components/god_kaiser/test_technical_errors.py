"""What an unexpected error was is for administrators and the diagnostics; people read that it was one, and where."""

import json
from typing import Any

from homeassistant.components import persistent_notification
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Context, HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_capture_events
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.god_kaiser.const import DOMAIN, EVENT_RUN
from custom_components.god_kaiser.host.engine_host import EngineHost

from .conftest import PassTime
from .listening import news
from .sequences import save, shown, written

HUMAN = "An unexpected error has happened in test.fails. The log of Home Assistant has the details."
CALL = {"kind": "call", "action": "test.fails", "name": "call"}
INNER = ("KeyError", "internal_name", "Traceback", "test_technical_errors")
MOVER = "custom_components.god_kaiser.core.engine.program_mover.advance"


@pytest.fixture(autouse=True)
def fails(hass: HomeAssistant) -> None:
    """Register an action with a mistake in it."""

    async def fail(_call: ServiceCall) -> None:
        raise KeyError("internal_name", "password=open-sesame")

    hass.services.async_register("test", "fails", fail)


def broken(*_: object) -> None:
    """Be a mistake."""
    raise KeyError("internal_name")


async def asked(hass: HomeAssistant, user: MockUser | None, action: str, **fields: Any) -> Any:
    """Return what an action answers to somebody; without a user an automation asks."""
    context = Context(user_id=None if user is None else user.id)
    return await hass.services.async_call(DOMAIN, action, fields, blocking=True, return_response=True, context=context)


async def failed(hass: HomeAssistant, user: MockUser | None, *steps: dict[str, Any]) -> str:
    """Return a run that has come to its end, started by somebody."""
    await save(hass, written("watering", *(steps or (CALL,))))
    run_id: str = (await asked(hass, user, "run_sequence", sequence="watering"))["run_id"]
    await hass.async_block_till_done(wait_background_tasks=True)
    return run_id


def is_plain(told: object) -> bool:
    """Tell whether nothing of the error itself is in what somebody is told."""
    text = json.dumps(told, default=str)
    return bool(text) and not any(word in text for word in (*INNER, "open-sesame", "error_tech"))


@pytest.mark.req("EXE-05", "EXE-53", "EXE-54")
@pytest.mark.usefixtures("host")
async def test_an_administrator_sees_what_an_unexpected_error_was(
    hass: HomeAssistant, hass_admin_user: MockUser, caplog: pytest.LogCaptureFixture
) -> None:
    """Class, words and the tail of the traceback, for the step, the run and beside the log; and no password."""
    run_id = await failed(hass, hass_admin_user)
    run = await asked(hass, hass_admin_user, "get_run", run_id=run_id)
    (step,) = run["steps"]
    head, title, *places = step["error_tech"].splitlines()
    assert head == "KeyError: ('internal_name', 'password=**REDACTED**)"
    assert title.startswith("Traceback")
    assert "test_technical_errors.py" in places[0]
    assert places[0].endswith("in fails.<locals>.fail")
    assert len(step["error_tech"]) <= 2_000
    assert run["error"]["error_tech"] == step["error_tech"]
    assert run["error"]["text"] == f"5614: The step main / 1 has failed. {HUMAN}"
    assert (step["error_human"], step["reason"], run["reason"]) == (run["error"]["text"], HUMAN, HUMAN)
    logs = await asked(hass, hass_admin_user, "get_run_logs", run_id=run_id)
    assert logs["errors"] == [{"place": "main / 1", "error_tech": step["error_tech"]}]
    assert is_plain(logs["lines"])
    logged = [record for record in caplog.records if record.exc_info and record.levelname == "ERROR"]
    assert [type(record.exc_info[1]) for record in logged if record.exc_info] == [KeyError]


@pytest.mark.req("EXE-05", "EXE-53")
@pytest.mark.usefixtures("host")
async def test_nobody_else_is_told_more_than_that_it_was_unexpected(
    hass: HomeAssistant, hass_admin_user: MockUser, hass_read_only_user: MockUser
) -> None:
    """An ordinary account and an automation read that it was unexpected, and where."""
    run_id = await failed(hass, hass_admin_user)
    questions = {
        "get_run": {"run_id": run_id},
        "get_run_logs": {"run_id": run_id},
        "get_events": {},
        "list_runs": {},
    }
    for asker in (hass_read_only_user, None):
        answers = {action: await asked(hass, asker, action, **fields) for action, fields in questions.items()}
        assert answers["get_run"]["error"]["reason"] == answers["get_run"]["steps"][0]["reason"] == HUMAN
        assert "errors" not in answers["get_run_logs"]
        assert all(is_plain(answer) for answer in answers.values())
    assert is_plain(await asked(hass, None, "run_sequence", sequence="watering", wait=True))


@pytest.mark.req("EXE-05", "EXE-53")
@pytest.mark.usefixtures("host")
async def test_neither_attributes_nor_events_nor_notifications_tell_it(
    hass: HomeAssistant, hass_admin_user: MockUser
) -> None:
    """What everybody may see, and what the recorder keeps, in the middle of the run as well as afterwards."""
    bus, changes = async_capture_events(hass, EVENT_RUN), async_capture_events(hass, EVENT_STATE_CHANGED)
    await failed(hass, hass_admin_user)
    shown_by_sensor = shown(hass, "sensor", "status").attributes
    assert (shown_by_sensor["error"], shown_by_sensor["reason"]) == (
        f"5614: The step main / 1 has failed. {HUMAN}",
        HUMAN,
    )
    told = [each.data["data"]["reason"] for each in bus if each.data["event_type"] in {"step.failed", "run.failed"}]
    assert told == [HUMAN, HUMAN]
    assert is_plain([each.as_dict() for each in bus])
    assert is_plain([new.as_dict() for each in changes if (new := each.data["new_state"]) is not None])
    assert is_plain([state.as_dict() for state in hass.states.async_all()])
    assert is_plain(persistent_notification._async_get_or_create_notifications(hass))


@pytest.mark.req("EXE-05", "EXE-53")
@pytest.mark.usefixtures("host")
@pytest.mark.parametrize("is_admin", [True, False])
async def test_a_client_that_follows_runs_is_not_told_it(
    hass: HomeAssistant,
    hass_admin_user: MockUser,
    hass_access_token: str,
    hass_read_only_access_token: str,
    hass_ws_client: WebSocketGenerator,
    pass_time: PassTime,
    is_admin: bool,
) -> None:
    """Whoever it is: an administrator asks for the run."""
    client = await hass_ws_client(access_token=hass_access_token if is_admin else hass_read_only_access_token)
    await client.send_json_auto_id({"type": "god_kaiser/runs/subscribe"})
    assert (await client.receive_json())["success"]
    await failed(hass, hass_admin_user)
    await pass_time(0.25)
    pushed = await news(client, hass)
    assert HUMAN in json.dumps(pushed)
    assert is_plain(pushed)


@pytest.mark.req("EXE-05", "EXE-53")
async def test_the_diagnostics_tell_it_and_keep_the_words_of_people_out(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    setup_entry: MockConfigEntry,
    host: EngineHost,
    hass_admin_user: MockUser,
) -> None:
    """The latest of the latest runs; an error whose words were meant for people is not among them."""

    async def away(_call: ServiceCall) -> None:
        raise HomeAssistantError("Erika Mustermann is not at home")

    hass.services.async_register("test", "away", away)
    run_id = await failed(hass, hass_admin_user)
    await failed(hass, hass_admin_user, {"kind": "call", "action": "test.away"})
    found: Any = await get_diagnostics_for_config_entry(hass, hass_client, setup_entry)
    (told,) = found["sequences"]["unexpected_errors"]
    assert (told["run_id"], told["sequence_id"], told["status"]) == (run_id, "watering", "failed")
    ((place, text),) = [(each["place"], each["error_tech"]) for each in told["errors"]]
    assert (place, text.splitlines()[0]) == ("main / 1", "KeyError: ('internal_name', 'password=**REDACTED**)")
    assert "open-sesame" not in json.dumps(found)
    assert "Mustermann" not in json.dumps(found["sequences"])
    assert host.sequences.run(run_id).fault is not None


@pytest.mark.req("EXE-05")
@pytest.mark.usefixtures("host")
async def test_a_message_that_meets_a_mistake_keeps_it_as_well(hass: HomeAssistant, hass_admin_user: MockUser) -> None:
    """Whoever was to be told is named; what went wrong there is not."""

    async def fail(_call: ServiceCall) -> None:
        raise KeyError("internal_name")

    hass.services.async_register("notify", "phone", fail)
    run_id = await failed(hass, hass_admin_user, {"kind": "notify", "text": "Dry", "to": ["notify.phone"]})
    run = await asked(hass, hass_admin_user, "get_run", run_id=run_id)
    assert run["reason"] == HUMAN.replace("test.fails", "notify.phone")
    assert run["error"]["error_tech"].startswith("KeyError: 'internal_name'\nTraceback")
    assert is_plain(await asked(hass, None, "get_run", run_id=run_id))


@pytest.mark.req("SEQ-04", "EXE-05")
@pytest.mark.usefixtures("host")
async def test_a_mistake_of_ours_is_an_internal_error_to_people(
    hass: HomeAssistant,
    hass_admin_user: MockUser,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """An administrator and the log of Home Assistant get its class and its place."""

    bus = async_capture_events(hass, EVENT_RUN)
    with monkeypatch.context() as patch:
        patch.setattr(MOVER, broken)
        run_id = await failed(hass, hass_admin_user)
    run = await asked(hass, hass_admin_user, "get_run", run_id=run_id)
    assert (run["error"]["code"], run["error"]["reason"], run["reason"]) == (5631, "internal_error", "internal_error")
    assert run["error"]["text"].startswith("5631: Something went wrong in the integration")
    assert run["error"]["error_tech"].startswith("KeyError: 'internal_name'\nTraceback")
    told = [await asked(hass, None, "get_run", run_id=run_id), shown(hass, "sensor", "status").as_dict(), *bus]
    assert all(is_plain(each) for each in told)
    (logged,) = [record.getMessage() for record in caplog.records if "by a mistake of ours" in record.getMessage()]
    assert "KeyError: 'internal_name'" in logged


@pytest.mark.req("EXE-05")
@pytest.mark.usefixtures("host")
async def test_a_mistake_in_a_check_before_a_start_is_told_as_one(
    hass: HomeAssistant,
    hass_admin_user: MockUser,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is a finding that refuses a start; class and place are for an administrator and the log."""
    monkeypatch.setattr("custom_components.god_kaiser.core.engine.program_starts.preflight", broken)
    await save(hass, written("watering"))
    told = await asked(hass, None, "preflight_sequence", sequence="watering")
    (found,) = told["findings"]
    assert (told["verdict"], found["code"], found["advice"]) == (
        "refused",
        "sequence_internal_error",
        "Look into the log of Home Assistant, and report what it says there.",
    )
    assert found["text"].startswith("5631: Something went wrong in the integration")
    assert is_plain(told)
    whole = await asked(hass, hass_admin_user, "preflight_sequence", sequence="watering")
    assert whole["findings"][0]["error_tech"].startswith("KeyError: 'internal_name'\nTraceback")
    assert caplog.text.count("by a mistake of ours: KeyError: 'internal_name'") == 2


@pytest.mark.req("EXE-05")
@pytest.mark.usefixtures("host")
@pytest.mark.parametrize(
    ("action", "where"),
    [
        ("dry_run_sequence", "host.run_trials.rehearse"),
        ("dry_run_sequence", "core.engine.program_starts.with_given"),
        ("schedule_sequence", "core.engine.program_starts.with_given"),
    ],
)
async def test_a_mistake_in_a_rehearsal_is_an_error_in_words(
    hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, action: str, where: str
) -> None:
    """What it was is for the log alone."""
    await save(hass, written("watering"))
    monkeypatch.setattr(f"custom_components.god_kaiser.{where}", broken)
    given = {"delay": 60} if action == "schedule_sequence" else {}
    with pytest.raises(ServiceValidationError) as caught:
        await asked(hass, None, action, sequence="watering", **given)
    assert caught.value.translation_key == "sequence_internal_error"
    assert is_plain(caught.value.translation_placeholders)
    assert "by a mistake of ours: KeyError: 'internal_name'" in caplog.text


@pytest.mark.req("EXE-53")
@pytest.mark.usefixtures("host")
async def test_a_run_without_an_error_has_no_technical_text(hass: HomeAssistant, hass_admin_user: MockUser) -> None:
    """The field is there for an administrator, and empty; what was expected leaves nothing in it."""
    run_id = await failed(hass, hass_admin_user, {"kind": "log", "text": "fine"})
    run = await asked(hass, hass_admin_user, "get_run", run_id=run_id)
    assert (run["status"], run["error"], [step["error_tech"] for step in run["steps"]]) == ("completed", None, [""])
    assert (await asked(hass, hass_admin_user, "get_run_logs", run_id=run_id))["errors"] == []

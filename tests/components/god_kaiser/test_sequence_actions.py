"""Sequences by action: what automations and people call, and what they are told."""

import json
from typing import Any
from unittest.mock import patch
from uuid import UUID

from homeassistant.core import Context, HomeAssistant, ServiceCall, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_capture_events

from custom_components.god_kaiser.const import DOMAIN, EVENT_RUN
from custom_components.god_kaiser.core.sequences.codes import SequenceCode
from custom_components.god_kaiser.core.sequences.limits import SequenceLimits
from custom_components.god_kaiser.core.sequences.reading import read
from custom_components.god_kaiser.host.engine_host import EngineHost
from tests.core.sequences.programs import IRRIGATION, delay

from .calls import act, act_as, ask, refused
from .conftest import PUMP, BringOnline, PassTime, a_plan, an_actuator, id_of
from .wire import ESP, FirmwareVoice, ObedientDevice, Wire

_OPTIONAL = SupportsResponse.OPTIONAL
OUTPUT = f"{ESP}/actuator/16"
LOG = {"kind": "log", "text": "hello {{ who }}"}
BROKEN = {"kind": "log", "text": "{{ 1 +"}


def written(*steps: dict[str, Any], name: str = "watering", **more: Any) -> dict[str, Any]:
    """Return a sequence as it is written."""
    return {"id": name, "steps": list(steps), **more}


async def done_at_once(_call: ServiceCall) -> None:
    """Be an action that does nothing."""


def pump(level: float = 1.0, output: str = OUTPUT) -> dict[str, Any]:
    """Return a step that sets the pump."""
    return {"kind": "set", "output": output, "level": level}


async def saved(hass: HomeAssistant, *steps: dict[str, Any], **more: Any) -> Any:
    """Save a sequence."""
    return await ask(hass, "save_sequence", definition=written(*steps, **more))


async def keep_broken(host: EngineHost, *steps: dict[str, Any], **more: Any) -> None:
    """Keep a sequence whose template could once be worked out."""
    with patch("custom_components.god_kaiser.host.sequence_store.demand_templates"):
        await host.sequences.async_save(read(written(*steps, **more), SequenceLimits()), by="anna")


@pytest.fixture(name="tent")
async def tent_fixture(hass: HomeAssistant, bring_online: BringOnline, wire: Wire) -> ObedientDevice:
    """Return a device in session with a pump."""
    device = await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    wire.forget()
    return device


@pytest.mark.req("SEQ-15", "SEQ-17", "SEQ-20", "SEQ-45", "EXE-06", "EXE-11", "EXE-14", "EXE-68")
@pytest.mark.usefixtures("host")
async def test_a_run_is_answered_at_once_and_found_by_its_id(hass: HomeAssistant) -> None:
    """It waits in its delay by then; the sequence has another id than the run."""
    await saved(hass, delay(30), delay(5))
    run = await ask(hass, "run_sequence", sequence="watering")
    assert (run["status"], run["status_basic"], run["progress"]) == ("waiting", "running", 0)
    assert run["preflight"]["verdict"] == "ok"
    assert run["trigger"]["kind"] == "automation"
    whole = await ask(hass, "get_run", run_id=run["run_id"])
    assert (whole["current_step"]["index"], whole["seconds_left"]) == (1, pytest.approx(35, abs=1))
    assert whole["preflight"] == run["preflight"]
    assert whole["correlation_id"] == str(UUID(run["run_id"]))
    assert json.loads(json.dumps(whole)) == whole
    assert (await ask(hass, "get_run", sequence="watering"))["run_id"] == run["run_id"]
    assert await refused(hass, "cancel_sequence", run_id="nobody") == (
        "sequence_not_found",
        {"code": "5611", "place": "as a whole", "given": "nobody"},
    )


@pytest.mark.usefixtures("host")
async def test_whoever_waits_gets_the_end(hass: HomeAssistant) -> None:
    """With the summary, each step and the log."""
    await saved(hass, {"kind": "log", "text": "begun"}, {"kind": "log", "text": "done", "level": "warn"})
    run = await ask(hass, "run_sequence", sequence="watering", wait=True)
    assert (run["status"], run["progress"], run["summary"]["result"]) == ("completed", 100, "success")
    assert [step["status"] for step in run["steps"]] == ["completed", "completed"]
    assert run["summary"]["phases_completed"] == 1
    logs = await ask(hass, "get_run_logs", run_id=run["run_id"])
    assert [(line["level"], line["human"]) for line in logs["lines"]] == [
        ("ok", "The run has begun"),
        ("ok", "The phase act has begun"),
        ("ok", "begun"),
        ("warn", "done"),
        ("ok", "The phase act has done everything"),
        ("ok", "The run has done everything"),
    ]
    only = await ask(hass, "get_run_logs", run_id=run["run_id"], level="warn")
    assert [line["text"] for line in only["lines"]] == ["done"]


@pytest.mark.req("EXE-44", "EXE-45")
@pytest.mark.usefixtures("host")
async def test_the_log_is_read_page_by_page(hass: HomeAssistant) -> None:
    """Without a gap and without a line twice."""
    lines = {"kind": "repeat", "count": 116, "steps": [{"kind": "log", "text": "turn"}]}
    await saved(hass, lines)
    run = await ask(hass, "run_sequence", sequence="watering", wait=True)
    pages: list[Any] = []
    while not pages or pages[-1]["cursor"] is not None:
        cursor = pages[-1]["cursor"] if pages else 0
        pages.append(await ask(hass, "get_run_logs", run_id=run["run_id"], cursor=cursor, limit=50))
    assert [len(page["lines"]) for page in pages] == [50, 50, 20]
    assert [line["number"] for page in pages for line in page["lines"]] == list(range(1, 121))


@pytest.mark.req("EXE-44")
@pytest.mark.usefixtures("host")
async def test_a_log_that_grows_while_somebody_reads_it_has_no_gap(
    hass: HomeAssistant, hass_admin_user: MockUser
) -> None:
    """Each line keeps its number; how many are not kept any more is said, and they are not passed over in silence."""
    turns = {"kind": "repeat", "steps": [{"kind": "log", "text": "turn"}]}
    await saved(hass, {**turns, "count": 150}, {"kind": "approval", "text": "Go on?"}, {**turns, "count": 100})
    run = (await ask(hass, "run_sequence", sequence="watering"))["run_id"]
    await hass.async_block_till_done()
    first = await ask(hass, "get_run_logs", run_id=run, limit=100)
    assert ([line["number"] for line in first["lines"]], first["left_out"]) == (list(range(1, 101)), 0)
    await act_as(hass, hass_admin_user, "approve_step", run_id=run)
    await hass.async_block_till_done()
    rest = await ask(hass, "get_run_logs", run_id=run, cursor=first["cursor"], limit=200)
    last = rest["lines"][-1]["number"]
    assert last > 250
    assert [line["number"] for line in rest["lines"]] == list(range(101, last + 1))
    assert (rest["cursor"], rest["left_out"]) == (None, 0)
    again = await ask(hass, "get_run_logs", run_id=run, limit=200)
    assert again["lines"][0]["number"] == again["left_out"] + 1 == last - 199
    assert (await ask(hass, "export_run", run_id=run))["logs_left_out"] == last - 200
    nothing = await ask(hass, "get_run_logs", run_id=run, cursor=last)
    assert (nothing["lines"], nothing["cursor"], nothing["left_out"]) == ([], None, 0)


@pytest.mark.req("EXE-64")
@pytest.mark.usefixtures("host")
async def test_templates_know_what_was_given_at_the_start(hass: HomeAssistant) -> None:
    """And what an action has answered."""
    events = async_capture_events(hass, "greeted")
    greet = {"kind": "call", "action": "test.greet", "fields": {"name": "{{ variables.who }}"}, "response": "reply"}
    say = {"kind": "log", "text": "{{ reply.words }} {{ who }}"}

    async def respond(call: Any) -> dict[str, Any]:
        hass.bus.async_fire("greeted", {"name": call.data["name"]})
        return {"words": "good morning"}

    hass.services.async_register("test", "greet", respond, supports_response=_OPTIONAL)
    await saved(hass, greet, say, variables={"who": {"default": "nobody"}})
    run = await ask(hass, "run_sequence", sequence="watering", variables={"who": "anna"}, wait=True)
    assert run["status"] == "completed", run["error"]
    assert [event.data["name"] for event in events] == ["anna"]
    logs = await ask(hass, "get_run_logs", run_id=run["run_id"])
    assert [line["text"] for line in logs["lines"]][2:-2] == ["good morning anna"]


@pytest.mark.parametrize(
    ("variables", "place", "problem"),
    [
        ({"level": 2}, "variables / level", "sequence_wrong_value"),
        ({"level": "much"}, "variables / level", "sequence_wrong_value"),
        ({"other": 1}, "variables", "sequence_unknown_variable"),
    ],
)
@pytest.mark.usefixtures("host")
async def test_wrong_values_are_refused_with_their_place(
    hass: HomeAssistant, variables: dict[str, Any], place: str, problem: str
) -> None:
    """Before anything happens."""
    await saved(hass, delay(1), variables={"level": {"default": 0.5, "low": 0, "high": 1}})
    key, words = await refused(hass, "run_sequence", sequence="watering", variables=variables)
    assert (key, words["code"], words["place"]) == (problem, "5600", place)


@pytest.mark.req("EXE-69", "EXE-07")
async def test_a_run_drives_the_pump_and_leaves_it_at_rest(
    hass: HomeAssistant, tent: ObedientDevice, wire: Wire, pass_time: PassTime
) -> None:
    """By the entity's name or by the channel, through the same gate as everybody."""
    entity_id = id_of(hass, "switch", PUMP)
    assert entity_id is not None
    answer = await saved(hass, pump(output=entity_id), delay(20), pump(0.0))
    assert answer["definition"]["phases"][0]["steps"][0]["output"] == OUTPUT
    run = await ask(hass, "run_sequence", sequence="watering")
    await hass.async_block_till_done()
    state = hass.states.get(entity_id)
    assert state is not None
    assert state.state == "on"
    await pass_time(21)
    await hass.async_block_till_done()
    whole = await ask(hass, "get_run", run_id=run["run_id"])
    assert (whole["status"], [each["state"] for each in whole["delivery_state"]]) == ("completed", ["confirmed"] * 2)
    commands = wire.said("/16/command")
    assert len(commands) == 2
    assert all(command["correlation_id"].startswith(run["run_id"]) for command in commands)


@pytest.mark.req("EXE-13", "EXE-17", "EXE-18", "EXE-21")
async def test_a_preflight_says_everything_and_sends_nothing(
    hass: HomeAssistant, tent: ObedientDevice, wire: Wire, host: EngineHost, hass_read_only_user: MockUser
) -> None:
    """A tag, a broken template, a missing role, and rights that the caller does not have."""
    await keep_broken(host, pump(output="role:pump"), BROKEN, roles={"pump": {}})
    missing = await ask(hass, "preflight_sequence", sequence="watering")
    assert missing["verdict"] == "refused"
    assert {each["code"] for each in missing["findings"]} == {"role_missing", "template_broken"}
    await act(hass, "lock_out", entity_id=id_of(hass, "switch", PUMP), reason="New seal")
    tagged = await ask(hass, "preflight_sequence", sequence="watering", roles={"pump": OUTPUT})
    assert {each["code"]: each["recommended_action"] for each in tagged["findings"]}["locked_out"] == "end_lock_out"
    assert all(each["text"] and each["advice"] for each in tagged["findings"])
    with pytest.raises(ServiceValidationError) as caught:
        await act_as(hass, hass_read_only_user, "run_sequence", sequence="watering", roles={"pump": OUTPUT})
    assert caught.value.translation_key == "sequence_preflight_failed"
    runs = await ask(hass, "list_runs", sequence="watering")
    assert runs["runs"][0]["error"]["code"] == SequenceCode.PREFLIGHT_FAILED
    whole = await ask(hass, "get_run", run_id=runs["runs"][0]["run_id"])
    assert "not_permitted" in {each["code"] for each in whole["preflight"]["findings"]}
    assert wire.said("/16/command") == []


@pytest.mark.usefixtures("tent")
async def test_a_start_that_its_device_prevents_is_told_once_and_names_it(
    hass: HomeAssistant, voice: FirmwareVoice
) -> None:
    """In the error of the run, in its log and in its report."""
    await saved(hass, pump())
    voice.will()
    with pytest.raises(ServiceValidationError):
        await act(hass, "run_sequence", sequence="watering")
    run = await ask(hass, "get_run", sequence="watering")
    told = "Device Tent is offline. Check its power and Wi-Fi, then try again."
    assert run["error"]["text"].partition(": ")[2].endswith(f"(act / 1; findings in all: 1): {told}")
    found, end = (line["human"] for line in await lines_of(hass, run["run_id"]))
    assert (found, end) == (told, run["error"]["text"])
    assert run["report"].count("is offline") == run["report"].count(told) == 3


async def lines_of(hass: HomeAssistant, run_id: str) -> list[Any]:
    """Return the log of a run."""
    lines: list[Any] = (await ask(hass, "get_run_logs", run_id=run_id))["lines"]
    return lines


@pytest.mark.req("EXE-57", "PHE-57", "PHE-58", "PHE-59")
async def test_a_dry_run_tells_what_would_happen_and_sends_nothing(
    hass: HomeAssistant, tent: ObedientDevice, wire: Wire
) -> None:
    """The plan equals the later commands."""
    await saved(hass, pump(), delay(20), pump(0.0))
    played = await ask(hass, "dry_run_sequence", sequence="watering")
    plan = [(each["output"], each["level"], each["at"]) for each in played["timeline"] if each["what"] == "set"]
    assert [(name, level) for name, level, _ in plan] == [("Pump (Tent)", 1.0), ("Pump (Tent)", 0.0)]
    assert plan[1][2] == 20
    assert (played["status"], played["seconds"]) == ("completed", 20)
    assert wire.messages("") == []
    assert (await ask(hass, "list_runs"))["total"] == 0


@pytest.mark.req("EXE-59", "EXE-60", "EXE-61")
async def test_a_run_is_paused_held_resumed_and_cancelled(
    hass: HomeAssistant, tent: ObedientDevice, pass_time: PassTime
) -> None:
    """By its id or by its sequence; twice is the same as once."""
    await saved(hass, pump(), delay(300))
    run = await ask(hass, "run_sequence", sequence="watering")
    await hass.async_block_till_done()
    switch = id_of(hass, "switch", PUMP)
    for action, status, shown in (("hold", "held", "on"), ("pause", "paused", "off"), ("pause", "paused", "off")):
        answer = await ask(hass, f"{action}_sequence", sequence="watering", reason="lunch", duration=600)
        await hass.async_block_till_done()
        state = hass.states.get(switch or "")
        assert (answer["status"], answer["reason"], state and state.state) == (status, "lunch", shown)
        assert answer["paused_until"] is not None
    resumed = await ask(hass, "resume_sequence", run_id=run["run_id"])
    await hass.async_block_till_done()
    state = hass.states.get(switch or "")
    assert (resumed["status"] in ("running", "waiting"), state and state.state) == (True, "on")
    await act(hass, "cancel_sequence", sequence="watering", reason="rain")
    await hass.async_block_till_done()
    ended = await ask(hass, "get_run", run_id=run["run_id"])
    state = hass.states.get(switch or "")
    assert (ended["status"], ended["reason"], state and state.state) == ("cancelled", "rain", "off")
    assert ended["ended_by"] == "automation"
    again = await ask(hass, "cancel_sequence", run_id=run["run_id"], reason="other")
    assert again["reason"] == "rain"
    assert (await refused(hass, "pause_sequence", run_id=run["run_id"]))[0] == "sequence_wrong_status"


@pytest.mark.usefixtures("host")
async def test_a_run_that_a_person_has_ended_says_so_without_a_name(
    hass: HomeAssistant, hass_admin_user: MockUser
) -> None:
    """On the bus and in the record: that it was a person, not which one."""
    await saved(hass, delay(300))
    told = async_capture_events(hass, EVENT_RUN)
    run = await ask(hass, "run_sequence", sequence="watering")
    context = Context(user_id=hass_admin_user.id)
    await hass.services.async_call(DOMAIN, "cancel_sequence", {"sequence": "watering"}, blocking=True, context=context)
    await hass.async_block_till_done()
    (cancelled,) = [event.data["data"] for event in told if event.data["event_type"] == "run.cancelled"]
    assert cancelled["ended_by"] == "user"
    assert str(hass_admin_user.name) not in str(cancelled)
    assert (await ask(hass, "get_run", run_id=run["run_id"]))["ended_by"] == "user"


@pytest.mark.req("EXE-62")
@pytest.mark.usefixtures("host")
async def test_a_run_is_tried_again_as_another_one(hass: HomeAssistant) -> None:
    """Linked to the one before it, which stays as it ended."""
    await saved(hass, {"kind": "log", "text": "first"}, {"kind": "call", "action": "test.fails"})
    failed = await ask(hass, "run_sequence", sequence="watering", wait=True)
    assert (failed["status"], failed["error"]["code"]) == ("failed", 5614)
    assert failed["error"]["text"].startswith("5614")
    hass.services.async_register("test", "fails", done_at_once)
    again = await ask(hass, "retry_sequence", run_id=failed["run_id"], begin_at="failed_step")
    await hass.async_block_till_done()
    whole = await ask(hass, "get_run", run_id=again["run_id"])
    assert (whole["status"], whole["retry_of"], len(whole["steps"])) == ("completed", failed["run_id"], 1)
    assert (await ask(hass, "get_run", run_id=failed["run_id"]))["status"] == "failed"


@pytest.mark.usefixtures("host")
async def test_a_run_that_is_tried_again_ends_where_it_was_to_end(hass: HomeAssistant) -> None:
    """Whoever wanted only the first phase does not get the second one by trying again."""
    fails, log = {"kind": "call", "action": "test.fails"}, {"kind": "log", "text": "x"}
    phases = [{"name": "first", "steps": [fails]}, {"name": "second", "steps": [log]}]
    await ask(hass, "save_sequence", definition={"id": "watering", "phases": phases})
    failed = await ask(hass, "run_sequence", sequence="watering", until_phase="first", wait=True)
    assert failed["status"] == "failed"
    hass.services.async_register("test", "fails", done_at_once)
    for begin_at in ("start", "failed_step", "checkpoint"):
        again = await ask(hass, "retry_sequence", run_id=failed["run_id"], begin_at=begin_at)
        await hass.async_block_till_done()
        whole = await ask(hass, "get_run", run_id=again["run_id"])
        assert (whole["status"], [phase["name"] for phase in whole["phases"]]) == ("completed", ["first"])


@pytest.mark.req("EXE-65", "EXE-08")
@pytest.mark.usefixtures("host")
async def test_a_person_approves_and_the_run_goes_on(hass: HomeAssistant, hass_admin_user: MockUser) -> None:
    """Who it was is kept; an automation cannot do it."""
    await saved(hass, {"kind": "approval", "name": "dose", "text": "Give acid?"}, {"kind": "log", "text": "given"})
    run = await ask(hass, "run_sequence", sequence="watering")
    await hass.async_block_till_done()
    asked = (await ask(hass, "get_run", run_id=run["run_id"]))["signature_state"]
    assert [(each["state"], each["place"]) for each in asked] == [("pending", "dose")]
    assert (await refused(hass, "approve_step", run_id=run["run_id"]))[0] == "approval_not_yours"
    await act_as(hass, hass_admin_user, "approve_step", run_id=run["run_id"])
    await hass.async_block_till_done()
    whole = await ask(hass, "get_run", run_id=run["run_id"])
    assert whole["status"] == "completed"
    assert [(each["state"], each["by"]) for each in whole["signature_state"]] == [("approved", hass_admin_user.name)]


@pytest.mark.usefixtures("host")
async def test_sequences_are_kept_compared_restored_and_deleted(hass: HomeAssistant) -> None:
    """Each change is a revision; a deleted one comes back."""
    assert (await saved(hass, delay(1)))["revision"] == 1
    assert (await saved(hass, delay(1)))["revision"] == 1
    assert (await saved(hass, delay(2)))["revision"] == 2
    shown = await ask(hass, "get_sequence", sequence="watering", compare_with=1)
    assert [(each["path"], each["before"], each["after"]) for each in shown["changes"]] == [
        ("phases / 1 / steps / 1 / seconds", 1, 2)
    ]
    assert (await ask(hass, "restore_sequence", sequence="watering", revision=1))["revision"] == 3
    text = (await ask(hass, "export_sequence", sequence="watering"))["yaml"]
    await act(hass, "delete_sequence", sequence="watering")
    listed = await ask(hass, "list_sequences")
    assert (listed["sequences"], listed["deleted"]) == ([], ["watering"])
    assert (await refused(hass, "run_sequence", sequence="watering"))[0] == "sequence_not_found"
    assert (await ask(hass, "save_sequence", definition=text))["id"] == "watering"


@pytest.mark.req("SEQ-34", "SEQ-53", "SEQ-54", "SEQ-55", "SEQ-56")
@pytest.mark.parametrize(
    ("steps", "key"),
    [
        ([], "sequence_empty_steps"),
        ([delay(1)] * 51, "sequence_too_many_steps"),
        ([{"kind": "dance"}], "definition_kind_unknown"),
        ([{"kind": "delay"}], "definition_field_missing"),
        ([{"kind": "run", "sequence": "watering"}], "sequence_circular_reference"),
        ([{"kind": "run", "sequence": "nowhere"}], "sequence_not_found"),
    ],
)
@pytest.mark.usefixtures("host")
async def test_what_is_no_sequence_is_not_kept(hass: HomeAssistant, steps: list[dict[str, Any]], key: str) -> None:
    """The number says which rule, the place says where."""
    assert (await refused(hass, "save_sequence", definition=written(*steps)))[0] == key
    assert (await ask(hass, "list_sequences"))["sequences"] == []


@pytest.mark.parametrize("definition", ["{", "- 1", "id: [", {"sequence_id": 3}, {"id": "x", "steps": "no"}])
@pytest.mark.usefixtures("host")
async def test_broken_definitions_are_refused_in_words(hass: HomeAssistant, definition: Any) -> None:
    """Whatever was pasted."""
    key, words = await refused(hass, "save_sequence", definition=definition)
    assert str(key).startswith("definition_")
    assert words["code"] in ("5600", "5602")


@pytest.mark.usefixtures("host")
async def test_the_former_servers_example_is_kept_as_it_stands(hass: HomeAssistant) -> None:
    """With its own spelling."""
    kept = await ask(hass, "save_sequence", definition=IRRIGATION)
    assert (kept["id"], len(kept["definition"]["phases"][0]["steps"])) == ("irrigation-main-zone", 6)


@pytest.mark.req("SEQ-18", "SEQ-19", "SEQ-44", "SEQ-47", "SEQ-64")
@pytest.mark.usefixtures("host")
async def test_lists_and_numbers_agree(hass: HomeAssistant) -> None:
    """Two done, one failed, one under way."""
    await saved(hass, {"kind": "log", "text": "x"})
    await saved(hass, {"kind": "call", "action": "test.fails"}, name="broken")
    await saved(hass, delay(60), name="long")
    for name in ("watering", "watering", "broken"):
        await ask(hass, "run_sequence", sequence=name, wait=True)
    await act(hass, "run_sequence", sequence="long")
    stats = await ask(hass, "get_run_stats")
    counted = (stats["active"], stats["completed_last_hour"], stats["failed_last_hour"], stats["executions"])
    assert counted == (1, 2, 1, 3)
    assert stats["failures"] == 1
    going = await ask(hass, "list_runs", running_only=True)
    assert [run["sequence_id"] for run in going["runs"]] == ["long"]
    few = await ask(hass, "list_runs", limit=2)
    assert (few["total"], len(few["runs"])) == (4, 2)


@pytest.mark.req("EXE-23", "EXE-24", "EXE-25", "EXE-26", "EXE-27", "EXE-28", "EXE-29", "PHE-66")
@pytest.mark.usefixtures("host")
async def test_events_have_one_envelope(hass: HomeAssistant) -> None:
    """On the bus for automations, and in the list for whoever was away."""
    heard = async_capture_events(hass, EVENT_RUN)
    await saved(hass, {"kind": "log", "text": "x"})
    run = await ask(hass, "run_sequence", sequence="watering", wait=True)
    await hass.async_block_till_done()
    kept = (await ask(hass, "get_events", run_id=run["run_id"]))["events"]
    ids = [tuple(map(int, event["event_id"].split("-"))) for event in kept]
    assert ids == sorted(set(ids))
    assert {(event["schema_version"], event["execution_id"]) for event in kept} == {(1, run["run_id"])}
    types = [event.data["event_type"] for event in heard]
    assert types[1] == "run.started"
    assert types[-1] == "run.completed"
    steps = (await ask(hass, "get_events", type="sequence_step"))["events"]
    assert [event["event_type"] for event in steps] == ["step.started", "step.completed"]
    assert all(0 <= event["progress"] <= 100 for event in kept)
    places = [event["current_step"] for event in kept]
    assert (places[0], places[-1]) == (None, None)
    assert steps[0]["current_step"] == {"place": "act / 1"}


@pytest.mark.usefixtures("tent")
async def test_a_step_that_the_gate_refuses_says_why_in_words(hass: HomeAssistant) -> None:
    """What it had against it, and what can be done, where people look: in the run itself."""
    often = {"kind": "rate_limit", "count": 1, "seconds": 600}
    await hass.services.async_call(
        DOMAIN, "set_safety", {"entity_id": id_of(hass, "switch", PUMP), "interlocks": [often]}, blocking=True
    )
    await saved(hass, pump(), pump(0.0), pump())
    run = await ask(hass, "run_sequence", sequence="watering", wait=True)
    assert (run["status"], run["error"]["code"], run["error"]["reason"]) == ("failed", 5641, "rate_limited")
    said = run["error"]["text"]
    assert said.startswith("5641: ")
    assert "No more than 1 commands in 600 s are allowed for this output" in said
    assert [each["action"] for each in run["error"]["recommended_actions"]] == ["wait_a_moment"]
    assert all(each["advice"] for each in run["error"]["recommended_actions"])


@pytest.mark.req("SEQ-36", "SEQ-49", "SEQ-50")
async def test_a_reload_rests_the_pump_and_takes_the_run_up_again(
    hass: HomeAssistant, tent: ObedientDevice, host: EngineHost, config_entry: MockConfigEntry, wire: Wire
) -> None:
    """Nothing is left behind, and nothing is lost."""
    await saved(hass, pump(), delay(300))
    run = await ask(hass, "run_sequence", sequence="watering")
    await hass.async_block_till_done()
    wire.forget()
    assert await hass.config_entries.async_reload(config_entry.entry_id)
    await hass.async_block_till_done()
    assert wire.said("/16/command")[0]["command"] == "OFF"
    found = await ask(hass, "get_run", run_id=run["run_id"])
    assert found["status"] in ("interrupted", "running", "waiting")


@pytest.mark.req("SEQ-20")
@pytest.mark.usefixtures("host")
async def test_several_start_together_or_not_at_all_where_one_is_unknown(hass: HomeAssistant) -> None:
    """A batch is answered as one."""
    await saved(hass, delay(60), name="one")
    await saved(hass, delay(60), name="two")
    assert (await refused(hass, "run_sequence", sequence=["one", "nowhere"]))[0] == "sequence_not_found"
    assert (await ask(hass, "list_runs"))["total"] == 0
    both = await ask(hass, "run_sequence", sequence=["one", "two"])
    assert [run["sequence_id"] for run in both["runs"]] == ["one", "two"]


@pytest.mark.parametrize(
    ("why", "fields"),
    [
        ("broken", {}),
        ("choosy", {}),
        ("busy", {}),
        ("one", {}),
        ("careful", {"require": "ok"}),
    ],
)
async def test_of_several_none_starts_where_one_would_be_refused(
    hass: HomeAssistant, host: EngineHost, why: str, fields: dict[str, Any]
) -> None:
    """An error, a value that is missing, a run that goes on, the same one twice, and a warning where none is wanted."""
    unknown = {"kind": "entity", "entity_id": "sun.nowhere"}
    await saved(hass, delay(60), name="one")
    await keep_broken(host, BROKEN, name="broken")
    await saved(hass, delay(60), name="choosy", variables={"minutes": {}})
    await saved(hass, delay(60), name="busy")
    await saved(hass, {"kind": "wait_until", "condition": unknown}, name="careful")
    await act(hass, "run_sequence", sequence="busy")
    key, words = await refused(hass, "run_sequence", sequence=["one", why], **fields)
    assert (key, words["sequence"]) == ("batch_refused", why)
    assert len(words["reason"]) > len("broken")
    assert [run["sequence_id"] for run in (await ask(hass, "list_runs"))["runs"]] == ["busy"]


@pytest.mark.usefixtures("host")
async def test_of_several_that_wait_for_their_turn_each_may_be_named_twice(hass: HomeAssistant) -> None:
    """A sequence that queues its runs, or begins anew, has room for a second one."""
    await saved(hass, delay(60), name="line", mode="queued", most_runs=2)
    await saved(hass, delay(60), name="anew", mode="restart")
    both = await ask(hass, "run_sequence", sequence=["line", "line", "anew", "anew"])
    assert [run["sequence_id"] for run in both["runs"]] == ["line", "line", "anew", "anew"]
    key, words = await refused(hass, "run_sequence", sequence=["anew", "line"])
    assert (key, words["sequence"]) == ("batch_refused", "line")


@pytest.mark.usefixtures("tent")
async def test_of_several_whatever_has_started_is_named_where_a_later_one_is_refused(hass: HomeAssistant) -> None:
    """Two that want the same pump: only the start of the first one speaks against the second one."""
    await saved(hass, pump(), delay(60), name="one")
    await saved(hass, pump(), delay(60), name="two")
    key, words = await refused(hass, "run_sequence", sequence=["one", "two"])
    going = (await ask(hass, "list_runs", running_only=True))["runs"]
    assert (key, words["sequence"]) == ("batch_incomplete", "two")
    assert [(run["sequence_id"], run["run_id"]) for run in going] == [("one", words["runs"])]
    assert words["reason"].startswith("5645")


@pytest.mark.usefixtures("host")
async def test_whoever_waits_is_told_when_the_hub_is_reloaded(
    hass: HomeAssistant, config_entry: MockConfigEntry
) -> None:
    """The wait ends with an error in words, and the run stays."""
    await saved(hass, delay(60), mode="parallel", most_runs=2)

    async def wait() -> Any:
        return await ask(hass, "run_sequence", sequence="watering", wait=True)

    given_up = hass.async_create_background_task(wait(), "given up")
    waiting = hass.async_create_background_task(wait(), "waiting")
    await hass.async_block_till_done()
    run, _ = (await ask(hass, "list_runs", running_only=True))["runs"]
    given_up.cancel()
    await hass.async_block_till_done()
    assert await hass.config_entries.async_reload(config_entry.entry_id)
    with pytest.raises(HomeAssistantError) as caught:
        await waiting
    key, words = caught.value.translation_key, caught.value.translation_placeholders
    assert (key, words) == ("hub_unloaded", {"run": run["run_id"]})
    assert (await ask(hass, "get_run", run_id=run["run_id"]))["run_id"] == run["run_id"]


@pytest.mark.usefixtures("host")
async def test_what_is_written_in_a_sequence_is_for_administrators(
    hass: HomeAssistant, hass_read_only_user: MockUser, hass_admin_user: MockUser
) -> None:
    """What a step hands to an action may be a code; automations may read it."""
    await saved(hass, {"kind": "call", "action": "lock.unlock", "fields": {"code": "4711"}})
    await saved(hass, {"kind": "call", "action": "lock.unlock", "fields": {"code": "4712"}})
    fields = {"sequence": "watering", "compare_with": 1}

    async def seen_by(user: MockUser | None) -> Any:
        context = Context(user_id=user.id if user else None)
        return await hass.services.async_call(
            "god_kaiser", "get_sequence", fields, blocking=True, return_response=True, context=context
        )

    guest = await seen_by(hass_read_only_user)
    assert "471" not in json.dumps(guest)
    assert (guest["id"], len(guest["revisions"]), "definition" in guest, "changes" in guest) == (
        "watering",
        2,
        False,
        False,
    )
    for allowed in (hass_admin_user, None):
        whole = await seen_by(allowed)
        assert whole["definition"]["phases"][0]["steps"][0]["fields"] == {"code": "4712"}
        assert [each["before"] for each in whole["changes"]] == ["4711"]
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            "god_kaiser",
            "export_sequence",
            {"sequence": "watering"},
            blocking=True,
            return_response=True,
            context=Context(user_id=hass_read_only_user.id),
        )


@pytest.mark.req("SEQ-48")
@pytest.mark.usefixtures("host")
async def test_a_definition_is_for_administrators_and_reading_for_everybody(
    hass: HomeAssistant, hass_read_only_user: MockUser
) -> None:
    """As with devices."""
    with pytest.raises(Unauthorized):
        await act_as(hass, hass_read_only_user, "save_sequence", definition=written(delay(1)))
    await hass.services.async_call(
        "god_kaiser",
        "list_sequences",
        {},
        blocking=True,
        return_response=True,
        context=Context(user_id=hass_read_only_user.id),
    )


@pytest.mark.usefixtures("host")
async def test_a_run_that_hangs_is_ended_by_force(hass: HomeAssistant) -> None:
    """It counts as failed, and says that it was forced."""
    await saved(hass, {"kind": "approval", "text": "?"}, **{"finally": [delay(30)]})
    run = await ask(hass, "run_sequence", sequence="watering")
    ended = await ask(hass, "force_complete", run_id=run["run_id"], reason="nobody is there")
    assert (ended["status"], ended["forced"], ended["reason"]) == ("failed", True, "nobody is there")


@pytest.mark.usefixtures("host")
async def test_neither_run_nor_sequence_is_told_in_words(hass: HomeAssistant) -> None:
    """A sentence, no stack."""
    assert (await refused(hass, "cancel_sequence"))[0] == "run_target_missing"


@pytest.mark.usefixtures("host")
async def test_the_schema_is_there_for_editors(hass: HomeAssistant) -> None:
    """With every kind of step in it."""
    schema = (await ask(hass, "get_sequence_schema"))["schema"]
    assert {"SetLevel", "Until", "Approval", "RunSequence"} <= schema["$defs"].keys()


@pytest.mark.req("EXE-46")
@pytest.mark.usefixtures("host")
async def test_the_log_is_cut_by_time(hass: HomeAssistant) -> None:
    """Exactly what lies between two moments."""
    await saved(hass, {"kind": "log", "text": "one"}, delay(0), {"kind": "log", "text": "two"})
    run = await ask(hass, "run_sequence", sequence="watering", wait=True)
    lines = (await ask(hass, "get_run_logs", run_id=run["run_id"]))["lines"]
    first = lines[0]["at"]
    assert (await ask(hass, "get_run_logs", run_id=run["run_id"], until="2020-01-01T00:00:00+00:00"))["lines"] == []
    found = (await ask(hass, "get_run_logs", run_id=run["run_id"], since=first))["lines"]
    assert [line["text"] for line in found][2:-2] == ["one", "two"]


@pytest.mark.req("EXE-52", "EXE-04")
@pytest.mark.usefixtures("host")
async def test_a_step_that_fails_says_it_in_words(hass: HomeAssistant) -> None:
    """Without a module path or a stack; the log has the sentence, too."""
    await saved(hass, {"kind": "call", "action": "test.fails", "name": "greet"})
    run = await ask(hass, "run_sequence", sequence="watering", wait=True)
    (step,) = run["steps"]
    assert step["error_human"].startswith("5614")
    assert "Traceback" not in json.dumps(run)
    lines = (await ask(hass, "get_run_logs", run_id=run["run_id"], level="error"))["lines"]
    assert all(line["human"].startswith("5614") for line in lines)


@pytest.mark.req("EXE-66", "SEQ-52")
async def test_every_question_of_the_former_server_has_an_action(hass: HomeAssistant, host: EngineHost) -> None:
    """Preflight, logs, steps, resume, cancel, retry; and a kind of step that nobody knows is refused."""
    known = hass.services.async_services()["god_kaiser"]
    wanted = ("preflight", "resume", "cancel", "retry", "pause", "hold", "dry_run", "schedule")
    assert {f"{name}_sequence" for name in wanted} | {"get_run", "get_run_logs", "list_runs"} <= known.keys()


@pytest.mark.req("PHE-35")
@pytest.mark.usefixtures("host")
async def test_a_phase_that_was_tried_again_says_so_in_words(hass: HomeAssistant, pass_time: PassTime) -> None:
    """With the number of the attempt that has worked."""
    await ask(
        hass,
        "save_sequence",
        definition={
            "id": "watering",
            "phases": [{"name": "dose", "retries": 2, "steps": [{"kind": "call", "action": "test.late"}]}],
        },
    )
    run = await ask(hass, "run_sequence", sequence="watering")
    await hass.async_block_till_done()
    hass.services.async_register("test", "late", done_at_once)
    await pass_time(3)
    await hass.async_block_till_done()
    whole = await ask(hass, "get_run", run_id=run["run_id"])
    assert (whole["status"], whole["recovery"]["success"]) == ("completed", True)
    assert whole["recovery"]["message"] == "Recovery successful on attempt 1"
    assert [(each["delay"], each["status"]) for each in whole["recovery"]["attempts"]] == [(2.0, "success")]

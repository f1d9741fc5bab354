"""The journal: what has happened is still known after a restart, whatever the disk does meanwhile."""

import asyncio
from collections.abc import Callable
from contextlib import closing
import json
from pathlib import Path
import sqlite3
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import issue_registry as ir
from homeassistant.loader import async_get_integration
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.journal.kinds import Noted
from custom_components.god_kaiser.host import engine_loop
from custom_components.god_kaiser.host.endurance import Endurance
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.journal import (
    cleaning,
    file as journal_file,
    queue as journal_queue,
    reading,
    writer as journal_writer,
)
from custom_components.god_kaiser.host.journal.journal import Journal
from custom_components.god_kaiser.host.journal.reading import Wanted
from custom_components.god_kaiser.host.journal.rows import Row
from custom_components.god_kaiser.host.mqtt_link import MqttLink

from .calls import ask
from .conftest import PUMP, BringOnline, PassTime, a_plan, an_actuator, call, state_of, turn_the_loop
from .sequences import save, written

type Disk = Callable[[bool], None]


@pytest.fixture(name="disk")
def disk_fixture(monkeypatch: pytest.MonkeyPatch) -> Disk:
    """Return a way to let the disk refuse everything, and take it again."""
    whole = journal_file.JournalFile.append

    def switch(is_well: bool) -> None:
        def refuse(*_: object) -> None:
            raise sqlite3.OperationalError("disk I/O error")

        monkeypatch.setattr(journal_file.JournalFile, "append", whole if is_well else refuse)

    return switch


async def kinds(host: EngineHost, **wanted: Any) -> list[str]:
    """Return the kinds of what is in the journal."""
    return [found.envelope["event_type"] for found in (await host.journal.async_events(Wanted(**wanted))).events]


async def as_user(hass: HomeAssistant, user: MockUser, action: str, **fields: Any) -> Any:
    """Ask as somebody."""
    context = Context(user_id=user.id)
    return await hass.services.async_call(DOMAIN, action, fields, blocking=True, return_response=True, context=context)


@pytest.mark.req("EXE-32")
async def test_after_a_restart_everything_is_still_known(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry
) -> None:
    """In its order, and what comes then has a larger id."""
    await save(hass, written("watering", {"kind": "log", "text": "x"}))
    run = await ask(hass, "run_sequence", sequence="watering", wait=True)
    before = (await ask(hass, "get_events"))["events"]
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    again = await ask(hass, "run_sequence", sequence="watering", wait=True)
    after = (await ask(hass, "get_events"))["events"]
    assert after[: len(before)] == before
    ids = [tuple(map(int, event["event_id"].split("-"))) for event in after]
    assert ids == sorted(set(ids))
    assert {event["execution_id"] for event in after if event["event_type"] == "run.completed"} == {
        run["run_id"],
        again["run_id"],
    }


@pytest.mark.req("EXE-44", "PHE-66")
@pytest.mark.usefixtures("host")
async def test_events_are_asked_for_by_kind_subject_and_page(hass: HomeAssistant) -> None:
    """By both names that a kind has; pages fit together without gap or repeat."""
    await save(hass, written("watering", *[{"kind": "log", "text": str(number)} for number in range(5)]))
    run = await ask(hass, "run_sequence", sequence="watering", wait=True)
    steps = (await ask(hass, "get_events", type=["sequence_step", "run.completed"], subject="watering"))["events"]
    assert [event["event_type"] for event in steps] == ["step.started", "step.completed"] * 5 + ["run.completed"]
    whole = await ask(hass, "get_events", run_id=run["run_id"])
    assert whole["cursor"] is None
    forwards: list[Any] = []
    page = await ask(hass, "get_events", run_id=run["run_id"], after="0-0", limit=4)
    while True:
        forwards += page["events"]
        if page["cursor"] is None:
            break
        page = await ask(hass, "get_events", run_id=run["run_id"], after=page["cursor"], limit=4)
    assert forwards == whole["events"]
    last = await ask(hass, "get_events", run_id=run["run_id"], limit=3)
    earlier = await ask(hass, "get_events", run_id=run["run_id"], limit=3, before=last["cursor"])
    assert [*earlier["events"], *last["events"]] == whole["events"][-6:]


@pytest.mark.req("EXE-46")
@pytest.mark.usefixtures("host")
async def test_events_are_asked_for_by_time(hass: HomeAssistant) -> None:
    """From a moment on and up to one; both fit exactly."""
    await save(hass, written("watering", {"kind": "log", "text": "x"}))
    run = await ask(hass, "run_sequence", sequence="watering", wait=True)
    events = (await ask(hass, "get_events", run_id=run["run_id"]))["events"]
    edge = events[1]["timestamp"]
    later = (await ask(hass, "get_events", run_id=run["run_id"], since=edge))["events"]
    assert later[0]["timestamp"][:23] >= edge[:23]
    earlier = (await ask(hass, "get_events", run_id=run["run_id"], until=edge))["events"]
    assert [*earlier, *later] == events


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"type": "run.begun"}, "unknown_event_type"),
        ({"after": "yesterday"}, "wrong_event_id"),
        ({"before": "1-2-3"}, "wrong_event_id"),
    ],
)
@pytest.mark.usefixtures("host")
async def test_what_cannot_be_meant_is_refused_in_words(hass: HomeAssistant, fields: dict[str, str], key: str) -> None:
    """Instead of an answer with nothing in it."""
    with pytest.raises(ServiceValidationError) as caught:
        await ask(hass, "get_events", **fields)
    assert caught.value.translation_key == key


@pytest.mark.usefixtures("host")
async def test_who_asks_for_a_kind_that_does_not_exist_is_led_to_those_that_do(hass: HomeAssistant) -> None:
    """Nobody who has installed the integration has its repository."""
    with pytest.raises(ServiceValidationError) as caught:
        await ask(hass, "get_events", type="run.begun")
    page = f"{(await async_get_integration(hass, DOMAIN)).documentation}/blob/main/docs/EVENTS.md"
    assert str(caught.value) == f"There are no events of the type run.begun. All of them are listed at {page}"


@pytest.mark.req("EXE-50")
@pytest.mark.usefixtures("host")
async def test_who_it_was_is_for_administrators(
    hass: HomeAssistant, hass_admin_user: MockUser, hass_read_only_user: MockUser
) -> None:
    """Everybody may know that it was a person; the trail and whole runs are not for everybody."""
    await save(hass, written("watering", {"kind": "log", "text": "x"}))
    run = await as_user(hass, hass_admin_user, "run_sequence", sequence="watering", wait=True)
    seen = (await as_user(hass, hass_read_only_user, "get_events", type="run.started"))["events"]
    known = (await as_user(hass, hass_admin_user, "get_events", type="run.started"))["events"]
    assert [event["actor"] for event in seen] == [{"type": "user"}]
    assert known[0]["actor"]["name"] == hass_admin_user.name
    for action, fields in (("get_audit", {}), ("verify_audit", {}), ("export_run", {"run_id": run["run_id"]})):
        with pytest.raises(Unauthorized):
            await as_user(hass, hass_read_only_user, action, **fields)


async def test_an_event_about_what_somebody_may_not_see_is_not_shown(
    hass: HomeAssistant, bring_online: BringOnline, hass_read_only_user: MockUser
) -> None:
    """As over the websocket: the entity decides."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    await call(hass, "switch", "turn_on", PUMP)
    everything = (await as_user(hass, hass_read_only_user, "get_events"))["events"]
    assert "decision.allowed" in [event["event_type"] for event in everything]
    hass_read_only_user.mock_policy({"entities": {"domains": {"light": True}}})
    seen = (await as_user(hass, hass_read_only_user, "get_events"))["events"]
    assert "decision.allowed" not in [event["event_type"] for event in seen]
    assert "device.online" in [event["event_type"] for event in seen]


@pytest.mark.req("ROB-81", "PHE-21")
async def test_a_run_is_exported_whole_long_after_it_is_forgotten(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime
) -> None:
    """Definition, events, log, trail and summary; its lines are JSON, one object each."""
    await save(hass, written("watering", {"kind": "log", "text": "it rains"}))
    run = await ask(hass, "run_sequence", sequence="watering", wait=True)
    await pass_time(2 * 3600)
    assert run["run_id"] not in host.engine.programs.runs.all
    export = await ask(hass, "export_run", run_id=run["run_id"])
    assert export["definition"]["id"] == "watering"
    assert export["summary"]["status"] == "completed"
    assert [event["event_type"] for event in export["events"]][-2:] == ["run.completed", "run.summary"]
    assert export["events_jsonl"].count("\n") == len(export["events"])
    assert "it rains" in [line["text"] for line in export["logs"]]
    assert [entry["event_type"] for entry in export["audit"]] == ["run.started", "run.completed"]
    lines = (await ask(hass, "get_run_logs", run_id=run["run_id"]))["lines"]
    assert [line["text"] for line in lines] == [line["text"] for line in export["logs"]]
    assert (await ask(hass, "get_run", run_id=run["run_id"]))["status"] == "completed"


@pytest.mark.usefixtures("host")
async def test_a_long_run_is_exported_to_its_beginning(hass: HomeAssistant) -> None:
    """However many pages it has, and each line of it is JSON."""
    turns = {"kind": "repeat", "count": 300, "steps": [{"kind": "log", "text": "again"}] * 3}
    await save(hass, written("watering", turns))
    run = await ask(hass, "run_sequence", sequence="watering", wait=True)
    export = await ask(hass, "export_run", run_id=run["run_id"])
    types = [json.loads(line)["event_type"] for line in export["events_jsonl"].splitlines()]
    assert types == [event["event_type"] for event in export["events"]]
    assert len(types) > 1_000
    assert "run.started" in types[:4]
    assert types[-1] == "run.summary"


@pytest.mark.usefixtures("host")
async def test_the_log_of_a_run_speaks_the_language_of_the_house(hass: HomeAssistant) -> None:
    """What the run itself has to say; what its author has written stays."""
    await save(hass, written("watering", {"kind": "log", "text": "started"}, {"kind": "delay", "seconds": 60}))
    run_id = (await ask(hass, "run_sequence", sequence="watering"))["run_id"]
    await ask(hass, "hold_sequence", run_id=run_id)
    lines = (await ask(hass, "get_run_logs", run_id=run_id))["lines"]
    assert [line["human"] for line in lines if line["text"] == "held"] == [
        "The run stands still, its outputs stay as they are"
    ]
    assert "The run has begun" in [line["human"] for line in lines]


@pytest.mark.usefixtures("host")
async def test_a_run_that_nobody_knows_is_refused(hass: HomeAssistant) -> None:
    """Neither remembered nor kept."""
    with pytest.raises(ServiceValidationError) as caught:
        await ask(hass, "export_run", run_id="nobody")
    assert caught.value.translation_key == "sequence_not_found"


@pytest.mark.req("ROB-10", "ROB-53", "ROB-61", "ROB-65", "ROB-72")
async def test_a_disk_that_fails_twice_takes_it_the_third_time(
    hass: HomeAssistant, host: EngineHost, disk: Disk, pass_time: PassTime, issue_registry: ir.IssueRegistry
) -> None:
    """After 2 and after 4 seconds; nobody is bothered, and nothing is lost."""
    await host.journal.writer.async_flush()
    disk(False)
    host.journal.note(Noted.BROKER_OFFLINE, {"data": {}})
    await pass_time(0.1)
    await hass.async_block_till_done()
    disk(True)
    await pass_time(0.9)
    await hass.async_block_till_done()
    assert await kinds_on_disk(host) == []
    disk(False)
    await pass_time(1.2)
    await hass.async_block_till_done()
    disk(True)
    await pass_time(2.5)
    await hass.async_block_till_done()
    assert await kinds_on_disk(host) == []
    await pass_time(1.6)
    await hass.async_block_till_done()
    assert await kinds_on_disk(host) == [Noted.BROKER_OFFLINE]
    assert (DOMAIN, f"{host.journal.entry_id}_journal_not_written") not in issue_registry.issues


async def kinds_on_disk(host: EngineHost) -> list[str]:
    """Return what of the broker lies on the disk by now."""
    page = await asyncio.to_thread(reading.events, host.journal.path, Wanted(kinds=(Noted.BROKER_OFFLINE,)))
    return [found.envelope["event_type"] for found in page.events]


@pytest.mark.req("ROB-72")
@pytest.mark.risk(
    fails="The disk takes nothing any more",
    happens="control goes on, people are told, and everything is written when it is well again",
    protects="the queue of the journal",
)
async def test_with_a_dead_disk_control_goes_on_and_nothing_is_lost(
    hass: HomeAssistant,
    host: EngineHost,
    bring_online: BringOnline,
    disk: Disk,
    pass_time: PassTime,
    issue_registry: ir.IssueRegistry,
) -> None:
    """A repair issue comes, and goes by itself."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    issue = (DOMAIN, f"{host.journal.entry_id}_journal_not_written")
    told: list[Row] = []
    host.journal.watch(told.append)
    disk(False)
    await call(hass, "switch", "turn_on", PUMP)
    assert state_of(hass, "switch", PUMP).state == "on"
    for wait in (0.1, 2.1, 4.1):
        await pass_time(wait)
        await hass.async_block_till_done()
    assert issue in issue_registry.issues
    disk(True)
    await pass_time(30.1)
    await hass.async_block_till_done()
    assert issue not in issue_registry.issues
    assert Noted.DECISION_ALLOWED in await kinds(host)
    assert Noted.OUTPUT_CONFIRMED in [row.kind for row in told]
    assert (await ask(hass, "verify_audit"))["is_whole"]


async def test_a_queue_that_is_full_counts_what_it_does_not_take(
    hass: HomeAssistant, host: EngineHost, disk: Disk, pass_time: PassTime
) -> None:
    """But never what is about safety or belongs into the trail; afterwards the number is there for everybody."""
    await host.journal.writer.async_flush()
    host.journal.writer.waiting = journal_queue.WaitingRows(most=5)
    disk(False)
    for _ in range(9):
        host.journal.note(Noted.DEVICE_ONLINE, {"data": {}})
    for _ in range(3):
        host.journal.note(Noted.STOP_CLEARED, {"data": {}})
    host.journal.note(Noted.OUTPUT_ALERT, {"data": {}})
    disk(True)
    await pass_time(0.1)
    await hass.async_block_till_done()
    wanted = (Noted.DEVICE_ONLINE, Noted.STOP_CLEARED, Noted.OUTPUT_ALERT, Noted.JOURNAL_GAP)
    found = [each for each in await kinds(host) if each in wanted]
    assert found == [Noted.DEVICE_ONLINE] * 5 + [Noted.STOP_CLEARED] * 3 + [Noted.OUTPUT_ALERT, Noted.JOURNAL_GAP]
    gap = (await ask(hass, "get_events", type="journal.gap"))["events"]
    assert gap[0]["data"] == {"dropped": 4}


@pytest.mark.req("ROB-11", "ROB-51")
async def test_a_disk_that_does_not_answer_is_told_and_waited_for(
    hass: HomeAssistant, host: EngineHost, monkeypatch: pytest.MonkeyPatch, issue_registry: ir.IssueRegistry
) -> None:
    """Nothing is written twice, and nothing waits for it but the journal."""
    await host.journal.writer.async_flush()
    monkeypatch.setattr(host.journal.writer, "_endurance", Endurance(patience=0.01))
    answered = asyncio.Event()
    loop, whole = asyncio.get_running_loop(), journal_file.JournalFile.append

    def slowly(file: journal_file.JournalFile, *batch: Any) -> Any:
        asyncio.run_coroutine_threadsafe(answered.wait(), loop).result(10)
        return whole(file, *batch)

    monkeypatch.setattr(journal_file.JournalFile, "append", slowly)
    host.journal.note(Noted.BROKER_OFFLINE, {"data": {}})
    flush = asyncio.ensure_future(host.journal.writer.async_flush())
    await asyncio.sleep(0.1)
    issue = (DOMAIN, f"{host.journal.entry_id}_journal_not_written")
    assert issue in issue_registry.issues
    answered.set()
    await flush
    assert issue not in issue_registry.issues
    assert (await kinds(host)).count(Noted.BROKER_OFFLINE) == 1


async def test_however_long_a_disk_thinks_one_task_waits_for_it(
    hass: HomeAssistant, host: EngineHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes meanwhile waits in the queue, and nobody stands in line for each event."""
    await host.journal.writer.async_flush()
    monkeypatch.setattr(journal_writer, "_GATHER", 0.0)
    answered = asyncio.Event()
    loop, whole = asyncio.get_running_loop(), journal_file.JournalFile.append

    def slowly(file: journal_file.JournalFile, *batch: Any) -> Any:
        asyncio.run_coroutine_threadsafe(answered.wait(), loop).result(10)
        return whole(file, *batch)

    monkeypatch.setattr(journal_file.JournalFile, "append", slowly)
    for _ in range(20):
        host.journal.note(Noted.BROKER_OFFLINE, {"data": {}})
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    waiting = [each for each in asyncio.all_tasks() if each.get_name() == "god_kaiser journal"]
    answered.set()
    # Who writes, whose turn it is, and who tells Home Assistant that somebody writes.
    assert len(waiting) <= 3
    await host.journal.writer.async_flush()
    assert (await kinds(host)).count(Noted.BROKER_OFFLINE) == 20


@pytest.mark.req("EXE-47")
async def test_what_belongs_into_the_trail_does_not_wait_for_others(
    hass: HomeAssistant, host: EngineHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever happens all the time gathers for a moment, and goes along."""
    await host.journal.writer.async_flush()
    monkeypatch.setattr(journal_writer, "_GATHER", 3_600.0)
    host.journal.note(Noted.BROKER_OFFLINE, {"data": {}})
    await hass.async_block_till_done()
    before = await hass.async_add_executor_job(reading.counts, host.journal.path)
    for _ in range(3):
        host.journal.note(Noted.STOP_CLEARED, {"data": {}})
    await turn_the_loop()
    await hass.async_block_till_done()
    after = await hass.async_add_executor_job(reading.counts, host.journal.path)
    assert (after["events"] - before["events"], after["trail"] - before["trail"]) == (4, 3)
    assert host.journal.writer.waiting.is_empty


async def test_what_happens_while_home_assistant_ends_is_written(hass: HomeAssistant, host: EngineHost) -> None:
    """Other parts of it take their time, and somebody may press the stop meanwhile."""
    await host.async_shut_down()
    before = await host.journal.async_counts()
    host.journal.note(Noted.STOP_PRESSED, {"data": {}})
    await turn_the_loop()
    await hass.async_block_till_done()
    assert (await host.journal.async_counts())["trail"] == before["trail"] + 1
    assert (await host.journal.async_verify()).problem is None


async def test_who_does_not_wait_any_longer_takes_nothing_away(
    hass: HomeAssistant, host: EngineHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question that is cancelled while it waits for the disk leaves what is being written alone."""
    await host.journal.writer.async_flush()
    told: list[Row] = []
    host.journal.watch(told.append)
    answered, loop, whole = asyncio.Event(), asyncio.get_running_loop(), journal_file.JournalFile.append
    at_once = 0

    def slowly(file: journal_file.JournalFile, *batch: Any) -> Any:
        nonlocal at_once
        at_once += 1
        assert at_once == 1
        asyncio.run_coroutine_threadsafe(answered.wait(), loop).result(10)
        at_once -= 1
        return whole(file, *batch)

    monkeypatch.setattr(journal_file.JournalFile, "append", slowly)
    host.journal.note(Noted.STOP_CLEARED, {"data": {}})
    question = asyncio.ensure_future(host.journal.async_events(Wanted()))
    await asyncio.sleep(0.05)
    question.cancel()
    host.journal.note(Noted.BROKER_OFFLINE, {"data": {}})
    another = asyncio.ensure_future(host.journal.async_events(Wanted()))
    await asyncio.sleep(0.05)
    answered.set()
    await another
    assert [row.kind for row in told] == [Noted.STOP_CLEARED, Noted.BROKER_OFFLINE]
    assert (await ask(hass, "verify_audit"))["is_whole"]


async def test_a_mistake_of_ours_while_writing_loses_nothing(
    hass: HomeAssistant, host: EngineHost, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told, and what could not be written waits."""
    await host.journal.writer.async_flush()
    with monkeypatch.context() as patched:

        def stumble(*_: object) -> None:
            raise KeyError("odd")

        patched.setattr(journal_file.JournalFile, "append", stumble)
        host.journal.note(Noted.BROKER_OFFLINE, {"data": {}})
        await host.journal.writer.async_flush()
    assert "cannot write what it was told" in caplog.text
    await host.journal.writer.async_flush()
    assert await kinds_on_disk(host) == [Noted.BROKER_OFFLINE]


async def test_a_damage_that_comes_while_it_runs_is_mended_and_told(hass: HomeAssistant, host: EngineHost) -> None:
    """Also where nothing that happens then belongs into the trail."""
    host.journal.note(Noted.STOP_CLEARED, {"data": {}})
    await host.journal.writer.async_flush()
    await hass.async_add_executor_job(host.journal.writer._file.close)
    host.journal.path.write_bytes(b"no database")
    host.journal.note(Noted.BROKER_OFFLINE, {"data": {}})
    for _ in range(4):
        await host.journal.writer.async_flush()
    assert await kinds_on_disk(host) == [Noted.BROKER_OFFLINE]
    verdict = await ask(hass, "verify_audit")
    assert (verdict["is_whole"], Path(f"{host.journal.path}.unreadable").exists()) == (True, True)
    assert Noted.JOURNAL_SET_ASIDE in await kinds(host)


async def test_a_queue_takes_even_of_the_trail_only_so_much(host: EngineHost) -> None:
    """A disk that is dead for days must not take the memory of Home Assistant; what is left out is counted."""
    queue = journal_queue.WaitingRows(most=2)
    host.journal.writer.waiting = queue
    for _ in range(15):
        host.journal.note(Noted.STOP_CLEARED, {"data": {}})
    assert (len(queue), queue.forgive()) == (10, 5)


@pytest.mark.req("EXE-39")
async def test_a_crash_while_the_trail_is_shortened_does_not_look_like_a_theft(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it begins is on the disk before anything is deleted; a disk that does not take it keeps the trail as it is."""
    for _ in range(5):
        host.journal.note(Noted.STOP_CLEARED, {"data": {}})
    await host.journal.writer.async_flush()
    monkeypatch.setattr(cleaning, "_MOST_ENTRIES", 2)

    def refuse(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(host.memory, "_save", refuse)
        await pass_time(3_601)
        await hass.async_block_till_done(wait_background_tasks=True)
    before = await ask(hass, "verify_audit")
    counts = await host.journal.async_counts()
    with monkeypatch.context() as patched:
        patched.setattr(journal_file.JournalFile, "drop", refuse)
        await pass_time(3_601)
        await hass.async_block_till_done(wait_background_tasks=True)
    between = await ask(hass, "verify_audit")
    await pass_time(3_601)
    await hass.async_block_till_done(wait_background_tasks=True)
    after = await ask(hass, "verify_audit")
    assert [each["is_whole"] for each in (before, between, after)] == [True] * 3
    assert (counts["trail"] > 2, (await host.journal.async_counts())["trail"]) == (True, 2)


@pytest.mark.req("EXE-47")
async def test_an_entry_that_is_put_before_the_beginning_is_no_part_of_the_trail(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the oldest ones have gone in their time there is room for what was never said."""
    for _ in range(5):
        host.journal.note(Noted.STOP_CLEARED, {"data": {}})
    monkeypatch.setattr(cleaning, "_MOST_ENTRIES", 2)
    await pass_time(3_601)
    await hass.async_block_till_done(wait_background_tasks=True)
    known = (await ask(hass, "get_audit"))["entries"]
    with closing(sqlite3.connect(host.journal.path)) as connection, connection:
        for number in (1, -1):
            question = "INSERT INTO trail SELECT ?, id, execution, 'user', body, hash FROM trail LIMIT 1"
            connection.execute(question, (number,))
    assert (await ask(hass, "get_audit"))["entries"] == known
    assert (await ask(hass, "verify_audit"))["is_whole"]


@pytest.mark.req("EXE-34", "EXE-39")
async def test_what_is_older_than_people_want_to_keep_goes_by_itself(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime
) -> None:
    """After ninety days an event is gone, and its entry in the trail is still there."""
    host.journal.note(Noted.STOP_CLEARED, {"data": {}})
    await host.journal.writer.async_flush()
    await pass_time(90 * 86_400 + 3_601)
    await hass.async_block_till_done(wait_background_tasks=True)
    # Nothing was noted meanwhile that says how late it is.
    host.journal.note(Noted.BROKER_ONLINE, {"data": {}})
    await pass_time(3_601)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert Noted.STOP_CLEARED not in await kinds(host)
    trail, _ = await host.journal.async_trail(execution="", after=0, limit=100)
    assert Noted.STOP_CLEARED in [entry.envelope["event_type"] for entry in trail]


async def test_a_clock_that_jumps_ahead_makes_nothing_old(
    hass: HomeAssistant, host: EngineHost, freezer: FrozenDateTimeFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wall says another year, and the machine has run for an hour; events of then, and a day, prove it."""
    machine = [1_000.0]
    monkeypatch.setattr(engine_loop, "monotonic", lambda: machine[0])
    await host.journal.writer.async_flush()
    host.journal.cleaning._clock.begin(engine_loop.EngineLoop.now(), None)
    host.journal.note(Noted.STOP_CLEARED, {"data": {}})

    async def cleaned() -> bool:
        host.journal.note(Noted.BROKER_ONLINE, {"data": {}})
        await host.journal.cleaning.async_clean(None)
        return Noted.STOP_CLEARED not in await kinds(host)

    machine[0] += 3_600
    freezer.tick(400 * 86_400)
    assert not await cleaned()
    machine[0] += 80_000
    freezer.tick(80_000)
    assert not await cleaned()
    machine[0] += 6_500
    freezer.tick(6_500)
    assert await cleaned()


async def test_a_clock_that_is_put_back_changes_no_order(
    hass: HomeAssistant, host: EngineHost, freezer: FrozenDateTimeFactory, setup_entry: MockConfigEntry
) -> None:
    """Also not over a restart."""
    host.journal.note(Noted.DEVICE_ONLINE, {"data": {}})
    freezer.tick(-7_200)
    host.journal.note(Noted.DEVICE_OFFLINE, {"data": {}})
    await host.journal.writer.async_flush()
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    again: EngineHost = setup_entry.runtime_data
    again.journal.note(Noted.DEVICE_ERROR, {"data": {}})
    wanted = (Noted.DEVICE_ONLINE, Noted.DEVICE_OFFLINE, Noted.DEVICE_ERROR)
    assert await kinds(again, kinds=wanted) == list(wanted)
    assert (await ask(hass, "verify_audit"))["is_whole"]


@pytest.mark.req("EXE-50")
async def test_nobody_but_administrators_reads_who_has_pressed_the_stop(
    hass: HomeAssistant, host: EngineHost, hass_admin_user: MockUser, hass_read_only_user: MockUser
) -> None:
    """Not in the details either."""
    await as_user(hass, hass_admin_user, "emergency_stop", reason="leak")
    seen = (await as_user(hass, hass_read_only_user, "get_events"))["events"]
    known = (await as_user(hass, hass_admin_user, "get_events"))["events"]
    assert "stop.pressed" in [event["event_type"] for event in seen]
    for word in (hass_admin_user.name, hass_admin_user.id):
        assert (str(word) in str(known), str(word) in str(seen)) == (True, False)


async def test_a_hub_that_could_not_start_leaves_its_journal_free(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next attempt is alone with it."""
    closed: list[Journal] = []
    whole = Journal.async_close

    async def close(journal: Journal) -> None:
        closed.append(journal)
        await whole(journal)

    assert await hass.config_entries.async_unload(setup_entry.entry_id)
    monkeypatch.setattr(Journal, "async_close", close)
    with monkeypatch.context() as patched:

        async def refuse(*_: object) -> None:
            raise RuntimeError("no broker")

        patched.setattr(MqttLink, "async_start", refuse)
        assert not await hass.config_entries.async_setup(setup_entry.entry_id)
    assert len(closed) == 1
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    assert (await ask(hass, "verify_audit"))["is_whole"]


async def test_a_damaged_journal_is_set_aside_at_the_start_and_told(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry
) -> None:
    """Everything else starts as if nothing were wrong; the trail of the new one is whole."""
    host.journal.note(Noted.STOP_CLEARED, {"data": {}})
    path: Path = host.journal.path
    assert await hass.config_entries.async_unload(setup_entry.entry_id)
    path.write_bytes(b"no database")
    assert await hass.config_entries.async_setup(setup_entry.entry_id)
    again: EngineHost = setup_entry.runtime_data
    assert Noted.JOURNAL_SET_ASIDE in await kinds(again)
    assert Path(f"{path}.unreadable").exists()
    verdict = await ask(hass, "verify_audit")
    assert (verdict["is_whole"], verdict["entries"] > 0) == (True, True)


async def test_in_a_pause_nothing_is_written_and_afterwards_everything(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime
) -> None:
    """A backup copies a file that does not move."""
    await host.journal.writer.async_flush()
    await host.journal.writer.async_pause()
    host.journal.note(Noted.BROKER_OFFLINE, {"data": {}})
    await pass_time(1)
    assert await kinds_on_disk(host) == []
    assert not Path(f"{host.journal.path}-wal").exists() or Path(f"{host.journal.path}-wal").stat().st_size == 0
    host.journal.writer.go_on()
    await pass_time(0.1)
    await hass.async_block_till_done()
    assert await kinds_on_disk(host) == [Noted.BROKER_OFFLINE]


async def test_a_hub_that_is_removed_takes_its_journal_along(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry
) -> None:
    """Nothing of it stays on the disk."""
    path = host.journal.path
    assert path.exists()
    assert await hass.config_entries.async_remove(setup_entry.entry_id)
    assert list(path.parent.glob(f"{path.name}*")) == []

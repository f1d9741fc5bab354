"""Commands and runs come to an end, by the best proof that there is; what was forced is never called completed."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
import json
import shutil
import sqlite3
import sys
import threading
from typing import Any
from unittest.mock import MagicMock

from homeassistant.components.persistent_notification import _async_get_or_create_notifications
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import msgspec
from msgspec.structs import replace
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_capture_events

from custom_components.god_kaiser.const import DOMAIN, EVENT_RUN
from custom_components.god_kaiser.core.commands.ledger import Ledger
from custom_components.god_kaiser.core.engine.programs import Programs
from custom_components.god_kaiser.core.engine.rule_looks import RuleLooks
from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.journal.kinds import Level, Noted
from custom_components.god_kaiser.core.sequences.run import Run
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.journal import file as journal_file
from custom_components.god_kaiser.host.journal.journal import Journal
from custom_components.god_kaiser.host.journal.reading import Wanted
from custom_components.god_kaiser.sequence_diagnostics import sequences_record

from .calls import act_as, ask
from .conftest import (
    DEVICE,
    PUMP as PUMP_KEY,
    SOIL as SOIL_KEY,
    BringOnline,
    PassTime,
    a_plan,
    a_sensor,
    an_actuator,
    call,
    id_of,
    state_of,
    turn_the_loop,
)
from .rules import a_rule, save as save_rule, when_on
from .sequences import save, written
from .wire import FirmwareVoice, Wire

PUMP = ChannelId(f"{DEVICE}/actuator/16")
PLAN = a_plan(an_actuator("pump", 16, "Pump", max_runtime=7200))
WATERING = written(
    "watering",
    {"kind": "set", "output": PUMP, "level": 1.0, "duration": 3600},
    {"kind": "delay", "seconds": 20},
    {"kind": "set", "output": PUMP, "level": 0.0},
)
PLAIN = pytest.mark.parametrize("options", [{"enable_robust_completion": False}], ids=["plain"])
UNWATCHED = pytest.mark.parametrize("options", [{"enable_emergency_handlers": False}], ids=["unwatched"])
UNHELPED = pytest.mark.parametrize("options", [{"auto_recovery": False}], ids=["unhelped"])
UNARCHIVED = pytest.mark.parametrize("options", [{"auto_archive": False}], ids=["unarchived"])

LOGGERS = tuple(f"custom_components.god_kaiser.{name}" for name in ("completion", "monitor", "emergency"))

type Live = Callable[[float], Awaitable[None]]


@pytest.fixture(name="live")
def live_fixture(hass: HomeAssistant, host: EngineHost, voice: FirmwareVoice, pass_time: PassTime) -> Live:
    """Return a way to let time pass while the device is there and says what its pump does, every half a minute at least."""

    async def live(seconds: float) -> None:
        step = min(seconds, 30.0)
        for _ in range(round(seconds / step)):
            report = host.fleet.report(PUMP)
            runs = report is not None and bool(report.level)
            voice.heartbeat()
            voice.status("pump", 16, state=runs, pwm=255 * runs)
            await pass_time(step)
            await hass.async_block_till_done(wait_background_tasks=True)

    return live


async def start(hass: HomeAssistant) -> str:
    """Start the watering and return its id."""
    await save(hass, WATERING)
    run: str = (await ask(hass, "run_sequence", sequence="watering"))["run_id"]
    await hass.async_block_till_done()
    return run


def threads_of_our_own() -> set[str]:
    """Return the threads beside those that Home Assistant lends to whoever has to wait."""
    return {each.name for each in threading.enumerate() if not each.name.startswith(("SyncWorker", "ImportExecutor"))}


def hang(host: EngineHost, run: str) -> None:
    """Let a run hang for real: nobody wakes it any more."""
    runs = host.engine.programs.runs
    runs.looks.drop(run)
    runs.listen(run, frozenset())


def memory_of(whole: object) -> int:
    """Return how many bytes something takes in memory, with everything in it."""
    seen, left, size = set[int](), [whole], 0
    while left:
        each = left.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        size += sys.getsizeof(each)
        match each:
            case msgspec.Struct():
                left += [getattr(each, name) for name in each.__struct_fields__]
            case dict():
                left += [*each.keys(), *each.values()]
            case list() | tuple() | set() | frozenset():
                left += list(each)
    return size


async def still(host: EngineHost) -> list[dict[str, Any]]:
    """Return the emergency reports in the journal."""
    page = await host.journal.async_events(Wanted(kinds=(Noted.RUN_STANDS_STILL,)))
    return [each.envelope for each in page.events]


def notices(hass: HomeAssistant) -> list[str]:
    """Return the titles of the messages that people see."""
    return [each["title"] or "" for each in _async_get_or_create_notifications(hass).values()]


@pytest.mark.req("ROB-05", "ROB-14", "ROB-32", "ROB-33", "ROB-34", "ROB-59", "ROB-65")
async def test_a_run_that_goes_well(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, live: Live, caplog: pytest.LogCaptureFixture
) -> None:
    """Confirmed, kept and read back, nothing reserved, its timer gone, and no emergency an hour later."""
    await bring_online(PLAN)
    threads = threads_of_our_own()
    run = await start(hass)
    assert host.health.guard.watched == {run}
    assert threads_of_our_own() == threads
    (shown,) = sequences_record(hass, host)["active_runs"]
    assert shown["is_watched_over"]
    await live(60)
    assert host.sequences.run(run).status.value == "completed"
    runs = host.engine.programs.runs
    assert (host.health.guard.watched, runs.reserved, runs.asked) == (frozenset(), {}, {})
    assert (runs.looks.due(run), list(runs.listeners(PUMP)), runs.driver_of(PUMP)) == (None, [], None)
    assert (await ask(hass, "export_run", run_id=run))["report"].startswith("# Watering")
    said = [record.getMessage() for record in caplog.records if record.name.endswith(".completion")]
    proof, archive = "layer 1, confirmed by", f"The run {run} lies in the journal (attempt 1)"
    assert [proof if proof in line else line for line in said if proof in line or line == archive] == [
        proof,
        proof,
        archive,
    ]
    await live(3600)
    assert (await still(host), notices(hass)) == ([], [])


@pytest.mark.req("ROB-02", "ROB-05", "ROB-60", "ROB-65")
async def test_scenario_1_a_lost_answer_is_replaced_by_what_the_output_shows(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, live: Live
) -> None:
    """The step is a success, and says by what."""
    device = await bring_online(PLAN)
    device.answers = False
    run = await start(hass)
    for _ in range(40):
        await live(1)
    assert host.sequences.run(run).status.value == "completed"
    page = await host.journal.async_events(Wanted(kinds=(Noted.OUTPUT_CONFIRMED,)))
    assert [each.envelope["data"]["source"] for each in page.events] == ["status", "status"]
    whole = await ask(hass, "get_run", run_id=run)
    assert [each["completion_source"] for each in whole["steps"]] == ["status", "", "status"]
    assert "known by: its next report (2)." in whole["report"]


@PLAIN
@pytest.mark.req("ROB-47")
async def test_without_robust_completion_only_the_answer_counts(
    hass: HomeAssistant, host: EngineHost, wire: Wire, bring_online: BringOnline, live: Live
) -> None:
    """Neither a report nor a question stands in for it: the step runs out of time."""
    device = await bring_online(PLAN)
    device.answers = False
    wire.forget()
    run = await start(hass)
    await live(120)
    ended = host.sequences.run(run)
    assert (ended.status.value, ended.fault.code.name if ended.fault else "") == ("failed", "STEP_TIMED_OUT")
    assert wire.said("/system/command") == []


@PLAIN
async def test_without_robust_completion_an_answer_is_enough(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, live: Live
) -> None:
    """As the former server did."""
    await bring_online(PLAN)
    run = await start(hass)
    await live(60)
    assert host.sequences.run(run).status.value == "completed"


@pytest.mark.req("ROB-62", "ROB-65", "ROB-30", "ROB-31", "ROB-35", "ROB-37", "ROB-38", "ROB-39", "ROB-48")
async def test_scenario_3_a_run_that_hangs_is_told_of_and_ended_in_the_end(
    hass: HomeAssistant, host: EngineHost, wire: Wire, bring_online: BringOnline, live: Live
) -> None:
    """After five minutes beyond what it waited for there is a report, after half an hour its pump rests; it is not completed."""
    await bring_online(PLAN)
    run = await start(hass)
    hang(host, run)
    await live(300)
    assert await still(host) == []
    await live(60)
    (first,) = await still(host)
    assert (first["execution_id"], first["data"]["reason"]) == (run, "completion_timeout")
    assert first["data"]["run"]["outputs"] == {PUMP: 1.0}
    assert first["data"]["outputs_running"] == [PUMP]
    system = first["data"]["system"]
    assert system["loop_lag_ms"] >= 0
    assert (system["tasks"] >= 1, system["mqtt_connected"]) == (True, True)
    assert run in first["data"]["text"]
    assert notices(hass) == ["Watering stands still"]
    assert not host.sequences.run(run).is_over
    wire.forget()
    await live(1500)
    ended = host.sequences.run(run)
    assert (ended.status.value, ended.is_forced, ended.reason) == ("timed_out", True, "emergency_timeout")
    assert "OFF" in [said["command"] for said in wire.said("/actuator/16/command")]
    assert state_of(hass, "switch", PUMP_KEY).state == "off"
    (notice,) = _async_get_or_create_notifications(hass).values()
    assert notice["title"] == "Watering has stood still for too long and is ended"
    assert f"](/god-kaiser/journal/{host.journal.entry_id}/{run})" in notice["message"]
    assert [each["data"]["reason"] for each in await still(host)] == ["completion_timeout", "emergency_timeout"]
    kept = await host.journal.async_run(run)
    assert kept is not None
    assert (json.loads(kept)["reason"], json.loads(kept)["is_forced"]) == ("emergency_timeout", True)
    whole = await ask(hass, "export_run", run_id=run)
    (told, _) = [each["data"] for each in whole["events"] if each["event_type"] == "recovery.run_stands_still"]
    assert told == first["data"]
    assert "It was ended by force." in whole["report"]


@pytest.mark.parametrize("fault", [None, OSError("no such disk")], ids=["silent", "failing"])
@pytest.mark.req("ROB-35", "ROB-72")
async def test_a_run_that_hangs_is_ended_whatever_becomes_of_its_report(
    hass: HomeAssistant,
    host: EngineHost,
    bring_online: BringOnline,
    live: Live,
    pass_time: PassTime,
    monkeypatch: pytest.MonkeyPatch,
    fault: OSError | None,
) -> None:
    """A disk that does not answer keeps no pump on."""
    await bring_online(PLAN)
    run = await start(hass)
    hang(host, run)
    await live(1770)
    whole, well = Journal.async_events, asyncio.Event()

    async def silent(journal: Journal, wanted: Wanted) -> Any:
        if fault is not None:
            raise fault
        await well.wait()
        return await whole(journal, wanted)

    def broken(_path: object) -> None:
        raise OSError("no such disk")

    monkeypatch.setattr(Journal, "async_events", silent)
    monkeypatch.setattr(shutil, "disk_usage", broken)
    await pass_time(60)
    assert host.sequences.run(run).status.value == "timed_out"
    well.set()
    monkeypatch.undo()
    await live(30)
    assert state_of(hass, "switch", PUMP_KEY).state == "off"
    (_, told) = await still(host)
    assert (told["data"]["run"]["status"], told["data"]["outputs_running"]) == ("waiting", [PUMP])
    assert told["data"]["system"]["disk_free_mb"] is None
    assert "Watering has stood still for too long and is ended" in notices(hass)


@pytest.mark.parametrize("options", [{"completion_timeout": 60, "emergency_timeout": 600}], ids=["hurried"])
@pytest.mark.req("ROB-45", "ROB-46")
async def test_how_long_a_run_may_stand_still_is_a_choice(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, live: Live
) -> None:
    """Until it is told of, and until it is ended."""
    await bring_online(PLAN)
    run = await start(hass)
    hang(host, run)
    await live(120)
    assert [each["data"]["reason"] for each in await still(host)] == ["completion_timeout"]
    assert not host.sequences.run(run).is_over
    await live(570)
    assert host.sequences.run(run).reason == "emergency_timeout"


@pytest.mark.req("ROB-26")
async def test_what_was_ended_can_be_started_again(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, live: Live
) -> None:
    """Nothing stays reserved."""
    await bring_online(PLAN)
    run = await start(hass)
    hang(host, run)
    await ask(hass, "force_complete", run_id=run, reason="it hangs")
    await live(30)
    ended = host.sequences.run(run)
    assert (ended.status.value, ended.is_forced) == ("failed", True)
    assert host.engine.programs.runs.reserved == {}
    again = await ask(hass, "run_sequence", sequence="watering")
    await live(60)
    assert host.sequences.run(again["run_id"]).status.value == "completed"


@UNWATCHED
@pytest.mark.req("ROB-48")
async def test_without_the_watch_nothing_is_told_and_nothing_ended(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, live: Live
) -> None:
    """The run hangs on until a person looks."""
    await bring_online(PLAN)
    run = await start(hass)
    hang(host, run)
    await live(2400)
    assert (await still(host), notices(hass), host.health.guard.watched) == ([], [], frozenset())
    assert not host.sequences.run(run).is_over


@UNHELPED
@pytest.mark.req("ROB-49")
async def test_without_recovery_a_hanging_run_is_only_told_of(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, live: Live
) -> None:
    """Once."""
    await bring_online(PLAN)
    run = await start(hass)
    hang(host, run)
    await live(2700)
    assert [each["data"]["reason"] for each in await still(host)] == ["completion_timeout"]
    assert not host.sequences.run(run).is_over


@pytest.mark.req("ROB-29")
async def test_a_hanging_run_is_left_alone_while_recovery_is_switched_off(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, live: Live
) -> None:
    """And ended at the next look once it is on again."""
    await bring_online(PLAN)
    run = await start(hass)
    await call(hass, "switch", "turn_off", "kaiser_god_auto_recovery")
    hang(host, run)
    await live(2700)
    assert not host.sequences.run(run).is_over
    await call(hass, "switch", "turn_on", "kaiser_god_auto_recovery")
    await live(330)
    assert host.sequences.run(run).reason == "emergency_timeout"


@pytest.mark.req("ROB-36", "ROB-63")
async def test_scenario_4_when_everything_fails_the_run_is_laid_down_and_a_person_asked(
    hass: HomeAssistant,
    host: EngineHost,
    bring_online: BringOnline,
    live: Live,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The device does not answer, the disk refuses, and even the end by force fails."""

    def refuse(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    def fail(*_: object) -> None:
        raise RuntimeError("no such end")

    device = await bring_online(PLAN)
    run = await start(hass)
    hang(host, run)
    device.answers = device.reports = False
    whole = journal_file.JournalFile.append
    monkeypatch.setattr(journal_file.JournalFile, "append", refuse)
    monkeypatch.setattr(Programs, "_cancel", fail)
    await live(2000)
    found = host.sequences.run(run)
    assert found.status.value == "interrupted"
    demands = [demand.owner for demand in host.engine.demands.of(PUMP)]
    assert found.owner not in demands
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"{host.journal.entry_id}_{run}_interrupted")
    assert issue is not None
    assert issue.is_fixable
    assert "Watering has stood still for too long and is ended" in notices(hass)
    monkeypatch.setattr(journal_file.JournalFile, "append", whole)
    await live(60)
    kept = await host.journal.async_run(run)
    assert kept is not None
    assert json.loads(kept)["status"] == "interrupted"
    assert len(await still(host)) == 2
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue.issue_id) is not None


@pytest.mark.mishap("A message of")
@pytest.mark.req("ROB-64")
async def test_scenario_5_a_mistake_in_a_layer_leaves_the_plain_answer(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a report raises keeps no answer from ending its command."""

    def fail(*_: object) -> None:
        raise RuntimeError("a mistake in a layer")

    await bring_online(PLAN)
    monkeypatch.setattr(Ledger, "match_report", fail)
    await call(hass, "switch", "turn_on", PUMP_KEY)
    page = await host.journal.async_events(Wanted(kinds=(Noted.OUTPUT_CONFIRMED,)))
    assert [each.envelope["data"]["source"] for each in page.events] in (["response"], ["outcome"])


@pytest.mark.req("ROB-04")
async def test_where_nothing_proves_it_the_pump_is_told_to_rest_and_people_are_warned(
    hass: HomeAssistant, host: EngineHost, wire: Wire, bring_online: BringOnline, live: Live
) -> None:
    """What it does is unknown, so it may run."""
    device = await bring_online(PLAN)
    device.answers = device.reports = False
    wire.forget()
    run = await start(hass)
    await live(120)
    ended = host.sequences.run(run)
    assert (ended.status.value, ended.fault.code.name if ended.fault else "") == ("failed", "STEP_TIMED_OUT")
    told = [said["command"] for said in wire.said("/actuator/16/command")]
    assert (told[0], set(told[1:])) == ("ON", {"OFF"})
    page = await host.journal.async_events(Wanted(kinds=(Noted.OUTPUT_UNCONFIRMED,), level=Level.WARN))
    assert [each.envelope["data"]["source"] for each in page.events][:1] == ["nothing"]
    whole = await ask(hass, "get_run", run_id=run)
    (record,) = whole["delivery_state"]
    assert (record["state"], record["source"], record["output"]) == ("sent", "", "Pump (Tent)")
    assert "known by: nothing, so the output was told to rest (1)." in whole["report"]


@pytest.mark.parametrize("options", [{"alarm_action": "rest_command.alarm", "alarm_priority": "medium"}], ids=["told"])
@pytest.mark.req("ROB-73")
async def test_a_run_that_fails_calls_a_webhook_and_one_that_goes_well_is_an_event(
    hass: HomeAssistant, bring_online: BringOnline, live: Live, aioclient_mock: Any
) -> None:
    """From the run itself to the server; automations hear of both."""
    command = {"url": "https://example.test/hook", "method": "post", "payload": "{{ alarms | to_json }}"}
    assert await async_setup_component(hass, "rest_command", {"rest_command": {"alarm": command}})
    aioclient_mock.post("https://example.test/hook", status=200)
    told = async_capture_events(hass, EVENT_RUN)
    device = await bring_online(PLAN)
    await start(hass)
    await live(60)
    assert ("run.completed", aioclient_mock.mock_calls) == (told[-1].data["event_type"], [])
    device.answers = device.reports = False
    await ask(hass, "run_sequence", sequence="watering")
    await live(120)
    assert "run.failed" in [each.data["event_type"] for each in told]
    ((method, _, content, _),) = aioclient_mock.mock_calls
    assert (method, [each["alarm"] for each in json.loads(content)]) == ("POST", ["run_failed"])


@pytest.mark.req("ROB-58")
async def test_each_part_speaks_under_its_own_name(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, live: Live, caplog: pytest.LogCaptureFixture
) -> None:
    """So that each can be turned up by itself, and what a run says is in its own log as well."""
    await bring_online(PLAN)
    run = await start(hass)
    hang(host, run)
    host.engine.programs.runs.reserved["lost"] = frozenset({PUMP})
    await live(360)
    said = {name: "\n".join(each.getMessage() for each in caplog.records if each.name == name) for name in LOGGERS}
    assert "layer 1" in said["custom_components.god_kaiser.completion"]
    assert "cleaned up: stale_lock lost" in said["custom_components.god_kaiser.monitor"]
    assert f"The run {run} of Watering stands still" in said["custom_components.god_kaiser.emergency"]
    assert (await ask(hass, "get_run_logs", run_id=run))["lines"]


@pytest.mark.req("ROB-17")
async def test_each_layer_leaves_a_line_in_the_log(
    hass: HomeAssistant,
    host: EngineHost,
    voice: FirmwareVoice,
    bring_online: BringOnline,
    live: Live,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Four of them for a device that is heard but says nothing."""
    device = await bring_online(PLAN)
    device.answers = device.reports = False
    run = await start(hass)
    voice.heartbeat()
    await live(90)
    lines = [record for record in caplog.records if record.name.endswith(".completion")]
    assert {record.levelname for record in lines} == {"DEBUG"}
    said = [record.getMessage() for record in lines]
    first = next(line.partition(":")[0] for line in said if "layer 1" in line)
    layers = [line.split("layer ")[1][0] for line in said if line.startswith(f"{first}:")]
    assert layers == ["1", "2", "3", "4"]
    assert host.sequences.run(run).is_over


@pytest.mark.parametrize("is_there", [False, True], ids=["missing", "different"])
@pytest.mark.req("ROB-16")
async def test_a_run_that_is_not_in_the_journal_is_written_again(
    hass: HomeAssistant,
    host: EngineHost,
    bring_online: BringOnline,
    live: Live,
    monkeypatch: pytest.MonkeyPatch,
    is_there: bool,
) -> None:
    """It is read back; what is missing or different is written once more, 2 and 4 seconds later."""
    whole, lost = Journal.keep_run, list[str]()

    def lose(self: Journal, run_id: str, sequence: str, record: Run, **more: bool) -> None:
        lost.append(run_id)
        if len(lost) > 2:
            whole(self, run_id, sequence, record, **more)
        elif is_there:
            whole(self, run_id, sequence, replace(record, results=()), **more)

    monkeypatch.setattr(Journal, "keep_run", lose)
    await bring_online(PLAN)
    run = await start(hass)
    await live(90)
    assert lost == [run] * 3
    kept = await host.journal.async_run(run)
    assert kept is not None
    assert len(json.loads(kept)["results"]) == 3
    assert "run_not_archived" not in [each.code.value for each in await host.health.async_check()]


@pytest.mark.req("ROB-16", "ROB-50")
async def test_a_run_that_cannot_be_kept_is_for_a_person(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the third attempt; it goes as soon as the run is there."""
    whole = Journal.keep_run
    monkeypatch.setattr(Journal, "keep_run", lambda *_, **__: None)
    await bring_online(PLAN)
    run = await start(hass)
    await live(120)
    assert "run_not_archived" in [each.code.value for each in await host.health.async_check()]
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"{host.journal.entry_id}_health_storage")
    assert issue is not None
    page = await host.journal.async_events(Wanted(kinds=(Noted.RUN_NOT_ARCHIVED,)))
    assert [(each.envelope["execution_id"], each.envelope["data"]) for each in page.events] == [(run, {"attempts": 3})]
    monkeypatch.setattr(Journal, "keep_run", whole)
    await host.health.async_check()
    assert "run_not_archived" not in [each.code.value for each in await host.health.async_check()]


@pytest.mark.req("ROB-15")
async def test_a_run_that_is_over_is_kept_whole(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, live: Live
) -> None:
    """As JSON."""
    await bring_online(PLAN)
    run = await start(hass)
    await live(60)
    kept = await host.journal.async_run(run)
    assert kept is not None
    assert json.loads(kept)["status"] == "completed"


@UNARCHIVED
@pytest.mark.req("ROB-55")
async def test_without_an_archive_nothing_is_kept(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, live: Live
) -> None:
    """And nobody misses it."""
    await bring_online(PLAN)
    run = await start(hass)
    await live(60)
    assert await host.journal.async_run(run) is None
    assert "run_not_archived" not in [each.code.value for each in await host.health.async_check()]


@UNARCHIVED
@pytest.mark.req("ROB-38")
async def test_what_was_ended_by_force_is_kept_whatever_was_chosen(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, live: Live
) -> None:
    """With its reason: somebody will want to know what has happened."""
    await bring_online(PLAN)
    run = await start(hass)
    hang(host, run)
    await live(2000)
    kept = await host.journal.async_run(run)
    assert kept is not None
    assert json.loads(kept)["reason"] == "emergency_timeout"


@pytest.mark.req("ROB-25", "ROB-35")
async def test_a_hanging_run_that_a_person_ends_leaves_its_pump_at_rest(
    hass: HomeAssistant, host: EngineHost, wire: Wire, bring_online: BringOnline, live: Live, hass_admin_user: MockUser
) -> None:
    """The trail has who it was, and the run has a report that says how it has ended."""
    await bring_online(PLAN)
    run = await start(hass)
    hang(host, run)
    await live(30)
    wire.forget()
    await act_as(hass, hass_admin_user, "force_complete", run_id=run, reason="it hangs")
    await live(30)
    assert {said["command"] for said in wire.said("/actuator/16/command")} == {"OFF"}
    assert state_of(hass, "switch", PUMP_KEY).state == "off"
    trail = (await ask(hass, "get_audit", run_id=run))["entries"]
    who = {each["event"]: (each["actor"]["type"], each["actor"]["id"]) for each in trail}
    assert who["action.done"] == ("user", hass_admin_user.id)
    assert who["run.failed"][0] == "user"
    whole = await ask(hass, "export_run", run_id=run)
    assert (whole["summary"]["status"], "It was ended by force." in whole["report"]) == ("failed", True)


@pytest.mark.req("ROB-41", "ROB-79")
async def test_several_runs_are_ended_by_force_and_one_bad_id_stops_no_other(
    hass: HomeAssistant, host: EngineHost
) -> None:
    """One entry for each; every end is in the trail, and one unknown id alone is refused with its number."""
    names = ("first", "second")
    for name in names:
        await save(hass, written(name, {"kind": "delay", "seconds": 600}))
    runs = [(await ask(hass, "run_sequence", sequence=name))["run_id"] for name in names]
    answer = await ask(hass, "force_complete", run_id=[runs[0], "unknown", runs[1]], reason="they hang")
    assert [(each["run_id"], each.get("status"), each.get("code")) for each in answer["runs"]] == [
        (runs[0], "failed", None),
        ("unknown", None, 5611),
        (runs[1], "failed", None),
    ]
    assert all(host.sequences.run(run).is_forced for run in runs)
    trail = (await ask(hass, "get_audit", run_id=runs[1]))["entries"]
    assert "force_complete" in [entry["metadata"].get("action") for entry in trail]
    with pytest.raises(ServiceValidationError) as refused:
        await ask(hass, "force_complete", run_id="unknown", reason="it hangs")
    assert "5611" in str(refused.value)


@pytest.mark.req("ROB-37")
async def test_a_report_is_there_when_asked_for(hass: HomeAssistant, host: EngineHost) -> None:
    """About the house, or about one run."""
    await save(hass, written("watering", {"kind": "delay", "seconds": 600}))
    run = (await ask(hass, "run_sequence", sequence="watering"))["run_id"]
    report = await ask(hass, "emergency_report")
    assert (report["reason"], report["run"], [each["run_id"] for each in report["runs"]]) == ("asked_for", None, [run])
    assert {"loop_lag_ms", "tasks", "mqtt_connected", "peak_memory_mb", "disk_free_mb"} == set(report["system"])
    about = await ask(hass, "emergency_report", run_id=run)
    assert (about["run"]["sequence"], about["run"]["status"]) == ("Watering", "waiting")
    assert {event["event_type"] for event in about["last_events"]} >= {"run.started", "step.started"}
    assert "Watering" in about["text"]


@pytest.mark.req("ROB-06", "ROB-07", "ROB-08", "ROB-09")
async def test_a_run_without_any_confirmation_has_a_report(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, live: Live
) -> None:
    """What it was to do and where, when it ended, and which answers were lost."""
    device = await bring_online(PLAN)
    device.answers = device.reports = False
    await save(hass, {**WATERING, "description": "Waters the herbs"})
    run = (await ask(hass, "run_sequence", sequence="watering"))["run_id"]
    await live(120)
    ended = host.sequences.run(run)
    assert (ended.status.value, ended.counts.confirmed) == ("failed", 0)
    report = (await ask(hass, "export_run", run_id=run))["report"]
    assert (await ask(hass, "get_run", run_id=run))["report"] == report
    assert {"# Watering", "Waters the herbs"} <= set(report.splitlines())
    assert "**failed**" in report
    why = "5615: The step main / 1 has not ended in time. Check its device."
    assert f"Started by an automation. {why}" in report
    assert "known by: nothing, so the output was told to rest (1)." in report
    assert "Devices: Tent" in report
    assert {"- main / 1: failed, 60 s", "- 5615: The step main / 1 has not ended in time. Check its device."} <= set(
        report.splitlines()
    )
    assert "Commands: 1 sent, 0 confirmed," in report
    assert "Pump (Tent) at 100 %: sent" in report.partition("## Problems")[2]
    assert ended.ended_at is not None
    moment = dt_util.as_local(dt_util.utc_from_timestamp(ended.ended_at)).strftime("%Y-%m-%d %H:%M:%S")
    assert f" to {moment}," in report


@pytest.mark.req("ROB-06")
async def test_a_report_says_who_has_ended_a_run_and_why(
    hass: HomeAssistant, bring_online: BringOnline, live: Live, hass_admin_user: MockUser
) -> None:
    """In words of people, also where it went well, and by what the ends of its commands are known."""
    await bring_online(PLAN)
    await save(hass, WATERING)
    await act_as(hass, hass_admin_user, "run_sequence", sequence="watering")
    fields = {"run_id": (await ask(hass, "list_runs"))["runs"][0]["run_id"]}
    await live(5)
    await act_as(hass, hass_admin_user, "cancel_sequence", reason="rain", **fields)
    await live(30)
    cancelled = (await ask(hass, "get_run", **fields))["report"]
    assert "**cancelled**" in cancelled
    assert f"Started by {hass_admin_user.name}. Ended by a person. Reason: rain." in cancelled
    await ask(hass, "run_sequence", sequence="watering")
    await live(60)
    completed = (await ask(hass, "get_run", sequence="watering"))["report"]
    assert "**completed**" in completed
    assert "2 sent, 2 confirmed, 0 failed, 0 refused before they were sent." in completed
    assert "known by: the answer of the device (2)." in completed
    assert "Ended by" not in completed


@pytest.mark.req("ROB-12")
async def test_what_people_have_written_is_no_markup_in_a_report(
    hass: HomeAssistant, bring_online: BringOnline, live: Live
) -> None:
    """Neither the name of a device nor that of a sequence."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump"), name="<script>alert(1)</script>"))
    await save(hass, {**WATERING, "name": "[x](http://example.org) <b>"})
    run = (await ask(hass, "run_sequence", sequence="watering"))["run_id"]
    await live(60)
    report = (await ask(hass, "export_run", run_id=run))["report"]
    assert "script alert(1)" in report
    assert not {"<", ">", "[", "]("} & set(report.replace("](", "]"))


@pytest.mark.req("ROB-82")
async def test_every_hundredth_run_is_followed_by_a_look_back(hass: HomeAssistant, host: EngineHost) -> None:
    """Exactly then, with how they have gone, also those before a restart."""
    await save(hass, written("watering", {"kind": "log", "text": "x"}))
    wanted = Wanted(kinds=(Noted.HEALTH_REVIEW,))
    for _ in range(99):
        await ask(hass, "run_sequence", sequence="watering", wait=True)
    assert (await host.journal.async_events(wanted)).events == []
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    assert await hass.config_entries.async_reload(entry.entry_id)
    host = entry.runtime_data
    await ask(hass, "run_sequence", sequence="watering", wait=True)
    (review,) = (await host.journal.async_events(wanted)).events
    assert (review.envelope["data"]["runs"], review.envelope["data"]["success_rate"]) == (100, 100.0)
    assert len(review.envelope["data"]["slowest"]) == 5


@pytest.mark.parametrize("options", [{"max_retries": 1}], ids=["once"])
@pytest.mark.req("ROB-50")
async def test_how_often_the_disk_is_tried_is_a_choice(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one attempt a person is asked after the first that fails."""

    def refuse(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    await host.journal.writer.async_flush()
    monkeypatch.setattr(journal_file.JournalFile, "append", refuse)
    host.journal.note(Noted.BROKER_OFFLINE, {"data": {}})
    await host.journal.writer.async_flush()
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"{host.journal.entry_id}_journal_not_written")
    assert issue is not None


@pytest.mark.req("ROB-52")
async def test_a_device_that_is_asked_to_measure_has_half_a_minute(
    hass: HomeAssistant, bring_online: BringOnline, pass_time: PassTime
) -> None:
    """Then whoever has asked is told that nothing came."""
    device = await bring_online(a_plan(a_sensor("moisture", 34, "Soil")))
    device.answers = False
    soil = id_of(hass, "sensor", SOIL_KEY)
    asked = asyncio.ensure_future(hass.services.async_call(DOMAIN, "measure", {"entity_id": soil}, blocking=True))
    await turn_the_loop()
    await pass_time(29)
    assert not asked.done()
    await pass_time(2)
    with pytest.raises(HomeAssistantError) as told:
        await asked
    assert told.value.translation_key == "unconfirmed"


@pytest.mark.req("ROB-66", "ROB-67")
async def test_a_run_of_fifty_steps_and_a_thousand_events_takes_less_than_a_megabyte(
    hass: HomeAssistant, host: EngineHost
) -> None:
    """In memory and in the archive; what repeats itself is bounded."""
    steps = [{"kind": "repeat", "count": 25, "steps": [{"kind": "log", "text": "x" * 100}] * 1}] * 24
    await save(hass, written("watering", *steps))
    run = (await ask(hass, "run_sequence", sequence="watering"))["run_id"]
    for _ in range(50):
        await hass.async_block_till_done()
    ended = host.sequences.run(run)
    assert ended.is_over
    counted = (await ask(hass, "export_run", run_id=run))["events"]
    assert len(counted) > 1000
    assert 10_000 < memory_of(ended) < 1_000_000
    kept = await host.journal.async_run(run)
    assert kept is not None
    assert len(kept) < 1_000_000


@pytest.mark.req("ROB-68")
async def test_nothing_is_looked_at_more_often_than_once_a_second(
    hass: HomeAssistant, mqtt_mock: MagicMock, config_entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a hub does again and again by the clock."""
    intervals: list[float] = []

    def note(_: object, action: object, interval: timedelta, **__: object) -> Callable[[], None]:
        intervals.append(interval.total_seconds())
        return lambda: None

    for module in [module for name, module in sys.modules.items() if name.startswith("custom_components.god_kaiser")]:
        if hasattr(module, "async_track_time_interval"):
            monkeypatch.setattr(module, "async_track_time_interval", note)
    config_entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.async_block_till_done()
    assert intervals
    assert min(intervals) >= 1.0


@pytest.mark.req("ROB-71")
async def test_a_rule_that_raises_stops_no_run(
    hass: HomeAssistant, host: EngineHost, bring_online: BringOnline, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does a look after the health that raises stop a rule, which a test of the health shows."""

    def fail(*_: object, **__: object) -> None:
        raise ValueError("a mistake in a rule")

    await bring_online(PLAN)
    await save_rule(host, a_rule(when=when_on(), then=[{"kind": "log", "text": "x"}]))
    run = await start(hass)
    monkeypatch.setattr(RuleLooks, "look_at", fail)
    hass.states.async_set("input_boolean.go", "on")
    await live(60)
    assert host.rules.trouble_of("water")
    assert host.sequences.run(run).status.value == "completed"

"""What of sequences survives the end of Home Assistant: runs, numbers, and whatever could not be read."""

from contextlib import closing
from pathlib import Path
import sqlite3

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.journal import reading
from custom_components.god_kaiser.repairs import InterruptedRunFlow, async_create_fix_flow

from .calls import ask
from .conftest import BringOnline, PassTime, a_plan, an_actuator
from .sequences import save, shown, written
from .wire import ESP, FirmwareVoice


def rows_of(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, bytes]:
    """Return what is on the disk."""
    path = Path(hass.config.path(".storage", f"{DOMAIN}.{entry.entry_id}.db"))
    with closing(sqlite3.connect(path)) as connection:
        return dict(connection.execute("SELECT name, content FROM memory"))


def write_row(hass: HomeAssistant, entry: MockConfigEntry, name: str, content: bytes) -> None:
    """Change what is on the disk."""
    path = Path(hass.config.path(".storage", f"{DOMAIN}.{entry.entry_id}.db"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT OR REPLACE INTO memory VALUES (?, ?)", (name, content))


async def reload(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """End the hub and begin again."""
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()


@pytest.mark.req("SEQ-76", "SEQ-80", "SEQ-85")
@pytest.mark.usefixtures("host")
async def test_what_has_ended_is_still_known_after_a_restart(
    hass: HomeAssistant, config_entry: MockConfigEntry
) -> None:
    """With its steps; the numbers go on counting."""
    await save(hass, written("watering", {"kind": "log", "text": "x"}))
    before = await ask(hass, "run_sequence", sequence="watering", wait=True)
    await reload(hass, config_entry)
    after = await ask(hass, "get_run", run_id=before["run_id"])
    assert {key: after[key] for key in ("status", "steps", "ended_at")} == {
        key: before[key] for key in ("status", "steps", "ended_at")
    }
    await ask(hass, "run_sequence", sequence="watering", wait=True)
    assert (await ask(hass, "get_run_stats"))["executions"] == 2


@pytest.mark.usefixtures("host")
async def test_a_run_without_devices_goes_on_after_a_reload(hass: HomeAssistant, config_entry: MockConfigEntry) -> None:
    """Where it stood."""
    await save(hass, written("watering"))
    run = await ask(hass, "run_sequence", sequence="watering")
    await reload(hass, config_entry)
    assert (await ask(hass, "get_run", run_id=run["run_id"]))["status"] == "waiting"


@pytest.mark.req("PHE-33", "PHE-34")
@pytest.mark.parametrize(
    ("policy", "attempted", "outcome", "words"),
    [
        ("resume", True, "resumed", "it went on where it stood"),
        ("skip", True, "resumed", "it left out its step and went on"),
        ("ask", True, "waiting", "it waits to go on"),
        ("abort", False, "ended", "it was ended, as its sequence wants"),
    ],
)
@pytest.mark.usefixtures("host")
async def test_a_run_found_after_a_restart_says_what_became_of_it(
    hass: HomeAssistant, config_entry: MockConfigEntry, policy: str, attempted: bool, outcome: str, words: str
) -> None:
    """Whether it was helped, in which way and with which outcome; in the report as well."""
    await save(hass, written("watering", on_restart=policy))
    run = await ask(hass, "run_sequence", sequence="watering")
    assert (await ask(hass, "get_run", run_id=run["run_id"]))["recovery"]["restarts"] == []
    await reload(hass, config_entry)
    whole = await ask(hass, "get_run", run_id=run["run_id"])
    recovery, (restart,) = whole["recovery"], whole["recovery"]["restarts"]
    assert (recovery["attempted"], recovery["success"]) == (attempted, outcome == "resumed")
    assert words in recovery["message"]
    found = dt_util.as_local(dt_util.parse_datetime(restart["found_at"], raise_on_error=True))
    assert f"found again at {found:%Y-%m-%d %H:%M:%S}, {words}" in recovery["message"]
    assert (restart["outcome"], restart["by"], whole["summary"]["restarts"]) == (outcome, None, 1)
    assert restart["way"] == (None if policy == "ask" else policy)
    assert recovery["message"] in (await ask(hass, "export_run", run_id=run["run_id"]))["report"]


@pytest.mark.usefixtures("host")
async def test_a_run_that_was_let_go_on_by_a_person_says_so(hass: HomeAssistant, config_entry: MockConfigEntry) -> None:
    """However often Home Assistant has ended before anybody has answered, that is one time."""
    await save(hass, written("watering", on_restart="ask"))
    run = await ask(hass, "run_sequence", sequence="watering")
    await reload(hass, config_entry)
    await reload(hass, config_entry)
    (waiting,) = (await ask(hass, "get_run", run_id=run["run_id"]))["recovery"]["restarts"]
    assert waiting["outcome"] == "waiting"
    await ask(hass, "resume_sequence", run_id=run["run_id"])
    (restart,) = (await ask(hass, "get_run", run_id=run["run_id"]))["recovery"]["restarts"]
    assert (restart["way"], restart["outcome"], restart["by"]) == ("resume", "resumed", "automation")
    await reload(hass, config_entry)
    restarts = (await ask(hass, "get_run", run_id=run["run_id"]))["recovery"]["restarts"]
    assert [each["outcome"] for each in restarts] == ["resumed", "waiting"]


@pytest.mark.parametrize(
    ("policy", "reason", "awaited", "status"),
    [("resume", "waiting_for_devices", ["Tent"], "waiting"), ("ask", None, [], "interrupted")],
)
async def test_a_run_that_waits_for_its_devices_says_so(
    hass: HomeAssistant,
    config_entry: MockConfigEntry,
    bring_online: BringOnline,
    voice: FirmwareVoice,
    pass_time: PassTime,
    policy: str,
    reason: str | None,
    awaited: list[str],
    status: str,
) -> None:
    """Nobody has to guess why it is interrupted; it goes on with them, unless it asks a person anyway."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    pump = {"kind": "set", "output": f"{ESP}/actuator/16", "level": 0}
    await save(hass, written("watering", {"kind": "delay", "seconds": 60}, pump, on_restart=policy))
    run = await ask(hass, "run_sequence", sequence="watering")
    await reload(hass, config_entry)
    found = await ask(hass, "get_run", run_id=run["run_id"])
    sensor = shown(hass, "sensor", "status")
    assert (found["status"], found["reason"], found["waiting_for"]) == ("interrupted", reason, awaited)
    assert (sensor.state, sensor.attributes["reason"]) == ("interrupted", reason)
    voice.heartbeat()
    await pass_time(3)
    await hass.async_block_till_done()
    found = await ask(hass, "get_run", run_id=run["run_id"])
    assert (found["status"], found["reason"], found["waiting_for"]) == (status, None, [])
    assert shown(hass, "sensor", "status").attributes["reason"] is None


@pytest.mark.usefixtures("host")
async def test_a_row_that_cannot_be_read_costs_only_its_run(
    hass: HomeAssistant, config_entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing else stops because of it: its outputs have their own ends."""
    await save(hass, written("watering"))
    run = await ask(hass, "run_sequence", sequence="watering")
    assert await hass.config_entries.async_unload(config_entry.entry_id)
    write_row(hass, config_entry, "run/broken", b"{}")
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.async_block_till_done()
    host: EngineHost = config_entry.runtime_data
    assert [each.id for each in host.sequences.runs()] == [run["run_id"]]
    assert host.engine.latch.memory.everything is None
    assert "cannot be read and is gone: run/broken" in caplog.text
    assert "run/broken" not in rows_of(hass, config_entry)


@pytest.mark.parametrize(("policy", "later"), [("resume", []), ("ask", [True])])
async def test_the_end_of_home_assistant_is_in_the_journal_before_the_file_is_closed(
    hass: HomeAssistant,
    host: EngineHost,
    bring_online: BringOnline,
    config_entry: MockConfigEntry,
    pass_time: PassTime,
    policy: str,
    later: list[bool],
) -> None:
    """That a run was interrupted is told once; after the start it is told again only as a question."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump")))
    water = {"kind": "set", "output": f"{ESP}/actuator/16", "level": 1, "duration": 30}
    await save(hass, written("watering", water, {"kind": "delay", "seconds": 60}, on_restart=policy))
    await ask(hass, "run_sequence", sequence="watering")
    await host.async_shut_down()

    def told() -> list[object]:
        found = reading.events(host.journal.path, reading.Wanted(kinds=("run.interrupted",))).events
        return [each.envelope["data"].get("asks") for each in found]

    assert told() == [None]
    await reload(hass, config_entry)
    await pass_time(0.1)
    again: EngineHost = config_entry.runtime_data
    await again.journal.writer.async_flush()
    assert told() == [None, *later]


@pytest.mark.req("SEQ-84")
@pytest.mark.parametrize(("choice", "status"), [("go_on", "waiting"), ("finish", "cancelled")])
@pytest.mark.usefixtures("host")
async def test_a_run_that_asks_is_a_repair_with_two_answers(
    hass: HomeAssistant, config_entry: MockConfigEntry, choice: str, status: str
) -> None:
    """A click decides, and the repair is gone."""
    await save(hass, written("watering", on_restart="ask"))
    run = await ask(hass, "run_sequence", sequence="watering")
    await reload(hass, config_entry)
    issue_id = f"{config_entry.entry_id}_{run['run_id']}_interrupted"
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert (issue.is_fixable, issue.translation_key) == (True, "run_interrupted")
    flow = await async_create_fix_flow(hass, issue_id, issue.data)
    assert isinstance(flow, InterruptedRunFlow)
    flow.hass = hass
    menu = await flow.async_step_init()
    assert menu["menu_options"] == ["go_on", "finish"]
    answer = await getattr(flow, f"async_step_{choice}")()
    await hass.async_block_till_done()
    assert answer["type"] == "create_entry"
    assert (await ask(hass, "get_run", run_id=run["run_id"]))["status"] == status
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue_id) is None
    assert await hass.config_entries.async_unload(config_entry.entry_id)
    again = await getattr(flow, f"async_step_{choice}")()
    assert (again["type"], again["reason"]) == ("abort", "hub_not_loaded")

"""Each file that a hub writes, and each way in which a disk may fail it.

Control goes on, the other files go on, nothing is lost of which anybody was told that it is kept, people are told, and that goes by
itself. What becomes of all files at once is in ``test_failing_disks.py`` (a disk that is full, read-only or hangs, as the operating
system does it) and ``test_silent_disks.py`` (one that never answers).
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
import errno
import os
from pathlib import Path
import sqlite3
from threading import Event
from time import sleep
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir, storage
from homeassistant.util import json as json_util
from homeassistant.util.file import WriteError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.journal.kinds import Noted
from custom_components.god_kaiser.host import database
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.journal.file import JournalFile
from custom_components.god_kaiser.host.memory_disk import MemoryDisk

from .calls import act, ask, registry_id
from .conftest import DEVICE, PUMP, BringOnline, PassTime, a_plan, an_actuator, call, state_of
from .sequences import save, written

pytestmark = [pytest.mark.real_disk, pytest.mark.usefixtures("impatient_journal")]

PLAN = a_plan(an_actuator("pump", 16, "Pump", max_runtime=600))
RULE = {
    "id": "lamp",
    "when": {"kind": "entity", "entity_id": "input_boolean.go"},
    "then": [{"kind": "log", "text": "x"}],
}
# What a hub writes, and which repair issue says that the disk does not take it.
FILES = {
    "devices": ("", "definitions_not_written"),
    "sequences": (".sequences", "definitions_not_written"),
    "rules": (".rules", "definitions_not_written"),
    "memory": (".db", "stop_not_saved"),
    "journal": (".journal.db", "journal_not_written"),
}
DATABASES = ("memory", "journal")
ISSUES = {issue for _, issue in FILES.values()}
REFUSALS = {
    "full": (errno.ENOSPC, sqlite3.SQLITE_FULL, "database or disk is full"),
    "read_only": (errno.EROFS, sqlite3.SQLITE_READONLY, "attempt to write a readonly database"),
}

type Write = Callable[..., Any]
type Instead = Callable[[Write], Write]


@pytest.fixture(name="house")
async def house_fixture(hass: HomeAssistant, host: EngineHost, bring_online: BringOnline) -> EngineHost:
    """Return a hub with a pump, a sequence, a rule and a planned start, all of it on the disk."""
    await bring_online(PLAN)
    await save(hass, written())
    await act(hass, "create_rule", definition=RULE)
    await act(hass, "schedule_sequence", sequence="watering", delay={"hours": 1})
    await host.store.async_flush()
    await host.memory.async_flush()
    await host.journal.writer.async_flush()
    return host


def path_of(hass: HomeAssistant, entry: MockConfigEntry, file: str) -> Path:
    """Return where a file of the hub lies."""
    return Path(hass.config.path(".storage", f"{DOMAIN}.{entry.entry_id}{FILES[file][0]}"))


def issues(hass: HomeAssistant) -> set[str]:
    """Return the repair issues about writing."""
    found = {str(each.translation_key) for each in ir.async_get(hass).issues.values() if each.domain == DOMAIN}
    return found & ISSUES


def written_instead(path: Path, file: str, instead: Instead) -> AbstractContextManager[Any]:
    """Put something in the place of what writes one file, and of nothing else."""
    if file == "memory":
        return patch.object(MemoryDisk, "save", instead(MemoryDisk.save))
    if file == "journal":
        return patch.object(JournalFile, "_write", instead(JournalFile._write))
    usual = storage.write_utf8_file_atomic
    ours = instead(usual)

    def write(name: str, *args: Any, **kwargs: Any) -> None:
        (ours if Path(name) == path else usual)(name, *args, **kwargs)

    return patch.object(storage, "write_utf8_file_atomic", write)


def refused(path: Path, file: str, fault: str) -> AbstractContextManager[Any]:
    """Refuse to write one file, as the operating system and SQLite do."""
    number, code, words = REFUSALS[fault]

    def refuse(*_: object, **__: object) -> None:
        if file not in DATABASES:
            raise WriteError(str(path)) from OSError(number, os.strerror(number))
        err = sqlite3.OperationalError(words)
        err.sqlite_errorcode = code
        raise err

    return written_instead(path, file, lambda _: refuse)


@contextmanager
def slow(path: Path, file: str) -> Iterator[Event]:
    """Let each writing of one file begin, and come to its end when somebody says that it has thought for long enough."""
    is_over = Event()

    def slowly(whole: Write) -> Write:
        def write(*args: Any, **kwargs: Any) -> Any:
            is_over.wait(20)
            return whole(*args, **kwargs)

        return write

    with written_instead(path, file, slowly):
        try:
            yield is_over
        finally:
            is_over.set()


def a_change(hass: HomeAssistant, house: EngineHost, file: str) -> Awaitable[Any]:
    """Ask for something that must lie in one file before it is told as done."""
    lamp = {"device_id": registry_id(house), "gpio": 18, "actuator_type": "relay", "name": "Second"}
    changes: dict[str, tuple[str, dict[str, Any]]] = {
        "devices": ("set_actuator", lamp),
        "sequences": ("save_sequence", {"definition": written("second")}),
        "rules": ("create_rule", {"definition": {**RULE, "id": "second"}}),
        "memory": ("schedule_sequence", {"sequence": "watering", "delay": {"hours": 2}}),
    }
    if file == "journal":
        house.journal.note(Noted.BROKER_OFFLINE, {"data": {}})
        return house.journal.writer.async_flush()
    action, fields = changes[file]
    return act(hass, action, **fields)


async def is_kept(hass: HomeAssistant, house: EngineHost, file: str) -> bool:
    """Tell whether the hub knows of that change."""
    plan = house.plan_of(DEVICE)
    assert plan is not None
    match file:
        case "devices":
            return len(plan.actuators) == 2
        case "sequences":
            return "second" in house.sequences.store.library.sequences
        case "rules":
            return "second" in house.rules.rules
        case "memory":
            return len((await ask(hass, "list_schedules"))["schedules"]) == 2
    await house.journal.writer.async_flush()
    return Noted.BROKER_OFFLINE in [each["event_type"] for each in (await ask(hass, "get_events", limit=500))["events"]]


async def is_controlled(hass: HomeAssistant, house: EngineHost) -> bool:
    """Switch the pump on and off, and tell whether that was done."""
    await call(hass, "switch", "turn_on", PUMP)
    was_on = state_of(hass, "switch", PUMP).state == "on"
    await call(hass, "switch", "turn_off", PUMP)
    return was_on and state_of(hass, "switch", PUMP).state == "off"


async def until(pass_time: PassTime, condition: Callable[[], bool]) -> None:
    """Wait until something is so, while time goes on."""
    for _ in range(400):
        if condition():
            return
        await pass_time(0.5)
        await asyncio.to_thread(sleep, 0.005)
    pytest.fail("it never came")


@pytest.mark.req("ROB-72", "ROB-13")
@pytest.mark.parametrize("fault", REFUSALS)
@pytest.mark.parametrize("file", FILES)
async def test_one_file_that_is_refused_takes_nobody_along(
    hass: HomeAssistant, setup_entry: MockConfigEntry, house: EngineHost, pass_time: PassTime, file: str, fault: str
) -> None:
    """What belongs into it is refused, or waits; everything else is kept, and it heals without a restart."""
    with refused(path_of(hass, setup_entry, file), file, fault):
        for each in [other for other in FILES if other != file]:
            await a_change(hass, house, each)
        changing = asyncio.ensure_future(a_change(hass, house, file))
        await until(pass_time, changing.done)
        if file == "journal":
            await changing
        else:
            with pytest.raises(HomeAssistantError) as caught:
                await changing
            assert caught.value.translation_key == "not_saved"
        assert await is_controlled(hass, house)
        await until(pass_time, lambda: issues(hass) == {FILES[file][1]})
    await until(pass_time, lambda: not issues(hass))
    kept = {each: await is_kept(hass, house, each) for each in FILES}
    # An event of the journal was noted, not refused: it has waited.
    assert kept == {each: each != file or file == "journal" for each in FILES}
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    again: EngineHost = setup_entry.runtime_data
    assert {each: await is_kept(hass, again, each) for each in FILES} == kept
    assert (await ask(hass, "verify_audit"))["is_whole"]
    assert again.memory.is_clean


@pytest.mark.req("ROB-11", "ROB-72")
@pytest.mark.parametrize("file", FILES)
async def test_one_file_that_is_slow_holds_nobody_up(
    hass: HomeAssistant, setup_entry: MockConfigEntry, house: EngineHost, pass_time: PassTime, file: str
) -> None:
    """After three seconds it is written and told so; outputs are switched meanwhile, and nobody hears of anything wrong."""
    with slow(path_of(hass, setup_entry, file), file) as is_over:
        changing = asyncio.ensure_future(a_change(hass, house, file))
        await pass_time(1)
        assert await is_controlled(hass, house)
        await pass_time(2)
        assert not changing.done()
        is_over.set()
        await until(pass_time, changing.done)
        await changing
    assert issues(hass) == set()
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    assert await is_kept(hass, setup_entry.runtime_data, file)


def empty(path: Path) -> None:
    """Leave nothing in it."""
    path.write_bytes(b"")


def half(path: Path) -> None:
    """Cut it off in the middle."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def junk(path: Path) -> None:
    """Put there what nobody has ever written."""
    path.write_bytes(bytes(range(256)) * 32)


def other_shape(path: Path) -> None:
    """Put there what is well by itself, but says something else."""
    if path.suffix == ".db":
        path.unlink()
        with closing(sqlite3.connect(path)) as connection, connection:
            for table in ("memory", "events", "trail"):
                connection.execute(f"CREATE TABLE {table} (odd TEXT)")
    else:
        path.write_bytes(b'{"version": 1, "data": {"devices": {}, "sequences": [], "rules": []}}')


def odd_rows(path: Path) -> None:
    """Put there what has the right form outside, and none of the right things in it."""
    if path.suffix == ".db":
        path.unlink()
        connection = database.connect(path, "CREATE TABLE memory (name, content)")
        with closing(connection), connection:
            connection.execute("CREATE TABLE events (odd TEXT)")
            connection.execute("INSERT INTO memory VALUES (NULL, 3)")
    else:
        path.write_bytes(b"[1, 2, 3]")


def folder(path: Path) -> None:
    """Put a folder there, as a container does for a file that is to be mounted and does not exist."""
    path.unlink()
    path.mkdir()


DAMAGES = (empty, half, junk, other_shape, odd_rows, folder)


def set_aside(path: Path) -> list[Path]:
    """Return what was moved out of the way, by us or by Home Assistant."""
    return [
        each for each in path.parent.glob(f"{path.name}.*") if ".corrupt." in each.name or each.suffix == ".unreadable"
    ]


@pytest.mark.req("PHE-12", "ROB-72")
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("file", FILES)
async def test_one_file_that_is_damaged_at_the_start_takes_nobody_along(
    hass: HomeAssistant, setup_entry: MockConfigEntry, house: EngineHost, file: str, damage: Callable[[Path], None]
) -> None:
    """The hub is loaded with everything else, says so, and keeps what comes; the next start has nothing to complain about."""
    path = path_of(hass, setup_entry, file)
    assert await hass.config_entries.async_unload(setup_entry.entry_id)
    damage(path)
    assert await hass.config_entries.async_setup(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert setup_entry.state is ConfigEntryState.LOADED
    again: EngineHost = setup_entry.runtime_data
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"{setup_entry.entry_id}_health_storage")
    assert issue is not None
    assert ("what survives a restart" if file == "memory" else file) in str(issue.translation_placeholders)
    assert path.is_file() or file not in DATABASES
    assert bool(set_aside(path)) is (damage is not empty or file != "memory")
    assert again.engine.latch.is_latched is (file == "memory")
    assert issues(hass) == set()
    # What was in the other files is there.
    assert (
        again.plan_of(DEVICE) == PLAN,
        "watering" in again.sequences.store.library.sequences,
        "lamp" in again.rules.rules,
        len(again.sequences.schedules.all),
    ) == (file != "devices", file != "sequences", file != "rules", int(file != "memory"))
    await save(hass, written("second"))
    await act(hass, "create_rule", definition={**RULE, "id": "second"})
    await again.async_change_plan(PLAN)
    again.journal.note(Noted.BROKER_OFFLINE, {"data": {}})
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    after: EngineHost = setup_entry.runtime_data
    assert ir.async_get(hass).async_get_issue(DOMAIN, f"{setup_entry.entry_id}_health_storage") is None
    # Until a person releases it.
    assert after.engine.latch.is_latched is (file == "memory")
    assert after.plan_of(DEVICE) == PLAN
    assert "second" in after.sequences.store.library.sequences
    assert "second" in after.rules.rules
    assert await is_kept(hass, after, "journal")
    assert (await ask(hass, "verify_audit"))["is_whole"]
    # Whoever removes the hub finds nothing of it, nor of what was set aside.
    await hass.config_entries.async_remove(setup_entry.entry_id)
    assert [each.name for each in path.parent.glob(f"{DOMAIN}.*") if ".corrupt." not in each.name] == []


@pytest.mark.parametrize("file", ["devices", "sequences", "rules"])
async def test_a_file_that_the_disk_does_not_give_is_not_moved(
    hass: HomeAssistant, setup_entry: MockConfigEntry, house: EngineHost, pass_time: PassTime, file: str
) -> None:
    """It may be well, and only the disk is not: the hub waits for it, and loses nothing."""
    path = path_of(hass, setup_entry, file)
    content = path.read_bytes()
    assert await hass.config_entries.async_unload(setup_entry.entry_id)
    load = json_util.load_json

    def give_nothing(name: str, *args: Any) -> Any:
        if Path(name) == path:
            raise HomeAssistantError(f"Error while loading {name}") from OSError(
                errno.EIO, os.strerror(errno.EIO), name
            )
        return load(name, *args)

    with ExitStack() as faults:
        faults.enter_context(patch.object(json_util, "load_json", give_nothing))
        assert not await hass.config_entries.async_setup(setup_entry.entry_id)
        assert setup_entry.state is ConfigEntryState.SETUP_RETRY
        assert setup_entry.error_reason_translation_key == "disk_not_readable"
        # Where the file lies is nobody's business.
        told = {"file": path.name, "error": os.strerror(errno.EIO)}
        assert setup_entry.error_reason_translation_placeholders == told
    assert (path.read_bytes(), set_aside(path)) == (content, [])
    await until(pass_time, lambda: setup_entry.state is ConfigEntryState.LOADED)
    assert path.read_bytes() == content
    assert setup_entry.runtime_data.memory.is_clean

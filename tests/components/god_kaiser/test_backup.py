"""A backup of Home Assistant: what is copied is whole, and nothing that must not be lost waits for it."""

import asyncio
from pathlib import Path
import shutil
import sqlite3

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser import backup
from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.journal.kinds import Noted
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.journal import file as journal_file, reading
from custom_components.god_kaiser.host.journal.reading import Wanted
from custom_components.god_kaiser.host.memory_disk import MemoryDisk
from custom_components.god_kaiser.host.memory_file import MemoryFile

from .calls import ask
from .conftest import PassTime
from .stopping import stop


def on_disk(path: Path, kind: str = Noted.BROKER_OFFLINE) -> int:
    """Return how often something lies on the disk."""
    return len(reading.events(path, Wanted(kinds=(kind,))).events)


def copied(hass: HomeAssistant, entry_id: str) -> Path:
    """Copy the files of a hub as a backup does, without the part that Home Assistant leaves out; return the journal."""
    storage, copy = Path(hass.config.path(".storage")), Path(hass.config.path("copy", ".storage"))
    copy.mkdir(parents=True)
    for part in storage.glob(f"{DOMAIN}.{entry_id}.*"):
        if not part.name.endswith(".db-shm"):
            shutil.copy(part, copy / part.name)
    return copy / f"{DOMAIN}.{entry_id}.journal.db"


async def test_a_copy_is_whole_and_holds_everything(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry, pass_time: PassTime
) -> None:
    """It opens, its trail is whole, and a stop that was pressed meanwhile is on the disk at once."""
    host.journal.note(Noted.BROKER_OFFLINE, {"data": {}})
    host.journal.note(Noted.STOP_CLEARED, {"data": {}})
    await backup.async_pre_backup(hass)
    main = Path(hass.config.path(".storage", f"{DOMAIN}.{setup_entry.entry_id}.db"))
    before = main.read_bytes(), host.journal.path.read_bytes()
    stop(host)
    host.journal.note(Noted.BROKER_OFFLINE, {"data": {}})
    await pass_time(5)
    await hass.async_block_till_done()
    assert (main.read_bytes(), host.journal.path.read_bytes()) == before
    path = copied(hass, setup_entry.entry_id)
    await backup.async_post_backup(hass)

    copy = HomeAssistant(str(path.parent.parent))
    memory = MemoryFile(copy, setup_entry.entry_id, lambda _: None)
    try:
        remembered = await memory.async_load()
        await memory.async_close()
    finally:
        await copy.async_stop(force=True)
    assert remembered.stop.everything is not None
    assert on_disk(path) == 1
    verdict = reading.verify(path, memory.anchors)
    assert (verdict.problem, verdict.entries > 0) == (None, True)
    await pass_time(1)
    await hass.async_block_till_done()
    assert (await ask(hass, "verify_audit"))["is_whole"]
    assert on_disk(host.journal.path) == 2
    assert on_disk(host.journal.path, Noted.STOP_PRESSED) == 1


async def test_a_backup_that_never_ends_keeps_nobody_from_writing_for_more_than_an_hour(
    hass: HomeAssistant, host: EngineHost, pass_time: PassTime
) -> None:
    """Then it goes on by itself; a second start of a backup is no second pause."""
    for _ in range(2):
        await backup.async_pre_backup(hass)
    host.journal.note(Noted.BROKER_OFFLINE, {"data": {}})
    await pass_time(3_500)
    await hass.async_block_till_done()
    assert on_disk(host.journal.path) == 0
    await pass_time(101)
    await pass_time(1)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert on_disk(host.journal.path) == 1
    # Nobody writes any more when this has come back.
    await host.memory.async_flush()
    assert not Path(f"{host.memory.path}-wal").exists()


async def test_reading_in_a_pause_answers_at_once(hass: HomeAssistant, host: EngineHost) -> None:
    """What waits is not there yet, but nobody hangs until the backup is over."""
    await backup.async_pre_backup(hass)
    host.journal.note(Noted.BROKER_OFFLINE, {"data": {}})
    async with asyncio.timeout(10):
        assert (await ask(hass, "get_events", type="broker.offline"))["events"] == []
        await host.journal.async_verify()


async def test_who_is_unloaded_in_a_pause_writes_its_end(
    hass: HomeAssistant, host: EngineHost, setup_entry: MockConfigEntry
) -> None:
    """Also Home Assistant that ends while it makes a backup loses nothing."""
    await backup.async_pre_backup(hass)
    host.journal.note(Noted.BROKER_OFFLINE, {"data": {}})
    assert await hass.config_entries.async_unload(setup_entry.entry_id)
    assert on_disk(host.journal.path) == 1
    await backup.async_post_backup(hass)


async def test_nothing_is_forgotten_while_it_is_copied(hass: HomeAssistant, host: EngineHost) -> None:
    """A purge in the middle would be half in the copy."""
    await backup.async_pre_backup(hass)
    assert await host.journal.writer.async_use(lambda: True) is None
    await backup.async_post_backup(hass)
    assert await host.journal.writer.async_use(lambda: True) is True


async def test_a_disk_that_refuses_does_not_keep_the_backup_from_being_made(
    hass: HomeAssistant, host: EngineHost, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """People are told; what is there is copied."""

    def refuse(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(journal_file.JournalFile, "settle", refuse)
        patched.setattr(MemoryDisk, "hold_still", refuse)
        await backup.async_pre_backup(hass)
    assert caplog.text.count("could not be prepared for the backup") == 2
    await backup.async_post_backup(hass)


async def test_a_disk_that_does_not_answer_is_not_waited_for_forever(
    hass: HomeAssistant, host: EngineHost, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The backup begins, and says so."""
    monkeypatch.setattr(backup, "PATIENCE", 0.05)
    answered, loop = asyncio.Event(), asyncio.get_running_loop()

    def slowly(_: journal_file.JournalFile) -> None:
        asyncio.run_coroutine_threadsafe(answered.wait(), loop).result(10)

    monkeypatch.setattr(journal_file.JournalFile, "settle", slowly)
    await backup.async_pre_backup(hass)
    assert "too slow" in caplog.text
    answered.set()
    await backup.async_post_backup(hass)
    host.journal.note(Noted.BROKER_OFFLINE, {"data": {}})
    await host.journal.writer.async_flush()
    assert on_disk(host.journal.path) == 1

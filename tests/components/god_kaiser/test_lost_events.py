"""After a death of Home Assistant people are told how many events are missing, or that nobody knows."""

import asyncio
from pathlib import Path
import sqlite3
from typing import Any

from homeassistant.core import Event as HassEvent, HomeAssistant, callback
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.const import EVENT_SYSTEM
from custom_components.god_kaiser.core.events import StopPressed
from custom_components.god_kaiser.core.journal.chain import Anchors
from custom_components.god_kaiser.core.journal.kinds import Noted
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.journal import file as journal_file, issued as issued_module
from custom_components.god_kaiser.host.journal.journal import Journal, Keeping
from custom_components.god_kaiser.host.journal.reading import Wanted
from custom_components.god_kaiser.host.journal.rows import Envelope
from custom_components.god_kaiser.host.memory_file import MemoryFile

from .disks import READS, silent


@pytest.fixture(name="noted")
def noted_fixture(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the ids of everything that is noted from now on."""
    noted: list[str] = []
    whole = Journal.note

    def note(journal: Journal, *args: Any, **kwargs: Any) -> Envelope:
        envelope = whole(journal, *args, **kwargs)
        noted.append(envelope["event_id"])
        return envelope

    monkeypatch.setattr(Journal, "note", note)
    return noted


@pytest.fixture(name="crashes")
def crashes_fixture(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return what people are told of crashes."""
    told: list[dict[str, Any]] = []

    @callback
    def listen(event: HassEvent) -> None:
        if event.data["type"] == "crash_found":
            told.append(dict(event.data))

    hass.bus.async_listen(EVENT_SYSTEM, listen)
    return told


async def die(hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch) -> None:
    """End while the disk takes nothing, without a chance to leave a word."""

    def refuse(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    async def nothing(_self: MemoryFile, **_: object) -> None:
        """Lose what waits to be written."""

    host: EngineHost = entry.runtime_data
    with monkeypatch.context() as patched:
        patched.setattr(journal_file.JournalFile, "append", refuse)
        patched.setattr(MemoryFile, "async_close", nothing)
        for _ in range(3):
            host.journal.note(Noted.BROKER_OFFLINE, {"data": {}})
        assert await hass.config_entries.async_unload(entry.entry_id)


async def all_of(host: EngineHost, *kinds: Noted) -> list[dict[str, Any]]:
    """Return the events of some kinds, or all."""
    page = await host.journal.async_events(Wanted(kinds=tuple(kinds), limit=1_000))
    return [each.envelope for each in page.events]


async def test_the_next_start_tells_how_many_events_are_missing(
    hass: HomeAssistant,
    host: EngineHost,
    setup_entry: MockConfigEntry,
    noted: list[str],
    crashes: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """In the journal before anything else, with the start of the hub, and where the crash itself is told; once."""
    host.feed(StopPressed(devices=None, by="anna", reason="leak"))
    await hass.async_block_till_done(wait_background_tasks=True)
    await host.journal.writer.async_flush()
    await die(hass, setup_entry, monkeypatch)
    before = list(noted)
    assert await hass.config_entries.async_setup(setup_entry.entry_id)
    again: EngineHost = setup_entry.runtime_data
    on_disk = {each["event_id"] for each in await all_of(again)}
    missing = len([each for each in before if each not in on_disk])
    assert missing >= 3
    (lost,) = await all_of(again, Noted.JOURNAL_LOST)
    assert (lost["data"], lost["event_id"]) == ({"lost": missing}, noted[len(before)])
    assert (await all_of(again, Noted.HUB_STARTED))[-1]["data"] == {"after_crash": True, "events_lost": missing}
    assert [each["events_lost"] for each in crashes] == [missing]
    assert f"{missing} events of the time before the last end had not reached the disk" in caplog.text
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    again = setup_entry.runtime_data
    assert (await all_of(again, Noted.HUB_STARTED))[-1]["data"] == {"after_crash": False, "events_lost": 0}
    assert len(await all_of(again, Noted.JOURNAL_LOST)) == 1


async def test_where_nobody_can_count_nobody_claims_to_know(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    host: EngineHost,
    crashes: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """A crash is told all the same; after a clean end nothing is missing."""
    monkeypatch.setattr(issued_module, "_SHARED", tmp_path)
    host.feed(StopPressed(devices=None, by="anna", reason="leak"))
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await die(hass, setup_entry, monkeypatch)
    assert await hass.config_entries.async_setup(setup_entry.entry_id)
    again: EngineHost = setup_entry.runtime_data
    starts = [each["data"] for each in await all_of(again, Noted.HUB_STARTED)]
    assert starts[-2:] == [{"after_crash": False, "events_lost": 0}, {"after_crash": True, "events_lost": None}]
    assert await all_of(again, Noted.JOURNAL_LOST) == []
    assert ["events_lost" in each for each in crashes] == [False]


async def test_of_a_journal_that_could_not_be_opened_nobody_claims_to_know(
    hass: HomeAssistant, setup_entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also after a clean end: nobody has looked what is in it."""

    def refuse(*_: object) -> None:
        raise sqlite3.OperationalError("unable to open database file")

    with monkeypatch.context() as patched:
        patched.setattr(journal_file.JournalFile, "open", refuse)
        assert await hass.config_entries.async_reload(setup_entry.entry_id)
    again: EngineHost = setup_entry.runtime_data
    starts = [each["data"] for each in await all_of(again, Noted.HUB_STARTED)]
    assert starts[-1] == {"after_crash": False, "events_lost": None}


async def die_written(journal: Journal) -> None:
    """End without a chance to leave a word, when everything is on the disk."""
    await journal.writer.async_flush()
    journal.cleaning.end()
    journal._file.close()


async def test_what_is_noted_while_the_disk_takes_long_to_open_the_journal_is_not_missing(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    """It was written as soon as the file was open; a death after that costs nothing, and later ones cost what they do."""
    hass.config.config_dir = str(tmp_path)

    def live() -> Journal:
        return Journal(hass, "slow", Keeping(), keep_anchors=lambda *_: None, on_health=lambda *_: None)

    first = live()
    await first.async_open(Anchors())
    for _ in range(9):
        first.note(Noted.BROKER_OFFLINE, {"data": {}})
    await die_written(first)
    with silent([READS["journal"]]) as silence:
        second = live()
        opening = hass.async_create_task(second.async_open(Anchors()))
        while not silence.asked:
            await asyncio.sleep(0.01)
        for _ in range(3):
            second.note(Noted.BROKER_OFFLINE, {"data": {}})
        silence.well.set()
        await opening
    await die_written(second)
    third = live()
    await third.async_open(Anchors())
    assert (first.lost, second.lost, third.lost) == (None, 0, 0)
    await third.async_close()
    for journal in (first, second):
        await journal.async_remove()

"""The end of a hub: each file is written out and closed, whatever becomes of the others."""

import asyncio
from collections.abc import AsyncIterator
from itertools import combinations
import json
from pathlib import Path
from time import sleep
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.fleet.sync import Mark
from custom_components.god_kaiser.core.journal.kinds import Noted
from custom_components.god_kaiser.host.endurance import PATIENCE
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.journal.journal import Journal
from custom_components.god_kaiser.host.memory_file import MemoryFile
from custom_components.god_kaiser.host.mending import Mending
from custom_components.god_kaiser.host.mqtt_link import MqttLink
from custom_components.god_kaiser.host.record_store import RecordStore
from custom_components.god_kaiser.host.stragglers import stragglers_of

from .conftest import DEVICE, BringOnline, PassTime, a_plan, an_actuator
from .sequences import save, written

pytestmark = pytest.mark.real_disk

PLAN = a_plan(an_actuator("pump", 16, "Pump"))
MARK = Mark(plan=PLAN, boot_sequence="another boot")
# Who has a last word, how it is said, and what people see when it cannot be said.
LAST: dict[str, tuple[type, str, str]] = {
    "plans": (RecordStore, "async_flush", "definitions_not_written"),
    "mending": (Mending, "async_try", "definitions_not_written"),
    "journal": (Journal, "async_close", "journal_not_written"),
    "memory": (MemoryFile, "async_close", "stop_not_saved"),
}
SOME = [failing for number in range(1, 5) for failing in combinations(LAST, number)]


@pytest.fixture(name="house")
async def house_fixture(hass: HomeAssistant, host: EngineHost, bring_online: BringOnline) -> AsyncIterator[EngineHost]:
    """Return a hub with a pump and a sequence, and something to say at the end about each of its files."""
    await bring_online(PLAN)
    await save(hass, written())
    await host.store.async_flush()
    await host.memory.async_flush()
    await host.journal.writer.async_flush()
    host.store.keep_mark(DEVICE, MARK)
    # As if the disk had refused it, and nobody had tried again yet.
    host.sequences.store.file.mending.failed()
    path_of(hass, host, ".sequences").write_bytes(b"{}")
    host.journal.note(Noted.BROKER_OFFLINE, {"data": {}})
    yield host
    await hass.async_add_executor_job(host.journal.writer._file.close)


def path_of(hass: HomeAssistant, house: EngineHost, ending: str) -> Path:
    """Return where a file of the hub lies."""
    return Path(hass.config.path(".storage", f"{DOMAIN}.{house.journal.entry_id}{ending}"))


def issues(hass: HomeAssistant) -> set[str]:
    """Return the repair issues about the disk."""
    found = {str(each.translation_key) for each in ir.async_get(hass).issues.values() if each.domain == DOMAIN}
    return found & {keys for _, _, keys in LAST.values()}


def failing(who: str) -> Any:
    """Let somebody have no last word."""
    kind, name, _ = LAST[who]

    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError(f"{who} has failed")

    return patch.object(kind, name, fail)


def what_was_said(hass: HomeAssistant, house: EngineHost) -> dict[str, bool]:
    """Tell whose last word is on the disk."""
    sequences: dict[str, Any] = json.loads(path_of(hass, house, ".sequences").read_bytes())
    return {
        "plans": b"another boot" in path_of(hass, house, "").read_bytes(),
        "mending": "watering" in sequences.get("data", {}).get("sequences", {}),
        "journal": house.journal.writer._file._connection is None and house.journal.writer.waiting.is_empty,
        "memory": "running" not in house.memory.rows(),
    }


@pytest.mark.parametrize("broken", SOME, ids="+".join)
async def test_who_fails_at_the_end_keeps_nobody_else_from_it(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    house: EngineHost,
    caplog: pytest.LogCaptureFixture,
    broken: tuple[str, ...],
) -> None:
    """Each failure is logged once and shown, the others are on the disk, and the next life takes the complaint away."""
    doors = [failing(who) for who in broken]
    for door in doors:
        door.start()
    try:
        assert await hass.config_entries.async_unload(setup_entry.entry_id)
    finally:
        for door in doors:
            door.stop()
    assert what_was_said(hass, house) == {who: who not in broken for who in LAST}
    told = [caplog.text.count(f"{who} has failed") for who in LAST]
    # The line and its trace.
    assert told == [(who in broken) for who in LAST]
    assert issues(hass) >= {LAST[who][2] for who in broken}
    assert issues(hass) <= {LAST[who][2] for who in broken} | {"definitions_not_written"}


async def test_a_file_that_takes_long_at_the_end_keeps_no_other_from_it(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    house: EngineHost,
    pass_time: PassTime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sequences are written although devices are not; those follow as soon as the disk takes them."""
    well, flush = asyncio.Event(), RecordStore.async_flush

    async def slowly(file: RecordStore) -> None:
        if file is house.store.file:
            await well.wait()
        await flush(file)

    monkeypatch.setattr(RecordStore, "async_flush", slowly)
    unloading = hass.async_create_task(hass.config_entries.async_unload(setup_entry.entry_id))
    for _ in range(60):
        await pass_time(1.0)
        await hass.async_add_executor_job(sleep, 0.02)
    assert unloading.done()
    said = what_was_said(hass, house)
    assert said["mending"]
    assert said["memory"]
    assert issues(hass) >= {"definitions_not_written"}
    well.set()
    assert await stragglers_of(hass, setup_entry.entry_id).async_gone(PATIENCE)
    assert what_was_said(hass, house) == dict.fromkeys(LAST, True)


@pytest.mark.usefixtures("house")
async def test_a_hub_that_is_removed_leaves_nothing_in_the_memory_of_home_assistant(
    hass: HomeAssistant, setup_entry: MockConfigEntry
) -> None:
    """It never lives again, so nobody would ever take over what it has left behind."""
    left = stragglers_of(hass, setup_entry.entry_id)
    assert await hass.config_entries.async_unload(setup_entry.entry_id)
    assert stragglers_of(hass, setup_entry.entry_id) is left
    await hass.config_entries.async_remove(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert stragglers_of(hass, setup_entry.entry_id) is not left


@pytest.mark.parametrize("who", LAST)
async def test_what_could_not_be_said_at_the_end_is_no_complaint_of_the_next_life(
    hass: HomeAssistant, setup_entry: MockConfigEntry, house: EngineHost, who: str
) -> None:
    """As soon as everything is read and written again."""
    with failing(who):
        assert await hass.config_entries.async_unload(setup_entry.entry_id)
    assert LAST[who][2] in issues(hass)
    assert await hass.config_entries.async_setup(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert issues(hass) == set()


@pytest.mark.parametrize("who", ["plans", "mending", "memory"])
async def test_who_fails_when_home_assistant_ends_keeps_nobody_else_from_it(
    hass: HomeAssistant, house: EngineHost, caplog: pytest.LogCaptureFixture, who: str
) -> None:
    """Then nobody unloads the hub; what waits is written out all the same."""
    with failing(who):
        await house.async_shut_down()
    said = what_was_said(hass, house)
    assert {name for name, is_said in said.items() if not is_said} - {"journal"} == {who}
    assert house.journal.writer.waiting.is_empty
    assert caplog.text.count(f"{who} has failed") == 1


async def test_a_hub_that_cannot_begin_leaves_all_its_files_free(
    hass: HomeAssistant, setup_entry: MockConfigEntry, house: EngineHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has failed is told as it is, no mark of a crash is left, and the next attempt finds everything."""
    assert await hass.config_entries.async_unload(setup_entry.entry_id)
    with monkeypatch.context() as patched:

        async def refuse(*_: object) -> None:
            raise RuntimeError("no broker")

        patched.setattr(MqttLink, "async_start", refuse)
        assert not await hass.config_entries.async_setup(setup_entry.entry_id)
    assert setup_entry.state is ConfigEntryState.SETUP_ERROR
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    again: EngineHost = setup_entry.runtime_data
    assert again.memory.is_clean
    assert again.plan_of(DEVICE) == PLAN

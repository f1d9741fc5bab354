"""A save that fails changes nothing, neither on the disk nor in memory; and what changes often is written together."""

from collections import Counter
import os
from pathlib import Path
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.host import record_store
from custom_components.god_kaiser.host.endurance import Endurance
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.memory_disk import MemoryDisk

from .calls import act, ask, registry_id
from .conftest import DEVICE, PUMP, BringOnline, PassTime, a_plan, a_sensor, an_actuator, state_of
from .rules import a_rule, save as save_rule, when_on
from .sequences import save, written
from .wire import FirmwareVoice

pytestmark = pytest.mark.real_disk

FILES = ("", ".sequences", ".rules")
RULE = {**a_rule("second", when=when_on()), "then": [{"kind": "log", "text": "x"}]}


@pytest.fixture(name="house")
async def house_fixture(hass: HomeAssistant, host: EngineHost, bring_online: BringOnline) -> EngineHost:
    """Return a hub with a pump, a sensor, a sequence and a rule, all of it on the disk."""
    await bring_online(a_plan(an_actuator("pump", 16, "Pump"), a_sensor("moisture", 34, "Soil")))
    await save(hass, written("watering", {"kind": "log", "text": "x"}))
    await save_rule(host, a_rule(when=when_on(), then=[{"kind": "log", "text": "x"}]))
    await host.store.async_flush()
    await host.memory.async_flush()
    return host


def on_disk(hass: HomeAssistant, entry: MockConfigEntry) -> list[bytes]:
    """Return the three files as they are."""
    return [Path(hass.config.path(".storage", f"{DOMAIN}.{entry.entry_id}{ending}")).read_bytes() for ending in FILES]


def in_memory(house: EngineHost) -> tuple[object, ...]:
    """Return what the hub goes by."""
    return (house.plan_of(DEVICE), dict(house.sequences.store.library.sequences), dict(house.rules.rules))


async def change_everything(hass: HomeAssistant, house: EngineHost) -> None:
    """Try to change each file; every attempt is refused."""
    output = {"device_id": registry_id(house), "gpio": 18, "actuator_type": "relay", "name": "Second"}
    changes: tuple[tuple[str, dict[str, Any]], ...] = (
        ("set_actuator", output),
        ("save_sequence", {"definition": written("watering", {"kind": "delay", "seconds": 5})}),
        ("delete_sequence", {"sequence": "watering"}),
        ("create_rule", {"definition": RULE}),
        ("delete_rule", {"rule": "water"}),
    )
    for action, fields in changes:
        with pytest.raises(HomeAssistantError) as caught:
            await act(hass, action, **fields)
        assert caught.value.translation_key == "not_saved", action


@pytest.mark.parametrize("dies", ["write", "replace"])
@pytest.mark.req("ROB-13", "ROB-70")
async def test_a_save_that_fails_leaves_the_old_file_and_the_old_content(
    hass: HomeAssistant, setup_entry: MockConfigEntry, house: EngineHost, monkeypatch: pytest.MonkeyPatch, dies: str
) -> None:
    """Whether the disk refuses the new file, or everything ends between writing it and putting it in its place."""
    before, known = on_disk(hass, setup_entry), in_memory(house)
    refused = Counter[str]()

    def fail(*_: object, **__: object) -> None:
        refused[dies] += 1
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        if dies == "write":
            broken.setattr(Store, "_write_prepared_data", fail)
        else:
            broken.setattr(os, "replace", fail)
            broken.setattr(os, "rename", fail)
        await change_everything(hass, house)
        assert refused[dies] >= 5 * Endurance().retries
        assert on_disk(hass, setup_entry) == before
        assert in_memory(house) == known
        # Whoever dies now finds the old files, and whole.
        for ending in FILES:
            file = Store[dict[str, Any]](hass, 1, f"{DOMAIN}.{setup_entry.entry_id}{ending}")
            assert await file.async_load()
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    assert in_memory(setup_entry.runtime_data) == known


@pytest.mark.req("ROB-69")
async def test_a_hundred_changes_are_written_at_once(
    hass: HomeAssistant,
    house: EngineHost,
    voice: FirmwareVoice,
    pass_time: PassTime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An output that comes and goes, and readings: at most one write, and nothing of it is lost."""
    writes, whole = list[dict[str, bytes | None]](), MemoryDisk.save
    files = list[str]()

    def save_rows(disk: MemoryDisk, rows: dict[str, bytes | None]) -> None:
        writes.append(dict(rows))
        whole(disk, rows)

    monkeypatch.setattr(MemoryDisk, "save", save_rows)
    monkeypatch.setattr(Store, "_write_prepared_data", lambda store, *_: files.append(store.key))
    await pass_time(5)
    await hass.async_block_till_done()
    writes.clear()
    files.clear()
    for number in range(100):
        voice.status("pump", 16, state=number % 2 == 0, pwm=255 * (number % 2 == 0))
        voice.reading("moisture", 34)
    await hass.async_block_till_done()
    assert state_of(hass, "switch", PUMP).state == "off"
    await pass_time(1.1)
    await hass.async_block_till_done()
    await pass_time(1.1)
    await hass.async_block_till_done()
    # The journal may have told in between where its trail ends.
    assert ([f"channel/{DEVICE}/actuator/16" in rows for rows in writes].count(True), files) == (1, [])
    assert len(writes) <= 2


@pytest.mark.req("ROB-69")
async def test_what_is_on_the_disk_is_read_once(
    hass: HomeAssistant, setup_entry: MockConfigEntry, house: EngineHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the hub is loaded, however often somebody asks for it afterwards."""
    before, reads, whole = in_memory(house), Counter[Path](), record_store.RecordStore.async_load

    async def read(file: record_store.RecordStore) -> record_store.Content:
        reads[file._path] += 1
        return await whole(file)

    monkeypatch.setattr(record_store.RecordStore, "async_load", read)
    assert await hass.config_entries.async_reload(setup_entry.entry_id)
    assert in_memory(setup_entry.runtime_data) == before
    for _ in range(20):
        await ask(hass, "run_sequence", sequence="watering", wait=True)
        await ask(hass, "list_schedules")
    assert reads == {Path(hass.config.path(".storage", f"{DOMAIN}.{setup_entry.entry_id}{end}")): 1 for end in FILES}

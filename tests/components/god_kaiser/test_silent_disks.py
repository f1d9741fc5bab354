"""A disk that does not answer at all: a hub is loaded, unloaded and ended within a time that the disk cannot stretch."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
import sqlite3
from time import sleep
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.translation import async_get_exception_message
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.fleet.sync import Mark
from custom_components.god_kaiser.core.journal.kinds import Noted
from custom_components.god_kaiser.core.sequences.status import RunStatus
from custom_components.god_kaiser.host import memory_disk, memory_file
from custom_components.god_kaiser.host.endurance import AT_END, PATIENCE
from custom_components.god_kaiser.host.engine_host import EngineHost
from custom_components.god_kaiser.host.engine_loop import SHUTDOWN_PATIENCE

from .calls import act, ask
from .conftest import DEVICE, BringOnline, PassTime, a_plan, an_actuator, turn_the_loop
from .disks import READS, WRITES, Silence, silent
from .rules import PUMP as WATER
from .sequences import save, written
from .wire import Wire

pytestmark = pytest.mark.real_disk

PLAN = a_plan(an_actuator("pump", 16, "Pump", max_runtime=600))
RULE = {
    "id": "lamp",
    "when": {"kind": "entity", "entity_id": "input_boolean.go"},
    "then": [{"kind": "log", "text": "x"}],
}
POUR: tuple[dict[str, Any], ...] = (
    {"kind": "set", "output": WATER, "level": 1, "duration": 300},
    {"kind": "delay", "seconds": 200},
)


@pytest.fixture
def clocks_jump() -> None:
    """Wait no longer than in a house."""


@pytest.fixture(name="house")
async def house_fixture(hass: HomeAssistant, host: EngineHost, bring_online: BringOnline) -> EngineHost:
    """Return a hub with a pump, a sequence and a rule, all of it on the disk, in which everything is stopped."""
    await bring_online(PLAN)
    await save(hass, written("watering", *POUR))
    await act(hass, "create_rule", definition=RULE)
    await host.store.async_flush()
    await host.memory.async_flush()
    await host.journal.writer.async_flush()
    return host


@pytest.fixture(name="silence_of_writes")
def silence_of_writes_fixture() -> Iterator[Silence]:
    """Return a disk that takes nothing and says nothing, as soon as it is asked to be so."""
    with silent(WRITES.values()) as silence:
        silence.well.set()
        yield silence


def issues(hass: HomeAssistant) -> set[str]:
    """Return the repair issues about the disk."""
    found = {str(each.translation_key) for each in ir.async_get(hass).issues.values() if each.domain == DOMAIN}
    return found & {"stop_not_saved", "journal_not_written", "definitions_not_written"}


async def seconds_until(pass_time: PassTime, condition: Callable[[], bool], most: int) -> int:
    """Let time pass on every clock until something is so, and return how many seconds that took."""
    for passed in range(most + 1):
        for _ in range(5):
            await asyncio.to_thread(sleep, 0.002)
            await turn_the_loop()
        if condition():
            return passed
        await pass_time(1)
    pytest.fail("it never came")


async def load_again(hass: HomeAssistant, entry: MockConfigEntry, pass_time: PassTime) -> EngineHost:
    """Wait until Home Assistant has tried again by itself, and the hub is loaded."""
    await seconds_until(pass_time, lambda: entry.state is ConfigEntryState.LOADED, 200)
    await hass.async_block_till_done()
    host: EngineHost = entry.runtime_data
    return host


def ours() -> dict[str, int]:
    """Return what of ours goes on or waits, by its name."""
    return dict(Counter(name for each in asyncio.all_tasks() if "god_kaiser" in (name := each.get_name())))


async def pour(hass: HomeAssistant, wire: Wire) -> None:
    """Start a run that has the pump on."""
    await act(hass, "run_sequence", sequence="watering")
    await hass.async_block_till_done()
    assert wire.said("/actuator/16/command")[-1]["command"] == "ON"


def all_of(house: EngineHost) -> tuple[object, ...]:
    """Return what a hub must know again."""
    return (
        house.plan_of(DEVICE),
        dict(house.sequences.store.library.sequences),
        dict(house.rules.rules),
        house.engine.latch.is_latched,
    )


@pytest.mark.req("ROB-11", "ROB-51", "ROB-72")
@pytest.mark.parametrize("place", [place for place in READS if place != "journal"])
async def test_a_hub_is_not_loaded_without_what_it_must_know(
    hass: HomeAssistant, setup_entry: MockConfigEntry, house: EngineHost, pass_time: PassTime, wire: Wire, place: str
) -> None:
    """It waits as long as people have chosen, says why, switches nothing, and comes by itself when the disk answers."""
    await act(hass, "emergency_stop", reason="leak")
    known = all_of(house)
    assert await hass.config_entries.async_unload(setup_entry.entry_id)
    wire.forget()
    with silent([READS[place]]) as silence:
        loading = hass.async_create_task(hass.config_entries.async_setup(setup_entry.entry_id))
        assert await seconds_until(pass_time, loading.done, 60) <= PATIENCE + 1
        assert setup_entry.state is ConfigEntryState.SETUP_RETRY
        assert setup_entry.error_reason_translation_key == "disk_not_answering"
        assert "has not answered for {seconds} seconds" in async_get_exception_message(DOMAIN, "disk_not_answering")
        await hass.async_block_till_done()
        # However often it is tried, one thread waits.
        for _ in range(3):
            again = hass.async_create_task(hass.config_entries.async_reload(setup_entry.entry_id))
            await seconds_until(pass_time, again.done, 60)
        assert silence.asked == [place]
        assert setup_entry.state is ConfigEntryState.SETUP_RETRY
        assert wire.raw() == []
        silence.well.set()
        after = await load_again(hass, setup_entry, pass_time)
    assert all_of(after) == known
    # Nobody has crashed.
    assert after.memory.is_clean
    assert (await ask(hass, "verify_audit"))["is_whole"]
    assert issues(hass) == set()


async def test_a_crash_is_still_known_after_an_attempt_that_has_failed(
    hass: HomeAssistant, setup_entry: MockConfigEntry, house: EngineHost, pass_time: PassTime
) -> None:
    """The mark of the crash stays until a hub has lived."""
    assert await hass.config_entries.async_unload(setup_entry.entry_id)
    mark: dict[str, bytes | None] = {"running": b"true"}
    await hass.async_add_executor_job(house.memory._save, mark)
    with silent([READS["rules"]]) as silence:
        loading = hass.async_create_task(hass.config_entries.async_setup(setup_entry.entry_id))
        await seconds_until(pass_time, loading.done, 60)
        silence.well.set()
        after = await load_again(hass, setup_entry, pass_time)
    assert not after.memory.is_clean


def fail(*_: object) -> None:
    """Fail, as nobody has foreseen."""
    raise RuntimeError("nobody has foreseen this")


async def test_a_memory_that_could_not_be_read_at_all_changes_nothing(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    house: EngineHost,
    pass_time: PassTime,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What an attempt to load a hub has not seen it neither takes away nor forgets: a mark on the disk, a stop that waits."""
    with monkeypatch.context() as broken:
        broken.setattr(memory_disk.MemoryDisk, "save", refuse)
        await act(hass, "emergency_stop", reason="leak")
        unloading = hass.async_create_task(hass.config_entries.async_unload(setup_entry.entry_id))
        await seconds_until(pass_time, unloading.done, 60)
        assert house.memory.unsaved.pop("stop") is not None
    mark = memory_disk.MemoryDisk(house.memory.path)
    assert "running" in await hass.async_add_executor_job(mark.rows)
    with monkeypatch.context() as broken:
        broken.setattr(memory_file, "found_on", fail)
        assert not await hass.config_entries.async_setup(setup_entry.entry_id)
    assert "nobody has foreseen this" in caplog.text
    assert "running" in await hass.async_add_executor_job(mark.rows)
    assert await hass.config_entries.async_unload(setup_entry.entry_id)
    assert await hass.config_entries.async_setup(setup_entry.entry_id)
    assert setup_entry.runtime_data.engine.latch.is_latched


async def test_a_hub_goes_on_without_its_journal(
    hass: HomeAssistant, setup_entry: MockConfigEntry, house: EngineHost, pass_time: PassTime
) -> None:
    """It is told, what happens waits, and all of it is written behind what was there when the disk answers."""
    before = len((await ask(hass, "get_events", limit=500))["events"])
    assert await hass.config_entries.async_unload(setup_entry.entry_id)
    with silent([READS["journal"]]) as silence:
        loading = hass.async_create_task(hass.config_entries.async_setup(setup_entry.entry_id))
        assert await seconds_until(pass_time, loading.done, 60) <= AT_END + 2
        assert setup_entry.state is ConfigEntryState.LOADED
        assert issues(hass) == {"journal_not_written"}
        after: EngineHost = setup_entry.runtime_data
        after.journal.note(Noted.BROKER_OFFLINE, {"data": {}})
        silence.well.set()
        await seconds_until(pass_time, lambda: not issues(hass), 60)
    told = [each["event_type"] for each in (await ask(hass, "get_events", limit=500))["events"]]
    assert len(told) > before
    assert {Noted.HUB_STARTED, Noted.BROKER_OFFLINE} <= set(told[before:])
    assert (await ask(hass, "verify_audit"))["is_whole"]


@pytest.mark.req("ROB-11", "ROB-51", "ROB-72")
async def test_a_hub_is_unloaded_while_its_disk_says_nothing(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    house: EngineHost,
    pass_time: PassTime,
    wire: Wire,
    silence_of_writes: Silence,
) -> None:
    """Its outputs rest, it is not loaded again before everything is written, and then nothing of it is lost."""
    await pour(hass, wire)
    silence_of_writes.well.clear()
    wire.forget()
    house.store.keep_mark(DEVICE, Mark(plan=PLAN, boot_sequence="another boot"))
    house.memory.keep("tag/nobody", None, is_urgent=True)
    unloading = hass.async_create_task(hass.config_entries.async_unload(setup_entry.entry_id))
    assert await seconds_until(pass_time, unloading.done, 60) <= PATIENCE
    assert unloading.result()
    assert setup_entry.state is ConfigEntryState.NOT_LOADED
    assert issues(hass) == {"stop_not_saved", "journal_not_written", "definitions_not_written"}
    assert [each["command"] for each in wire.said("/actuator/16/command")][-1] == "OFF"
    loading = hass.async_create_task(hass.config_entries.async_setup(setup_entry.entry_id))
    await seconds_until(pass_time, loading.done, 60)
    assert setup_entry.error_reason_translation_key == "disk_not_answering"
    assert sorted(silence_of_writes.asked) == ["definitions", "journal", "memory"]
    silence_of_writes.well.set()
    after = await load_again(hass, setup_entry, pass_time)
    await seconds_until(pass_time, lambda: not issues(hass), 60)
    # What waited behind what was on its way is there as well: the end of the run and of the trail, the mark of the device.
    assert after.memory.is_clean
    assert [run.status for run in after.engine.programs.runs.all.values()] == [RunStatus.INTERRUPTED]
    assert after.store.stored()[DEVICE].mark == Mark(plan=PLAN, boot_sequence="another boot")
    told = [each["event_type"] for each in (await ask(hass, "get_events", limit=500))["events"]]
    assert told.count(Noted.HUB_STARTED) == 2
    assert (await ask(hass, "verify_audit"))["is_whole"]


@pytest.mark.risk(
    fails="The hub is loaded again while the disk has not taken a stop yet",
    happens="the stop holds all the same, and is on the disk when that takes it",
    protects="what a hub hands over to its next life",
)
@pytest.mark.parametrize("fault", ["full", "silent"])
async def test_a_stop_that_no_disk_has_taken_holds_when_the_hub_is_loaded_again(
    hass: HomeAssistant,
    setup_entry: MockConfigEntry,
    house: EngineHost,
    pass_time: PassTime,
    silence_of_writes: Silence,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
) -> None:
    """Neither a disk that refuses nor one that is silent makes a hub forget it, as long as Home Assistant lives."""
    with monkeypatch.context() as broken:
        if fault == "full":
            broken.setattr(memory_disk.MemoryDisk, "save", refuse)
        else:
            silence_of_writes.well.clear()
        house.memory.keep("tag/nobody", None, is_urgent=True)
        await act(hass, "emergency_stop", reason="leak")
        unloading = hass.async_create_task(hass.config_entries.async_unload(setup_entry.entry_id))
        await seconds_until(pass_time, unloading.done, 60)
        assert "stop_not_saved" in issues(hass)
        loading = hass.async_create_task(hass.config_entries.async_setup(setup_entry.entry_id))
        if fault == "full":
            await seconds_until(pass_time, loading.done, 60)
            assert setup_entry.runtime_data.engine.latch.is_latched
            assert setup_entry.runtime_data.memory.is_clean
            assert "stop_not_saved" in issues(hass)
        else:
            await turn_the_loop()
            silence_of_writes.well.set()
    after = await load_again(hass, setup_entry, pass_time)
    assert after.engine.latch.is_latched
    assert after.memory.is_clean
    await seconds_until(pass_time, lambda: not issues(hass), 60)
    assert "stop" in await hass.async_add_executor_job(after.memory.rows)


def refuse(*_: object) -> None:
    """Refuse, as a disk that is full does."""
    raise sqlite3.OperationalError("database or disk is full")


@pytest.mark.req("ROB-72")
@pytest.mark.parametrize("place", WRITES)
async def test_the_end_of_home_assistant_is_not_held_up(
    hass: HomeAssistant, house: EngineHost, pass_time: PassTime, wire: Wire, place: str
) -> None:
    """What runs rests at once; then nobody waits longer for the disk than Home Assistant lets anybody."""
    await pour(hass, wire)
    with silent([WRITES[place]]) as silence:
        wire.forget()
        house.store.keep_mark(DEVICE, Mark(plan=PLAN, boot_sequence="another boot"))

        @callback
        def meanwhile(_event: Event) -> None:
            house.memory.keep("tag/nobody", None, is_urgent=True)
            house.journal.note(Noted.STOP_CLEARED, {"data": {}})

        hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, meanwhile)
        stopping = hass.async_create_task(hass.async_stop(force=True))
        await seconds_until(pass_time, lambda: wire.said("/actuator/16/command") != [], 1)
        assert wire.said("/actuator/16/command")[-1]["command"] == "OFF"
        # Once for the files beside each other, once for the memory, and once for what has happened meanwhile.
        assert await seconds_until(pass_time, stopping.done, 300) <= SHUTDOWN_PATIENCE + 3 * AT_END + 2
        assert place in silence.asked


async def test_a_disk_that_falls_silent_at_the_end_holds_nobody_up(
    hass: HomeAssistant, house: EngineHost, pass_time: PassTime
) -> None:
    """What is noted after everything was written out finds a disk that has just died."""
    with silent(WRITES.values()) as silence:
        silence.well.set()
        await house.async_shut_down()
        silence.well.clear()
        for _ in range(20):
            house.memory.keep("tag/nobody", None, is_urgent=True)
            house.journal.note(Noted.STOP_CLEARED, {"data": {}})
            await turn_the_loop()
        waiting = hass.async_create_task(hass.async_block_till_done())
        await seconds_until(pass_time, waiting.done, int(PATIENCE) + 2)
        assert sorted(silence.asked) == ["journal", "memory"]


@pytest.mark.req("ROB-72")
async def test_however_long_a_disk_thinks_it_is_asked_for_one_thing_at_a_time(
    hass: HomeAssistant, house: EngineHost, pass_time: PassTime, silence_of_writes: Silence
) -> None:
    """Of what is urgent one writing is on its way, and one waits for all the rest; the newest wins."""
    silence_of_writes.well.clear()
    for number in range(200):
        house.memory.keep("tag/nobody", None, is_urgent=True)
        house.journal.note(Noted.STOP_CLEARED, {"data": {}})
        asking = [house.memory.async_flush(0.0), house.alarms.async_kept()] if number % 20 == 0 else []
        for each in asking:
            hass.async_create_task(each)
        await turn_the_loop()
    await pass_time(PATIENCE + 1)
    await turn_the_loop()
    # One on its way and one that waits; of the journal also who begins the next one.
    assert ours()["god_kaiser memory"] <= 2
    assert ours()["god_kaiser journal"] <= 3
    assert sorted(silence_of_writes.asked) == ["journal", "memory"]
    silence_of_writes.well.set()
    await seconds_until(pass_time, lambda: not issues(hass), 60)


async def test_however_long_a_disk_thinks_its_journal_is_cleaned_once(
    hass: HomeAssistant, house: EngineHost, silence_of_writes: Silence
) -> None:
    """What should be deleted in the meantime waits for no turn of its own, and goes with the next time."""
    begun: list[object] = []
    forget = house.journal.cleaning._async_forget

    async def counted(*args: Any) -> Any:
        begun.append(args)
        return await forget(*args)

    with patch.object(house.journal.cleaning, "_async_forget", counted):
        silence_of_writes.well.clear()
        house.journal.note(Noted.STOP_CLEARED, {"data": {}})
        cleaning = [hass.async_create_task(house.journal.cleaning.async_clean(None)) for _ in range(3)]
        await turn_the_loop()
        assert len(begun) == 1
        silence_of_writes.well.set()
        await asyncio.gather(*cleaning)
        await house.journal.cleaning.async_clean(None)
        assert len(begun) == 2


async def test_saving_what_nobody_waits_for_any_more_leaves_nobody_in_line(
    hass: HomeAssistant, house: EngineHost, pass_time: PassTime, silence_of_writes: Silence
) -> None:
    """Ten people try to save, one after the other; the disk is asked once, and has in the end what the hub has."""
    known = all_of(house)
    silence_of_writes.well.clear()
    for number in range(10):
        saving = hass.async_create_task(act(hass, "save_sequence", definition=written(f"new_{number}")))
        await seconds_until(pass_time, saving.done, int(PATIENCE) + 5)
        assert saving.exception() is not None
    await pass_time(31)
    assert silence_of_writes.asked.count("definitions") == 1
    # The one on its way, and the mending behind it.
    assert (ours()["god_kaiser storage"], ours()["god_kaiser mending"]) == (1, 1)
    silence_of_writes.well.set()
    await seconds_until(pass_time, lambda: not issues(hass), 60)
    assert all_of(house) == known

"""The file that must survive a crash, and what happens when the disk does not play along."""

from collections.abc import Awaitable, Callable
from contextlib import closing
import errno
import os
from pathlib import Path
import sqlite3
import threading
from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.ids import ChannelId, DeviceId
from custom_components.god_kaiser.core.safety.estop import StopMemory, StopScope
from custom_components.god_kaiser.core.safety.lockouts import LockOut
from custom_components.god_kaiser.core.safety.memory import ChannelMemory, DeviceMemory, Memory
from custom_components.god_kaiser.core.safety.usage import UsageMemory
from custom_components.god_kaiser.host import endurance, memory_disk, memory_file
from custom_components.god_kaiser.host.memory_file import MemoryFile

STOPPED = StopMemory(everything=StopScope(by="anna", user="u1", reason="leak", since="2026-04-30T09:00:00+00:00"))
TAG = LockOut(place="ESP_1", by="anna", reason="new hose", since=1.5)
BED = DeviceMemory(device=DeviceId("ESP_1"), zone="bed")
PUMP = ChannelMemory(
    channel=ChannelId("ESP_1/actuator/16"), usage=UsageMemory(starts=(1.0, 2.0), on_since=2.0), lease_until=9.5
)


class Answers(list[bool]):
    """What the file has told about the disk."""


@pytest.fixture
def answers() -> Answers:
    """Return an empty record."""
    return Answers()


@pytest.fixture
def memory(hass: HomeAssistant, tmp_path: Path, answers: Answers) -> MemoryFile:
    """Return a memory in a folder of its own."""
    hass.config.config_dir = str(tmp_path)
    (tmp_path / ".storage").mkdir(exist_ok=True)
    return MemoryFile(hass, "entry", answers.append)


def again(hass: HomeAssistant) -> MemoryFile:
    """Return the memory as the next start of Home Assistant opens it."""
    return MemoryFile(hass, "entry", Answers().append)


def database(tmp_path: Path) -> Path:
    """Return where the file is."""
    return tmp_path / ".storage" / f"{DOMAIN}.entry.db"


def rows_on(tmp_path: Path) -> dict[str, bytes]:
    """Return what is on the disk."""
    with closing(sqlite3.connect(database(tmp_path))) as connection, connection:
        return dict(connection.execute("SELECT name, content FROM memory"))


def put_row(tmp_path: Path, row: str, content: bytes) -> None:
    """Write a row as a disk that errs would."""
    with closing(sqlite3.connect(database(tmp_path))) as connection, connection:
        connection.execute("REPLACE INTO memory VALUES (?, ?)", (row, content))


async def test_the_first_start_remembers_nothing_and_calls_it_clean(memory: MemoryFile) -> None:
    """A person who has just installed us has had no crash."""
    assert await memory.async_load() == Memory()


async def test_everything_that_was_kept_is_loaded(hass: HomeAssistant, memory: MemoryFile, answers: Answers) -> None:
    """Stop, tags and the books of outputs survive a restart."""
    await memory.async_load()
    memory.keep("stop", STOPPED, is_urgent=True)
    memory.keep("tag/ESP_1", TAG, is_urgent=True)
    memory.keep(f"channel/{PUMP.channel}", PUMP, is_urgent=False)
    memory.keep("device/ESP_1", BED, is_urgent=False)
    await memory.async_close()
    assert await again(hass).async_load() == Memory(stop=STOPPED, lock_outs=(TAG,), channels=(PUMP,), devices=(BED,))
    assert set(answers) == {True}


async def test_what_is_kept_no_longer_is_gone(hass: HomeAssistant, memory: MemoryFile) -> None:
    """A tag that was taken off does not hang again after a restart."""
    memory.keep("tag/ESP_1", TAG, is_urgent=True)
    memory.keep("tag/ESP_1", None, is_urgent=True)
    await memory.async_close()
    assert (await again(hass).async_load()).lock_outs == ()


async def test_an_end_that_nobody_wanted_is_seen_at_the_next_start(hass: HomeAssistant, memory: MemoryFile) -> None:
    """Whoever ends on purpose takes the mark away; a crash leaves it."""
    await memory.async_load()
    crashed = again(hass)
    assert not (await crashed.async_load()).is_clean
    await crashed.async_close()
    assert (await again(hass).async_load()).is_clean


async def test_what_is_urgent_is_on_the_disk_at_once(hass: HomeAssistant, memory: MemoryFile, tmp_path: Path) -> None:
    """A stop must survive a crash in the next moment."""
    await memory.async_load()
    memory.keep("stop", STOPPED, is_urgent=True)
    await hass.async_block_till_done()
    assert rows_on(tmp_path).keys() == {"running", "stop"}


@pytest.mark.risk(
    fails="The memory of the stop cannot be read",
    happens="everything is stopped until a person releases it",
    protects="the memory file",
)
@pytest.mark.parametrize("content", [b"no database at all" * 100, b""], ids=["nonsense", "empty"])
async def test_a_memory_that_cannot_be_read_stops_everything_also_at_the_next_start(
    hass: HomeAssistant, memory: MemoryFile, tmp_path: Path, content: bytes
) -> None:
    """A broken disk must not release what was stopped; an empty file is a file nobody has written to yet."""
    database(tmp_path).write_bytes(content)
    stopped = bool(content)
    assert ((await memory.async_load()).stop.everything is not None) is stopped
    assert ((await again(hass).async_load()).stop.everything is not None) is stopped
    assert bool(list((tmp_path / ".storage").glob("*.unreadable"))) is stopped


@pytest.mark.parametrize("row", ["stop", "tag/ESP_1", "channel/ESP_1/actuator/16", "device/ESP_1"])
async def test_a_row_that_is_nonsense_stops_everything(
    hass: HomeAssistant, memory: MemoryFile, tmp_path: Path, row: str
) -> None:
    """Nobody knows what the row has said."""
    await memory.async_load()
    await memory.async_close()
    put_row(tmp_path, row, b'{"nonsense": 1}')
    assert (await again(hass).async_load()).stop.everything is not None


@pytest.mark.parametrize("row", ["channel/ESP_1/actuator/16", "device/ESP_1", "tag/ESP_2", "stop"])
async def test_a_row_that_is_nonsense_spoils_no_other(
    hass: HomeAssistant, memory: MemoryFile, tmp_path: Path, row: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Who works on something behind a tag must not lose it; the row is told, set aside, and read no second time."""
    await memory.async_load()
    memory.keep("tag/ESP_1", TAG, is_urgent=True)
    memory.keep("stop", StopMemory(devices={DeviceId("ESP_3"): StopScope(by="anna")}), is_urgent=True)
    await memory.async_close()
    put_row(tmp_path, row, b'{"nonsense": 1}')
    kept = await again(hass).async_load()
    assert kept.stop.everything == StopScope(by="god_kaiser", reason="memory_unreadable")
    assert kept.stop.devices.keys() == ({DeviceId("ESP_3")} if row != "stop" else set())
    assert kept.lock_outs == (TAG,)
    assert row in caplog.text
    assert rows_on(tmp_path)[f"unreadable/{row}"] == b'{"nonsense": 1}'
    caplog.clear()
    next_time = await again(hass).async_load()
    assert (next_time.stop, next_time.lock_outs, caplog.text) == (kept.stop, (TAG,), "")


async def test_whoever_has_stopped_everything_still_has_when_a_row_is_nonsense(
    hass: HomeAssistant, memory: MemoryFile, tmp_path: Path
) -> None:
    """The latch holds all the same, and says who has pressed it."""
    await memory.async_load()
    memory.keep("stop", STOPPED, is_urgent=True)
    await memory.async_close()
    put_row(tmp_path, "tag/ESP_2", b"\xff")
    assert (await again(hass).async_load()).stop == STOPPED


async def test_a_row_that_cannot_be_set_aside_stops_everything_and_does_not_fail(
    hass: HomeAssistant, memory: MemoryFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full: what could be read counts, and the row is found again at the next start."""
    await memory.async_load()
    memory.keep("tag/ESP_1", TAG, is_urgent=True)
    await memory.async_close()
    put_row(tmp_path, "channel/ESP_1/actuator/16", b"")
    monkeypatch.setattr(MemoryFile, "_save", full)
    kept = await again(hass).async_load()
    assert (kept.stop.everything is not None, kept.lock_outs) == (True, (TAG,))


async def test_an_unreadable_memory_on_a_full_disk_stops_everything_and_does_not_fail(
    memory: MemoryFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Devices need an answer to their heartbeats, whatever the disk does."""
    database(tmp_path).write_bytes(b"no database at all" * 100)
    monkeypatch.setattr(MemoryFile, "_save", full)
    assert (await memory.async_load()).stop.everything is not None


async def test_the_newest_of_many_writes_wins(
    hass: HomeAssistant, memory: MemoryFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow disk finishes an older write after a newer one was asked for."""
    first_may_end = threading.Event()
    write = MemoryFile._save

    def slow(self: MemoryFile, rows: dict[str, bytes | None]) -> None:
        first_may_end.wait(5)
        write(self, rows)

    monkeypatch.setattr(MemoryFile, "_save", slow)
    memory.keep("stop", STOPPED, is_urgent=True)
    for number in range(5):
        memory.keep("stop", StopMemory(everything=StopScope(by=str(number))), is_urgent=True)
    first_may_end.set()
    await memory.async_close()
    stop = (await again(hass).async_load()).stop
    assert stop.everything is not None
    assert stop.everything.by == "4"


@pytest.mark.risk(
    fails="The disk is full when something must be remembered",
    happens="control goes on, people are told, and it is written later",
    protects="the memory file",
)
async def test_what_could_not_be_written_is_written_later(
    hass: HomeAssistant, memory: MemoryFile, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full for a while loses nothing, and a newer row is not overwritten by the one that failed."""
    await memory.async_load()
    with monkeypatch.context() as patched:
        patched.setattr(MemoryFile, "_save", full)
        memory.keep("stop", STOPPED, is_urgent=True)
        memory.keep("tag/ESP_1", TAG, is_urgent=False)
        await hass.async_block_till_done()
    memory.keep("stop", StopMemory(), is_urgent=False)
    await memory.async_close()
    assert answers == [True, False, True]
    assert await again(hass).async_load() == Memory(lock_outs=(TAG,))


@pytest.mark.req("ROB-10")
@pytest.mark.parametrize(
    ("refusals", "pauses", "is_told"), [(1, [2.0], True), (2, [2.0, 4.0], True), (3, [2.0, 4.0], False)]
)
async def test_a_disk_that_refuses_is_asked_again_after_two_and_four_seconds(
    hass: HomeAssistant,
    memory: MemoryFile,
    answers: Answers,
    monkeypatch: pytest.MonkeyPatch,
    refusals: int,
    pauses: list[float],
    is_told: bool,
) -> None:
    """What somebody else wants to be written in between takes none of these attempts away."""
    left, paused = [refusals], list[float]()

    def soon(_hass: HomeAssistant, delay: float, again: Callable[[object], Awaitable[None]]) -> Callable[[], None]:
        async def go_on() -> None:
            await memory.async_flush()
            left[0] -= 1
            await again(None)

        paused.append(delay)
        hass.async_create_task(go_on())
        return lambda: None

    def write(_memory: MemoryFile, _rows: dict[str, bytes | None]) -> None:
        if left[0] > 0:
            raise OSError("No space left on device")

    monkeypatch.setattr(endurance, "BASE", 2.0)
    monkeypatch.setattr(memory_file, "async_call_later", soon)
    monkeypatch.setattr(MemoryFile, "_save", write)
    assert await memory.async_keep("schedule/x", None) is is_told
    assert paused[: len(pauses)] == pauses
    await hass.async_block_till_done()
    assert answers == ([True] if is_told else [False, True])


async def test_removing_it_leaves_nothing(hass: HomeAssistant, memory: MemoryFile, tmp_path: Path) -> None:
    """Neither the file nor what belongs to it."""
    database(tmp_path).write_bytes(b"no database at all" * 100)
    await memory.async_load()
    await memory.async_remove()
    assert list((tmp_path / ".storage").glob(f"{DOMAIN}*")) == []


def full(_self: MemoryFile, _rows: dict[str, bytes | None]) -> None:
    """Refuse to write."""
    raise OSError("No space left on device")


def refuse_to_write(*_: object) -> None:
    """Answer as a disk that is full, or read-only: the file itself is well."""
    fault = sqlite3.OperationalError("disk I/O error")
    fault.sqlite_errorcode = sqlite3.SQLITE_IOERR
    raise fault


@pytest.mark.risk(
    fails="The disk is full when Home Assistant starts",
    happens="a stop that was pressed still holds, in this life and in the next",
    protects="the memory that stays where it is",
)
async def test_a_stop_survives_a_start_on_a_full_disk(
    hass: HomeAssistant, memory: MemoryFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that can only be read is read, and nobody sets it aside."""
    await memory.async_load()
    memory.keep("stop", STOPPED, is_urgent=True)
    memory.keep("tag/ESP_1", TAG, is_urgent=True)
    await memory.async_close()
    answers = Answers()
    with monkeypatch.context() as patched:
        patched.setattr(memory_disk, "connect", refuse_to_write)
        on_full_disk = MemoryFile(hass, "entry", answers.append)
        kept = await on_full_disk.async_load()
        on_full_disk._forget_timer()
    assert (kept.stop, kept.lock_outs, answers) == (STOPPED, (TAG,), [False])
    assert not Path(f"{database(tmp_path)}.unreadable").exists()
    assert (await again(hass).async_load()).stop == STOPPED


async def test_a_disk_that_does_not_even_give_the_memory_stops_everything_for_this_life(
    hass: HomeAssistant, memory: MemoryFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in it counts again as soon as it can be read."""
    await memory.async_load()
    memory.keep("tag/ESP_1", TAG, is_urgent=True)
    await memory.async_close()
    with monkeypatch.context() as patched:
        patched.setattr(memory_disk, "connect", refuse_to_write)
        patched.setattr(memory_disk, "open_to_read", refuse_to_write)
        blind = again(hass)
        kept = await blind.async_load()
        blind._forget_timer()
    assert (kept.stop.everything is not None, kept.lock_outs) == (True, ())
    found = await again(hass).async_load()
    assert (found.stop.everything, found.lock_outs) == (None, (TAG,))


@pytest.mark.parametrize("ending", ["", ".unreadable"])
async def test_a_disk_that_does_not_say_whether_there_is_a_memory_stops_everything(
    hass: HomeAssistant, memory: MemoryFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    """That nobody can look is not that nothing is there."""
    await memory.async_load()
    memory.keep("stop", STOPPED, is_urgent=True)
    await memory.async_close()
    if ending:
        database(tmp_path).rename(f"{database(tmp_path)}{ending}")
        database(tmp_path).touch()
    whole, unseen = os.stat, Path(f"{database(tmp_path)}{ending}")

    def look(path: Any, *args: Any, **kwargs: Any) -> os.stat_result:
        if path == unseen:
            raise OSError(errno.EIO, "Input/output error")
        return whole(path, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(os, "stat", look)
        patched.setattr(MemoryFile, "_save", full)
        blind = again(hass)
        kept = await blind.async_load()
        blind._forget_timer()
    assert kept.stop.everything is not None
    assert "OSError" in blind.fault


async def test_a_damaged_memory_on_a_full_disk_stops_everything_also_after_the_next_start(
    hass: HomeAssistant, memory: MemoryFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file that came in its place is empty: that says nothing about what was in the other."""
    database(tmp_path).write_bytes(b"no database at all" * 100)
    with monkeypatch.context() as patched:
        patched.setattr(MemoryFile, "_save", full)
        assert (await memory.async_load()).stop.everything is not None
        memory._forget_timer()
    database(tmp_path).write_bytes(b"")
    assert (await again(hass).async_load()).stop.everything is not None
    assert (await again(hass).async_load()).stop.everything is not None


async def test_what_the_disk_did_not_take_at_the_start_is_written_when_it_does(
    hass: HomeAssistant, memory: MemoryFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: Answers
) -> None:
    """People are told meanwhile, and nobody has to press anything."""
    database(tmp_path).write_bytes(b"no database at all" * 100)
    with monkeypatch.context() as patched:
        patched.setattr(MemoryFile, "_save", full)
        await memory.async_load()
    await memory.async_flush()
    memory._forget_timer()
    assert answers == [False, True]
    assert rows_on(tmp_path).keys() == {"stop", "running"}

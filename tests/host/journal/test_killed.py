"""A house that is killed in the middle of writing: what it was told as written is there, in its order, and the trail is whole."""

import asyncio
from collections.abc import Iterator
import os
from pathlib import Path
from random import Random
import signal
import subprocess
import sys
from time import sleep

from homeassistant.core import HomeAssistant
import pytest

from custom_components.god_kaiser.core.journal.chain import Anchors
from custom_components.god_kaiser.core.journal.ids import EventKey, id_of
from custom_components.god_kaiser.host.journal import reading
from custom_components.god_kaiser.host.journal.issued import Issued
from custom_components.god_kaiser.host.journal.reading import Wanted
from custom_components.god_kaiser.host.memory_file import MemoryFile

from .life import ENTRY

LIVES = 5
ROOT = Path(__file__).parents[3]


@pytest.fixture(name="disk")
def disk_fixture() -> str:
    """Return how the disk is."""
    return "well"


@pytest.fixture(name="house")
def house_fixture(tmp_path: Path, disk: str) -> Iterator[subprocess.Popen[bytes]]:
    """Return a program that begins a life whenever it is asked to."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.host.journal.life", str(tmp_path), disk],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as house:
        yield house
        assert house.stdin is not None
        house.stdin.close()


def live_and_die(house: subprocess.Popen[bytes], last_word: bytes, moment: float) -> list[str]:
    """Let a house write until it has said a word, and kill it a moment later; return everything that it has said."""
    assert house.stdin is not None
    assert house.stdout is not None
    house.stdin.write(b"live\n")
    house.stdin.flush()
    said: list[bytes] = []
    while not (said and said[-1].startswith(last_word)):
        said.append(house.stdout.readline())
        assert not said[-1].startswith(b"dead "), "it has died by itself"
    sleep(moment)
    (born,) = (line for line in said if line.startswith(b"born "))
    os.kill(int(born.split()[1]), signal.SIGKILL)
    while not said[-1].startswith(b"dead "):
        said.append(house.stdout.readline())
    return [line.decode() for line in said]


def of(word: str, said: list[str]) -> list[str]:
    """Return the ids behind one word."""
    return [line.split()[1] for line in said if line.startswith(f"{word} ")]


async def remembered(folder: Path) -> Anchors:
    """Return where the trail begins and ends, as it is remembered beside it."""
    hass = HomeAssistant(str(folder))
    memory = MemoryFile(hass, ENTRY, lambda _: None)
    await memory.async_load()
    await hass.async_stop(force=True)
    return memory.anchors


def all_of(path: Path) -> list[EventKey]:
    """Return the ids of everything that lies on the disk."""
    found: list[EventKey] = []
    while True:
        page = reading.events(path, Wanted(after=found[-1] if found else (0, 0), limit=1_000, newest=False))
        found += [stored.key for stored in page.events]
        if not page.has_more:
            return found


def lost(said: list[str]) -> int | None:
    """Return how many events a house has found missing when it began to live."""
    (number,) = of("lost", said)
    return None if number == "None" else int(number)


@pytest.fixture(autouse=True)
def nothing_stays(tmp_path: Path) -> Iterator[None]:
    """Take away what a house that was killed has left behind."""
    yield
    Issued(journal_in(tmp_path)).place.unlink(missing_ok=True)


def journal_in(folder: Path) -> Path:
    """Return where the journal of a house lies."""
    return folder / ".storage" / f"god_kaiser.{ENTRY}.journal.db"


@pytest.mark.risk(
    fails="Home Assistant is killed while it writes five hundred events a second",
    happens="everything that was told as written is there, in its order, and the trail is whole",
    protects="the journal, written through batch by batch",
)
@pytest.mark.req("ROB-70")
def test_what_was_told_as_written_survives_every_death(tmp_path: Path, house: subprocess.Popen[bytes]) -> None:
    """At most the end of what was noted is missing, and nobody was told of that."""
    chance = Random(5)
    path = journal_in(tmp_path)
    before: set[str] = set()
    for number in range(LIVES):
        # Now and then it has remembered elsewhere where the trail ends, and now and then not yet.
        said = live_and_die(house, b"kept" if number % 2 else b"told", chance.uniform(0, 0.3))
        keys = all_of(path)
        written = [id_of(key) for key in keys if id_of(key) not in before]
        noted, told = of("noted", said), of("told", said)
        assert len(told) > 0
        assert written == noted[: len(written)]
        assert told == written[: len(told)]
        before |= set(written)
    assert keys == sorted(set(keys))
    assert before == {id_of(key) for key in keys}
    anchors = asyncio.run(remembered(tmp_path))
    verdict = reading.verify(path, anchors)
    assert (verdict.problem, anchors.until.number > 0) == (None, True)


@pytest.mark.risk(
    fails="Home Assistant is killed before its last events have reached the disk",
    happens="the next start tells exactly how many are missing, also where it is killed again before it could",
    protects="a number in memory that belongs to the system",
)
@pytest.mark.parametrize("disk", ["slow"])
@pytest.mark.req("ROB-70")
def test_the_next_life_tells_how_many_events_are_missing(tmp_path: Path, house: subprocess.Popen[bytes]) -> None:
    """Whatever was noted and is not on the disk; of a new file nobody knows."""
    chance = Random(7)
    path = journal_in(tmp_path)
    told: list[int | None] = []
    # It is at least the one and at most the other: an event that was begun when it was killed may have its number.
    missing: list[tuple[int, int]] = []
    on_disk = 0
    for number in range(2 * LIVES):
        said = live_and_die(house, b"noted" if number % 3 == 2 else b"told", chance.uniform(0, 0.1))
        told.append(lost(said))
        before, on_disk = on_disk, len(all_of(path))
        noted, written = len(of("noted", said)), on_disk - before
        is_unsure = len(of("begun", said)) > noted - bool(told[-1])
        # What a life has found missing stays so for the next one until this life has anything on the disk.
        least, most = (0, 0) if written or not missing else missing[-1]
        missing.append((least + noted - written, most + noted - written + is_unsure))
    assert told[0] is None
    assert all(least <= (each or 0) <= most for each, (least, most) in zip(told[1:], missing[:-1], strict=True))
    assert sum(least == most > 0 for least, most in missing[:-1]) > LIVES

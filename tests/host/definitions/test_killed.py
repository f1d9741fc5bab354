"""A house that is killed while it saves definitions: each file is the old or the new one, and what was told as kept is there."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
import json
import os
from pathlib import Path
from random import Random
import signal
import subprocess
import sys
from time import sleep

from homeassistant.core import HomeAssistant
import pytest

from .house import ENTRY, FILES, stores_of

LIVES = 12
ROOT = Path(__file__).parents[3]

type Live = Callable[[bytes, float], list[list[str]]]


@contextmanager
def a_house(folder: Path, how: str) -> Iterator[Live]:
    """Yield a way to let a house save until it has said a word, and kill it a moment later; it returns what it has said."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.host.definitions.life", str(folder), how],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as house:
        assert house.stdin is not None
        assert house.stdout is not None
        asking, answer = house.stdin, house.stdout

        def live_and_die(last_word: bytes, moment: float) -> list[list[str]]:
            asking.write(b"live\n")
            asking.flush()
            said: list[bytes] = []
            # Whoever has begun the life may come to speak after it has.
            while not all(any(line.startswith(word) for line in said) for word in (b"born ", last_word)):
                said.append(answer.readline())
                assert said[-1], "the house is gone"
                assert not said[-1].startswith(b"dead "), "it has died by itself"
            sleep(moment)
            (born,) = (line for line in said if line.startswith(b"born "))
            os.kill(int(born.split()[1]), signal.SIGKILL)
            while not said[-1].startswith(b"dead "):
                said.append(answer.readline())
            return [line.decode().split() for line in said]

        yield live_and_die
        asking.close()


def last_of(word: str, kind: str, said: list[list[str]], otherwise: int) -> int:
    """Return the last number that was said with a word about one kind of definition."""
    return max((int(line[2]) for line in said if line[:2] == [word, kind]), default=otherwise)


def numbers_on_disk(folder: Path) -> dict[str, int]:
    """Return the number that each file carries; it is whole, and nothing in it was set aside."""
    for ending in FILES.values():
        path = folder / ".storage" / f"god_kaiser.{ENTRY}{ending}"
        assert set(json.loads(path.read_bytes())) >= {"version", "key", "data"}

    async def read() -> dict[str, int]:
        hass = HomeAssistant(str(folder))
        stores = stores_of(hass)
        await stores.async_load()
        assert (stores.faults, stores.degraded) == ({}, 0)
        await hass.async_stop(force=True)
        return stores.numbers

    return asyncio.run(read())


@pytest.mark.risk(
    fails="Home Assistant is killed while devices, sequences and rules are saved",
    happens="each file is the old or the new one as a whole, and what was told as saved is there",
    protects="files that are written beside the old one and read back",
)
@pytest.mark.req("ROB-70", "ROB-72")
def test_each_file_is_the_old_or_the_new_one(tmp_path: Path) -> None:
    """Wherever in the middle of saving the end comes, again and again."""
    chance, known = Random(7), dict.fromkeys(FILES, 0)
    with a_house(tmp_path, "each") as live_and_die:
        # The first one saves everything once.
        for kind in FILES:
            live_and_die(f"kept {kind}".encode(), 0.3)
        known = numbers_on_disk(tmp_path)
        torn = 0
        for number in range(LIVES):
            said = live_and_die(
                f"{('begun', 'kept')[number % 2]} {list(FILES)[number % 3]}".encode(), chance.uniform(0, 0.1)
            )
            found = numbers_on_disk(tmp_path)
            for kind in FILES:
                assert ["found", kind, str(known[kind])] in said
                kept = last_of("kept", kind, said, known[kind])
                begun = last_of("begun", kind, said, known[kind])
                assert found[kind] in (kept, begun)
                torn += begun > kept
            assert ["degraded", "0"] in said
            known = found
    # It was the middle of saving, not only between.
    assert torn >= LIVES


@pytest.mark.req("ROB-70")
def test_what_is_saved_as_one_is_there_as_one(tmp_path: Path) -> None:
    """All files are those of before an import or those of after it, as soon as the next life has begun."""
    chance, kept = Random(8), 0
    with a_house(tmp_path, "one") as live_and_die:
        live_and_die(b"kept all", 0.0)
        before = range(1, 1_000_000)
        for number in range(LIVES):
            said = live_and_die((b"begun", b"kept")[number % 2], chance.uniform(0, 0.15))
            found = {int(line[2]) for line in said if line[0] == "found"}
            assert len(found) == 1
            assert found.pop() in before
            assert ["degraded", "0"] in said
            kept = last_of("kept", "all", said, min(before))
            before = range(kept, last_of("begun", "all", said, kept) + 1)


@pytest.mark.parametrize("damaged", FILES)
def test_a_file_that_is_damaged_besides_is_set_aside_and_the_rest_goes_on(tmp_path: Path, damaged: str) -> None:
    """What it held is still there under another name; the others lose nothing, and saving goes on in all of them."""
    with a_house(tmp_path, "each") as live_and_die:
        for kind in FILES:
            live_and_die(f"kept {kind}".encode(), 0.3)
        known = numbers_on_disk(tmp_path)
        path = tmp_path / ".storage" / f"god_kaiser.{ENTRY}{FILES[damaged]}"
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
        said = live_and_die(f"kept {damaged} 2".encode(), 0.0)
        assert [line[1] for line in said if line[0] == "fault"] == [damaged]
        assert {line[1]: int(line[2]) for line in said if line[0] == "found"} == {**known, damaged: 0}
        aside = [each.read_bytes() for each in path.parent.glob(f"{path.name}.*") if "corrupt" in each.name]
        assert aside == [content[: len(content) // 2]]
        assert numbers_on_disk(tmp_path)[damaged] >= 2

"""Lives of a house that writes five hundred events a second until somebody kills it; each says what it was told."""

import asyncio
from collections.abc import Iterable, Sequence
import os
from pathlib import Path
import sys
from time import sleep

from homeassistant.core import HomeAssistant, callback

from custom_components.god_kaiser.core.journal.chain import Anchor, Anchors
from custom_components.god_kaiser.core.journal.ids import id_of
from custom_components.god_kaiser.core.journal.kinds import Noted
from custom_components.god_kaiser.host.endurance import Told
from custom_components.god_kaiser.host.journal.file import JournalFile
from custom_components.god_kaiser.host.journal.journal import Journal, Keeping
from custom_components.god_kaiser.host.journal.rows import EndedRun, Row
from custom_components.god_kaiser.host.memory_file import MemoryFile
from custom_components.god_kaiser.host.memory_rows import JOURNAL_ROW

ENTRY = "one"
_EVERY, _AT_ONCE = 0.01, 5
_THINKS = 0.02


def say(word: str, event_id: str) -> None:
    """Say something at once, so that it is heard also after the end."""
    os.write(1, f"{word} {event_id}\n".encode())


def opened(journal: Journal) -> None:
    """Say how many events the life before has lost, and that this was noted."""
    say("lost", str(journal.lost))
    if journal.lost:
        say("noted", id_of(journal.last_key))


async def live(folder: Path) -> None:
    """Open what the life before has left, and write."""
    hass = HomeAssistant(str(folder))
    is_read = False
    memory = MemoryFile(hass, ENTRY, lambda _: say("kept" if is_read else "read", "anchors"))
    await memory.async_load()
    is_read = True

    @callback
    def keep(anchors: Anchors, told: Told | None) -> None:
        memory.keep(JOURNAL_ROW, anchors, is_urgent=told is not None, told=told)

    journal = Journal(hass, ENTRY, Keeping(), keep_anchors=keep, on_health=lambda *_: None)
    await journal.async_open(memory.anchors)

    @callback
    def heard(row: Row) -> None:
        say("told", id_of(row.key))

    journal.watch(heard)
    opened(journal)
    while True:
        for number in range(_AT_ONCE):
            kind = Noted.DECISION_REFUSED if number == 0 else Noted.DECISION_ALLOWED
            say("begun", str(number))
            say("noted", journal.note(kind, {"data": {"number": number}})["event_id"])
        await asyncio.sleep(_EVERY)


def slow_down() -> None:
    """Let the disk think before it takes anything, so that there is always something that it does not have yet."""
    whole = JournalFile.append

    def append(self: JournalFile, rows: Sequence[Row], runs: Iterable[EndedRun] = ()) -> Anchor:
        sleep(_THINKS)
        return whole(self, rows, runs)

    JournalFile.append = append  # type: ignore[method-assign]  # for the whole of a life


def begin_lives(folder: Path) -> None:
    """Begin a life for each line that is read, and say under which number it can be killed, and when it was."""
    for _ in sys.stdin:
        if (child := os.fork()) == 0:
            asyncio.run(live(folder))
        say("born", str(child))
        os.waitpid(child, 0)
        say("dead", str(child))


if __name__ == "__main__":
    if "slow" in sys.argv[2:]:
        slow_down()
    begin_lives(Path(sys.argv[1]))

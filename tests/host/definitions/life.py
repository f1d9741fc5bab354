"""Lives of a house that saves definitions without a pause until somebody kills it; each says what it was told."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
import os
from pathlib import Path
import sys

from homeassistant.core import HomeAssistant, callback

from custom_components.god_kaiser.host.memory_file import MemoryFile
from custom_components.god_kaiser.host.memory_rows import IMPORT_ROW
from custom_components.god_kaiser.host.storage import StoredDevice
from custom_components.god_kaiser.host.together import Rows, Together, Unfinished

from .house import ENTRY, Stores, a_plan, a_rule, a_sequence, stores_of


def say(*words: object) -> None:
    """Say something at once, so that it is heard also after the end."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def together_of(hass: HomeAssistant, memory: MemoryFile, stores: Stores) -> Together:
    """Return who writes all files as one."""

    @callback
    def keep(note: Unfinished | None) -> None:
        memory.keep(IMPORT_ROW, note, is_urgent=True)

    files = {"devices": stores.plans.file, "sequences": stores.sequences.file, "rules": stores.rules.file}
    return Together(hass, keep, partial(memory.async_keep, IMPORT_ROW), files, lambda _: None)


async def save_each(stores: Stores, _together: Together) -> None:
    """Save devices, sequences and rules one by one, each kind at its own pace."""

    async def save(kind: str, put: Callable[[int], Awaitable[object]]) -> None:
        number = stores.numbers[kind]
        while True:
            number += 1
            say("begun", kind, number)
            await put(number)
            say("kept", kind, number)

    await asyncio.gather(
        save("devices", lambda number: stores.plans.async_put(a_plan(number))),
        save("sequences", lambda number: stores.sequences.async_put(a_sequence(number), "anna")),
        save("rules", lambda number: stores.rules.async_put(a_rule(number), "anna")),
    )


async def save_all(stores: Stores, together: Together) -> None:
    """Save devices, sequences and rules as one, as an import does."""
    number = stores.numbers["devices"]
    while True:
        number += 1
        say("begun", "all", number)
        plan = a_plan(number)
        batches = [
            stores.plans.batch({plan.device: StoredDevice(plan=plan)}),
            stores.sequences.batch([a_sequence(number)], (), "anna"),
            stores.rules.batch([a_rule(number)], (), "anna"),
        ]
        await together.async_write(batches, Rows(lambda: None, lambda: None), None)
        for batch in batches:
            assert batch.current() == batch.after
        say("kept", "all", number)


async def live(folder: Path, *, is_one: bool) -> None:
    """Open what the life before has left, say what it is, and save."""
    hass = HomeAssistant(str(folder))
    memory = MemoryFile(hass, ENTRY, lambda _: None)
    await memory.async_load()
    stores = stores_of(hass)
    together = together_of(hass, memory, stores)
    await together.async_put_right(memory.unfinished)
    await stores.async_load()
    say("degraded", stores.degraded)
    for name in stores.faults:
        say("fault", name)
    for name, number in stores.numbers.items():
        say("found", name, number)
    await (save_all if is_one else save_each)(stores, together)


def begin_lives(folder: Path, *, is_one: bool) -> None:
    """Begin a life for each line that is read, and say under which number it can be killed, and when it was."""
    for _ in sys.stdin:
        if (child := os.fork()) == 0:
            asyncio.run(live(folder, is_one=is_one))
        say("born", child)
        os.waitpid(child, 0)
        say("dead", child)


if __name__ == "__main__":
    begin_lives(Path(sys.argv[1]), is_one=sys.argv[2] == "one")

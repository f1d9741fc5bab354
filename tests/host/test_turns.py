"""Turns with one file: each thing in the order in which it was asked for, and what waits already is not asked for twice."""

import asyncio

from custom_components.god_kaiser.host.turns import Turns


class File:
    """Does nothing before it may, and remembers what was done."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.done: list[str] = []
        self.may = asyncio.Event()

    async def slowly(self) -> None:
        """Take as long as the disk does."""
        await self.may.wait()

    async def hold(self) -> None:
        """Lie still."""
        self.done.append("hold")

    async def let_go(self) -> None:
        """Go on."""
        self.done.append("let go")


async def test_what_is_asked_for_last_is_done_last() -> None:
    """Whoever holds, lets go and holds again finds it held."""
    turns, file = Turns("test"), File()
    turns.take(file.slowly)
    wanted = [turns.take(job) for job in (file.hold, file.let_go, file.hold, file.hold)]
    assert wanted[2] is wanted[3]
    file.may.set()
    await asyncio.gather(*wanted)
    assert file.done == ["hold", "let go", "hold"]


async def test_who_does_not_want_a_turn_any_more_keeps_nobody_from_another() -> None:
    """What is asked for after that gets a turn of its own."""
    turns, file = Turns("test"), File()
    turns.take(file.slowly)
    given_up = turns.take(file.hold)
    given_up.cancel()
    again = turns.take(file.hold)
    await asyncio.wait({given_up})
    again.cancel()
    await asyncio.wait({again})
    assert not turns.is_wanted(file.hold)
    wanted = turns.take(file.hold)
    file.may.set()
    await wanted
    assert file.done == ["hold"]

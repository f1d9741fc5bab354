"""One thing after the other with one file, however long its disk takes; what waits for its turn waits once."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from homeassistant.util.async_ import create_eager_task

type Job[Answer] = Callable[[], Coroutine[Any, Any, Answer]]


class Turns:
    """Hands out turns; nobody outside ends one before its time, because what a disk has begun cannot be taken back.

    Home Assistant knows nothing of them: neither its start nor its end waits for a disk that does not answer.
    """

    def __init__(self, name: str) -> None:
        """Begin with nothing on its way."""
        self._name = name
        self._lock = asyncio.Lock()
        self._going = set[asyncio.Task[Any]]()
        # In the order in which they get their turns.
        self._waiting: dict[asyncio.Task[Any], Job[Any]] = {}

    def take[Answer](self, job: Job[Answer]) -> asyncio.Task[Answer]:
        """Return the turn in which something is done: the last that waits where it is for the same, or one behind it."""
        last = next(reversed(self._waiting), None)
        if last is not None and self._waiting[last] == job and not last.cancelling():
            return last
        has_begun = False

        async def in_turn() -> Answer:
            nonlocal has_begun
            async with self._lock:
                has_begun = True
                if (me := asyncio.current_task()) is not None:
                    self._waiting.pop(me, None)
                return await job()

        turn = create_eager_task(in_turn(), name=self._name)
        if not has_begun:
            self._waiting[turn] = job
        if not turn.done():
            self._going.add(turn)
            turn.add_done_callback(self._over)
        return turn

    def _over(self, turn: asyncio.Task[Any]) -> None:
        self._going.discard(turn)
        # One that was cancelled before its turn has come.
        self._waiting.pop(turn, None)

    def is_wanted(self, job: Job[Any]) -> bool:
        """Tell whether something waits for its turn."""
        return job in self._waiting.values()

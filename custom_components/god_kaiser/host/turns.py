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
        self._waiting: dict[Job[Any], asyncio.Task[Any]] = {}

    def take[Answer](self, job: Job[Answer]) -> asyncio.Task[Answer]:
        """Return the turn in which something is done: the one that waits for it already, or another."""
        if (waiting := self._waiting.get(job)) is not None:
            return waiting
        has_begun = False

        async def in_turn() -> Answer:
            nonlocal has_begun
            async with self._lock:
                has_begun = True
                self._waiting.pop(job, None)
                return await job()

        turn = create_eager_task(in_turn(), name=self._name)
        if not has_begun:
            self._waiting[job] = turn
        if not turn.done():
            self._going.add(turn)
            turn.add_done_callback(self._going.discard)
        return turn

    def is_wanted(self, job: Job[Any]) -> bool:
        """Tell whether something waits for its turn."""
        return job in self._waiting

"""What need not be shown at once is shown a moment later, once for everything that has happened, and never all together."""

import asyncio
from collections import deque
from collections.abc import Callable
import logging

from homeassistant.core import callback

# A device answers within this time: what was asked of it and what has become of it are shown together.
PATIENCE = 0.25
# What becomes due within this time is shown together: a turn of the loop for each would cost more than the showing.
_TOGETHER = 0.1
# Between so many of them everybody else has a turn.
_AT_ONCE = 20
_LOGGER = logging.getLogger(__name__)

type Look = Callable[[], None]


class Patience:
    """Calls back a moment later, in the order in which it was asked to."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wait for nothing."""
        self._loop = loop
        self._waiting: deque[tuple[float, Look]] = deque()
        self._next: asyncio.Handle | None = None

    @callback
    def call(self, look: Look) -> None:
        """Call back in a moment."""
        due = self._loop.time() + PATIENCE
        self._waiting.append((due, look))
        if self._next is None:
            self._next = self._loop.call_at(due, self._look)

    @callback
    def stop(self) -> None:
        """Call nobody back any more."""
        self._waiting.clear()
        if self._next is not None:
            self._next.cancel()
            self._next = None

    @callback
    def _look(self) -> None:
        now = self._loop.time() + _TOGETHER
        for _ in range(_AT_ONCE):
            if not self._waiting or self._waiting[0][0] > now:
                break
            try:
                self._waiting.popleft()[1]()
            except Exception:
                # Who cannot show something must not keep others from seeing it.
                _LOGGER.exception("Something that was to be shown has failed")
        if not self._waiting:
            self._next = None
        elif (due := self._waiting[0][0]) <= now:
            self._next = self._loop.call_soon(self._look)
        else:
            self._next = self._loop.call_at(due, self._look)

"""Wishes about runs that wait for the word of the engine."""

import asyncio
from collections.abc import Callable
from typing import Final

from homeassistant.core import HomeAssistant, callback

from ..core.effects import Reply
from ..core.events import Event, RunCancelled, RunHalted, RunResumed, RunWished
from ..core.ids import CommandId
from ..core.sequences.codes import SequenceCode
from ..core.sequences.errors import SequenceError
from ..core.sequences.findings import Finding
from .naming import Names
from .run_lines import worst_in_words
from .run_wishes import refusal_of

# The engine answers a wish in the same step; more than that is only for when it is busy.
PATIENCE: Final = 10.0

type Wish = RunWished | RunCancelled | RunHalted | RunResumed
type Findings = tuple[Finding, ...]


class RunQuestions:
    """Puts wishes to the engine, and brings what it says back to whoever waits."""

    def __init__(self, hass: HomeAssistant, feed: Callable[[Event], None], names: Names) -> None:
        """Start with nobody waiting."""
        self._hass = hass
        self._feed = feed
        self._names = names
        self._open: dict[CommandId, asyncio.Future[Findings]] = {}

    async def async_ask(self, wish: Wish, patience: float = PATIENCE) -> Findings:
        """Put a wish, and return what was worth knowing before; raises why it is refused."""
        future: asyncio.Future[Findings] = self._hass.loop.create_future()
        self._open[wish.key] = future
        try:
            self._feed(wish)
            async with asyncio.timeout(patience):
                return await future
        except TimeoutError:
            raise SequenceError(SequenceCode.INTERNAL_ERROR) from None
        finally:
            self._open.pop(wish.key, None)

    @callback
    def answer(self, reply: Reply) -> None:
        """Bring back what the engine says, if anybody still waits for it."""
        future = self._open.get(reply.key)
        if future is None or future.done():
            return
        if reply.code is None:
            future.set_result(reply.findings)
            return
        future.set_exception(refusal_of(reply.code, reply, worst_in_words(self._hass, self._names, reply.findings)))

"""Who asked for something waits here until the engine knows how it ended."""

import asyncio
from collections.abc import Callable
from uuid import uuid4

from homeassistant.core import Context, HomeAssistant, callback

from ..core.effects import Ending, Reject, Settle
from ..core.events import Event
from ..core.ids import CommandId
from .failures import refusal, setback
from .naming import Names

# Commands are followed by the engine, which ends them itself; the other questions have no deadline but this one.
COMMAND_PATIENCE = 180.0
QUESTION_PATIENCE = 30.0
_LATEST = 500


class Questions:
    """Open questions by their id."""

    def __init__(
        self, hass: HomeAssistant, feed: Callable[[Event], None], names: Names, patience: float = QUESTION_PATIENCE
    ) -> None:
        """Remember how to put a question to the engine, what people call what it speaks of, and how long a device has."""
        self._patience = patience
        self._hass = hass
        self._feed = feed
        self._names = names
        self._open: dict[CommandId, asyncio.Future[None]] = {}
        self._asked: dict[str, int] = {}

    async def async_ask(
        self, wish: Callable[[CommandId], Event], *, patience: float | None = None, context: Context | None = None
    ) -> None:
        """Put a question and wait for its end; raises a translated error unless it was carried out.

        It has the id of the context in which somebody has clicked or called: device, journal and logbook tell the same.
        """
        key = self._key(context)
        future = self._open[key] = self._hass.loop.create_future()
        try:
            self._feed(wish(key))
            async with asyncio.timeout(self._patience if patience is None else patience):
                await future
        except TimeoutError:
            raise setback(Settle(id=key, ending=Ending.UNCONFIRMED)) from None
        finally:
            self._open.pop(key, None)

    def _key(self, context: Context | None) -> CommandId:
        if context is None:
            return CommandId(uuid4().hex)
        # One call may be for several outputs, and each command has an id of its own.
        count = self._asked[context.id] = self._asked.pop(context.id, 0) + 1
        while len(self._asked) > _LATEST:
            del self._asked[next(iter(self._asked))]
        return CommandId(context.id if count == 1 else f"{context.id}-{count}")

    @callback
    def settle(self, effect: Settle | Reject) -> None:
        """End a question."""
        key = effect.id if isinstance(effect, Settle) else effect.refused.request.id
        future = self._open.pop(key, None)
        if future is None or future.done():
            return
        if isinstance(effect, Reject):
            future.set_exception(refusal(self._hass, effect.refused, self._names))
        elif effect.ending is Ending.CONFIRMED:
            future.set_result(None)
        else:
            future.set_exception(setback(effect))

    @callback
    def give_up(self) -> None:
        """End every question without an answer."""
        for key in list(self._open):
            self.settle(Settle(id=key, ending=Ending.UNCONFIRMED))

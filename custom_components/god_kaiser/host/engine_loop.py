"""Where events meet the engine: one after the other, each to its end, and one timer for what becomes due."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
import logging
from math import inf
from time import monotonic

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..core import Engine
from ..core.effects import Effect
from ..core.events import Event, ShutdownBegun, WakeReached
from ..core.instant import Instant

# Home Assistant's own end must not wait for devices that say nothing.
SHUTDOWN_PATIENCE = 4.0
_LOGGER = logging.getLogger(__name__)


class EngineLoop:
    """Feeds the engine and has its orders performed, in their order."""

    def __init__(self, hass: HomeAssistant, engine: Engine, perform: Callable[[Effect], None]) -> None:
        """Remember who decides and who acts."""
        self._loop = hass.loop
        self._engine = engine
        self._perform = perform
        self._waiting: deque[tuple[Event, Instant]] = deque()
        self._is_busy = False
        self._timer: asyncio.TimerHandle | None = None
        self._resting: asyncio.Future[None] | None = None
        self._is_stopped = False

    @staticmethod
    def now() -> Instant:
        """Return this moment on both clocks."""
        return Instant(utc=dt_util.utcnow(), monotonic=monotonic())

    @callback
    def feed(self, event: Event, now: Instant | None = None) -> None:
        """Hand an event to the engine and perform what follows, to its end.

        Home Assistant answers a state that is written on the spot, perhaps with a stop: what such an answer asks for
        comes after the orders that were given before it, never between them.
        """
        moment = now or self.now()
        if self._is_busy:
            self._waiting.append((event, moment))
            return
        self._is_busy = True
        try:
            self._handle(event, moment)
        finally:
            self._catch_up()
            self._is_busy = False

    @property
    def is_awake(self) -> bool:
        """Tell whether whatever becomes due next will be noticed."""
        return self._engine.next_wake() is None or self._timer is not None

    @callback
    def stop(self) -> None:
        """Let nothing become due any more."""
        self._is_stopped = True
        if self._timer is not None:
            self._timer.cancel()

    async def async_shut_down(self) -> None:
        """Rest what runs, and wait until the devices have confirmed it, but not for long."""
        self._resting = self._loop.create_future()
        self.feed(ShutdownBegun())
        with suppress(TimeoutError):
            async with asyncio.timeout(SHUTDOWN_PATIENCE):
                await self._resting

    def _catch_up(self) -> None:
        while self._waiting:
            event, moment = self._waiting.popleft()
            try:
                self._handle(event, moment)
            except Exception:
                # Whoever asked has gone on by now: nobody else hears of it.
                _LOGGER.exception("An event could not be handled: %s", type(event).__name__)

    def _handle(self, event: Event, moment: Instant) -> None:
        for effect in self._engine.handle(event, moment):
            try:
                self._perform(effect)
            except Exception:
                # One order that cannot be carried out must not swallow the orders behind it.
                _LOGGER.exception("An order could not be carried out: %s", type(effect).__name__)
        self._set_timer(moment)
        if self._resting is not None and not self._resting.done() and not self._engine.ledger.is_resting:
            self._resting.set_result(None)

    @callback
    def _set_timer(self, now: Instant) -> None:
        clock = self._loop.time()
        set_to = inf if self._timer is None else self._timer.when()
        ahead = clock - now.monotonic
        if self._is_stopped or set_to <= clock or (due := self._engine.next_wake(before=set_to - ahead)) is None:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(max(clock, due + ahead), self._wake)

    @callback
    def _wake(self) -> None:
        self._timer = None
        self.feed(WakeReached())

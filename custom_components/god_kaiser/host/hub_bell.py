"""Wakes who watches a whole hub, and never so often that showing it takes all the time there is."""

import asyncio
from collections.abc import Callable

from homeassistant.core import HomeAssistant, callback

from .watchers import Key, Watchers

# What a hub shows lists its devices: while hundreds of them answer a stop, it is not written for each of them.
_MANY = 50
_PAUSE = 0.5


class HubBell:
    """Rings at once for a small list; for a long one, half a second lies between two rings."""

    def __init__(self, hass: HomeAssistant, watchers: Watchers, hub: Key, length: Callable[[], int]) -> None:
        """Remember whom to wake, and how to tell how much there is to show."""
        self._hass = hass
        self._watchers = watchers
        self._hub = hub
        self._length = length
        self._pause: asyncio.TimerHandle | None = None
        self._missed = False

    @callback
    def ring(self) -> None:
        """Wake who watches the hub, now or when the pause is over."""
        if self._pause is not None:
            self._missed = True
            return
        if self._length() > _MANY:
            self._pause = self._hass.loop.call_later(_PAUSE, self._resume)
        self._watchers.wake(self._hub)

    @callback
    def stop(self) -> None:
        """Ring no more by itself."""
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None

    @callback
    def _resume(self) -> None:
        self._pause = None
        if self._missed:
            self._missed = False
            self.ring()

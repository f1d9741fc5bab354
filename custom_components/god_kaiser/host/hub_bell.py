"""Wakes who watches a whole hub, and never so often that showing it takes all the time there is."""

import asyncio
from collections.abc import Callable

from homeassistant.core import HomeAssistant, callback

from ..core.ids import DeviceId
from .watchers import Key, Watchers

# What a hub shows lists its devices: while hundreds of them answer a stop, it is not written for each of them.
_MANY = 50
_PAUSE = 0.5


def refusals_of(hub: Key) -> Key:
    """Return what those watch who want to know of refused commands, which change nothing else about a hub."""
    return DeviceId(f"{hub}/refusals")


class HubBell:
    """Rings at once for a small list; for a long one, half a second lies between two rings."""

    def __init__(self, hass: HomeAssistant, watchers: Watchers, hub: Key, length: Callable[[], int]) -> None:
        """Remember whom to wake, and how to tell how much there is to show."""
        self._hass = hass
        self._watchers = watchers
        self._hub = hub
        self._length = length
        self._pause: asyncio.TimerHandle | None = None
        # In the order in which they were missed.
        self._missed: dict[Key, None] = {}

    @callback
    def ring(self) -> None:
        """Wake who watches the hub, now or when the pause is over."""
        self._ring(self._hub)

    @callback
    def ring_refusal(self) -> None:
        """Wake who watches the refusals, now or when the pause is over."""
        self._ring(refusals_of(self._hub))

    def _ring(self, *keys: Key) -> None:
        if self._pause is not None:
            self._missed |= dict.fromkeys(keys)
            return
        if self._length() > _MANY:
            self._pause = self._hass.loop.call_later(_PAUSE, self._resume)
        for key in keys:
            self._watchers.wake(key)

    @callback
    def stop(self) -> None:
        """Ring no more by itself."""
        if self._pause is not None:
            self._pause.cancel()
            self._pause = None

    @callback
    def _resume(self) -> None:
        self._pause = None
        if missed := tuple(self._missed):
            self._missed.clear()
            self._ring(*missed)

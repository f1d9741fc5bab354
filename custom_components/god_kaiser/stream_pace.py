"""The pace of a stream: not more readings than anybody can use, and a sign of life in the silence."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from homeassistant.core import HomeAssistant, callback

from .core.ids import ChannelId
from .stream_limits import MOST_READINGS, READINGS_WITHIN

# What is said when there is nothing else to say.
ALIVE: Final = "keepalive"


class ReadingPace:
    """Lets some readings of a channel pass at once; of those that come too fast the last one is told a little later."""

    def __init__(self, hass: HomeAssistant, tell: Callable[[ChannelId], None]) -> None:
        """Remember whom to tell; what a channel says is looked up when it is told."""
        self._loop = hass.loop
        self._tell = tell
        self._told: dict[ChannelId, deque[float]] = {}
        self._due: dict[ChannelId, asyncio.TimerHandle] = {}

    @property
    def waiting(self) -> int:
        """Return how many channels have a reading that waits."""
        return len(self._due)

    @callback
    def put(self, channel: ChannelId) -> None:
        """Tell the reading of a channel, now or as soon as there is room."""
        if channel in self._due:
            return
        told = self._told.setdefault(channel, deque(maxlen=MOST_READINGS))
        now = self._loop.time()
        if len(told) == MOST_READINGS and (free_at := told[0] + READINGS_WITHIN) > now:
            self._due[channel] = self._loop.call_at(free_at, self._tell_late, channel)
            return
        told.append(now)
        self._tell(channel)

    @callback
    def end(self) -> None:
        """Tell nothing more."""
        for timer in self._due.values():
            timer.cancel()
        self._due.clear()

    @callback
    def _tell_late(self, channel: ChannelId) -> None:
        del self._due[channel]
        self._told[channel].append(self._loop.time())
        self._tell(channel)


class Keepalive:
    """Says something when nothing else was said for a while."""

    def __init__(self, hass: HomeAssistant, every: float, say: Callable[[], None]) -> None:
        """Remember what to say how often."""
        self._loop = hass.loop
        self._every = every
        self._say = say
        self._last = self._loop.time()
        self._timer = self._loop.call_later(every, self._look)

    @callback
    def spoken(self) -> None:
        """Wait from now on."""
        self._last = self._loop.time()

    @callback
    def end(self) -> None:
        """Say nothing more."""
        self._timer.cancel()

    @callback
    def _look(self) -> None:
        if self._last + self._every <= self._loop.time():
            self._say()
            self._last = self._loop.time()
        self._timer = self._loop.call_at(self._last + self._every, self._look)

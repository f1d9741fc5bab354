"""A file that the disk does not take: people are told, and it is written again and again until it is as it is to be."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util.async_ import create_eager_task

_AGAIN: Final = 30.0


class Mending:
    """Looks after one file from the first failure until it is well."""

    def __init__(self, hass: HomeAssistant, write: Callable[[], Awaitable[bool]]) -> None:
        """Remember how the file is written as it is to be."""
        self.is_well = True
        self.on_health: Callable[[bool], None] | None = None
        self._hass = hass
        self._write = write
        self._timer: Callable[[], None] | None = None
        self._trying: asyncio.Task[None] | None = None

    @callback
    def succeeded(self) -> None:
        """Go on as usual."""
        self.stop()
        self._turn(is_well=True)

    @callback
    def failed(self) -> None:
        """Tell people, and try again in a while."""
        self._turn(is_well=False)
        self._schedule()

    @callback
    def stop(self) -> None:
        """Try no more."""
        if self._timer is not None:
            self._timer()
            self._timer = None

    async def async_try(self) -> None:
        """Write the file as it is to be, unless that has been done meanwhile; whoever asks waits for it."""
        self.stop()
        if not self.is_well:
            await asyncio.shield(self._begin())

    @callback
    def _begin(self) -> asyncio.Task[None]:
        """Return the attempt that is made now: however long the disk takes, there is one."""
        if self._trying is None or self._trying.done():
            self._trying = create_eager_task(self._async_try(), name="god_kaiser mending")
        return self._trying

    async def _async_try(self) -> None:
        if await self._write():
            self.succeeded()
        else:
            self._schedule()

    @callback
    def _again(self, _now: datetime) -> None:
        self._timer = None
        self._begin()

    @callback
    def _schedule(self) -> None:
        self.stop()
        self._timer = async_call_later(self._hass, _AGAIN, self._again)

    @callback
    def _turn(self, *, is_well: bool) -> None:
        if is_well != self.is_well:
            self.is_well = is_well
            if self.on_health is not None:
                self.on_health(is_well)

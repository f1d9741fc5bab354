"""The memory lies still while a backup is made: what comes is written beside its file meanwhile."""

import asyncio
from collections.abc import Callable
from datetime import datetime
import logging
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from .database import FAULTS
from .memory_disk import MemoryDisk
from .turns import Turns

_LOGGER = logging.getLogger(__name__)
# Whoever has asked the file to lie still and never comes back does not let the one beside it grow for longer.
_LONGEST: Final = 3_600.0


class Stillness:
    """Begins and ends it, and ends it by itself after an hour."""

    def __init__(self, hass: HomeAssistant, disk: MemoryDisk, turns: Turns) -> None:
        """Remember the file, and who keeps others from writing meanwhile."""
        self._hass = hass
        self._disk = disk
        self._turns = turns
        self._end: Callable[[], None] | None = None

    @callback
    def begin(self) -> asyncio.Task[None]:
        """Keep the file as it is, as soon as it is our turn."""
        self._forget_timer()
        self._end = async_call_later(self._hass, _LONGEST, self._over)
        return self._turns.take(self._async_hold)

    @callback
    def end(self) -> asyncio.Task[None]:
        """Bring into the file what was written beside it."""
        self._forget_timer()
        return self._turns.take(self._async_let_go)

    @callback
    def _over(self, _now: datetime) -> None:
        self.end()

    async def _async_hold(self) -> None:
        try:
            await self._hass.loop.run_in_executor(None, self._disk.hold_still)
        except FAULTS as err:
            _LOGGER.warning("The memory of outputs and stops could not be prepared for the backup: %s", err)

    async def _async_let_go(self) -> None:
        try:
            await self._hass.loop.run_in_executor(None, self._disk.let_go)
        except FAULTS as err:
            _LOGGER.warning("The memory of outputs and stops could not be brought into one file: %s", err)

    def _forget_timer(self) -> None:
        if self._end is not None:
            self._end()
            self._end = None

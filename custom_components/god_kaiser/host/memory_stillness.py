"""The memory lies still while a backup is made: what comes is written beside its file meanwhile."""

import asyncio
from collections.abc import Callable
import logging
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.event import async_call_later

from .database import FAULTS
from .memory_disk import MemoryDisk

_LOGGER = logging.getLogger(__name__)
# Whoever has asked the file to lie still and never comes back does not let the one beside it grow for longer.
_LONGEST: Final = 3_600.0


class Stillness:
    """Begins and ends it, and ends it by itself after an hour."""

    def __init__(self, hass: HomeAssistant, disk: MemoryDisk, lock: asyncio.Lock) -> None:
        """Remember the file, and the lock that keeps others from writing meanwhile."""
        self._hass = hass
        self._disk = disk
        self._lock = lock
        self._end: Callable[[], None] | None = None

    async def async_begin(self) -> None:
        """Keep the file as it is."""
        self._forget_timer()
        self._end = async_call_later(self._hass, _LONGEST, self.async_end)
        async with self._lock:
            try:
                await self._hass.async_add_executor_job(self._disk.hold_still)
            except FAULTS as err:
                _LOGGER.warning("The memory of outputs and stops could not be prepared for the backup: %s", err)

    async def async_end(self, _now: object = None) -> None:
        """Bring into the file what was written beside it."""
        self._forget_timer()
        async with self._lock:
            await self._hass.async_add_executor_job(self._disk.let_go)

    def _forget_timer(self) -> None:
        if self._end is not None:
            self._end()
            self._end = None

"""Every file of a hub: read when it is loaded and written out at its end, within a time that no disk can stretch."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
import logging
from typing import NamedTuple

from homeassistant.core import callback
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.util.async_ import create_eager_task

from ..const import DOMAIN
from ..core.journal.kinds import Noted
from ..core.safety.memory import Memory
from .announcer import Written
from .endurance import AT_END, Endurance
from .figures import number_text
from .hall import Examined, Hall
from .storage import StoredDevice
from .stragglers import forget_stragglers, stragglers_of
from .together import Together

_LOGGER = logging.getLogger(__name__)

type Job = Callable[[], Awaitable[None]]


class Read(NamedTuple):
    """What a hub begins with."""

    devices: list[StoredDevice]
    memory: Memory


class HubFiles:
    """Reads all of them or none, and ends each whatever becomes of the others."""

    def __init__(self, hall: Hall, examined: Examined, together: Together, endurance: Endurance) -> None:
        """Remember the files, and who writes some of them together."""
        self._hass, self._announcer = hall.hass, hall.announcer
        self._memory, self._journal, self._together = hall.memory, hall.journal, together
        self._plans, self._sequences, self._rules = examined.plans, examined.sequences.store, examined.rules.store
        self._patience = endurance.patience
        self._entry_id, self._left = hall.entry_id, stragglers_of(hall.hass, hall.entry_id)
        self._is_open = False

    async def async_read(self) -> Read:
        """Read everything.

        Raises:
            ConfigEntryNotReady: the disk does not answer. What is on its way is left behind, and nothing has begun.
        """
        loop = self._hass.loop
        by = loop.time() + self._patience
        if not await self._left.async_gone(self._patience):
            raise self._silence()
        reading = create_eager_task(self._async_read(), name="god_kaiser read")
        try:
            await asyncio.wait({reading}, timeout=max(0.0, by - loop.time()))
        finally:
            if not reading.done():
                self._left.leave([create_eager_task(self._async_give_up(reading), name="god_kaiser read")])
        if not reading.done():
            raise self._silence()
        self._is_open = True
        return reading.result()

    async def _async_read(self) -> Read:
        memory = await self._memory.async_load(self._left.unsaved())
        self._left.unsaved = dict
        await self._journal.async_open(self._memory.anchors)
        if await self._together.async_put_right(self._memory.unfinished):
            self._journal.note(Noted.CONFIG_IMPORT_UNDONE, {"data": {}})
        devices = await self._plans.async_load()
        await self._sequences.async_load()
        await self._rules.async_load()
        self._together.tell()
        return Read(devices, memory)

    async def _async_give_up(self, reading: asyncio.Task[Read]) -> None:
        await asyncio.wait({reading})
        if not reading.cancelled() and (err := reading.exception()) is not None:
            _LOGGER.debug("What nobody waited for any more could not be read: %s", err)
        await self._async_end(self._journal.async_close, has_lived=False)

    async def async_lay_down(self) -> None:
        """End what was read for a hub that does not begin to live; the next attempt must find its files free."""
        if self._is_open:
            await self._async_end(self._journal.async_close, has_lived=False)

    async def async_write_out(self) -> None:
        """Write what waits to be written, before Home Assistant ends; what comes then is written as ever."""
        await self._async_end(self._journal.async_write_out)

    async def async_close(self) -> None:
        """Write what waits to be written, and close the journal."""
        await self._async_end(self._journal.async_close)

    async def _async_end(self, end_journal: Job, *, has_lived: bool = True) -> None:
        """Do all of it; neither what fails nor what takes too long keeps the rest from its end."""
        await self._async_beside({Written.DEFINITIONS: self._together.async_flush, Written.JOURNAL: end_journal})
        # Where the journal ends is remembered in the memory, so this comes after it.
        await self._async_beside({Written.STOP: partial(self._memory.async_close, has_lived=has_lived)})
        if self._memory.is_read:
            self._left.unsaved = partial(getattr, self._memory, "unsaved")

    async def _async_beside(self, jobs: Mapping[Written, Job]) -> None:
        ends = {
            create_eager_task(self._async_each(what, each), name=f"god_kaiser end of {what}"): what
            for what, each in jobs.items()
        }
        await asyncio.wait(ends, timeout=AT_END)
        for end in [each for each in ends if not each.done()]:
            _LOGGER.error("The disk did not take the last of %s in time", ends[end])
            self._announcer.disk_takes(ends[end], False)
            end.add_done_callback(partial(self._came_late, ends[end]))
        self._left.leave(ends)

    @callback
    def _came_late(self, what: Written, end: asyncio.Task[bool]) -> None:
        if not end.cancelled() and end.result():
            self._announcer.disk_takes(what, True)

    async def _async_each(self, what: Written, job: Job) -> bool:
        """Do it; tell whether it went well."""
        try:
            await job()
        except Exception:
            _LOGGER.exception("The last of %s could not be written", what)
            self._announcer.disk_takes(what, False)
            return False
        return True

    async def async_remove(self) -> None:
        """Delete every file; one that cannot be deleted keeps no other."""
        removing = create_eager_task(self._async_remove(), name="god_kaiser removal")
        await asyncio.wait({removing}, timeout=self._patience)

    async def _async_remove(self) -> None:
        await self._left.async_gone(self._patience)
        for kept in (self._plans, self._sequences, self._rules, self._journal, self._memory):
            try:
                await kept.async_remove()
            except Exception:
                _LOGGER.exception("A file of a hub that was removed could not be deleted")
        forget_stragglers(self._hass, self._entry_id)

    def _silence(self) -> ConfigEntryNotReady:
        return ConfigEntryNotReady(
            translation_domain=DOMAIN,
            translation_key="disk_not_answering",
            translation_placeholders={"seconds": number_text(self._hass, self._patience)},
        )

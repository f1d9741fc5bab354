"""Brings the journal to the disk behind everybody's back: control never waits for it, and what fails is tried again."""

import asyncio
from collections.abc import Callable
import logging
from typing import Final

from homeassistant.core import HomeAssistant, callback

from ...core.journal.chain import Anchor
from ..database import FAULTS
from .file import JournalFile, Kept, NotWrittenError
from .queue import Batch, WaitingRows
from .rows import EndedRun, Row

_LOGGER = logging.getLogger(__name__)
# What happens within this time is written together.
_GATHER: Final = 0.05
# Waits before the second and the third attempt; then people are told, and it is tried again and again.
_WAITS: Final = (2.0, 4.0)
_LONG_WAIT: Final = 30.0
# A disk that has not answered by then is a fault, too.
PATIENCE: Final = 30.0
# At the end of Home Assistant nobody waits longer for a disk that does not answer.
_AT_END: Final = 10.0


class JournalWriter:
    """Writes batch after batch, one at a time; whoever wants to know is told after it is on the disk."""

    def __init__(
        self,
        hass: HomeAssistant,
        file: JournalFile,
        *,
        on_written: Callable[[Batch], None],
        on_end: Callable[[Anchor], None],
        on_health: Callable[[bool], None],
    ) -> None:
        """Remember whom to tell: what is written, where the trail ends, and whether the disk takes it."""
        self.waiting = WaitingRows()
        self.is_healthy = True
        self._hass = hass
        self._file = file
        self._on_written, self._on_end, self._on_health = on_written, on_end, on_health
        self._lock = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._failed: Batch | None = None
        self._failures = 0
        self._is_closed = False
        self._is_paused = False

    @callback
    def put(self, row: Row) -> None:
        """Write an event soon."""
        if self.waiting.put(row):
            self._schedule(_GATHER)

    @callback
    def put_run(self, run: EndedRun) -> None:
        """Write a run that is over soon."""
        self.waiting.put_run(run)
        self._schedule(_GATHER)

    async def async_flush(self) -> None:
        """Write what waits, now; what fails stays for the next attempt, and in a pause everything does."""
        if self._is_paused:
            return
        async with self._lock:
            while (batch := self._next()) is not None and await self._async_write(batch):
                pass

    async def async_drop(self, kept: Kept) -> Anchor | None:
        """Forget what is too old or too much; return where the trail begins now."""
        async with self._lock:
            try:
                return await self._hass.async_add_executor_job(self._file.drop, kept)
            except FAULTS as err:
                _LOGGER.warning("What is too old in the journal could not be deleted: %s", err)
                return None

    async def async_pause(self) -> None:
        """Let nothing be written until ``go_on``, with everything in the one file."""
        await self._lock.acquire()
        self._is_paused = True
        try:
            await self._hass.async_add_executor_job(self._file.settle)
        except FAULTS as err:
            _LOGGER.warning("The journal could not be prepared for the backup: %s", err)

    @callback
    def go_on(self) -> None:
        """Write again."""
        if self._is_paused:
            self._is_paused = False
            self._lock.release()
            self._schedule(_GATHER)

    async def async_close(self) -> None:
        """Write what waits, as far as the disk lets us, and close the file."""
        self._is_closed = True
        self._forget_timer()
        try:
            async with asyncio.timeout(_AT_END):
                await self.async_flush()
        except TimeoutError:
            _LOGGER.error("The disk did not take the end of the journal: %s events are lost", self._unwritten)
        else:
            if self._unwritten:
                _LOGGER.error("The end of the journal could not be written: %s events are lost", self._unwritten)
            await self._hass.async_add_executor_job(self._file.close)

    @property
    def _unwritten(self) -> int:
        return len(self.waiting) + (len(self._failed.rows) if self._failed is not None else 0)

    @callback
    def _schedule(self, delay: float) -> None:
        if self._timer is None and not self._is_closed and not self._is_paused:
            self._timer = self._hass.loop.call_later(delay, self._begin)

    @callback
    def _begin(self) -> None:
        self._timer = None
        self._hass.async_create_task(self._async_drain(), "god_kaiser journal", eager_start=True)

    async def _async_drain(self) -> None:
        await self.async_flush()
        # What came while the last batch was on its way found nobody who could be told to begin.
        if self._failed is not None:
            self._schedule(self._wait)
        elif not self.waiting.is_empty:
            self._schedule(_GATHER)

    @callback
    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @property
    def _wait(self) -> float:
        return _WAITS[self._failures - 1] if self._failures <= len(_WAITS) else _LONG_WAIT

    def _next(self) -> Batch | None:
        if self._failed is not None:
            batch, self._failed = self._failed, None
            return batch
        return None if self.waiting.is_empty else self.waiting.take()

    async def _async_write(self, batch: Batch) -> bool:
        """Write a batch; False keeps it for the next attempt."""
        # After three failures the file itself is looked at: one that is damaged is set aside.
        append = self._file.append_anew if self._failures > len(_WAITS) else self._file.append
        job = self._hass.async_add_executor_job(append, batch.rows, batch.runs)
        finished, _ = await asyncio.wait({job}, timeout=PATIENCE)
        if not finished:
            self._turn(is_healthy=False, why="the disk does not answer")
        try:
            end = await job
        except (*FAULTS, NotWrittenError) as err:
            self._fail(batch, err)
            return False
        self._failures = 0
        self._turn(is_healthy=True, why="")
        if any(row.is_audit for row in batch.rows):
            self._on_end(end)
        self._on_written(batch)
        return True

    @callback
    def _fail(self, batch: Batch, err: Exception) -> None:
        self._failed = batch
        self._failures += 1
        _LOGGER.debug("The journal could not be written (attempt %s): %s", self._failures, err)
        if self._failures > len(_WAITS):
            self._turn(is_healthy=False, why=str(err) or type(err).__name__)

    @callback
    def _turn(self, *, is_healthy: bool, why: str) -> None:
        if is_healthy == self.is_healthy:
            return
        self.is_healthy = is_healthy
        if is_healthy:
            _LOGGER.info("The journal is written again")
        else:
            _LOGGER.error("The journal cannot be written, control goes on: %s", why)
        self._on_health(is_healthy)

"""Brings the journal to the disk behind everybody's back: control never waits for it, and what fails is tried again."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
import logging
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.async_ import create_eager_task

from ...core.journal.chain import Anchor
from ..database import FAULTS
from ..endurance import AT_END, Endurance, patience_of
from ..turns import Turns
from .file import JournalFile, NotWrittenError
from .hindrance import Hindrance
from .queue import MOST_AT_ONCE, Batch, WaitingRows
from .rows import EndedRun, Row

_LOGGER = logging.getLogger(__name__)
# What happens within this time is written together.
_GATHER: Final = 0.05
# Each attempt waits twice as long as the one before, 2 and 4 s; then people are told, and it is tried again and again.
_BASE: Final = 2.0
_LONG_WAIT: Final = 30.0
# Whoever has asked for a pause and never ends it does not keep us from writing for longer.
LONGEST_PAUSE: Final = 3_600.0


class JournalWriter:
    """Writes batch after batch, one at a time; whoever wants to know is told after it is on the disk."""

    def __init__(
        self,
        hass: HomeAssistant,
        file: JournalFile,
        *,
        on_written: Callable[[Batch], None],
        on_end: Callable[[Anchor], None],
        on_health: Callable[[bool, Hindrance | None], None],
        on_set_aside: Callable[[], Awaitable[None]],
        endurance: Endurance = Endurance(),
    ) -> None:
        """Remember whom to tell: what is written, where the trail ends, whether the disk takes it, and when one was damaged."""
        self.waiting = WaitingRows()
        self.is_healthy = True
        self._hindrance: Hindrance | None = None
        self._hass = hass
        self._file = file
        self._on_written, self._on_end, self._on_health = on_written, on_end, on_health
        self._on_set_aside = on_set_aside
        self._turns = Turns("god_kaiser journal")
        self._timer: asyncio.TimerHandle | None = None
        self._is_draining = False
        # Something of the trail waits: a power cut must not find it in memory for longer than it takes to write it.
        self._hurries = False
        # What is being written, or could not be written yet.
        self._current: Batch | None = None
        self._failures = 0
        self._endurance = endurance
        self._is_closed = False
        self._end_of_pause: asyncio.TimerHandle | None = None

    @callback
    def put(self, row: Row) -> None:
        """Write an event soon, at once what belongs into the trail."""
        if self.waiting.put(row):
            self._hurries = self._hurries or row.is_audit
            self._schedule(self._pause)

    @callback
    def put_run(self, run: EndedRun) -> None:
        """Write a run that is over soon."""
        self.waiting.put_run(run)
        self._schedule(_GATHER)

    async def async_open[Answer](self, job: Callable[[], Coroutine[None, None, Answer]]) -> None:
        """Have the file opened before anything is written; a disk that does not answer keeps nobody from working."""
        opening = self._turns.take(job)
        finished, _ = await asyncio.wait({opening}, timeout=AT_END)
        if not finished:
            self._turn(is_healthy=False, why="the disk does not answer")

    async def async_flush(self) -> None:
        """Write what waits, now; what fails stays for the next attempt, and in a pause everything does."""
        await self._async_in_turn(self._async_write_unless_paused)

    async def async_use[Answer](self, job: Callable[[], Answer]) -> Answer | None:
        """Do something with the file while nobody writes; None in a pause, after the end, and where the disk refuses."""

        async def use() -> Answer | None:
            if self._is_closed or self.is_paused:
                return None
            try:
                return await self._hass.loop.run_in_executor(None, job)
            except FAULTS as err:
                _LOGGER.warning("What is too old in the journal could not be deleted: %s", err)
                return None

        return await self._async_in_turn(use)

    async def async_pause(self) -> None:
        """Write what waits, bring everything into the one file, and let it rest until ``go_on``."""
        if self._end_of_pause is not None:
            self._end_of_pause.cancel()
        self._end_of_pause = self._hass.loop.call_later(LONGEST_PAUSE, self.go_on)
        self._forget_timer()
        await self._async_in_turn(self._async_settle)

    @callback
    def go_on(self) -> None:
        """Write again."""
        if self._end_of_pause is not None:
            self._end_of_pause.cancel()
            self._end_of_pause = None
            self._schedule(_GATHER)

    async def async_write_out(self) -> None:
        """Write what waits, however long the disk takes, also in a pause; what comes then is written as ever."""
        await self._async_at_end(self._async_write_what_waits)

    async def async_close(self) -> None:
        """Write what waits as well, however long the disk takes, and close the file."""
        self._is_closed = True
        await self._async_at_end(self._async_end)

    async def _async_at_end(self, job: Callable[[], Coroutine[None, None, None]]) -> None:
        self.go_on()
        self._forget_timer()
        await self._async_in_turn(job)
        if self._unwritten:
            _LOGGER.error("The end of the journal could not be written: %s events are lost", self._unwritten)

    @property
    def is_paused(self) -> bool:
        """Tell whether nothing is written now on purpose."""
        return self._end_of_pause is not None

    @property
    def unwritten_runs(self) -> list[str]:
        """Return the runs that are over and wait to be written."""
        return [*self.waiting.runs, *(run.run for run in (self._current.runs if self._current is not None else ()))]

    @property
    def is_settled(self) -> bool:
        """Tell whether everything that was noted is on the disk."""
        return not self._unwritten and not self.waiting.dropped

    @property
    def _unwritten(self) -> int:
        return len(self.waiting) + (len(self._current.rows) if self._current is not None else 0)

    @callback
    def _schedule(self, delay: float) -> None:
        if self._is_draining or self._is_closed or self.is_paused:
            return
        due = self._hass.loop.time() + delay
        if self._timer is not None:
            # A disk that refuses is left alone for a while, whatever comes.
            if self._current is not None or self._timer.when() <= due:
                return
            self._timer.cancel()
        self._timer = self._hass.loop.call_at(due, self._begin)

    @callback
    def _begin(self) -> None:
        self._timer, self._is_draining = None, True
        self._hass.async_create_task(self._async_wait_for(self._async_drain()), "god_kaiser journal", eager_start=True)

    async def _async_wait_for(self, drain: Coroutine[None, None, None]) -> None:
        """Let Home Assistant wait for what is being written, but not for long."""
        draining = create_eager_task(drain, name="god_kaiser journal")
        await asyncio.wait({draining}, timeout=patience_of(self._hass))

    async def _async_drain(self) -> None:
        try:
            await self.async_flush()
        finally:
            self._is_draining = False
        # What came while the last batch was on its way found nobody who could be told to begin.
        if self._current is not None:
            # Also where somebody has asked for it sooner: a disk that refuses is left alone for a while.
            self._forget_timer()
            self._schedule(self._wait)
        elif not self.waiting.is_empty:
            self._schedule(self._pause)

    @property
    def _pause(self) -> float:
        return 0.0 if self._hurries else _GATHER

    async def _async_in_turn[Answer](self, job: Callable[[], Coroutine[None, None, Answer]]) -> Answer:
        """Do one thing after the other, each to its end, also where whoever wants it does not wait any longer."""
        return await asyncio.shield(self._turns.take(job))

    async def _async_write_unless_paused(self) -> None:
        if not self.is_paused:
            await self._async_write_what_waits()

    async def _async_write_what_waits(self) -> None:
        """Write as much as waits now; what comes meanwhile is for the next time, or it would never end."""
        for _ in range(2 + len(self.waiting) // MOST_AT_ONCE):
            if (batch := self._next()) is None or not await self._async_write(batch):
                break

    async def _async_settle(self) -> None:
        await self._async_write_what_waits()
        try:
            await self._hass.loop.run_in_executor(None, self._file.settle)
        except FAULTS as err:
            _LOGGER.warning("The journal could not be prepared for the backup: %s", err)

    async def _async_end(self) -> None:
        await self._async_write_what_waits()
        await self._hass.loop.run_in_executor(None, self._file.close)

    @callback
    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @property
    def _wait(self) -> float:
        return _LONG_WAIT if self._has_given_up else min(_LONG_WAIT, _BASE**self._failures)

    @property
    def _has_given_up(self) -> bool:
        return self._failures >= self._endurance.retries

    def _next(self) -> Batch | None:
        if self._current is None and not self.waiting.is_empty:
            self._current = self.waiting.take()
            self._hurries = self._hurries and not self.waiting.is_empty
        return self._current

    async def _async_write(self, batch: Batch) -> bool:
        """Write a batch; False keeps it for the next attempt."""
        try:
            # Then the file itself is looked at: one that is damaged is set aside.
            is_doubtful = self._has_given_up or self._file.was_set_aside
            if is_doubtful and (await self._async_ask(self._file.open)).was_set_aside:
                await self._on_set_aside()
            end = await self._async_ask(lambda: self._file.append(batch.rows, batch.runs))
        except (*FAULTS, NotWrittenError) as err:
            self._fail(err)
            return False
        except Exception as err:
            _LOGGER.exception("The journal cannot write what it was told")
            self._fail(err)
            return False
        self._current = None
        self._failures = 0
        self._turn(is_healthy=True, why="")
        if any(row.is_audit for row in batch.rows):
            self._on_end(end)
        self._on_written(batch)
        return True

    async def _async_ask[Answer](self, job: Callable[[], Answer]) -> Answer:
        """Return what the disk answers, however long it takes; people are told that it takes long."""
        asked = self._hass.loop.run_in_executor(None, job)
        finished, _ = await asyncio.wait({asked}, timeout=self._endurance.patience)
        if not finished:
            self._turn(is_healthy=False, why="the disk does not answer")
        return await asked

    @callback
    def _fail(self, err: Exception) -> None:
        self._failures += 1
        _LOGGER.debug("The journal could not be written (attempt %s): %s", self._failures, err)
        if self._has_given_up:
            self.complain(err)

    @callback
    def complain(self, err: Exception) -> None:
        """Tell people that the file cannot be used, and what is in the way."""
        self._turn(is_healthy=False, why=str(err) or type(err).__name__, hindrance=self._file.hindrance)

    @callback
    def _turn(self, *, is_healthy: bool, why: str, hindrance: Hindrance | None = None) -> None:
        if (is_healthy, hindrance) == (self.is_healthy, self._hindrance):
            return
        self.is_healthy, self._hindrance = is_healthy, hindrance
        if is_healthy:
            _LOGGER.info("The journal is written again")
        else:
            _LOGGER.error("The journal cannot be written, control goes on: %s", why)
        self._on_health(is_healthy, hindrance)

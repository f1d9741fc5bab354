"""What must survive a crash: one small SQLite file, written through to the disk."""

import asyncio
from collections.abc import Callable
from functools import partial
import logging
from pathlib import Path

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

from ..const import DOMAIN
from ..core.alarms.alarm import Alarm
from ..core.health.review import Gathered
from ..core.journal.chain import Anchors
from ..core.recovery.ladder import Climbs
from ..core.rules.executions import Execution
from ..core.rules.state import RuleMemory
from ..core.safety.memory import Memory
from ..core.sequences.run import Run
from ..core.sequences.schedule import Schedule
from .database import FAULTS, DatabaseError, is_damage
from .endurance import Attempts, Endurance, Told, Waiting, patience_of
from .memory_disk import MemoryDisk
from .memory_reading import Found, found_on
from .memory_rows import RUNNING, Kept, as_row
from .memory_stillness import Stillness
from .run_totals import RunTotals
from .stragglers import Rows
from .together import Unfinished
from .turns import Turns

_LOGGER = logging.getLogger(__name__)
# What is not urgent is gathered for a moment: one write for all that an event has changed.
_GATHER = 1.0
_RETRY = 5.0
# What people must hear of at once where it is not on the disk: a restart would forget it.
_SAFETY = ("stop", "tag/")


class MemoryFile:
    """Keeps stop, tags and the books of outputs; if it cannot be read, everything stays stopped."""

    def __init__(
        self, hass: HomeAssistant, entry_id: str, on_saved: Callable[[bool], None], endurance: Endurance = Endurance()
    ) -> None:
        """Remember where the file is, and whom to tell whether the disk takes it."""
        self._hass = hass
        self._on_saved = on_saved
        self._patience = endurance.patience
        self._attempts = Attempts(endurance.retries)
        self._turns = Turns("god_kaiser memory")
        self._waiting: Rows = {}
        self._cancel: Callable[[], None] | None = None
        # Whether the disk has refused, and is left alone for a moment.
        self._is_pausing = False
        self.runs: tuple[Run, ...] = ()
        self.totals: tuple[RunTotals, ...] = ()
        self.schedules: tuple[Schedule, ...] = ()
        self.rules: tuple[RuleMemory, ...] = ()
        self.executions: tuple[Execution, ...] = ()
        self.alarms: tuple[Alarm, ...] = ()
        self.climbs: tuple[Climbs, ...] = ()
        self.review = Gathered()
        self.anchors = Anchors()
        self.unfinished: Unfinished | None = None
        # Whether the last end was no crash, and what was wrong with the file when it was read.
        self.is_clean, self.fault, self.is_failing = True, "", False
        self.path = Path(hass.config.path(".storage", f"{DOMAIN}.{entry_id}.db"))
        self._disk = MemoryDisk(self.path)
        self._stillness = Stillness(hass, self._disk, self._turns)
        # What lies on the disk now.
        self._known: dict[str, bytes] = {}
        self._has_complained = False
        # Whether it is known what lay on the disk.
        self.is_read = False

    async def async_load(self, unsaved: Rows | None = None) -> Memory:
        """Read everything, and leave a mark that is taken away at a clean end only.

        What a former life of the hub could not write counts as if it lay on the disk, and is written now.
        """
        work = partial(self._load, dict(unsaved or {}))
        found, waiting = await self._hass.loop.run_in_executor(None, work)
        self._adopt(found)
        self.is_read = True
        self._waiting = waiting | self._waiting
        self._on_saved(not waiting)
        if waiting:
            self._schedule(_RETRY)
        return found.memory

    @callback
    def _adopt(self, found: Found) -> None:
        self.fault, self.is_clean = found.fault, found.memory.is_clean
        self.runs, self.totals, self.schedules = found.runs, found.totals, found.schedules
        self.rules, self.executions = found.rules, found.executions
        self.alarms, self.climbs, self.review = found.alarms, found.climbs, found.review
        self.anchors, self.unfinished = found.anchors, found.unfinished

    @property
    def unsaved(self) -> Rows:
        """Return what no disk has taken."""
        return dict(self._waiting)

    @callback
    def keep(self, row: str, content: Kept | None, *, is_urgent: bool, told: Told | None = None) -> None:
        """Write a row soon, or at once; a later one is never overtaken by an earlier one.

        Who wants to know is told once whether the disk has taken it; one that refuses is asked again before.
        """
        self._waiting[row] = None if content is None else as_row(content)
        if told is not None:
            self._attempts.wait(told)
        self._schedule(0.0 if is_urgent else _GATHER)

    async def async_keep(self, row: str, content: Kept | None) -> bool:
        """Write a row at once and tell whether it is on the disk; one that does not answer in time has not taken it."""
        saved: asyncio.Future[bool] = self._hass.loop.create_future()

        def told(is_saved: bool) -> None:
            if not saved.done():
                saved.set_result(is_saved)

        self.keep(row, content, is_urgent=True, told=told)
        await asyncio.wait({saved}, timeout=self._patience)
        return saved.done() and saved.result()

    async def async_flush(self, patience: float | None = None) -> None:
        """Write what waits to be written, and wait for it, but not for long."""
        patience = patience_of(self._hass) if patience is None else patience
        await asyncio.wait({self._turns.take(self._async_write)}, timeout=patience)

    async def _async_write(self) -> None:
        rows, self._waiting = self._waiting, {}
        if not rows:
            return
        waiting = self._attempts.begin()
        if is_saved := await self._async_is_saved(rows):
            self._succeeded()
        else:
            self._waiting = rows | self._waiting
            waiting = self._failed(waiting, is_safety=any(name.startswith(_SAFETY) for name in rows))
        for each in waiting:
            each.told(is_saved)

    async def _async_is_saved(self, rows: Rows) -> bool:
        try:
            await self._async_ask(partial(self._save, rows))
        except FAULTS as err:
            # Once, however often it is tried.
            level = logging.DEBUG if self._has_complained else logging.ERROR
            _LOGGER.log(level, "The memory of outputs and stops could not be saved: %s", err)
        except Exception:
            _LOGGER.exception("The memory of outputs and stops cannot write what it was told")
        else:
            return True
        self._has_complained = True
        return False

    async def _async_ask[Answer](self, job: Callable[[], Answer]) -> Answer:
        """Return what the disk answers, however long it takes; people are told that it takes long."""
        asked = self._hass.loop.run_in_executor(None, job)
        finished, _ = await asyncio.wait({asked}, timeout=self._patience)
        if not finished:
            self._tell_failing()
        return await asked

    @callback
    def _succeeded(self) -> None:
        self._attempts.succeeded()
        if self._is_pausing:
            self._forget_timer()
            if self._waiting:
                self._schedule(_GATHER)
        self.is_failing = self._has_complained = False
        self._on_saved(True)

    @callback
    def _failed(self, waiting: list[Waiting], *, is_safety: bool) -> list[Waiting]:
        """Try again in a moment; return who has waited for long enough."""
        given_up = self._attempts.failed(waiting, is_in_turn=not self._is_pausing)
        if is_safety or self._attempts.has_given_up:
            self._tell_failing()
        if not self._is_pausing:
            self._forget_timer()
            pause = _RETRY if self._attempts.has_given_up else self._attempts.pause
            self._schedule(pause)
            self._is_pausing = bool(pause)
        return given_up

    @callback
    def _tell_failing(self) -> None:
        if not self.is_failing:
            self.is_failing = True
            self._on_saved(False)

    async def async_hold_still(self) -> None:
        """Write what waits, and keep the file as it is then: what comes goes on being written, into the one beside it."""
        await self.async_flush()
        await asyncio.shield(self._stillness.begin())

    async def async_let_go(self) -> None:
        """Let what was written beside the file be brought into it again."""
        await asyncio.wait({self._stillness.end()}, timeout=self._patience)

    async def async_close(self, *, has_lived: bool = True) -> None:
        """End on purpose, however long the disk takes: what waits is written, and the mark of a crash is taken away.

        A hub that has never begun to live leaves the mark that it has found.
        """
        self._forget_timer()
        if has_lived or (self.is_read and self.is_clean):
            self._waiting[RUNNING] = None
        await asyncio.shield(self._turns.take(self._async_write))
        await asyncio.shield(self._stillness.end())
        self._forget_timer()
        for each in self._attempts.begin():
            each.told(False)

    async def async_remove(self) -> None:
        """Delete the file and what belongs to it."""
        await self._hass.async_add_executor_job(self._disk.remove)

    @callback
    def _schedule(self, delay: float) -> None:
        if not delay:
            if not self._is_pausing:
                self._forget_timer()
            # Whoever waits for its turn takes it along.
            if not self._turns.is_wanted(self._async_write):
                self._hass.async_create_task(self.async_flush(), "god_kaiser memory", eager_start=True)
        elif self._cancel is None:
            self._cancel = async_call_later(self._hass, delay, self._gathered)

    @callback
    def _forget_timer(self) -> None:
        if self._cancel is not None:
            self._cancel()
        self._cancel, self._is_pausing = None, False

    async def _gathered(self, _now: object) -> None:
        self._cancel, self._is_pausing = None, False
        await self.async_flush()

    def _load(self, unsaved: Rows) -> tuple[Found, Rows]:
        """Return what was found, and what the disk does not take yet."""
        found = found_on(self._disk, unsaved)
        self._known = {name: content for name, content in found.rows.items() if name not in found.to_write}
        unsaved = {**unsaved, **found.to_write, RUNNING: b"true"}
        try:
            self._save(unsaved)
        except FAULTS as err:
            _LOGGER.error("The memory of outputs and stops cannot be written: %s", err)
            return found, unsaved
        return found, {}

    def rows(self) -> dict[str, bytes]:
        """Return what is on the disk, by its names; this waits for the disk."""
        return self._disk.rows()

    def _save(self, rows: Rows) -> None:
        try:
            self._disk.save(rows)
        except DatabaseError as err:
            if not (self.is_read and is_damage(err)):
                raise
            # Everything that was in it is known, so nothing is lost but the file.
            _LOGGER.error("The memory of outputs and stops was damaged; it is set aside and written anew: %s", err)
            self.fault = f"{type(err).__name__}: {err}"
            self._disk.set_aside()
            self._disk.save({**self._known, **rows})
        self._known = {name: content for name, content in {**self._known, **rows}.items() if content is not None}

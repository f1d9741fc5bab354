"""What must survive a crash: one small SQLite file, written through to the disk."""

import asyncio
from collections.abc import Callable
import logging
from pathlib import Path

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from msgspec.structs import replace

from ..const import DOMAIN
from ..core.journal.chain import Anchors
from ..core.rules.executions import Execution
from ..core.rules.state import RuleMemory
from ..core.safety.estop import StopMemory, StopScope
from ..core.safety.lockouts import LockOut
from ..core.safety.memory import ChannelMemory, DeviceMemory, Memory
from ..core.sequences.run import Run
from ..core.sequences.schedule import Schedule
from . import memory_rows as named
from .database import FAULTS, DatabaseError, is_begun_after_another, is_damage
from .endurance import Attempts, Endurance, Told, Waiting
from .memory_disk import MemoryDisk
from .memory_rows import Kept, Rows, as_row
from .memory_stillness import Stillness
from .run_totals import RunTotals
from .together import Unfinished

_LOGGER = logging.getLogger(__name__)
_UNREADABLE = Memory(stop=StopMemory(everything=StopScope(by="god_kaiser", reason="memory_unreadable")))
_RUNNING = "running"
_ASIDE = "unreadable/"
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
        self._lock = asyncio.Lock()
        self._waiting: dict[str, bytes | None] = {}
        self._cancel: Callable[[], None] | None = None
        # Whether the disk has refused, and is left alone for a moment.
        self._is_pausing = False
        self.runs: tuple[Run, ...] = ()
        self.totals: tuple[RunTotals, ...] = ()
        self.schedules: tuple[Schedule, ...] = ()
        self.rules: tuple[RuleMemory, ...] = ()
        self.executions: tuple[Execution, ...] = ()
        self.anchors = Anchors()
        self.unfinished: Unfinished | None = None
        # Whether the last end was no crash, and what was wrong with the file when it was read.
        self.is_clean, self.fault, self.is_failing = True, "", False
        self.path = Path(hass.config.path(".storage", f"{DOMAIN}.{entry_id}.db"))
        self._disk = MemoryDisk(self.path)
        self._stillness = Stillness(hass, self._disk, self._lock)
        # What lies on the disk.
        self._known: dict[str, bytes] = {}
        self._is_read = False

    async def async_load(self) -> Memory:
        """Read everything, and leave a mark that is taken away at a clean end only."""
        memory, unsaved = await self._hass.async_add_executor_job(self._load)
        self._is_read = True
        if unsaved:
            self._waiting = unsaved | self._waiting
            self._on_saved(False)
            self._schedule(_RETRY)
        return memory

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

    async def async_flush(self) -> None:
        """Write what waits to be written."""
        async with self._lock:
            rows, self._waiting = self._waiting, {}
            if not rows:
                return
            waiting = self._attempts.begin()
            is_saved = True
            try:
                saving = self._hass.async_add_executor_job(self._save, rows)
                finished, _ = await asyncio.wait({saving}, timeout=self._patience)
                if not finished:
                    self._tell_failing()
                await saving
            except FAULTS as err:
                _LOGGER.error("The memory of outputs and stops could not be saved: %s", err)
                self._waiting = rows | self._waiting
                is_saved = False
                waiting = self._failed(waiting, is_safety=any(name.startswith(_SAFETY) for name in rows))
            else:
                self._succeeded()
        for each in waiting:
            each.told(is_saved)

    @callback
    def _succeeded(self) -> None:
        self._attempts.succeeded()
        if self._is_pausing:
            self._forget_timer()
            if self._waiting:
                self._schedule(_GATHER)
        self.is_failing = False
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
        await self._stillness.async_begin()

    async def async_let_go(self) -> None:
        """Let what was written beside the file be brought into it again."""
        await self._stillness.async_end()

    async def async_close(self) -> None:
        """End on purpose: what waits is written, and the mark of a crash is taken away."""
        self._forget_timer()
        self._waiting[_RUNNING] = None
        await self.async_flush()
        await self.async_let_go()
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

    def _load(self) -> tuple[Memory, dict[str, bytes | None]]:
        """Return what is remembered, and what the disk does not take yet."""
        memory, unsaved = self._found()
        unsaved[_RUNNING] = b"true"
        try:
            self._save(unsaved)
        except FAULTS as err:
            _LOGGER.error("The memory of outputs and stops cannot be written: %s", err)
            return memory, unsaved
        return memory, {}

    def _found(self) -> tuple[Memory, dict[str, bytes | None]]:
        everything: dict[str, bytes | None] = {"stop": as_row(_UNREADABLE.stop)}
        if not self.path.exists():
            return Memory(), {}
        if is_begun_after_another(self.path):
            self.fault = "was set aside before"
            _LOGGER.error(
                "The memory of the emergency stop was set aside, and none came in its place; everything stops"
            )
            return _UNREADABLE, everything
        try:
            return self._read(self._found_rows()), {}
        except DatabaseError as err:
            self.fault = f"{type(err).__name__}: {err}"
            if is_damage(err):
                _LOGGER.exception("The memory of the emergency stop cannot be read; it is set aside, everything stops")
                self._disk.set_aside()
                return _UNREADABLE, everything
            # It may be well, and only the disk is not: it stays where it is, for the next start.
            _LOGGER.exception("The disk does not give the memory of the emergency stop; everything stops")
            return _UNREADABLE, {}

    def rows(self) -> dict[str, bytes]:
        """Return what is on the disk, by its names; this waits for the disk."""
        return self._disk.rows()

    def _found_rows(self) -> dict[str, bytes]:
        self._known = self._disk.rows()
        return dict(self._known)

    def _read(self, rows: dict[str, bytes]) -> Memory:
        read = Rows(rows)
        stop = next(iter(read.of("stop", StopMemory)), StopMemory())
        memory = Memory(
            stop=stop,
            lock_outs=read.of("tag/", LockOut),
            channels=read.of("channel/", ChannelMemory),
            devices=read.of("device/", DeviceMemory),
            is_clean=_RUNNING not in rows,
        )
        self.is_clean = memory.is_clean
        # Of a run that cannot be read nothing goes on: its outputs have their own ends.
        of_runs = Rows(rows)
        self.runs, self.totals = of_runs.of(named.RUN_ROW, Run), of_runs.of(named.TOTALS_ROW, RunTotals)
        self.schedules = of_runs.of(named.SCHEDULE_ROW, Schedule)
        self.rules, self.executions = of_runs.of(named.RULE_ROW, RuleMemory), of_runs.of(named.EXECUTION_ROW, Execution)
        self.unfinished = next(iter(of_runs.of(named.IMPORT_ROW, Unfinished)), None)
        self.anchors = next(iter(of_runs.of(named.JOURNAL_ROW, Anchors)), Anchors())
        if of_runs.unreadable:
            _LOGGER.error(
                "What runs, planned starts and rules remember cannot be read and is gone: %s",
                ", ".join(of_runs.unreadable),
            )
            self._try(dict.fromkeys(of_runs.unreadable), "What cannot be read stays in the memory")
        self.fault = ", ".join((*of_runs.unreadable, *read.unreadable))
        if not read.unreadable:
            return memory
        # Nobody knows what they said: everything stops, and what could be read holds beside it.
        stop = replace(stop, everything=stop.everything or _UNREADABLE.stop.everything)
        self._set_rows_aside(read.unreadable, stop)
        return replace(memory, stop=stop)

    def _set_rows_aside(self, rows: dict[str, bytes], stop: StopMemory) -> None:
        _LOGGER.error(
            "Of the memory of the emergency stop these rows cannot be read; they are set aside, everything stops: %s",
            ", ".join(rows),
        )
        aside = {f"{_ASIDE}{name}": content for name, content in rows.items()}
        self._try(dict.fromkeys(rows) | aside | {"stop": as_row(stop)}, "The unreadable rows cannot be set aside")

    def _try(self, rows: dict[str, bytes | None], complaint: str) -> None:
        try:
            self._save(rows)
        except FAULTS as err:
            _LOGGER.error("%s: %s", complaint, err)

    def _save(self, rows: dict[str, bytes | None]) -> None:
        try:
            self._disk.save(rows)
        except DatabaseError as err:
            if not (self._is_read and is_damage(err)):
                raise
            # Everything that was in it is known, so nothing is lost but the file.
            _LOGGER.error("The memory of outputs and stops was damaged; it is set aside and written anew: %s", err)
            self.fault = f"{type(err).__name__}: {err}"
            self._disk.set_aside()
            self._disk.save({**self._known, **rows})
        known = {name: content for name, content in {**self._known, **rows}.items() if content is not None}
        self._known = known

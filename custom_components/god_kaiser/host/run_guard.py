"""Watches over runs: one that stands still is told of, and ended in the end, with its outputs at rest."""

from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import partial
import logging
from typing import Final

from homeassistant.components import persistent_notification
from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers.event import async_call_later

from ..const import PANEL
from ..core.events import RunLaidDown
from ..core.health.runs import Progress
from ..core.journal.kinds import Noted
from ..core.recovery.standstill import Patience, Stand, weigh
from ..core.sequences.run import Run
from .emergency_report import Report
from .engine_loop import EngineLoop
from .failures import common_text
from .hall import Hall
from .hub_options import HubOptions
from .journal.rows import Envelope
from .plain_words import tame
from .run_events import RunEvents
from .run_wishes import Cancel

OVERDUE: Final = "emergency_timeout"
STILL: Final = "completion_timeout"
_LOGGER = logging.getLogger("custom_components.god_kaiser.emergency")
_BY: Final = "system"

type Reporter = Callable[[str, Run], Coroutine[None, None, Report]]


class RunGuard:
    """Has one timer for each run that goes on."""

    def __init__(self, hall: Hall, runs: RunEvents, options: HubOptions, report: Reporter) -> None:
        """Remember how patient to be, and who writes the report."""
        self._hall = hall
        self._events = runs
        self._report = report
        self._is_on = options.enable_emergency_handlers
        self.may_end = options.auto_recovery
        self._patience = Patience(
            told_after=float(options.completion_timeout), ended_after=float(options.emergency_timeout)
        )
        self._timers: dict[str, CALLBACK_TYPE] = {}
        self._told: set[str] = set()
        self._progress = Progress()
        self._stop_hearing: Callable[[], None] | None = None

    @property
    def watched(self) -> frozenset[str]:
        """Return the runs that have a timer."""
        return frozenset(self._timers)

    @callback
    def begin(self) -> None:
        """Watch over every run from now on."""
        if not self._is_on:
            return
        self._stop_hearing = self._events.watch(self._hear)
        for run in self._hall.engine.programs.runs.active():
            self._arm(run.id, self._patience.told_after)

    @callback
    def stop(self) -> None:
        """Watch no more."""
        if self._stop_hearing is not None:
            self._stop_hearing()
            self._stop_hearing = None
        for key in list(self._timers):
            self._drop(key)

    @callback
    def _hear(self, told: Envelope) -> None:
        runs, key = self._hall.engine.programs.runs, told["execution_id"]
        run = runs.all.get(key)
        if run is None or run.is_over:
            self._drop(key)
            return
        self._follow()
        if key not in self._timers:
            self._arm(key, self._patience.told_after)

    def _follow(self) -> dict[str, float]:
        now, runs = EngineLoop.now(), self._hall.engine.programs.runs
        active = (runs.at(each.id, now) for each in runs.active())
        return self._progress.follow([run for run in active if run is not None], now)

    def _arm(self, key: str, delay: float) -> None:
        if (before := self._timers.pop(key, None)) is not None:
            before()
        self._timers[key] = async_call_later(self._hall.hass, delay, partial(self._look, key))

    def _drop(self, key: str) -> None:
        if (timer := self._timers.pop(key, None)) is not None:
            timer()
        if key in self._told:
            self._told.discard(key)

    @callback
    def _look(self, key: str, _now: datetime) -> None:
        self._timers.pop(key, None)
        run = self._hall.engine.programs.runs.at(key, EngineLoop.now())
        if run is None or run.is_over:
            return
        found = weigh(run, self._follow()[key], self._patience)
        self._arm(key, found.looks_again)
        if found.stand is Stand.MOVES:
            self._told.discard(key)
        elif found.stand is Stand.OVERDUE and self.may_end:
            # How it hangs is seen before it is ended, and told when the disk has time for that.
            self._begin(self._async_tell(run, OVERDUE))
            self._end(run)
        elif key not in self._told:
            self._told.add(key)
            self._begin(self._async_tell(run, STILL))

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        self._hall.hass.async_create_task(work, "god_kaiser run guard", eager_start=True)

    def _end(self, run: Run) -> None:
        """End a run; one that cannot even be ended is laid down, and a person decides."""
        end = Cancel(by=_BY, hand=_BY, reason=OVERDUE, is_forced=True, is_overdue=True)
        try:
            self._hall.feed(end.wish(run.id))
        except Exception:
            _LOGGER.exception("The run %s could not be ended; it is laid down", run.id)
            self._hall.feed(RunLaidDown(run=run.id))
            laid_down = self._hall.engine.programs.runs.all.get(run.id, run)
            self._hall.journal.keep_run(run.id, run.program.id, laid_down, is_emergency=True)

    async def _async_tell(self, run: Run, reason: str) -> None:
        report = await self._report(reason, run)
        sequence = run.program.name or run.program.id
        self._hall.journal.note(
            Noted.RUN_STANDS_STILL,
            {"execution_id": run.id, "sequence_id": run.program.id, "correlation_id": run.id, "data": report},
            subject=run.program.id,
        )
        _LOGGER.warning("The run %s of %s stands still (%s)", run.id, sequence, reason)
        title = common_text(self._hall.hass, f"report_title_{reason}", {"sequence": tame(sequence)})
        key = f"god_kaiser_{run.id}_stands_still"
        address = f"/{PANEL}/journal/{self._hall.journal.entry_id}/{run.id}"
        link = common_text(self._hall.hass, "report_link", {"address": address})
        persistent_notification.async_create(self._hall.hass, f"{report['text']}\n\n{link}", title, key)

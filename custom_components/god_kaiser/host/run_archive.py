"""Sees to it that a run that is over really lies in the journal: read back, written again, and told when that fails."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
import logging
from typing import Final

from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers.event import async_call_later
import msgspec

from ..core.health.finding import Finding, HealthCode
from ..core.journal.kinds import Noted
from ..core.sequences.happenings import Happening
from ..core.sequences.run import Run
from .database import FAULTS
from .hall import Hall
from .hub_options import HubOptions
from .journal.rows import Envelope

_COMPLETION: Final = logging.getLogger("custom_components.god_kaiser.completion")
_BASE: Final = 2.0


class RunArchive:
    """Reads back what was kept of each run that has ended."""

    def __init__(self, hall: Hall, options: HubOptions) -> None:
        """Remember how often to try."""
        self._hall = hall
        self._is_on = options.auto_archive
        self._most = options.max_retries
        self._timers: dict[str, CALLBACK_TYPE] = {}
        # Those that are not there, by their id, with the name of their sequence.
        self._missing: dict[str, str] = {}

    @callback
    def hear(self, told: Envelope) -> None:
        """Look after a run that has said its last word."""
        key = told["execution_id"]
        run = self._hall.engine.programs.runs.all.get(key)
        if told["event_type"] == Happening.RUN_SUMMARY and run is not None and (self._is_on or run.is_forced):
            self._try_in(0.0, key, 1)

    @callback
    def stop(self) -> None:
        """Look after nothing any more."""
        for timer in self._timers.values():
            timer()
        self._timers.clear()

    async def async_findings(self) -> list[Finding]:
        """Return the runs that are still not there."""
        for key in list(self._missing):
            run = self._hall.engine.programs.runs.all.get(key)
            if run is None or await self._async_is_kept(run):
                del self._missing[key]
            else:
                self._keep(run)
        return [
            Finding(code=HealthCode.RUN_NOT_ARCHIVED, subject=key, details={"run": key, "sequence": name})
            for key, name in self._missing.items()
        ]

    def _try_in(self, delay: float, key: str, attempt: int) -> None:
        later: Callable[[datetime], None] = partial(self._begin, key, attempt)
        self._timers[key] = async_call_later(self._hall.hass, delay, later)

    @callback
    def _begin(self, key: str, attempt: int, _now: datetime) -> None:
        self._timers.pop(key, None)
        work = self._async_verify(key, attempt)
        self._hall.hass.async_create_task(work, "god_kaiser archive", eager_start=True)

    async def _async_verify(self, key: str, attempt: int) -> None:
        run = self._hall.engine.programs.runs.all.get(key)
        if run is None:
            return
        if await self._async_is_kept(run):
            _COMPLETION.debug("The run %s lies in the journal (attempt %s)", key, attempt)
            return
        _COMPLETION.warning("The run %s does not lie in the journal (attempt %s)", key, attempt)
        if attempt < self._most:
            self._keep(run)
            self._try_in(_BASE**attempt, key, attempt + 1)
            return
        self._missing[key] = run.program.name or run.program.id
        content = {"execution_id": key, "sequence_id": run.program.id, "data": {"attempts": attempt}}
        self._hall.journal.note(Noted.RUN_NOT_ARCHIVED, content, subject=run.program.id)

    async def _async_is_kept(self, run: Run) -> bool:
        """Tell whether the disk says of a run what we do."""
        try:
            body = await self._hall.journal.async_run(run.id)
            found = None if body is None else msgspec.json.decode(body, type=Run)
        except (*FAULTS, msgspec.MsgspecError):
            return False
        return found is not None and (found.status, found.ended_at, found.results) == (
            run.status,
            run.ended_at,
            run.results,
        )

    def _keep(self, run: Run) -> None:
        self._hall.journal.keep_run(run.id, run.program.id, run, is_emergency=run.is_forced)

"""Planned starts of sequences: they survive restarts, come in time or as late as was agreed, and are never lost in silence."""

import asyncio
from collections.abc import Callable, Container, Iterable
from datetime import datetime
import logging
from math import ceil
from typing import Final, Protocol

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.helpers.start import async_at_started
from homeassistant.util import dt as dt_util
from msgspec.structs import replace

from ..const import DOMAIN
from ..core.errors import DefinitionError, NotFoundError
from ..core.ids import DeviceId
from ..core.sequences.codes import SequenceCode
from ..core.sequences.errors import SequenceError
from ..core.sequences.findings import Finding
from ..core.sequences.limits import MOST_SCHEDULES
from ..core.sequences.model import Sequence
from ..core.sequences.schedule import Schedule, Uptime, WhatNow, may_pass, what_now
from .bus_mirror import BusMirror
from .memory_file import MemoryFile
from .memory_rows import SCHEDULE_ROW
from .run_rights import RunRights
from .run_wishes import Wished
from .schedule_news import Outcome, ScheduleNews
from .sequence_store import SequenceStore
from .watchers import Watchers

# The key under which planned starts are watched.
SCHEDULES: Final = DeviceId("schedules")
# The broker and the devices get a moment after a restart, and then as many more as a late start is allowed.
_SETTLE: Final = 5.0
_RETRY: Final = 15.0
_LOGGER = logging.getLogger(__name__)


class Starts(Protocol):
    """Who starts sequences."""

    store: SequenceStore
    rights: RunRights

    async def async_preflight(self, wished: Wished) -> tuple[Finding, ...]:
        """Return what speaks against a start now."""

    async def async_start(self, wished: Wished) -> tuple[str, tuple[Finding, ...]]:
        """Start a run."""


class ScheduleDesk:
    """The planned starts of one hub."""

    def __init__(
        self, hass: HomeAssistant, starts: Starts, watchers: Watchers, memory: MemoryFile, bus: BusMirror
    ) -> None:
        """Connect to the disk, to who starts sequences and to whoever watches."""
        self.news = ScheduleNews(hass, bus)
        self._hass = hass
        self._starts = starts
        self._watchers = watchers
        self._memory = memory
        self._known: dict[str, Schedule] = {}
        self._again: dict[str, float] = {}
        self._looking = asyncio.Lock()
        self._since = 0.0
        self._up: Uptime | None = None
        self._timer: Callable[[], None] | None = None
        self._stop_waiting: Callable[[], None] | None = None

    @property
    def all(self) -> list[Schedule]:
        """Return every planned start and every missed one, the earliest first."""
        return sorted(self._known.values(), key=lambda schedule: (schedule.at, schedule.id))

    def next_starts(self) -> dict[str, float]:
        """Return of every sequence that is planned when it starts next."""
        return {each.sequence: each.at for each in reversed(self.all) if not each.is_missed}

    @callback
    def restore(self, begun: Container[str]) -> None:
        """Take over what was planned before a restart, but not what had already ``begun`` as a run."""
        self._since = _now()
        for schedule in self._memory.schedules:
            if schedule.id in begun:
                self._memory.keep(f"{SCHEDULE_ROW}{schedule.id}", None, is_urgent=False)
            else:
                self._known[schedule.id] = schedule
        self._stop_waiting = async_at_started(self._hass, self._ready)

    @callback
    def stop(self) -> None:
        """Start nothing more; what is planned stays on disk."""
        if self._stop_waiting is not None:
            self._stop_waiting()
            self._stop_waiting = None
        self._up = None
        self._set_timer()
        for schedule in self._known.values():
            self.news.take_back(schedule)

    async def async_add(self, schedule: Schedule) -> None:
        """Plan a start, and make sure that it is on disk."""
        if len(self._known) >= MOST_SCHEDULES:
            raise DefinitionError("too_many_schedules", limit=MOST_SCHEDULES)
        self._known[schedule.id] = schedule
        self._changed()
        if not await self._memory.async_keep(f"{SCHEDULE_ROW}{schedule.id}", schedule):
            self._forget(schedule)
            self._changed()
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="not_saved")
        self.news.tell(schedule, self.name_of(schedule), Outcome.PLANNED, {})

    @callback
    def lay_down(self, schedules: Iterable[Schedule], gone: Iterable[str]) -> None:
        """Plan starts and drop others, with the next word that is written into the memory."""
        for wanted in gone:
            if (known := self._known.pop(wanted, None)) is not None:
                self._memory.keep(f"{SCHEDULE_ROW}{wanted}", None, is_urgent=False)
                self.news.take_back(known)
        for schedule in schedules:
            self._known[schedule.id] = schedule
            self._memory.keep(f"{SCHEDULE_ROW}{schedule.id}", schedule, is_urgent=False)
        self._changed()

    @callback
    def cancel(self, wanted: str, *, by: str) -> None:
        """Drop a planned start, or one that was missed."""
        if (schedule := self._known.get(wanted)) is None:
            raise NotFoundError("schedule", wanted)
        self._end(schedule, Outcome.CANCELLED, reason="cancelled", by=by)

    @callback
    def follow(self, sequence: str) -> None:
        """Drop the planned starts of a sequence that is deleted."""
        store = self._starts.store
        if sequence not in store.library.sequences and sequence not in store.degraded:
            for schedule in [each for each in self.all if each.sequence == sequence]:
                self._end(schedule, Outcome.CANCELLED, reason="sequence_deleted")
        self._watchers.wake(SCHEDULES)

    @callback
    def settle(self, wished: Wished) -> None:
        """Ask no more about missed starts that somebody has made up for."""
        for schedule in self.all:
            if schedule.is_missed and schedule.sequence == wished.program.id and schedule.roles == dict(wished.roles):
                self._end(schedule, Outcome.CANCELLED, reason="made_up_for")

    @callback
    def _ready(self, _hass: HomeAssistant) -> None:
        self._up = Uptime(since=self._since, ready=_now(), was_crash=not self._memory.is_clean)
        self._again = dict.fromkeys(self._known, self._up.ready + _SETTLE)
        if not self._starts.store.file.fault:
            # Of a file that is set aside nobody has deleted anything: it may come back before a start is due.
            for name in {schedule.sequence for schedule in self._known.values()}:
                self.follow(name)
        for schedule in self._known.values():
            if schedule.is_missed:
                self.news.ask(schedule, self.name_of(schedule))
        self._changed()

    @callback
    def _changed(self) -> None:
        self._set_timer()
        self._watchers.wake(SCHEDULES)

    @callback
    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer()
            self._timer = None
        moments = [self._due(schedule) for schedule in self._known.values() if not schedule.is_missed]
        if self._up is not None and moments and not self._hass.is_stopping:
            moment = dt_util.utc_from_timestamp(max(min(moments), _now()))
            self._timer = async_track_point_in_utc_time(self._hass, self._async_look, moment)

    def _due(self, schedule: Schedule) -> float:
        return max(schedule.at, self._again.get(schedule.id, 0.0))

    async def _async_look(self, _moment: datetime) -> None:
        """Do what is due, one after the other; what has been done meanwhile is not done twice."""
        self._timer = None
        async with self._looking:
            for schedule in self.all:
                if not schedule.is_missed and self._due(schedule) <= _now():
                    await self._async_consider(schedule)
        self._changed()

    async def _async_consider(self, schedule: Schedule) -> None:
        sequence = self._starts.store.library.sequences.get(schedule.sequence)
        if not self._is_planned(schedule):
            return
        if sequence is None:
            self._end(schedule, Outcome.REFUSED, reason="sequence_not_usable")
            return
        match self._at(schedule, sequence, _now()):
            case WhatNow.START:
                await self._async_try(schedule, sequence)
            case WhatNow.SKIP:
                self._end(schedule, Outcome.SKIPPED, reason=schedule.missed.value)
            case WhatNow.ASK:
                self._keep(missed := replace(schedule, is_missed=True))
                self.news.tell(missed, self.name_of(missed), Outcome.MISSED, {})
                self.news.ask(missed, self.name_of(missed))

    async def _async_try(self, schedule: Schedule, sequence: Sequence) -> None:
        """Start a run, or try again in a moment while only something is in the way that passes by itself."""
        try:
            wished = await self._async_wished(schedule, sequence)
            again = round(_now() + _RETRY, 3)
            has_time = self._at(schedule, sequence, again) is WhatNow.START
            findings = await self._starts.async_preflight(wished) if has_time else ()
            if not self._is_planned(schedule):
                return
            if may_pass(findings, schedule.require):
                self._again[schedule.id] = again
                return
            await self._starts.async_start(wished)
        except SequenceError as err:
            details = {"reason": str(err.details.get("given", "")), "place": err.place}
            self._end(schedule, Outcome.REFUSED, code=int(err.code), run_id=schedule.id, **details)
        except Exception:
            _LOGGER.exception("A planned start of %s has failed by a mistake of ours", schedule.sequence)
            self._end(schedule, Outcome.REFUSED, code=int(SequenceCode.INTERNAL_ERROR), reason="")
        else:
            late = max(0.0, round(_now() - schedule.at, 3))
            self._end(schedule, Outcome.STARTED, run_id=schedule.id, late_by=late)

    async def _async_wished(self, schedule: Schedule, sequence: Sequence) -> Wished:
        """Return what is to be started, with the rights that who has planned it has by now."""
        return Wished(
            program=sequence,
            roles=schedule.roles,
            variables=schedule.variables,
            trigger=schedule.trigger,
            require=schedule.require,
            findings=await self._starts.rights.async_denied(schedule.trigger.id, sequence, schedule.roles),
            until_phase=schedule.until_phase,
            overrides=schedule.overrides,
            run_id=schedule.id,
        )

    def _at(self, schedule: Schedule, sequence: Sequence, moment: float) -> WhatNow:
        return WhatNow.WAIT if self._up is None else what_now(schedule, moment, self._up, sequence.on_restart)

    def _is_planned(self, schedule: Schedule) -> bool:
        is_open = self._up is not None and not self._hass.is_stopping
        return is_open and self._known.get(schedule.id) is schedule

    @callback
    def _keep(self, schedule: Schedule) -> None:
        self._known[schedule.id] = schedule
        self._memory.keep(f"{SCHEDULE_ROW}{schedule.id}", schedule, is_urgent=True)

    @callback
    def _forget(self, schedule: Schedule) -> None:
        self._known.pop(schedule.id, None)
        self._again.pop(schedule.id, None)
        self._memory.keep(f"{SCHEDULE_ROW}{schedule.id}", None, is_urgent=True)

    @callback
    def _end(self, schedule: Schedule, outcome: Outcome, **details: str | float) -> None:
        self._forget(schedule)
        self.news.take_back(schedule)
        self.news.tell(schedule, self.name_of(schedule), outcome, details)
        self._changed()

    def name_of(self, schedule: Schedule) -> str:
        """Return what people call the sequence that is to start."""
        sequence = self._starts.store.library.sequences.get(schedule.sequence)
        return (sequence.name if sequence is not None else "") or schedule.sequence


def _now() -> float:
    """Return the time, rounded up: what a timer was set for is due when it fires."""
    return ceil(dt_util.utcnow().timestamp() * 1000) / 1000

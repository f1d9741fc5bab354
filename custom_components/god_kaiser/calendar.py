"""The starts that are planned, and the runs that were, as a calendar."""

from datetime import datetime, timedelta
from typing import override

from homeassistant.components.calendar import CalendarEntity, CalendarEvent
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .core.sequences.model import Sequence
from .core.sequences.run import Run
from .core.sequences.schedule import Schedule
from .core.sequences.summary import has_begun
from .core.sequences.walk import least_seconds
from .entity import HubEntity, populate
from .host.engine_host import EngineHost
from .host.failures import common_text
from .host.journal.rows import Envelope
from .host.schedule_desk import SCHEDULES
from .run_records import error_of
from .runtime import GodKaiserConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: GodKaiserConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Show what is planned."""
    populate(entry, async_add_entities, hub=lambda host: [PlannedRuns(host)])


class PlannedRuns(HubEntity, CalendarEntity):
    """Planned starts, runs that go on, and those that have ended not long ago; nothing is changed here."""

    _attr_translation_key = "planned_runs"

    def __init__(self, host: EngineHost) -> None:
        """Belong to the hub."""
        super().__init__(host, "planned_runs", SCHEDULES)

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self.host.sequences.events.watch(self._follow))

    @callback
    def _follow(self, told: Envelope) -> None:
        if told["event_type"].startswith("run."):
            self.look()

    @override
    def picture(self) -> object:
        return self.event

    @property
    @override
    def event(self) -> CalendarEvent | None:
        desk = self.host.sequences
        running = [_of_run(run) for run in desk.runs() if not run.is_over]
        planned = [self._of_schedule(schedule) for schedule in desk.schedules.all if not schedule.is_missed]
        now = dt_util.now()
        open_ones = [event for event in (*running, *planned) if event.end_datetime_local > now]
        return min(open_ones, key=lambda event: event.start_datetime_local, default=None)

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        desk = self.host.sequences
        events = [_of_run(run) if has_begun(run) else self._of_refused(run) for run in desk.runs()]
        events += [self._of_schedule(schedule) for schedule in desk.schedules.all]
        events.sort(key=lambda event: event.start_datetime_local)
        return [
            event for event in events if event.start_datetime_local < end_date and event.end_datetime_local > start_date
        ]

    def _of_schedule(self, schedule: Schedule) -> CalendarEvent:
        desk = self.host.sequences
        sequence = desk.store.library.sequences.get(schedule.sequence)
        seconds = 0.0 if sequence is None else _length_of(sequence)
        return _event(desk.schedules.name_of(schedule), schedule.at, seconds, schedule.id)

    def _of_refused(self, run: Run) -> CalendarEvent:
        """Return a start that was refused: nothing has run, so nobody may take it for a run."""
        summary = common_text(self.hass, "start_refused", {"sequence": _name_of(run)})
        error = error_of(self.hass, self.host, run) or {}
        return _event(summary, run.started_at, 0.0, run.id, error.get("text"))


def _of_run(run: Run) -> CalendarEvent:
    seconds = _length_of(run.program) if run.ended_at is None else run.ended_at - run.started_at
    return _event(_name_of(run), run.started_at, seconds, run.id)


def _name_of(run: Run) -> str:
    return run.program.name or run.program.id


def _event(summary: str, start: float, seconds: float, uid: str, description: str | None = None) -> CalendarEvent:
    begins = dt_util.as_local(dt_util.utc_from_timestamp(start))
    # Calendars know nothing shorter.
    ends = begins + timedelta(seconds=max(1.0, seconds))
    return CalendarEvent(start=begins, end=ends, summary=summary, uid=uid, description=description)


def _length_of(sequence: Sequence) -> float:
    """Return how long a run is likely to last: what its delays come to, or else the most that it may."""
    return sum(least_seconds(phase.steps) for phase in sequence.phases) or sequence.max_duration

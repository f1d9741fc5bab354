"""What is told about planned starts: an event for programs, and a question for people when one was missed."""

from collections import deque
from enum import StrEnum
from typing import Any, Final

from homeassistant.components import persistent_notification
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..const import DOMAIN, EVENT_SCHEDULE
from ..core.journal.actors import Actor, ActorType, actor_named, actor_of
from ..core.journal.kinds import Domain, Nature
from ..core.sequences.schedule import Schedule
from .bus_mirror import BusMirror
from .failures import common_text
from .figures import moment_text
from .notify_targets import as_plain

_KEPT: Final = 100
_SCHEMA_VERSION: Final = 1
_ORDINARY: Final = Nature(Domain.STEP)


class Outcome(StrEnum):
    """Everything that can be told about a planned start."""

    PLANNED = "schedule.planned"
    STARTED = "schedule.started"
    REFUSED = "schedule.refused"
    SKIPPED = "schedule.skipped"
    MISSED = "schedule.missed"
    CANCELLED = "schedule.cancelled"


class ScheduleNews:
    """Puts what becomes of planned starts on the bus, remembers the latest of it, and asks about missed ones."""

    def __init__(self, hass: HomeAssistant, bus: BusMirror) -> None:
        """Start with nothing told."""
        self.latest: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self._hass = hass
        self._bus = bus

    @callback
    def tell(self, schedule: Schedule, name: str, outcome: Outcome, details: dict[str, str | float]) -> None:
        """Tell what has become of a planned start; ``name`` is what people call its sequence."""
        told = {
            "schema_version": _SCHEMA_VERSION,
            "event_type": outcome.value,
            "timestamp": dt_util.utcnow().isoformat(),
            "schedule_id": schedule.id,
            "sequence_id": schedule.sequence,
            "sequence_name": name,
            "planned_at": dt_util.utc_from_timestamp(schedule.at).isoformat(),
            "actor": _actor_of(schedule, outcome, details).record,
            "data": details,
        }
        self.latest.append(told)
        self._bus.put(EVENT_SCHEDULE, told, outcome, _ORDINARY)

    @callback
    def ask(self, schedule: Schedule, name: str) -> None:
        """Ask people what is to become of a start that was missed."""
        moment = moment_text(self._hass, dt_util.utc_from_timestamp(schedule.at))
        words = {"sequence": name, "at": moment, "schedule": schedule.id}
        keys = ("schedule_missed_title", "schedule_missed_text")
        title, text = (as_plain(common_text(self._hass, key, words)) for key in keys)
        persistent_notification.async_create(self._hass, text, title, _tag(schedule))

    @callback
    def take_back(self, schedule: Schedule) -> None:
        """Ask no more."""
        persistent_notification.async_dismiss(self._hass, _tag(schedule))


def _actor_of(schedule: Schedule, outcome: Outcome, details: dict[str, str | float]) -> Actor:
    """Return who it was: who has planned or cancelled a start; what becomes of it then is nobody's hand."""
    trigger = schedule.trigger
    if outcome is Outcome.PLANNED:
        return Actor(type=ActorType.USER if trigger.id else ActorType.WEBHOOK, id=trigger.id, name=trigger.name)
    if outcome is Outcome.CANCELLED:
        by = str(details.get("by", ""))
        return Actor(type=actor_named(by), name=by)
    return Actor(type=actor_of(trigger.kind), id=trigger.id, name=trigger.name)


def _tag(schedule: Schedule) -> str:
    return f"{DOMAIN}_schedule_{schedule.id}"

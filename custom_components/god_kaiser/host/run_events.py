"""What happens to runs, as programs read it: one envelope for the bus, the log and the stream."""

import logging
from typing import Final

from homeassistant.core import Context, callback

from ..const import EVENT_RUN
from ..core.journal.actors import Actor, ActorType, actor_named, actor_of
from ..core.sequences.happenings import END_OF, FORMER_NAMES, SESSION_NAMES, Happening, RunEvent
from ..core.sequences.run import Run
from .bus_mirror import BusMirror
from .event_log import EventLog
from .journal.journal import Journal

# Signs of life and single commands are for who follows a run, not for everybody's recorder.
_NOT_ON_THE_BUS: Final = frozenset(
    {
        Happening.RUN_HEARTBEAT,
        Happening.RUN_SUMMARY,
        Happening.COMMAND_SENT,
        Happening.COMMAND_CONFIRMED,
        Happening.COMMAND_FAILED,
    }
)
_INTERNAL: Final = 5631
# After these a run changes no more.
_LAST_WORDS: Final = frozenset({Happening.RUN_SUMMARY, Happening.PREFLIGHT_REFUSED})
_LOGGER = logging.getLogger(__name__)


_ENDS: Final = frozenset(END_OF.values())
_FORMER: Final = FORMER_NAMES | SESSION_NAMES


def _actor_of(event: RunEvent, run: Run) -> Actor:
    """Return who it was: who has started a run has nothing to do with who ends it, or lets it stand still or go on."""
    match event.happening:
        case Happening.RUN_PAUSED | Happening.RUN_HELD:
            return Actor(type=actor_named(run.halted_by))
        case Happening.RUN_RESUMED:
            return Actor(type=actor_named(run.resumed_by))
        case happening if happening in _ENDS and run.ended_by:
            # A rule stands there with its name, a person without.
            hand, _, name = run.ended_by.partition(" ")
            return Actor(type=actor_of(hand), name=name)
        case Happening.RUN_CANCELLED:
            return Actor(type=ActorType.SYSTEM)
        case _:
            return Actor(type=actor_of(run.trigger.kind), id=run.trigger.id, name=run.trigger.name)


class RunEvents(EventLog):
    """Puts the events of runs on the bus."""

    def __init__(self, bus: BusMirror, journal: Journal) -> None:
        """Start with nothing told."""
        super().__init__(bus, journal, EVENT_RUN)

    @callback
    def tell(self, event: RunEvent, run: Run | None, context: Context | None) -> None:
        """Tell that something has happened to a run."""
        actor = None if run is None else _actor_of(event, run)
        content = {
            "execution_id": event.run,
            "sequence_id": event.sequence,
            "sequence_name": (run.program.name or run.program.id) if run is not None else event.sequence,
            "status": event.status.value,
            "progress": event.progress,
            "current_step": {"place": event.place} if event.place else None,
            "correlation_id": event.run,
            "actor": None if actor is None else actor.record,
            "data": event.details,
        }
        former = _FORMER.get(event.happening, event.happening.value)
        self.put(
            event.happening.value,
            former,
            content,
            context,
            subject=event.sequence,
            actor=ActorType.SYSTEM if actor is None else actor.type,
            technical=event.error_tech,
            is_silent=event.happening in _NOT_ON_THE_BUS,
        )
        if event.happening in _LAST_WORDS and run is not None:
            self.journal.keep_run(run.id, run.program.id, run, is_emergency=run.is_forced)
        if event.happening is Happening.RUN_FAILED and event.details.get("code") == _INTERNAL:
            known = run.fault.error_tech if run is not None and run.fault is not None else ""
            what = event.error_tech or known
            _LOGGER.error("Run %s of %s has failed by a mistake of ours: %s", event.run, event.sequence, what)

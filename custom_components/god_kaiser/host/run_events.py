"""What happens to runs, as programs read it: one envelope for the bus, the log and the stream."""

from collections import deque
from collections.abc import Callable
import logging
from typing import Any, Final

from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..const import EVENT_RUN
from ..core.sequences.happenings import FORMER_NAMES, Happening, RunEvent
from ..core.sequences.run import Run

SCHEMA_VERSION: Final = 1
# As many as a client that was away may ask for.
_KEPT: Final = 1000
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
_LOGGER = logging.getLogger(__name__)

type Envelope = dict[str, Any]


class RunEvents:
    """Puts the events of runs on the bus, and remembers the latest of them."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Start with nothing told."""
        self.latest: deque[Envelope] = deque(maxlen=_KEPT)
        self._hass = hass
        self._entry_id = entry_id
        self._watchers: list[Callable[[Envelope], None]] = []
        self._moment = 0
        self._number = 0

    @callback
    def watch(self, watcher: Callable[[Envelope], None]) -> Callable[[], None]:
        """Call back for everything that happens to runs."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    @callback
    def tell(self, event: RunEvent, run: Run | None, context: Context | None) -> None:
        """Tell that something has happened to a run."""
        envelope = self._envelope(event, run)
        self.latest.append(envelope)
        if event.happening not in _NOT_ON_THE_BUS:
            self._hass.bus.async_fire(EVENT_RUN, envelope, context=context)
        for watcher in tuple(self._watchers):
            watcher(envelope)
        if event.happening is Happening.RUN_FAILED and event.details.get("code") == _INTERNAL:
            _LOGGER.error("Run %s of %s has failed by a mistake of ours: %s", event.run, event.sequence, event.details)

    def _envelope(self, event: RunEvent, run: Run | None) -> Envelope:
        now = dt_util.utcnow()
        moment = int(now.timestamp() * 1000)
        # Ascending even where the clock is put back.
        self._number = self._number + 1 if moment <= self._moment else 0
        self._moment = max(moment, self._moment)
        trigger = run.trigger if run is not None else None
        return {
            "schema_version": SCHEMA_VERSION,
            "event_id": f"{self._moment}-{self._number}",
            "event_type": event.happening.value,
            "type": FORMER_NAMES.get(event.happening, event.happening.value),
            "timestamp": now.isoformat(),
            "entry_id": self._entry_id,
            "execution_id": event.run,
            "sequence_id": event.sequence,
            "sequence_name": (run.program.name or run.program.id) if run is not None else event.sequence,
            "status": event.status.value,
            "progress": event.progress,
            "current_step": {"place": event.place} if event.place else None,
            "correlation_id": event.run,
            "actor": {"kind": trigger.kind, "name": trigger.name} if trigger is not None else None,
            "data": event.details,
        }

"""Events as programs read them: put on the bus in one envelope, followed by the streams, and the latest remembered."""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .watchers import attempt

SCHEMA_VERSION: Final = 1
# As many as a client that was away may ask for.
_KEPT: Final = 1000

type Envelope = dict[str, Any]


class EventLog:
    """Everything that is told under one name of an event."""

    def __init__(self, hass: HomeAssistant, entry_id: str, name: str) -> None:
        """Start with nothing told."""
        self.latest: deque[Envelope] = deque(maxlen=_KEPT)
        self._hass = hass
        self._entry_id = entry_id
        self._name = name
        self._watchers: list[Callable[[Envelope], None]] = []
        self._moment = 0
        self._number = 0

    @callback
    def watch(self, watcher: Callable[[Envelope], None]) -> Callable[[], None]:
        """Call back for everything that is told."""
        self._watchers.append(watcher)
        return lambda: self._watchers.remove(watcher)

    @callback
    def put(
        self, kind: str, former: str, content: Envelope, context: Context | None, *, is_silent: bool = False
    ) -> None:
        """Tell something; what is silent is kept off the bus."""
        now = dt_util.utcnow()
        moment = int(now.timestamp() * 1000)
        # Ascending even where the clock is put back.
        self._number = self._number + 1 if moment <= self._moment else 0
        self._moment = max(moment, self._moment)
        envelope = {
            "schema_version": SCHEMA_VERSION,
            "event_id": f"{self._moment}-{self._number}",
            "event_type": kind,
            "type": former,
            "timestamp": now.isoformat(),
            "entry_id": self._entry_id,
            **content,
        }
        self.latest.append(envelope)
        if not is_silent:
            self._hass.bus.async_fire(self._name, envelope, context=context)
        for watcher in tuple(self._watchers):
            attempt(kind, partial(watcher, envelope))

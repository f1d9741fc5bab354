"""What happens, on Home Assistant's bus: not more than a house can use, but whatever nobody may miss."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..const import EVENT_ALARM, EVENT_LEFT_OUT
from ..core.journal.kinds import Nature

# So many at once, and so many each second after that.
MOST_AT_ONCE: Final = 200
EACH_SECOND: Final = 20.0
SUMMARY_AFTER: Final = 10.0


class BusMirror:
    """The events of one hub on the bus; what there is no room for is counted, and told in one event."""

    def __init__(self, hass: HomeAssistant, entry_id: str, name: str) -> None:
        """Start with room for a flood."""
        self.left_out = 0
        self._hass = hass
        self._about = {"entry_id": entry_id, "name": name}
        self._room = float(MOST_AT_ONCE)
        self._at = 0.0
        self._untold = Counter[str]()
        self._timer: asyncio.TimerHandle | None = None
        self._is_over = False

    @callback
    def put(
        self, name: str, content: Mapping[str, Any], kind: str, nature: Nature, context: Context | None = None
    ) -> None:
        """Put an event on the bus, unless there are too many; one that nobody may miss always passes."""
        # People are called by alarms, and whoever raises too many of them is bounded there.
        if self._has_room() or nature.is_vital or name == EVENT_ALARM:
            self._hass.bus.async_fire(name, content, context=context)
            return
        self.left_out += 1
        self._untold[kind] += 1
        if self._timer is None and not self._is_over:
            self._timer = self._hass.loop.call_later(SUMMARY_AFTER, self._sum_up)

    @callback
    def stop(self) -> None:
        """Tell what was left out; what is left out later is only counted."""
        self._is_over = True
        if self._timer is not None:
            self._timer.cancel()
            self._sum_up()

    def _has_room(self) -> bool:
        """Take room for one event, where there is some."""
        now = self._hass.loop.time()
        self._room = min(MOST_AT_ONCE, self._room + (now - self._at) * EACH_SECOND)
        self._at = now
        if self._room < 1:
            return False
        self._room -= 1
        return True

    @callback
    def _sum_up(self) -> None:
        self._timer = None
        kinds, self._untold = self._untold, Counter()
        content = {
            **self._about,
            "timestamp": dt_util.utcnow().isoformat(),
            "count": kinds.total(),
            "total": self.left_out,
            "kinds": dict(kinds.most_common()),
        }
        self._hass.bus.async_fire(EVENT_LEFT_OUT, content)

"""Once an hour what is too old in a journal goes, and what is too much, in the order that keeps runs and the trail whole."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
import logging
from typing import TYPE_CHECKING, Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval
import msgspec

from ...core.journal.chain import Anchors
from ...core.journal.ids import EventKey
from ...core.journal.proven import ProvenClock
from ..engine_loop import EngineLoop
from .file import JournalFile
from .purge import Forgotten, Kept

if TYPE_CHECKING:
    from .journal import Journal

_LOGGER = logging.getLogger(__name__)
_LONGEST_TRAIL: Final = timedelta(days=365)
_MOST_ENTRIES: Final = 1_000_000
_EVERY: Final = timedelta(hours=1)
_NOTHING: Final = Forgotten(is_more=False)


class Cleaning:
    """Forgets piece by piece; a clock that has jumped proves nothing to be old."""

    def __init__(
        self, hass: HomeAssistant, journal: Journal, file: JournalFile, going_on: Callable[[], Iterable[str]]
    ) -> None:
        """Remember whose journal it is, and who knows the runs that go on."""
        # How many events of runs that go on have gone the last time, because nothing else was left.
        self.cut = 0
        self._hass = hass
        self._journal = journal
        self._file = file
        self._going_on = going_on
        self._clock = ProvenClock()
        self._stop: Callable[[], None] | None = None
        self._is_cleaning = False

    @callback
    def trust(self, last: EventKey) -> None:
        """Begin with what was noted last before the start."""
        self._clock.begin(EngineLoop.now(), last[0] / 1000 or None)

    @callback
    def begin(self) -> None:
        """Clean again and again."""
        self._stop = async_track_time_interval(self._hass, self.async_clean, _EVERY)

    @callback
    def end(self) -> None:
        """Clean no more."""
        if self._stop is not None:
            self._stop()
            self._stop = None

    async def async_clean(self, _now: Any) -> None:
        """Forget everything that should go, unless that is on its way already: a disk may take longer than an hour."""
        if self._is_cleaning:
            return
        self._is_cleaning = True
        try:
            await self._async_forget_all()
        finally:
            self._is_cleaning = False

    async def _async_forget_all(self) -> None:
        kept, cut, forgotten = self._kept(), 0, Forgotten(is_more=True)
        while forgotten.is_more:
            forgotten = await self._async_forget(kept)
            cut += forgotten.of_going_on
        if cut:
            _LOGGER.warning("The journal is full: the oldest %s events of runs that still go on were removed", cut)
        self.cut = cut

    def _kept(self) -> Kept:
        now, keeping = EngineLoop.now(), self._journal.keeping
        # Nothing is older than what was noted last proves, and a clock that has just jumped proves nothing.
        proven = min(now.utc.timestamp(), self._journal.last_key[0] / 1000) if self._clock.is_proven(now) else 0.0
        oldest = max(0.0, proven - keeping.days * 86_400)
        trail = max(0.0, min(oldest, proven - _LONGEST_TRAIL.total_seconds()))
        return Kept(
            events_since=(int(oldest * 1000), 0),
            trail_since=(int(trail * 1000), 0),
            runs_since=int(oldest * 1000),
            most_runs=keeping.runs,
            most_bytes=self._journal.most_bytes,
            most_entries=_MOST_ENTRIES,
            going_on=msgspec.json.encode([*self._going_on(), *self._journal.writer.unwritten_runs]).decode(),
        )

    async def _async_forget(self, kept: Kept) -> Forgotten:
        """Forget a piece; the new beginning of the trail is known before the old one is gone, or that would look like a theft."""
        journal = self._journal
        begin = await journal.writer.async_use(partial(self._file.begin_of, kept))
        if begin is not None and not await journal.async_remember(Anchors(since=begin, until=journal.anchors.until)):
            return _NOTHING
        return await journal.writer.async_use(partial(self._file.drop, kept, begin)) or _NOTHING

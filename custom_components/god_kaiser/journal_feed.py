"""The events of one journal for one subscription: what was missed, then what happens, each once and in its order."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Final, NamedTuple

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from .core.journal.ids import EventKey, next_before
from .host.database import FAULTS
from .host.journal.journal import Journal
from .host.journal.reading import Stored, Wanted
from .host.journal.rows import Row
from .stream_limits import MOST_WAITING
from .stream_topics import Topics

type Told = Stored | Row


class Listener(NamedTuple):
    """Who hears events, and who must know that too many wait."""

    hear: Callable[[Told], None]
    overflow: Callable[[], None]


class Missed(NamedTuple):
    """What is still told of what was missed, and whether something before it may be missing."""

    events: list[Stored]
    goes_on_after: EventKey | None
    is_gap: bool


_NOTHING: Final = Missed([], None, is_gap=True)


class JournalFeed:
    """Listens from the moment it is made; what comes while the disk is read waits its turn."""

    def __init__(self, journal: Journal, topics: Topics, listener: Listener) -> None:
        """Begin after everything that was noted until now."""
        self.position = journal.last_key
        self._journal = journal
        self._topics = topics
        self._listener = listener
        self._waiting: list[Row] | None = None
        self._end = journal.watch(self._written)
        self._is_over = False

    @property
    def waiting(self) -> int:
        """Return how many events wait for the disk."""
        return len(self._waiting or ())

    @callback
    def hold(self) -> None:
        """Let wait what happens from now on."""
        self._waiting = []

    async def async_missed(self, after: EventKey) -> Missed:
        """Return what has happened since an event, as far back as people have chosen; a gap, where something before may be missing."""
        keeping = self._journal.keeping
        border = int((dt_util.utcnow() - timedelta(hours=keeping.replay_hours)).timestamp() * 1000)
        is_everything = self._topics.wants_all_events
        wanted = Wanted(
            kinds=() if is_everything else self._topics.kinds,
            domains=() if is_everything else self._topics.domains,
            execution=self._topics.run_id,
            after=max(after, next_before((border, 0))),
            limit=keeping.replay_events,
        )
        try:
            page = await self._journal.async_events(wanted)
            if not page.has_more and after[0] >= border and await self._async_last(next_before(after), after) == after:
                return Missed(page.events, after, is_gap=False)
            if not page.events:
                return _NOTHING
            before = next_before(page.events[0].key)
            return Missed(page.events, await self._async_last(None, before) or before, is_gap=True)
        except FAULTS:
            return _NOTHING

    async def _async_last(self, after: EventKey | None, until: EventKey) -> EventKey | None:
        """Return the last of all events between two ids."""
        wanted = Wanted(after=after, before=(until[0], until[1] + 1), limit=1)
        page = await self._journal.async_events(wanted)
        return page.events[0].key if page.events else None

    @callback
    def go_back(self, after: EventKey) -> None:
        """Count everything after an event as not told yet."""
        self.position = after

    @callback
    def replay(self, missed: Iterable[Stored]) -> None:
        """Tell what was missed, what has happened meanwhile and was not on the disk yet, and then what happens."""
        for stored in missed:
            self.position = stored.key
            self._listener.hear(stored)
        waiting, self._waiting = self._waiting or [], None
        for row in waiting:
            self._tell(row)

    @callback
    def end(self) -> None:
        """Listen no more."""
        self._is_over = True
        self._end()

    @callback
    def _written(self, row: Row) -> None:
        if self._waiting is None:
            self._tell(row)
            return
        if self._topics.wants_event(row.kind, row.execution, row.domain):
            self._waiting.append(row)
        if len(self._waiting) > MOST_WAITING:
            self._listener.overflow()

    @callback
    def _tell(self, row: Row) -> None:
        if self._is_over or row.key <= self.position:
            return
        self.position = row.key
        if self._topics.wants_event(row.kind, row.execution, row.domain):
            self._listener.hear(row)

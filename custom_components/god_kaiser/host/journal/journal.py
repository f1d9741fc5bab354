"""The journal of one hub: whatever happens is noted at once, and written and told in its order."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
import logging
from pathlib import Path
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util
import msgspec
from msgspec import Struct

from ...const import DOMAIN
from ...core.journal.actors import Actor, ActorType
from ...core.journal.chain import Anchor, Anchors, Break, Verdict
from ...core.journal.ids import EventIds, EventKey, id_of
from ...core.journal.kinds import Nature, Noted, nature_of
from ..database import FAULTS
from ..endurance import Endurance, Told
from ..followers import Followers
from . import reading
from .cleaning import Cleaning
from .file import JournalFile, Opened
from .hindrance import Hindrance
from .issued import Issued
from .queue import Batch
from .rows import EndedRun, Envelope, Row
from .soundness import Soundness
from .writer import JournalWriter

_LOGGER = logging.getLogger(__name__)
SCHEMA_VERSION: Final = 1
_MEGABYTE: Final = 1_000_000

type Watcher = Callable[[Row], None]
# Whoever wants to know whether they lie on the disk is told so.
type KeepAnchors = Callable[[Anchors, Told | None], None]


class Keeping(Struct, frozen=True, kw_only=True):
    """For how long events and runs are kept, how many runs and how large a journal, and how patient it is with its disk."""

    days: int = 90
    megabytes: int = 200
    runs: int = 10_000
    # Who comes back to the live events is told so many of them, and no older ones.
    replay_events: int = 1_000
    replay_hours: int = 24
    is_archiving: bool = True
    endurance: Endurance = Endurance()


class Journal:
    """Takes what happens; a disk that fails or is slow is nobody's trouble but its own."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry_id: str,
        keeping: Keeping,
        *,
        keep_anchors: KeepAnchors,
        on_health: Callable[[bool, Hindrance | None], None],
        going_on: Callable[[], Iterable[str]] = tuple,
    ) -> None:
        """Remember where the file is, and who knows the runs that go on; nothing is opened yet."""
        self.path = Path(hass.config.path(".storage", f"{DOMAIN}.{entry_id}.journal.db"))
        self.anchors = Anchors()
        self._hass = hass
        self.entry_id = entry_id
        self.keeping = keeping
        self._keep_anchors = keep_anchors
        self._on_health = on_health
        self._ids = EventIds()
        self._followers = Followers[Row]()
        self._file = JournalFile(self.path)
        self._issued = Issued(self.path)
        self._soundness = Soundness(self.path)
        self.writer = JournalWriter(
            hass,
            self._file,
            on_written=self._written,
            on_end=self._ended,
            on_health=on_health,
            on_set_aside=self._async_begin_anew,
            endurance=keeping.endurance,
        )
        self.was_opened = self.was_set_aside = False
        self.written = self.dropped = 0
        # How many events of the time before the last start are missing, as far as anybody knows.
        self.lost: int | None = None
        self.cleaning = Cleaning(hass, self, self._file, going_on)

    @property
    def most_bytes(self) -> int:
        """Return how large the file may become."""
        return self.keeping.megabytes * _MEGABYTE

    async def async_open(self, anchors: Anchors) -> None:
        """Open the file; one that is damaged is set aside, and one that cannot be opened keeps nobody from working."""
        self.anchors, self._file.remembered = anchors, anchors.until
        await self.writer.async_open(self._async_open)
        self.cleaning.begin()

    async def _async_open(self) -> None:
        opened: Opened | None = None
        try:
            opened = await self._hass.loop.run_in_executor(None, self._open)
        except FAULTS as err:
            self.writer.complain(err)
        finally:
            self.lost = self._issued.begin(None if opened is None else opened.written)
            self._file.before = self._issued.before
        self.was_opened = opened is not None
        if opened is not None:
            if self.writer.is_healthy:
                # What a former life of the hub has complained about is over.
                self._on_health(True, None)
            self._ids.follow(opened.last)
            self.cleaning.trust(opened.last)
            if opened.was_set_aside:
                await self._async_begin_anew()
        if self.lost:
            _LOGGER.warning(
                "%s events of the time before the last end had not reached the disk, and are missing", self.lost
            )
            self.note(Noted.JOURNAL_LOST, {"data": {"lost": self.lost}})

    async def async_write_out(self) -> None:
        """Write what waits; Home Assistant ends, but not yet."""
        await self.writer.async_write_out()

    async def async_close(self) -> None:
        """Write what waits and close the file."""
        self.cleaning.end()
        await self.writer.async_close()
        # In the loop, where events get their numbers.
        self._issued.end()
        if self.writer.is_settled:
            await self._hass.async_add_executor_job(self._issued.forget)

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._hass.async_add_executor_job(self._file.remove)
        self._issued.end()
        await self._hass.async_add_executor_job(self._issued.forget)

    @property
    def was_removed(self) -> bool:
        """Tell whether the file has gone while it was in use."""
        return self._file.was_removed

    @property
    def last_key(self) -> EventKey:
        """Return the id of what was noted last, on the disk or not yet."""
        return self._ids.last

    @callback
    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Call back for every event, in its order, after it is on the disk."""
        return self._followers.add(watcher)

    @callback
    def note(
        self,
        kind: str,
        content: Mapping[str, Any],
        *,
        former: str = "",
        subject: str = "",
        actor: ActorType = ActorType.SYSTEM,
        nature: Nature | None = None,
        technical: str = "",
    ) -> Envelope:
        """Note that something has happened, and return it as everybody is told it."""
        now = dt_util.utcnow()
        key = self._ids.give(int(now.timestamp() * 1000))
        envelope: Envelope = {
            "schema_version": SCHEMA_VERSION,
            "event_id": id_of(key),
            "event_type": kind,
            "type": former or kind,
            "timestamp": now.isoformat(),
            "entry_id": self.entry_id,
            "correlation_id": None,
            "actor": Actor(type=actor).record,
            **content,
        }
        known = nature or nature_of(kind)
        execution = envelope.get("execution_id") or ""
        kept = (known.level, known.domain, known.is_audit, actor, envelope, technical, self._issued.give())
        self.writer.put(Row(key, kind, execution, subject, *kept))
        return envelope

    @callback
    def keep_run(self, run_id: str, sequence: str, record: object, *, is_emergency: bool = False) -> None:
        """Keep everything that is known of a run that is over, unless nobody wants an archive of what was no emergency."""
        if not (self.keeping.is_archiving or is_emergency):
            return
        ended = int(dt_util.utcnow().timestamp() * 1000)
        self.writer.put_run(EndedRun(run_id, ended, sequence, msgspec.json.encode(record)))

    async def async_events(self, wanted: reading.Wanted) -> reading.Page:
        """Return events that are on the disk; those that wait to be written are brought there before."""
        await self._async_settle()
        page = await self._hass.async_add_executor_job(reading.events, self.path, wanted)
        self._soundness.suspect(page.left_out)
        return page

    async def async_trail(
        self, *, execution: str, after: int, limit: int, before: int | None = None
    ) -> tuple[list[reading.Entry], bool]:
        """Return entries of the trail; what lies before its beginning is vouched for by nothing."""
        await self._async_settle()
        after = max(after, self.anchors.since.number)
        return await self._hass.async_add_executor_job(
            lambda: reading.trail(self.path, execution=execution, after=after, before=before, limit=limit)
        )

    async def async_verify(self) -> Verdict:
        """Go through the whole trail, and tell whether anybody has changed it."""
        await self._async_settle()
        while True:
            anchors = self.anchors
            verdict = await self._hass.async_add_executor_job(reading.verify, self.path, anchors)
            # What was written meanwhile is ours when it has been told, and what was forgotten is not missing.
            await self._async_settle()
            if verdict.problem is None and verdict.last > (until := self.anchors.until.number):
                return Verdict(entries=verdict.entries, problem=Break.ADDED, at=until + 1)
            if verdict.problem is None or anchors.since == self.anchors.since:
                return verdict

    async def async_run(self, run_id: str) -> bytes | None:
        """Return what is kept of a run that is over."""
        await self._async_settle()
        return await self._hass.async_add_executor_job(reading.run, self.path, run_id)

    async def _async_settle(self) -> None:
        """Have everything written that waits; whoever asks does not wait for a disk that does not answer."""
        async with asyncio.timeout(self.keeping.endurance.patience):
            await self.writer.async_flush()

    async def async_counts(self) -> dict[str, int]:
        """Return how much is kept."""
        return await self._hass.async_add_executor_job(reading.counts, self.path)

    async def async_unreadable(self) -> int:
        """Return how many events cannot be read, as far as anybody has looked."""
        return await self._hass.async_add_executor_job(self._soundness.look)

    async def async_size(self) -> int:
        """Return how many bytes the file has."""
        return await self._hass.async_add_executor_job(reading.size, self.path)

    async def _async_begin_anew(self) -> None:
        """Tell that a damaged journal was set aside; the trail of the new one goes on where that has ended."""
        self.was_set_aside = True
        _LOGGER.error("The journal was damaged: it is set aside, and a new one begins")
        await self.async_remember(Anchors(since=self.anchors.until, until=self.anchors.until))
        self.note(Noted.JOURNAL_SET_ASIDE, {"data": {"went_on_after": self.anchors.until.number}})

    def _open(self) -> Opened:
        self._issued.look()
        return self._file.open()

    @callback
    def _written(self, batch: Batch) -> None:
        self.written += len(batch.rows)
        for row in batch.rows:
            self._followers.tell(row.kind, row)
        if dropped := self.writer.waiting.forgive():
            self.dropped += dropped
            self.note(Noted.JOURNAL_GAP, {"data": {"dropped": dropped}})

    @callback
    def _ended(self, until: Anchor) -> None:
        self._remember(Anchors(since=self.anchors.since, until=until))

    @callback
    def _remember(self, anchors: Anchors, told: Told | None = None) -> None:
        self.anchors, self._file.remembered = anchors, anchors.until
        self._keep_anchors(anchors, told)

    async def async_remember(self, anchors: Anchors) -> bool:
        """Remember it before anything follows from it, and tell whether the disk has taken it."""
        answer: asyncio.Future[bool] = self._hass.loop.create_future()
        self._remember(anchors, lambda is_saved: None if answer.done() else answer.set_result(is_saved))
        return await answer

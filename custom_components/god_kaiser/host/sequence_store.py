"""The sequences of a hub on disk, with what they were before."""

import asyncio
from collections.abc import Iterable
from math import inf
import sys

from homeassistant.core import HomeAssistant
import msgspec

from ..core.sequences.codes import SequenceCode as Code
from ..core.sequences.errors import SequenceError
from ..core.sequences.library import Library
from ..core.sequences.limits import SequenceLimits
from ..core.sequences.model import Sequence
from ..core.sequences.reading import read
from .endurance import Endurance
from .record_store import RecordStore
from .revision_store import Kind, Revision, RevisionStore
from .run_templates import demand_templates
from .together import Batch

# Limits hold for what is saved and started; an option that was lowered since takes no sequence away.
_ANY_SIZE = SequenceLimits(steps=sys.maxsize, seconds=inf, runs=sys.maxsize)


class SequenceStore:
    """Keeps sequences; one that no longer validates is set aside with its reason, never dropped."""

    def __init__(
        self, hass: HomeAssistant, entry_id: str, limits: SequenceLimits, endurance: Endurance = Endurance()
    ) -> None:
        """Name the file of one entry; the limits hold for what is saved."""
        self.library = Library.of(())
        self._hass = hass
        self._limits = limits
        self._kept = RevisionStore(hass, entry_id, Kind("sequence", "sequences", _read_kept), endurance)

    @property
    def file(self) -> RecordStore:
        """Return the file, as the self-check looks at it."""
        return self._kept.file

    @property
    def degraded(self) -> dict[str, str]:
        """Return why which sequences cannot be used."""
        return self._kept.degraded

    @property
    def deleted(self) -> tuple[str, ...]:
        """Return the ids of deleted sequences that can be restored, the latest last."""
        return self._kept.deleted

    async def async_load(self) -> None:
        """Read all sequences."""
        await self._kept.async_load()
        self.library = Library.of(self._kept.definitions.values())

    async def async_put(self, sequence: Sequence, by: str, based_on: int | None = None) -> Sequence:
        """Keep a sequence as its next revision, and make sure that it is on disk; what has not changed stays."""
        saved = await self._kept.async_keep(self._sound(sequence), by, self._admit, based_on)
        self.library = self.library.put(saved)
        return saved

    def demand_fit(self, sequence: Sequence) -> None:
        """Refuse what could not be saved now; nothing is saved."""
        self._admit(self._sound(sequence))

    @property
    def saving(self) -> asyncio.Lock:
        """Return the lock that every change holds."""
        return self._kept.saving

    def batch(self, sequences: Iterable[Sequence], gone: Iterable[str], by: str) -> Batch:
        """Return what it takes to keep some sequences and to delete others, all at once."""
        batch = self._kept.batch(sequences, gone, by)

        def adopt() -> None:
            batch.adopt()
            self.library = Library.of(self._kept.definitions.values())

        return batch._replace(adopt=adopt)

    async def async_drop(self, wanted: str) -> None:
        """Delete a sequence that no other runs; the last ones that were deleted can be restored."""
        await self._kept.async_discard(wanted, lambda: self._let_go(wanted))
        if wanted in self.library.sequences:
            self.library = self.library.drop(wanted)

    def revisions(self, wanted: str) -> tuple[Revision[Sequence], ...]:
        """Return what is kept of a sequence, also of a deleted one, the newest last; what cannot be read is left out."""
        return self._kept.revisions(wanted)

    async def async_restore(self, wanted: str, revision: int, by: str) -> Sequence:
        """Save what a sequence was once as its newest revision."""
        for kept in self.revisions(wanted):
            if kept.number == revision:
                return await self.async_put(kept.definition, by)
        raise SequenceError(Code.NOT_FOUND, given=f"{wanted} ({revision})")

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._kept.async_remove()

    def _sound(self, sequence: Sequence) -> Sequence:
        """Return what would be on disk, which is what counts: JSON knows no infinity."""
        sequence = read(msgspec.json.decode(msgspec.json.encode(sequence)), self._limits)
        demand_templates(self._hass, sequence)
        return sequence

    def _admit(self, sequence: Sequence) -> None:
        """Refuse a sequence that would break the library."""
        self.library.put(sequence)

    def _let_go(self, wanted: str) -> None:
        """Refuse to delete what others run, or what is not there."""
        if wanted not in self.degraded:
            self.library.get(wanted)
        self.library.refuse_if_used(wanted)


def _read_kept(written: str) -> Sequence:
    try:
        return read(msgspec.json.decode(written), _ANY_SIZE)
    except msgspec.DecodeError as err:
        raise SequenceError(Code.INVALID_DEFINITION, given=str(err)) from err

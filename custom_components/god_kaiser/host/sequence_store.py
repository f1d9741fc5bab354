"""The sequences of a hub on disk, with what they were before."""

import asyncio
import logging
from math import inf
import sys
from typing import Annotated, TypedDict

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from ..core.sequences.codes import SequenceCode as Code
from ..core.sequences.errors import SequenceError
from ..core.sequences.library import Library
from ..core.sequences.limits import SequenceLimits
from ..core.sequences.model import Sequence
from ..core.sequences.reading import read
from .record_store import Content, RecordStore

_LOGGER = logging.getLogger(__name__)

KEPT_REVISIONS = 30
KEPT_DELETED = 20

# Limits hold for what is saved and started; an option that was lowered since takes no sequence away.
_ANY_SIZE = SequenceLimits(steps=sys.maxsize, seconds=inf, runs=sys.maxsize)


class Revision(Struct, frozen=True, kw_only=True):
    """A sequence as somebody has saved it once."""

    number: int
    at: str
    by: str
    sequence: Sequence


class _Kept(TypedDict):
    """A revision as it is on disk, its definition as JSON in one line: thirty trees of each would be slow to write."""

    number: int
    at: str
    by: str
    definition: str


type _History = list[_Kept]


class SequenceStore:
    """Keeps sequences; one that no longer validates is set aside with its reason, never dropped."""

    def __init__(self, hass: HomeAssistant, entry_id: str, limits: SequenceLimits) -> None:
        """Name the file of one entry; the limits hold for what is saved."""
        self.library = Library.of(())
        self.degraded: dict[str, str] = {}
        self._hass = hass
        self._limits = limits
        self._file = RecordStore(hass, f"{entry_id}.sequences", is_large=True)
        self._saving = asyncio.Lock()
        # As on disk, whether it can be used or not; the newest revision is the last, and so is the newest deletion.
        self._histories: dict[str, _History] = {}
        self._deleted: dict[str, _History] = {}

    @property
    def deleted(self) -> tuple[str, ...]:
        """Return the ids of deleted sequences that can be restored, the latest last."""
        return tuple(self._deleted)

    async def async_load(self) -> None:
        """Read all sequences."""
        content = await self._file.async_load()
        self._histories = content.get("sequences", {})
        self._deleted = content.get("deleted", {})
        found, self.degraded = await self._hass.async_add_executor_job(_usable, self._histories)
        self.library = Library.of(found)
        for name, reason in self.degraded.items():
            _LOGGER.error("The stored sequence %s cannot be used and is set aside: %s", name, reason)

    async def async_put(self, sequence: Sequence, by: str) -> Sequence:
        """Keep a sequence as its next revision, and make sure that it is on disk; what has not changed stays."""
        name, definition = sequence.id, msgspec.json.encode(replace(sequence, revision=0)).decode()
        # What is on disk counts, not what was given: JSON knows no infinity.
        sequence = read(msgspec.json.decode(definition), self._limits)
        async with self._saving:
            history = self._history_of(name)
            if name in self.library.sequences and history[-1]["definition"] == definition:
                return self.library.sequences[name]
            kept = _Kept(
                number=history[-1]["number"] + 1 if history else 1,
                at=dt_util.utcnow().isoformat(),
                by=by,
                definition=definition,
            )
            sequence = replace(sequence, revision=kept["number"])
            library = self.library.put(sequence)
            histories = {**self._histories, name: [*history, kept][-KEPT_REVISIONS:]}
            await self._async_save(name, histories, _without(self._deleted, name))
            self._accept(library, name)
            return sequence

    async def async_drop(self, wanted: str) -> None:
        """Delete a sequence that no other runs; the last ones that were deleted can be restored."""
        async with self._saving:
            if wanted in self.degraded:
                self.library.refuse_if_used(wanted)
                library = self.library
            else:
                self.library.get(wanted)
                library = self.library.drop(wanted)
            deleted = {**_without(self._deleted, wanted), wanted: self._histories[wanted]}
            latest = dict(list(deleted.items())[-KEPT_DELETED:])
            await self._async_save(wanted, _without(self._histories, wanted), latest)
            self._accept(library, wanted)

    def revisions(self, wanted: str) -> tuple[Revision, ...]:
        """Return what is kept of a sequence, also of a deleted one, the newest last; what cannot be read is left out."""
        found = [
            Revision(number=kept["number"], at=kept["at"], by=kept["by"], sequence=sequence)
            for kept in self._history_of(wanted)
            if isinstance(sequence := _sequence_of(kept), Sequence)
        ]
        return tuple(found)

    async def async_restore(self, wanted: str, revision: int, by: str) -> Sequence:
        """Save what a sequence was once as its newest revision."""
        for kept in self.revisions(wanted):
            if kept.number == revision:
                return await self.async_put(kept.sequence, by)
        raise SequenceError(Code.NOT_FOUND, given=f"{wanted} ({revision})")

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._file.async_remove()

    def _history_of(self, wanted: str) -> _History:
        try:
            return _as_history(self._histories.get(wanted, self._deleted.get(wanted)))
        except msgspec.ValidationError:
            return []

    async def _async_save(self, name: str, histories: dict[str, _History], deleted: dict[str, _History]) -> None:
        def essence(content: Content) -> object:
            return [content.get(part, {}).get(name) for part in ("sequences", "deleted")]

        await self._file.async_save({"sequences": histories, "deleted": deleted}, essence)
        self._histories, self._deleted = histories, deleted

    def _accept(self, library: Library, name: str) -> None:
        self.library = library
        self.degraded = _without(self.degraded, name)


def _usable(histories: dict[str, _History]) -> tuple[list[Sequence], dict[str, str]]:
    found: list[Sequence] = []
    degraded: dict[str, str] = {}
    for name, raw in histories.items():
        try:
            newest = _as_history(raw)[-1]
        except msgspec.ValidationError as err:
            degraded[name] = str(err)
            continue
        match _sequence_of(newest):
            case Sequence(id=given) as sequence if given == name:
                found.append(sequence)
            case Sequence(id=given):
                degraded[name] = f"id: {given}"
            case fault:
                degraded[name] = ", ".join(str(detail) for detail in fault.details.values())
    return found, degraded


def _as_history(raw: object) -> _History:
    history: _History = msgspec.convert(raw, Annotated[list[_Kept], Meta(min_length=1)])
    return history


def _sequence_of(kept: _Kept) -> Sequence | SequenceError:
    try:
        return replace(read(msgspec.json.decode(kept["definition"]), _ANY_SIZE), revision=kept["number"])
    except msgspec.DecodeError as err:
        return SequenceError(Code.INVALID_DEFINITION, given=str(err))
    except SequenceError as err:
        return err


def _without[Value](records: dict[str, Value], name: str) -> dict[str, Value]:
    return {key: value for key, value in records.items() if key != name}

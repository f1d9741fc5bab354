"""Definitions of a hub on disk, with what they were before; sequences and rules are kept alike."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
import logging
from typing import Annotated, Final, NamedTuple, TypedDict

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util
import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from ..const import DOMAIN
from ..core.errors import DefinitionError
from ..core.rules.model import Rule
from ..core.sequences.model import Sequence
from .endurance import Endurance
from .record_store import Content, RecordStore
from .together import Batch

_LOGGER = logging.getLogger(__name__)

KEPT_REVISIONS = 30
KEPT_DELETED = 20


class Revision[Definition: Sequence | Rule](Struct, frozen=True, kw_only=True):
    """A definition as somebody has saved it once."""

    number: int
    at: str
    by: str
    definition: Definition


class _Kept(TypedDict):
    """A revision as it is on disk, its definition as JSON in one line: thirty trees of each would be slow to write."""

    number: int
    at: str
    by: str
    definition: str


type _History = list[_Kept]
_SOME: Final = Annotated[list[_Kept], Meta(min_length=1)]


class Kind[Definition: Sequence | Rule](NamedTuple):
    """What there is to know about one kind of definition: its words, and how its JSON is read, which may raise."""

    one: str
    many: str
    read: Callable[[str], Definition]


class RevisionStore[Definition: Sequence | Rule]:
    """Keeps definitions; one that no longer validates is set aside with its reason, never dropped."""

    def __init__(self, hass: HomeAssistant, entry_id: str, kind: Kind[Definition], endurance: Endurance) -> None:
        """Name the file of one entry."""
        self.degraded: dict[str, str] = {}
        self._hass = hass
        self._kind = kind
        parts = {kind.many: dict, "deleted": dict}
        self.file = RecordStore(hass, f"{entry_id}.{kind.many}", parts, endurance, is_large=True)
        self.file.current = self._current
        self._usable: dict[str, Definition] = {}
        self.saving = asyncio.Lock()
        # As on disk, whether it can be used or not; the newest revision is the last, and so is the newest deletion.
        self._histories: dict[str, _History] = {}
        self._deleted: dict[str, _History] = {}

    @property
    def definitions(self) -> Mapping[str, Definition]:
        """Return everything that can be used."""
        return self._usable

    @property
    def deleted(self) -> tuple[str, ...]:
        """Return the ids of what was deleted and can be restored, the latest last."""
        return tuple(self._deleted)

    async def async_load(self) -> None:
        """Read everything."""
        content = await self.file.async_load()
        self._histories = content.get(self._kind.many, {})
        self._deleted = content.get("deleted", {})
        sorted_out = self._hass.async_add_executor_job(_sorted_out, self._kind, self._histories)
        self._usable, self.degraded = await sorted_out
        for name, reason in self.degraded.items():
            _LOGGER.error("The stored %s %s cannot be used and is set aside: %s", self._kind.one, name, reason)

    async def async_keep(
        self, given: Definition, by: str, admit: Callable[[Definition], None], based_on: int | None = None
    ) -> Definition:
        """Keep a definition as its next revision, and make sure that it is on disk; what has not changed stays.

        Raises:
            ServiceValidationError: somebody has saved another revision than the one that this is based on.
        """
        name, written = given.id, msgspec.json.encode(replace(given, revision=0)).decode()
        async with self.saving:
            history = self._history_of(name)
            self._demand_newest(name, based_on)
            if name in self._usable and history[-1]["definition"] == written:
                return self._usable[name]
            kept = _Kept(
                number=history[-1]["number"] + 1 if history else 1,
                at=dt_util.utcnow().isoformat(),
                by=by,
                definition=written,
            )
            definition = replace(given, revision=kept["number"])
            admit(definition)
            await self._async_save(name, [*history, kept][-KEPT_REVISIONS:], None)
            self._usable[name] = definition
            self.degraded.pop(name, None)
            return definition

    async def async_keep_all(self, given: list[Definition], by: str) -> list[Definition]:
        """Keep definitions as their next revisions, all of them or none; raises before anybody has heard of one."""
        async with self.saving:
            batch = self.batch(given, (), by)

            def essence(content: Content) -> object:
                return [content.get(part, {}).get(each.id) for part in (self._kind.many, "deleted") for each in given]

            await self.file.async_save(batch.after, essence)
            batch.adopt()
            return [self._usable[each.id] for each in given]

    def batch(self, given: Iterable[Definition], gone: Iterable[str], by: str) -> Batch:
        """Return what it takes to keep some definitions as their next revisions, and to delete others."""
        histories, deleted, usable = dict(self._histories), dict(self._deleted), dict(self._usable)
        for each in given:
            before = self._history_of(each.id)
            number = max(before[-1]["number"] + 1 if before else 1, each.revision)
            written = msgspec.json.encode(replace(each, revision=0)).decode()
            kept = _Kept(number=number, at=dt_util.utcnow().isoformat(), by=by, definition=written)
            histories[each.id], usable[each.id] = [*before, kept][-KEPT_REVISIONS:], replace(each, revision=number)
            deleted.pop(each.id, None)
        for name in gone:
            deleted[name] = histories.pop(name)
            usable.pop(name, None)
        deleted = dict(list(deleted.items())[-KEPT_DELETED:])

        def adopt() -> None:
            self._histories, self._deleted, self._usable = histories, deleted, usable
            self.degraded = {
                name: why for name, why in self.degraded.items() if name in histories.keys() - usable.keys()
            }

        return Batch(self.file, self._content(histories, deleted), self._current, adopt)

    def _current(self) -> Content:
        return self._content(self._histories, self._deleted)

    def _content(self, histories: Mapping[str, _History], deleted: Mapping[str, _History]) -> Content:
        return {self._kind.many: dict(histories), "deleted": dict(deleted)}

    async def async_amend(self, given: Definition) -> None:
        """Write the newest revision anew: what has changed is nothing that people compare or restore."""
        async with self.saving:
            *before, newest = self._history_of(given.id)
            written = msgspec.json.encode(replace(given, revision=0)).decode()
            definition = replace(given, revision=newest["number"])
            await self._async_save(given.id, [*before, _Kept({**newest, "definition": written})], None)
            self._usable[given.id] = definition

    async def async_discard(self, wanted: str, admit: Callable[[], None]) -> None:
        """Delete a definition; the last ones that were deleted can be restored."""
        async with self.saving:
            admit()
            await self._async_save(wanted, None, self._histories[wanted])
            self._usable.pop(wanted, None)
            self.degraded.pop(wanted, None)

    def _demand_newest(self, name: str, based_on: int | None) -> None:
        if based_on is None:
            return
        history = self._history_of(name)
        newest = history[-1]["number"] if history and name not in self.deleted else 0
        if based_on != newest:
            words = {"wanted": name, "here": str(newest), "given": str(based_on)}
            raise ServiceValidationError(
                translation_domain=DOMAIN, translation_key="superseded", translation_placeholders=words
            )

    def revisions(self, wanted: str) -> tuple[Revision[Definition], ...]:
        """Return what is kept of a definition, also of a deleted one, the newest last; what cannot be read is left out."""
        read = ((kept, _definition_of(self._kind, kept)) for kept in self._history_of(wanted))
        return tuple(
            Revision(number=kept["number"], at=kept["at"], by=kept["by"], definition=definition)
            for kept, definition in read
            if not isinstance(definition, DefinitionError)
        )

    async def async_remove(self) -> None:
        """Delete the file."""
        await self.file.async_remove()

    def _history_of(self, wanted: str) -> _History:
        try:
            return _as_history(self._histories.get(wanted, self._deleted.get(wanted)))
        except msgspec.ValidationError:
            return []

    async def _async_save(self, name: str, history: _History | None, deleted: _History | None) -> None:
        """Write everything, and go on with it only when it is on disk."""
        histories, gone = _without(self._histories, name, history), _without(self._deleted, name, None)
        gone = dict(list({**gone, name: deleted}.items())[-KEPT_DELETED:]) if deleted is not None else gone

        def essence(content: Content) -> object:
            return [content.get(part, {}).get(name) for part in (self._kind.many, "deleted")]

        await self.file.async_save({self._kind.many: histories, "deleted": gone}, essence)
        self._histories, self._deleted = histories, gone


def _sorted_out[Definition: Sequence | Rule](
    kind: Kind[Definition], histories: Mapping[str, object]
) -> tuple[dict[str, Definition], dict[str, str]]:
    """Return what can be used, and what speaks against the rest."""
    found: dict[str, Definition] = {}
    degraded: dict[str, str] = {}
    for name, raw in histories.items():
        try:
            read = _definition_of(kind, _as_history(raw)[-1])
        except msgspec.ValidationError as err:
            degraded[name] = str(err)
            continue
        if isinstance(read, DefinitionError):
            degraded[name] = ", ".join(str(detail) for detail in read.details.values())
        elif read.id != name:
            degraded[name] = f"id: {read.id}"
        else:
            found[name] = read
    return found, degraded


def _as_history(raw: object) -> _History:
    history: _History = msgspec.convert(raw, _SOME)
    return history


def _definition_of[Definition: Sequence | Rule](kind: Kind[Definition], kept: _Kept) -> Definition | DefinitionError:
    try:
        return replace(kind.read(kept["definition"]), revision=kept["number"])
    except DefinitionError as err:
        return err


def _without(records: Mapping[str, _History], name: str, instead: _History | None) -> dict[str, _History]:
    """Return records without one of them, or with another one in its place."""
    if instead is not None:
        return {**records, name: instead}
    return {key: value for key, value in records.items() if key != name}

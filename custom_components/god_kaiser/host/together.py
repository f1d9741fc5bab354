"""Several files of a hub written as one: all of them or none, also when the house is killed in the middle."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from copy import deepcopy
from datetime import datetime
import logging
from typing import Any, Final, NamedTuple

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_call_later
from msgspec import Struct

from ..const import DOMAIN
from .record_store import Content, RecordStore

_LOGGER = logging.getLogger(__name__)
_RETRY: Final = 5.0
# Home Assistant writes what it keeps itself within some seconds.
_SETTLED: Final = 30.0

type KeepNote = Callable[["Unfinished | None"], None]
type WriteNote = Callable[["Unfinished | None"], Awaitable[bool]]


class Unfinished(Struct, frozen=True, kw_only=True):
    """What is known of writing that is not over: how files were ``before``, or what Home Assistant has yet to write."""

    before: dict[str, dict[str, Any]] = {}
    options: dict[str, Any] | None = None
    areas: dict[str, str] = {}


class Batch(NamedTuple):
    """One file: what it is to hold, what its owner would write into it by now, and how the owner goes on with it."""

    file: RecordStore
    after: Content
    current: Callable[[], Content]
    adopt: Callable[[], None]


class Rows(NamedTuple):
    """What goes into the memory with the word that all is written, and how that is taken back."""

    keep: Callable[[], None]
    take_back: Callable[[], None]


class Together:
    """Writes batches; a note on the disk tells the next start how everything was before."""

    def __init__(
        self,
        hass: HomeAssistant,
        keep: KeepNote,
        write: WriteNote,
        files: Mapping[str, RecordStore],
        on_health: Callable[[bool], None],
    ) -> None:
        """Remember the files by their names, how the note is kept, and who hears whether the disk takes all of them."""
        self._hass = hass
        self._keep, self._write = keep, write
        self._files = dict(files)
        self._timer: Callable[[], None] | None = None
        self._on_health = on_health
        for file in self._files.values():
            file.mending.on_health = self._heard

    async def async_put_right(self, unfinished: Unfinished | None) -> bool:
        """Bring files back to what they were before writing that has never ended; tell whether there was any."""
        if unfinished is None:
            return False
        if not unfinished.before:
            self._drop_later()
            return False
        _LOGGER.warning("The last import has not come to its end: everything is as it was before it")
        is_back = True
        for name, content in unfinished.before.items():
            is_back = await self._async_bring_back(self._files[name], content) and is_back
        if is_back:
            self._keep(None)
        return True

    async def async_write(self, batches: Iterable[Batch], rows: Rows, later: Unfinished | None) -> None:
        """Write everything, and go on with it only when all of it is on the disk; nobody's patience ends it halfway."""
        await asyncio.shield(self._hass.async_create_task(self._async_write(list(batches), rows, later), DOMAIN))

    @callback
    def stop(self) -> None:
        """Wait for nothing any more."""
        for file in self._files.values():
            file.mending.stop()
        self._forget_timer()

    async def async_flush(self) -> None:
        """Write what waits, and what could not be written before, as far as the disk lets us: each file beside the others."""
        ends = await asyncio.gather(*map(self._async_flush, self._files.values()), return_exceptions=True)
        for failed in (end for end in ends if end is not None):
            raise failed

    @staticmethod
    async def _async_flush(file: RecordStore) -> None:
        try:
            await file.async_flush()
        finally:
            await file.mending.async_try()
            file.mending.stop()

    @callback
    def tell(self) -> None:
        """Tell whether the disk takes all of them."""
        self._heard(True)

    @callback
    def _heard(self, _is_well: bool) -> None:
        self._on_health(all(file.mending.is_well for file in self._files.values()))

    @callback
    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._timer()
            self._timer = None

    async def _async_write(self, batches: list[Batch], rows: Rows, later: Unfinished | None) -> None:
        names = {file: name for name, file in self._files.items()}
        for batch in batches:
            batch.file.hold()
        undo = Unfinished(before={names[batch.file]: deepcopy(batch.current()) for batch in batches})
        try:
            await self._async_note(undo)
            for batch in batches:
                await batch.file.async_save(batch.after, _whole)
            rows.keep()
            await self._async_note(later)
        except HomeAssistantError:
            rows.take_back()
            self._keep(undo)
            await self._async_take_back(batches)
            raise
        finally:
            for batch in batches:
                batch.file.let_go()
        for batch in batches:
            batch.adopt()
        if later is not None:
            self._drop_later()

    async def _async_take_back(self, batches: list[Batch], _now: datetime | None = None) -> None:
        """Write what owners hold, which is how it was before; a disk that refuses that as well is asked again."""
        self._timer = None
        try:
            for batch in batches:
                await batch.file.async_save(batch.current(), _whole)
        except HomeAssistantError:
            _LOGGER.error("What was written of an import cannot be taken back yet; it is tried again")

            async def again(now: datetime) -> None:
                await self._async_take_back(batches, now)

            self._timer = async_call_later(self._hass, _RETRY, again)
        else:
            self._keep(None)

    async def _async_note(self, note: Unfinished | None) -> None:
        if not await self._write(note):
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="not_saved")

    async def _async_bring_back(self, file: RecordStore, content: Content) -> bool:
        try:
            await file.async_save(content, _whole)
        except HomeAssistantError:
            # The hub goes on with what counts, whatever is on the disk; the next start tries again.
            file.instead = content
            return False
        return True

    @callback
    def _drop_later(self) -> None:
        self._forget_timer()
        self._timer = async_call_later(self._hass, _SETTLED, self._settled)

    @callback
    def _settled(self, _now: datetime) -> None:
        self._timer = None
        self._keep(None)


def _whole(content: Content) -> object:
    return content

"""A file of records, and the one door to Home Assistant's storage."""

from collections.abc import Callable
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store

from ..const import DOMAIN

_VERSION = 1
_SAVE_DELAY = 2.0

type Content = dict[str, Any]


class RecordStore:
    """One file; a write that fails is told, which Home Assistant only logs."""

    def __init__(self, hass: HomeAssistant, key: str, *, is_large: bool = False) -> None:
        """Name the file; what is written into a large one must not be changed afterwards."""
        self._hass = hass
        self._key = f"{DOMAIN}.{key}"
        self._is_large = is_large
        self._store = self._open()

    async def async_load(self) -> Content:
        """Read everything."""
        return await self._store.async_load() or {}

    async def async_save(self, written: Content, essence: Callable[[Content], object]) -> None:
        """Write everything, and make sure that its essence is on disk: the rest may move on meanwhile."""
        await self._store.async_save(written)
        # A store that waits to write something would answer from its memory, a second one reads the disk.
        if essence(await self._open().async_load() or {}) != essence(written):
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="not_saved")

    def save_soon(self, content: Callable[[], Content]) -> None:
        """Write, in a moment, what can be worked out again."""
        self._store.async_delay_save(content, _SAVE_DELAY)

    async def async_flush(self, content: Content) -> None:
        """Write now what waits to be written, so that no timer is left behind."""
        await self._store.async_save(content)

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()

    def _open(self) -> Store[Content]:
        # Home Assistant's own loop has better things to do than to write a large file as text.
        return Store(self._hass, _VERSION, self._key, private=True, serialize_in_event_loop=not self._is_large)

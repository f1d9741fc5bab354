"""A file of records, and the one door to Home Assistant's storage."""

from collections.abc import Callable, Mapping
from functools import partial
import json
import logging
from pathlib import Path
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store

from ..const import DOMAIN

_LOGGER = logging.getLogger(__name__)
VERSION: Final = 1
_SAVE_DELAY = 2.0

type Content = dict[str, Any]


class RecordStore:
    """One file; a write that fails is told, which Home Assistant only logs."""

    def __init__(self, hass: HomeAssistant, key: str, parts: Mapping[str, type], *, is_large: bool = False) -> None:
        """Name the file and its parts; what is written into a large one must not be changed afterwards."""
        # What was wrong with the file when it was read; such a file is set aside, and we go on without it.
        self.fault = ""
        # What is taken for the content of the file, because the disk does not take it.
        self.instead: Content | None = None
        self._hass = hass
        self._parts = parts
        self._key = f"{DOMAIN}.{key}"
        self._is_large = is_large
        self._store = self._open()
        self._is_held = False
        self._waiting: Callable[[], Content] | None = None

    async def async_load(self) -> Content:
        """Read everything; a file that cannot be used is set aside, so that nothing writes over it."""
        if self.instead is not None:
            return self.instead
        existed = await self._hass.async_add_executor_job(self._path.exists)
        try:
            content: object = await self._store.async_load()
        except Exception as err:
            _LOGGER.exception("The file %s cannot be read", self._key)
            return await self._async_set_aside(f"{type(err).__name__}: {err}")
        if content is None:
            return await self._async_set_aside("holds nothing that can be read") if existed else {}
        if not isinstance(content, dict):
            return await self._async_set_aside(f"is no object but {type(content).__name__}")
        wrong = [name for name, kind in self._parts.items() if not isinstance(content.get(name, kind()), kind)]
        return await self._async_set_aside(f"has another form: {', '.join(wrong)}") if wrong else content

    async def async_version(self) -> int | None:
        """Return the version that the file on the disk says that it has, None where there is no file yet."""
        return await self._hass.async_add_executor_job(_version_of, self._path)

    async def async_save(self, written: Content, essence: Callable[[Content], object]) -> None:
        """Write everything, and make sure that its essence is on disk: the rest may move on meanwhile."""
        await self._store.async_save(written)
        # A store that waits to write something would answer from its memory, a second one reads the disk.
        if essence(await self._open().async_load() or {}) != essence(written):
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="not_saved")

    def save_soon(self, content: Callable[[], Content]) -> None:
        """Write, in a moment, what can be worked out again."""
        if self._is_held:
            self._waiting = content
            return
        self._store.async_delay_save(content, _SAVE_DELAY)

    def hold(self) -> None:
        """Let nothing that can wait come in between while the file is written together with others."""
        self._is_held = True

    def let_go(self) -> None:
        """Write what has waited."""
        self._is_held = False
        if (waiting := self._waiting) is not None:
            self._waiting = None
            self.save_soon(waiting)

    async def async_flush(self, content: Content) -> None:
        """Write now what waits to be written, so that no timer is left behind."""
        await self._store.async_save(content)

    async def async_remove(self) -> None:
        """Delete the file, and what was set aside."""
        await self._store.async_remove()
        await self._hass.async_add_executor_job(partial(_aside_of(self._path).unlink, missing_ok=True))

    @property
    def _path(self) -> Path:
        return Path(self._store.path)

    async def _async_set_aside(self, why: str) -> Content:
        self.fault = why
        try:
            await self._hass.async_add_executor_job(_set_aside, self._path)
        except OSError as err:
            _LOGGER.error("The file %s cannot be set aside: %s", self._key, err)
        else:
            _LOGGER.error("The file %s cannot be used (%s): it is set aside as .unreadable", self._key, why)
        self._store = self._open()
        return {}

    def _open(self) -> Store[Content]:
        # Home Assistant's own loop has better things to do than to write a large file as text.
        return Store(self._hass, VERSION, self._key, private=True, serialize_in_event_loop=not self._is_large)


def _set_aside(path: Path) -> None:
    # Home Assistant itself sets a file aside that is no JSON at all.
    if path.exists():
        path.replace(_aside_of(path))


def _aside_of(path: Path) -> Path:
    return Path(f"{path}.unreadable")


def _version_of(path: Path) -> int | None:
    if not path.exists():
        return None
    try:
        found = json.loads(path.read_bytes())["version"]
    except ValueError, KeyError, TypeError:
        return -1
    return found if isinstance(found, int) else -1

"""A file of records, and the one door to Home Assistant's storage."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
import json
import logging
from pathlib import Path
from typing import Any, Final, override

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryNotReady, HomeAssistantError
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.storage import Store
from homeassistant.util.async_ import create_eager_task

from ..const import DOMAIN
from .aside import aside_of, discard, move_aside
from .endurance import Endurance, pause_after
from .mending import Mending

_LOGGER = logging.getLogger(__name__)
VERSION: Final = 1
_SAVE_DELAY = 2.0

type Content = dict[str, Any]


class OtherVersionError(Exception):
    """A file has a version that we have never written."""


# How a file says that it was not written by us: there is no version in it, or none of ours, or what is in it has another form.
_NOT_OURS: Final = (AttributeError, KeyError, TypeError, OtherVersionError)


class OurStore(Store[Content]):
    """Home Assistant's storage, for files of which there is one version so far."""

    @override
    async def _async_migrate_func(self, old_major_version: int, old_minor_version: int, old_data: Content) -> Content:
        """Take over what differs in the minor version alone; of an older one there is nothing to bring to ours."""
        if old_major_version != VERSION:
            raise OtherVersionError(f"version {old_major_version}.{old_minor_version}")
        return old_data


class RecordStore:
    """One file; a write that fails is told, which Home Assistant only logs."""

    def __init__(
        self, hass: HomeAssistant, key: str, parts: Mapping[str, type], endurance: Endurance, *, is_large: bool = False
    ) -> None:
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
        self._endurance = endurance
        self._is_waiting = False
        self._timer: Callable[[], None] | None = None
        # What is to be on the disk whenever it can be; its owner says it.
        self.current: Callable[[], Content] = dict
        self.mending = Mending(hass, self._async_mend)
        self._writing = asyncio.Lock()
        self._attempts: asyncio.Task[bool] | None = None
        # Whether there is anything of which a restart must find the file.
        self._is_kept = False

    async def async_load(self) -> Content:
        """Read everything; a file that cannot be used is set aside, so that nothing writes over it."""
        if self.instead is not None:
            return self.instead
        existed = await self._hass.async_add_executor_job(self._path.exists)
        try:
            content: object = await self._store.async_load()
        except Exception as err:
            _LOGGER.exception("The file %s cannot be read", self._key)
            cause = err.__cause__
            if isinstance(cause, OSError) and not isinstance(cause, IsADirectoryError):
                # It may be well, and only the disk is not: nothing is moved, and the hub waits.
                raise ConfigEntryNotReady(
                    translation_domain=DOMAIN,
                    translation_key="disk_not_readable",
                    translation_placeholders={"file": self._path.name, "error": cause.strerror or type(cause).__name__},
                ) from err
            return await self._async_set_aside(f"{type(err).__name__}: {err}")
        if content is None:
            return await self._async_set_aside("holds nothing that can be read") if existed else {}
        if not isinstance(content, dict):
            return await self._async_set_aside(f"is no object but {type(content).__name__}")
        wrong = [name for name, kind in self._parts.items() if not isinstance(content.get(name, kind()), kind)]
        if wrong:
            return await self._async_set_aside(f"has another form: {', '.join(wrong)}")
        self._is_kept = True
        return content

    async def async_version(self) -> int | None:
        """Return the version that the file on the disk says that it has, None where there is no file yet."""
        return await self._hass.async_add_executor_job(_version_of, self._path)

    async def async_look(self) -> None:
        """Write the file anew when somebody else has damaged or removed it since it was written."""
        if not (self._is_kept and self.mending.is_well):
            return
        found = await self.async_version()
        if found is None:
            found = None if await self._open().async_load() is None else VERSION
        if found != VERSION and self.mending.is_well:
            _LOGGER.error("The file %s was damaged or removed; it is written anew", self._key)
            self.mending.failed()
            await self.mending.async_try()

    async def async_save(self, written: Content, essence: Callable[[Content], object]) -> None:
        """Write everything, and make sure that its essence is on disk: the rest may move on meanwhile.

        A disk that refuses is asked again as often as people have chosen, and nobody waits longer than they have. What is
        told as not written does not count: as soon as the disk takes something, it gets what its owner holds.
        """
        given_up = asyncio.Event()
        # Home Assistant knows nothing of it: neither its start nor its end waits for a disk that does not answer.
        attempts = create_eager_task(self._async_attempts(written, essence, given_up), name=f"{DOMAIN} storage")
        await asyncio.wait({attempts}, timeout=self._endurance.patience)
        if attempts.done() and not attempts.cancelled() and attempts.result():
            return
        given_up.set()
        if attempts is not self._attempts:
            # One that has not begun will not begin: others wait for the disk already.
            attempts.cancel()
        self.mending.failed()
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="not_saved")

    async def _async_attempts(
        self, written: Content, essence: Callable[[Content], object], given_up: asyncio.Event
    ) -> bool:
        async with self._writing:
            self._attempts = asyncio.current_task()
            for failures in range(self._endurance.retries):
                if failures:
                    await asyncio.sleep(pause_after(failures))
                if given_up.is_set():
                    # Whoever wanted it was told that it is not written.
                    break
                is_written = await self._async_is_written(written, essence)
                if is_written and not given_up.is_set():
                    self._is_kept = True
                    self.mending.succeeded()
                if is_written:
                    return True
        return False

    async def _async_mend(self) -> bool:
        """Write what is to be on the disk; tell whether it is there."""
        async with self._writing:
            # Whoever has written in the meantime has written what is newer.
            return self.mending.is_well or await self._async_is_written(self.current(), _whole)

    async def _async_is_written(self, written: Content, essence: Callable[[Content], object]) -> bool:
        """Write once, and tell whether it is on the disk; a mistake of ours is no fault of the disk, and is not taken for one."""
        wanted = essence(written)
        try:
            await self._store.async_save(written)
            return bool(await self._async_read_back(essence) == wanted)
        except (HomeAssistantError, OSError) as err:
            _LOGGER.debug("The file %s cannot be read back: %s", self._key, err)
            return False

    async def _async_read_back(self, essence: Callable[[Content], object]) -> object:
        """Return the essence of what lies on the disk now; somebody else may have put it there meanwhile."""
        try:
            # A store that waits to write something would answer from its memory, a second one reads the disk.
            return essence(await self._open().async_load() or {})
        except _NOT_OURS as err:
            raise OSError(f"it holds what we have not written: {err!r}") from err

    @callback
    def save_soon(self) -> None:
        """Write, in a moment, what can be worked out again; nobody waits for it, but a disk that refuses is told of."""
        self._is_waiting = True
        if not self._is_held and self._timer is None:
            self._timer = async_call_later(self._hass, _SAVE_DELAY, self._async_save_waiting)

    def hold(self) -> None:
        """Let nothing that can wait come in between while the file is written together with others."""
        self._is_held = True
        self._forget_timer()

    def let_go(self) -> None:
        """Write what has waited."""
        self._is_held = False
        if self._is_waiting:
            self.save_soon()

    async def async_flush(self) -> None:
        """Write now what waits to be written, behind what is on its way, so that neither it nor a timer is left behind."""
        self._forget_timer()
        async with self._writing:
            if not self._is_waiting:
                return
            self._is_waiting = False
            if not await self._async_is_written(self.current(), _whole):
                self.mending.failed()

    async def _async_save_waiting(self, _now: datetime) -> None:
        self._timer, self._is_waiting = None, False
        try:
            await self.async_save(self.current(), _whole)
        except HomeAssistantError:
            _LOGGER.error("The file %s could not be written; it is tried again", self._key)

    @callback
    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._timer()
            self._timer = None

    async def async_remove(self) -> None:
        """Delete the file, and what was set aside."""
        self._forget_timer()
        await self._store.async_remove()
        await self._hass.async_add_executor_job(discard, aside_of(self._path))

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

    def _open(self) -> OurStore:
        # Home Assistant's own loop has better things to do than to write a large file as text.
        # What was told as written is on the disk itself (``atomic_writes``), also when the power goes a moment later.
        return OurStore(
            self._hass,
            VERSION,
            self._key,
            private=True,
            atomic_writes=True,
            serialize_in_event_loop=not self._is_large,
        )


def _whole(content: Content) -> object:
    return content


def _set_aside(path: Path) -> None:
    # Home Assistant itself sets a file aside that is no JSON at all.
    if path.exists():
        move_aside(path)


def _version_of(path: Path) -> int | None:
    if not path.exists():
        return None
    try:
        found = json.loads(path.read_bytes())["version"]
    except ValueError, KeyError, TypeError:
        return -1
    return found if isinstance(found, int) else -1

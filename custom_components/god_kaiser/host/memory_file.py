"""What must survive a crash: one small SQLite file, written through to the disk."""

import asyncio
from contextlib import closing
import logging
from pathlib import Path
import sqlite3

from homeassistant.core import HomeAssistant
import msgspec

from ..const import DOMAIN
from ..core.errors import GodKaiserError
from ..core.safety.estop import StopMemory

_LOGGER = logging.getLogger(__name__)
_SUFFIXES = ("", "-wal", "-shm")
_UNREADABLE = StopMemory(everything=True, by="god_kaiser", reason="memory_unreadable")


class MemoryNotSavedError(GodKaiserError):
    """The disk does not take the memory of the emergency stop."""


class MemoryFile:
    """Keeps the emergency stop's latch; if it cannot be read, everything stays stopped."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Remember where the file is."""
        self._hass = hass
        self._lock = asyncio.Lock()
        self._newest: StopMemory | None = None
        self._written: StopMemory | None = None
        self._path = Path(hass.config.path(".storage", f"{DOMAIN}.{entry_id}.db"))

    async def async_load(self) -> StopMemory:
        """Read the latch."""
        return await self._hass.async_add_executor_job(self._load)

    async def async_save(self, memory: StopMemory) -> None:
        """Write the latch and wait until the disk has it; a later one is never overtaken by an earlier one."""
        self._newest = memory
        async with self._lock:
            newest = self._newest
            if newest is not self._written:
                try:
                    await self._hass.async_add_executor_job(self._save, newest)
                except (sqlite3.Error, OSError) as err:
                    raise MemoryNotSavedError from err
                self._written = newest

    async def async_remove(self) -> None:
        """Delete the file and what belongs to it."""
        await self._hass.async_add_executor_job(self._remove)

    def _load(self) -> StopMemory:
        if not self._path.exists():
            return StopMemory()
        try:
            with closing(self._connect()) as connection:
                row = connection.execute("SELECT content FROM memory WHERE name = 'stop'").fetchone()
            return msgspec.json.decode(row[0], type=StopMemory) if row else StopMemory()
        except sqlite3.Error, msgspec.MsgspecError:
            _LOGGER.exception("The memory of the emergency stop cannot be read; it is set aside, and everything stops")
            for suffix in _SUFFIXES:
                part = Path(f"{self._path}{suffix}")
                if part.exists():
                    part.replace(f"{part}.unreadable")
            self._save(_UNREADABLE)
            return _UNREADABLE

    def _save(self, memory: StopMemory) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._connect()) as connection, connection:
            connection.execute(
                "INSERT INTO memory VALUES ('stop', ?) ON CONFLICT (name) DO UPDATE SET content = excluded.content",
                (msgspec.json.encode(memory),),
            )

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("CREATE TABLE IF NOT EXISTS memory (name TEXT PRIMARY KEY, content BLOB NOT NULL)")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _remove(self) -> None:
        for suffix in _SUFFIXES:
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)
            Path(f"{self._path}{suffix}.unreadable").unlink(missing_ok=True)

"""What must survive a crash: one small SQLite file, written through to the disk."""

from contextlib import closing
import logging
from pathlib import Path
import sqlite3

from homeassistant.core import HomeAssistant
import msgspec

from ..const import DOMAIN
from ..core.safety.estop import StopMemory

_LOGGER = logging.getLogger(__name__)
_UNREADABLE = StopMemory(everything=True, by="god_kaiser", reason="memory_unreadable")


class MemoryFile:
    """Keeps the emergency stop's latch; if it cannot be read, everything stays stopped."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Remember where the file is."""
        self._hass = hass
        self._path = Path(hass.config.path(".storage", f"{DOMAIN}.{entry_id}.db"))

    async def async_load(self) -> StopMemory:
        """Read the latch."""
        return await self._hass.async_add_executor_job(self._load)

    async def async_save(self, memory: StopMemory) -> None:
        """Write the latch and wait until the disk has it."""
        await self._hass.async_add_executor_job(self._save, memory)

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
            aside = self._path.with_suffix(".unreadable")
            _LOGGER.exception("The memory of the emergency stop cannot be read; it is set aside as %s", aside.name)
            self._path.replace(aside)
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
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS memory (name TEXT PRIMARY KEY, content BLOB NOT NULL)")
        return connection

    def _remove(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)
        self._path.with_suffix(".unreadable").unlink(missing_ok=True)

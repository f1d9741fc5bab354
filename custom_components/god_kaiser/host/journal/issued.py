"""How many events were ever noted, where the death of the process does not reach it: in memory that belongs to the system.

A file on the disk would do as well, but whoever writes into its memory waits as long as its file system stands still.
"""

from hashlib import sha256
import logging
import mmap
import os
from pathlib import Path
import stat
from typing import Final

_LOGGER = logging.getLogger(__name__)
_SHARED: Final = Path("/dev") / "shm"
_BYTES: Final = 8


class Issued:
    """Numbers events; who comes after a death learns what the last number was."""

    def __init__(self, path: Path) -> None:
        """Remember of which journal it is."""
        self._path = path
        self._number = 0
        self._shown: memoryview | None = None

    @property
    def place(self) -> Path:
        """Return where the number lies."""
        mark = sha256(os.fsencode(self._path.absolute())).hexdigest()[:16]
        return _SHARED / f"{self._path.name}.{mark}"

    def open(self, written: int | None) -> int | None:
        """Go on after the last number; return how many of those before were not written, None where nobody knows."""
        try:
            self._shown = self._mapped()
        except (OSError, ValueError) as err:
            _LOGGER.debug("How many events a death of Home Assistant costs cannot be counted: %s", err)
        issued = 0 if self._shown is None else self._shown[0]
        self._number = max(issued, written or 0)
        if self._shown is not None:
            self._shown[0] = self._number
        return issued - written if issued and written is not None and issued >= written else None

    def give(self) -> int:
        """Return the number of an event that happens now."""
        self._number = number = self._number + 1
        if self._shown is not None:
            self._shown[0] = number
        return number

    def close(self, is_settled: bool) -> None:
        """Count no more; where everything is written there is nothing that anybody would have to know."""
        if self._shown is not None:
            self._shown.release()
            self._shown = None
        if is_settled:
            self.place.unlink(missing_ok=True)

    def _mapped(self) -> memoryview:
        if not _SHARED.is_mount():
            raise OSError(f"{_SHARED} is no memory")
        file = os.open(self.place, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            found = os.fstat(file)
            if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_size not in (0, _BYTES):
                raise OSError(f"{self.place} is not ours")
            if not found.st_size:
                # So there is room for it for good, also where the memory becomes full.
                os.write(file, bytes(_BYTES))
            return memoryview(mmap.mmap(file, _BYTES)).cast("Q")
        finally:
            os.close(file)

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
        # How many events there were before this life, as far as that is known.
        self.before = 0
        self._path = path
        self._number = 0
        self._found: memoryview | None = None
        self._shown: memoryview | None = None

    @property
    def place(self) -> Path:
        """Return where the number lies."""
        mark = sha256(os.fsencode(self._path.absolute())).hexdigest()[:16]
        return _SHARED / f"{self._path.name}.{mark}"

    def look(self) -> None:
        """Look for the last number; this may take its time, and events have their numbers meanwhile."""
        try:
            self._found = self._mapped()
        except (OSError, ValueError) as err:
            _LOGGER.debug("How many events a death of Home Assistant costs cannot be counted: %s", err)

    def begin(self, written: int | None) -> int | None:
        """Go on after the last number; return how many of those before were not written, None where nobody knows."""
        self._shown, self._found = self._found, None
        issued = 0 if self._shown is None else self._shown[0]
        self.before = max(issued, written or 0)
        self._show()
        return issued - written if issued and written is not None and issued >= written else None

    def give(self) -> int:
        """Return the number, in this life, of an event that happens now."""
        self._number = number = self._number + 1
        self._show()
        return number

    def end(self) -> None:
        """Count no more."""
        shown, self._shown = self._shown, None
        if shown is not None:
            shown.release()

    def forget(self) -> None:
        """Leave nothing: where everything is written there is nothing that anybody would have to know."""
        self.place.unlink(missing_ok=True)

    def _show(self) -> None:
        if self._shown is not None:
            self._shown[0] = self.before + self._number

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

"""Disks that really fail: the operating system refuses, or a door takes its time."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
import os
from pathlib import Path
import resource
from threading import Event
from unittest.mock import patch

from homeassistant.helpers.storage import Store

from custom_components.god_kaiser.host import database, memory_disk
from custom_components.god_kaiser.host.journal import file as journal_file

NOBODY = 65534

type Disk = Callable[[Path], AbstractContextManager[Callable[[], None]]]


@contextmanager
def full(_storage: Path) -> Iterator[Callable[[], None]]:
    """No file gets any longer: the system refuses every write beyond the first bytes of a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, hard))

    def heal() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    try:
        yield heal
    finally:
        heal()


@contextmanager
def read_only(storage: Path) -> Iterator[Callable[[], None]]:
    """Everything may be read, nothing written; root, whom no permission stops, acts as nobody meanwhile."""
    is_root = os.geteuid() == 0
    modes = {path: path.stat().st_mode for path in (storage, *storage.iterdir())}
    for path in modes:
        if is_root:
            os.chown(path, NOBODY, NOBODY)
        path.chmod(0o500 if path.is_dir() else 0o400)
    if is_root:
        os.seteuid(NOBODY)

    def heal() -> None:
        if is_root:
            os.seteuid(0)
        for path, mode in modes.items():
            if path.exists():
                path.chmod(mode)
                if is_root:
                    os.chown(path, 0, 0)

    try:
        yield heal
    finally:
        heal()


@contextmanager
def hanging(_storage: Path) -> Iterator[Callable[[], None]]:
    """Whoever writes waits until the disk is well, and then it is written."""
    well = Event()
    connect, append, write = database.connect, journal_file.JournalFile.append, Store._write_prepared_data

    def waits[**Taken, Answer](whole: Callable[Taken, Answer]) -> Callable[Taken, Answer]:
        def slowly(*args: Taken.args, **kwargs: Taken.kwargs) -> Answer:
            well.wait(20)
            return whole(*args, **kwargs)

        return slowly

    with (
        patch.object(memory_disk, "connect", waits(connect)),
        patch.object(journal_file.JournalFile, "append", waits(append)),
        patch.object(Store, "_write_prepared_data", waits(write)),
    ):
        try:
            yield well.set
        finally:
            well.set()


DISKS: dict[str, Disk] = {"full": full, "read_only": read_only, "hanging": hanging}

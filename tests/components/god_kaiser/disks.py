"""Disks that really fail: the operating system refuses, or a door takes its time."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
import os
from pathlib import Path
import resource
from threading import Event
from typing import Any
from unittest.mock import patch

from homeassistant.helpers.storage import Store
from homeassistant.util import json as json_util

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


class Silence:
    """A disk that says nothing until it is well; whoever asks it for something waits in a thread of its own."""

    def __init__(self) -> None:
        """Begin with nobody who waits."""
        self.well = Event()
        self.asked: list[str] = []

    def behind[**Taken, Answer](self, place: str, whole: Callable[Taken, Answer]) -> Callable[Taken, Answer]:
        """Return a door that opens as soon as the disk is well."""

        def waits(*args: Taken.args, **kwargs: Taken.kwargs) -> Answer:
            if not self.well.is_set():
                self.asked.append(place)
                self.well.wait(60)
            return whole(*args, **kwargs)

        return waits


def _read_of(ending: str, silence: Silence) -> AbstractContextManager[object]:
    load, silent = json_util.load_json, silence.behind(ending.removeprefix(".") or "devices", json_util.load_json)

    def read(path: str, *args: Any) -> object:
        name = Path(path).name
        is_meant = name.startswith("god_kaiser.") and name.count(".") == ending.count(".") + 1
        return silent(path, *args) if is_meant and name.endswith(ending) else load(path, *args)

    return patch.object(json_util, "load_json", read)


def _write_of_ours(silence: Silence) -> AbstractContextManager[object]:
    write, silent = Store._write_prepared_data, silence.behind("definitions", Store._write_prepared_data)

    def write_ours(self: Store[Any], mode: str, content: str | bytes) -> None:
        (silent if self.key.startswith("god_kaiser.") else write)(self, mode, content)

    return patch.object(Store, "_write_prepared_data", write_ours)


def _door(holder: object, name: str, place: str) -> Callable[[Silence], AbstractContextManager[object]]:
    return lambda silence: patch.object(holder, name, silence.behind(place, getattr(holder, name)))


# Where a disk may be silent when a hub is loaded.
READS: dict[str, Callable[[Silence], AbstractContextManager[object]]] = {
    "memory": _door(memory_disk.MemoryDisk, "rows", "memory"),
    "mark": _door(memory_disk.MemoryDisk, "save", "mark"),
    "journal": _door(journal_file.JournalFile, "open", "journal"),
    "devices": lambda silence: _read_of("", silence),
    "sequences": lambda silence: _read_of(".sequences", silence),
    "rules": lambda silence: _read_of(".rules", silence),
}
# Where it may be silent when a hub writes.
WRITES: dict[str, Callable[[Silence], AbstractContextManager[object]]] = {
    "memory": _door(memory_disk.MemoryDisk, "save", "memory"),
    "journal": _door(journal_file.JournalFile, "append", "journal"),
    "definitions": _write_of_ours,
}


@contextmanager
def silent(doors: Iterable[Callable[[Silence], AbstractContextManager[object]]]) -> Iterator[Silence]:
    """Say nothing behind some doors, until ``well`` is set; at the end whoever waits is let through."""
    silence = Silence()
    with ExitStack() as stack:
        for door in doors:
            stack.enter_context(door(silence))
        try:
            yield silence
        finally:
            silence.well.set()

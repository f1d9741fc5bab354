"""The one door to SQLite: how our files are opened, and what may go wrong with them."""

from collections.abc import Callable
from contextlib import closing
import os
from pathlib import Path
import sqlite3

from .aside import aside_of, discard, move_aside

Connection = sqlite3.Connection
DatabaseError = sqlite3.Error
# What a disk, or the file on it, may answer.
FAULTS = (sqlite3.Error, OSError)
_PARTS = ("", "-wal", "-shm")
# What SQLite says of a file that is none of ours; anything else is a fault of the disk, and the file may be well.
_DAMAGES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})


class NotOursError(sqlite3.DatabaseError):
    """What lies there was never written by us."""

    sqlite_errorcode = sqlite3.SQLITE_NOTADB


def connect(path: Path, *schema: str) -> Connection:
    """Open a file that is written through to the disk with each commit, with the tables that it must have."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        raise NotOursError("is a folder")
    connection = sqlite3.connect(path, check_same_thread=False)
    try:
        # Of a file that is being made; what was deleted gives its place back only then.
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        for statement in schema:
            connection.execute(statement)
    except DatabaseError:
        connection.close()
        raise
    return connection


def open_to_read(path: Path, *, texts: Callable[[bytes], str | None] = str) -> Connection:
    """Open a file that exists, only to read it: nothing waits for us, and we for nobody; ``texts`` says how those are read."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    connection.text_factory = texts
    connection.execute("PRAGMA query_only = ON")
    return connection


def is_sound(path: Path) -> bool:
    """Tell whether SQLite itself finds nothing wrong with a file."""
    if path.is_dir():
        return False
    try:
        with closing(open_to_read(path)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except DatabaseError as err:
        if is_damage(err):
            return False
        raise


def is_damage(err: Exception) -> bool:
    """Tell whether it is the file that is wrong, and not only the disk that is full, slow or read-only."""
    code = getattr(err, "sqlite_errorcode", None)
    return isinstance(code, int) and (code & 0xFF) in _DAMAGES


def is_incomplete(err: Exception) -> bool:
    """Tell whether a table, or a column of it, is not there."""
    return getattr(err, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR


def set_aside(path: Path) -> None:
    """Move a file out of the way, with what belongs to it; an older one that was set aside is replaced."""
    for part in parts_of(path):
        move_aside(part)


def has_company(path: Path) -> bool:
    """Tell whether other files of the same hub lie beside one."""
    own = {part.name for part in parts_of(path)}
    return any(each.name not in own and each.name.startswith(path.stem) for each in path.parent.iterdir())


def status_of(path: Path) -> os.stat_result | None:
    """Return what the system knows of a file; None only where it says that there is none, not where it does not answer."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def remove(path: Path) -> None:
    """Delete a file, what belongs to it, and what was set aside."""
    for part in parts_of(path):
        for each in (part, aside_of(part)):
            discard(each)


def columns_of(path: Path) -> dict[str, list[str]]:
    """Return the tables of a file, each with its columns."""
    with closing(open_to_read(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            table: [row[1] for row in connection.execute("SELECT * FROM pragma_table_info(?)", (table,))]
            for table in tables
        }


def parts_of(path: Path) -> list[Path]:
    """Return everything in which the content of a file may lie."""
    return [Path(f"{path}{part}") for part in _PARTS]

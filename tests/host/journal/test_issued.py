"""Numbers of events that outlive the process: what is missing is told exactly, or nobody claims to know."""

from collections.abc import Callable, Iterator
import errno
import os
from pathlib import Path

import pytest

from custom_components.god_kaiser.host.journal import issued as issued_module
from custom_components.god_kaiser.host.journal.issued import Issued


@pytest.fixture(name="path")
def path_fixture(tmp_path: Path) -> Iterator[Path]:
    """Return where a journal would be, and leave nothing of it behind."""
    path = tmp_path / "journal.db"
    yield path
    place = Issued(path).place
    if place.is_symlink() or place.is_file():
        place.unlink()


def die_after(path: Path, written: int | None, events: int) -> int | None:
    """Begin to live, number some events and end without a word; return what was found missing."""
    life = Issued(path)
    life.look()
    lost = life.begin(written)
    for _ in range(events):
        life.give()
    return lost


def test_what_was_numbered_and_not_written_is_missing(path: Path) -> None:
    """Life after life; what was not told then is still to be told."""
    assert die_after(path, None, 5) is None
    assert die_after(path, 3, 0) == 2
    assert die_after(path, 3, 4) == 2
    assert die_after(path, 3, 1) == 6
    assert die_after(path, 10, 0) == 0


def test_numbers_go_on_after_what_was_written_elsewhere(path: Path) -> None:
    """Where there is no number yet, as after a restart of the machine, nobody knows; afterwards they do again."""
    life = Issued(path)
    life.look()
    assert (life.begin(1_000), life.before, life.give(), life.give()) == (None, 1_000, 1, 2)
    assert die_after(path, 1_001, 0) == 1


def test_what_happens_before_the_last_number_is_known_is_counted_after_it(path: Path) -> None:
    """A disk may take long to open the journal; what was noted meanwhile is written all the same, or missing."""
    assert die_after(path, None, 5) is None
    life = Issued(path)
    assert [life.give() for _ in range(3)] == [1, 2, 3]
    life.look()
    assert (life.give(), life.begin(5), life.before) == (4, 0, 5)
    assert die_after(path, life.before + 3, 0) == 1


def test_after_an_end_at_which_everything_was_written_nothing_stays(path: Path) -> None:
    """Where something was not, the next start learns of it."""
    for is_settled in (False, True):
        life = Issued(path)
        life.look()
        life.begin(0)
        last = life.give()
        life.end()
        if is_settled:
            life.forget()
        assert life.give() == last + 1
        assert life.place.exists() is not is_settled
        assert die_after(path, 0, 0) == (None if is_settled else last)


def a_smaller_number(path: Path, _monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the machine have lost power before the number was where it is now."""
    die_after(path, None, 5)


def another_size(path: Path, _monkeypatch: pytest.MonkeyPatch) -> None:
    """Put something there that is no number."""
    Issued(path).place.write_bytes(b"not ours at all")


def a_link(path: Path, _monkeypatch: pytest.MonkeyPatch) -> None:
    """Let somebody lead us to another file."""
    path.write_bytes(bytes(8))
    Issued(path).place.symlink_to(path)


def somebody_elses(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the number of somebody else there."""
    die_after(path, None, 50)
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)


def no_room(_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the memory be full."""
    whole = os.write

    def refuse(file: int, content: bytes) -> int:
        if content == bytes(8):
            raise OSError(errno.ENOSPC, "No space left on device")
        return whole(file, content)

    monkeypatch.setattr(os, "write", refuse)


def no_memory(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the folder be one on the disk."""
    monkeypatch.setattr(issued_module, "_SHARED", path.parent)


@pytest.mark.parametrize("strange", [a_smaller_number, another_size, a_link, somebody_elses, no_room, no_memory])
def test_where_it_cannot_be_counted_nobody_claims_to_know(
    path: Path, monkeypatch: pytest.MonkeyPatch, strange: Callable[[Path, pytest.MonkeyPatch], None]
) -> None:
    """Events have their numbers all the same, and nothing that is not ours is touched."""
    strange(path, monkeypatch)
    life = Issued(path)
    life.look()
    assert (life.begin(40), life.before, life.give()) == (None, 40, 1)
    if strange is a_link:
        assert path.read_bytes() == bytes(8)

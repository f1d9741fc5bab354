"""The file of the journal: whole batches, whatever happens to the disk or to the file."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
import sqlite3

import pytest

from custom_components.god_kaiser.core.journal.chain import Anchor, Anchors, Break
from custom_components.god_kaiser.core.journal.ids import EventKey, id_of
from custom_components.god_kaiser.core.journal.kinds import Level
from custom_components.god_kaiser.host import database
from custom_components.god_kaiser.host.database import FAULTS, Connection
from custom_components.god_kaiser.host.journal import file as journal_file, reading
from custom_components.god_kaiser.host.journal.file import JournalFile, NotWrittenError
from custom_components.god_kaiser.host.journal.purge import CHUNK, Kept
from custom_components.god_kaiser.host.journal.reading import Wanted
from custom_components.god_kaiser.host.journal.rows import TABLES, EndedRun, Row, packed, unpacked

EVERYTHING = Kept(
    events_since=(0, 0), trail_since=(0, 0), runs_since=0, most_runs=100, most_bytes=10**9, most_entries=10**6
)


def a_row(moment: int, number: int = 0, *, is_audit: bool = False, **fields: str) -> Row:
    """Return an event as it waits to be written."""
    key: EventKey = (moment, number)
    return Row(
        key=key,
        kind=fields.get("kind", "step.started"),
        execution=fields.get("execution", ""),
        subject=fields.get("subject", ""),
        level=Level(fields.get("level", "ok")),
        domain=fields.get("domain", "step"),
        is_audit=is_audit,
        actor=fields.get("actor", "system"),
        envelope={
            "event_id": id_of(key),
            "event_type": fields.get("kind", "step.started"),
            "timestamp": "2026-04-30T09:00:00+00:00",
            "data": {"n": moment},
        },
        technical=fields.get("technical", ""),
    )


def clean(journal: JournalFile, kept: Kept) -> Anchor | None:
    """Forget everything that should go, piece by piece; return where the trail begins then."""
    found: Anchor | None = None
    while True:
        begin = journal.begin_of(kept)
        found = begin or found
        if not journal.drop(kept, begin).is_more:
            return found


def moments(path: Path, **wanted: object) -> list[int]:
    """Return which events are found."""
    return [found.key[0] for found in reading.events(path, Wanted(**wanted)).events]  # type: ignore[arg-type]  # checked there


@pytest.fixture(name="path")
def path_fixture(tmp_path: Path) -> Path:
    """Return where the file is."""
    return tmp_path / "storage" / "journal.db"


@pytest.fixture(name="journal")
def journal_fixture(path: Path) -> Iterator[JournalFile]:
    """Return a file that is open."""
    file = JournalFile(path)
    file.open()
    yield file
    file.close()


def test_what_was_written_is_found_again(path: Path, journal: JournalFile) -> None:
    """Also by somebody who opens the file anew, and he knows where it ends."""
    end = journal.append([a_row(1), a_row(2, is_audit=True), a_row(2, 1)])
    journal.close()
    again = JournalFile(path)
    opened = again.open()
    again.close()
    assert (opened.last, opened.end, opened.was_set_aside) == ((2, 1), end, False)
    assert [found.key for found in reading.events(path, Wanted()).events] == [(1, 0), (2, 0), (2, 1)]


def test_an_id_is_packed_in_its_order() -> None:
    """The disk sorts as we do."""
    keys: list[EventKey] = [(0, 0), (0, 5), (1, 0), (2**41, 2**20 - 1)]
    assert [unpacked(packed(key)) for key in keys] == keys
    assert sorted(packed(key) for key in keys) == [packed(key) for key in keys]


@pytest.mark.req("EXE-46")
def test_events_are_found_by_what_is_asked_for(path: Path, journal: JournalFile) -> None:
    """Each condition by itself, and together."""
    journal.append(
        [
            a_row(1, kind="run.started", execution="r1", subject="water"),
            a_row(2, kind="step.failed", execution="r1", subject="water", level="error"),
            a_row(3, kind="device.offline", subject="ESP_A", level="warn", domain="device"),
            a_row(4, kind="run.started", execution="r2", subject="feed"),
        ]
    )
    assert moments(path, kinds=("run.started",)) == [1, 4]
    assert moments(path, kinds=("run.started", "device.offline")) == [1, 3, 4]
    assert moments(path, execution="r1") == [1, 2]
    assert moments(path, subject="ESP_A") == [3]
    assert moments(path, domain="device") == [3]
    assert moments(path, level=Level.ERROR) == [2]
    assert moments(path, after=(1, 0), before=(4, 0)) == [2, 3]
    assert moments(path, kinds=("run.started",), execution="r2", level=Level.OK) == [4]
    assert moments(path, execution="nobody") == []


@pytest.mark.req("EXE-44")
def test_a_hundred_and_twenty_events_come_in_pages_without_gap_or_repeat(path: Path, journal: JournalFile) -> None:
    """Forwards from the first, and backwards from the last."""
    journal.append([a_row(moment) for moment in range(1, 121)])
    forwards: list[int] = []
    sizes: list[int] = []
    page = reading.events(path, Wanted(limit=50, after=(0, 0), newest=False))
    while True:
        sizes.append(len(page.events))
        forwards += [found.key[0] for found in page.events]
        if not page.has_more:
            break
        page = reading.events(path, Wanted(limit=50, after=page.events[-1].key, newest=False))
    assert (sizes, forwards) == ([50, 50, 20], list(range(1, 121)))
    last = reading.events(path, Wanted(limit=50))
    assert ([found.key[0] for found in last.events], last.has_more) == (list(range(71, 121)), True)
    assert moments(path, limit=50, before=last.events[0].key) == list(range(21, 71))


def test_the_technical_text_lies_apart(path: Path, journal: JournalFile) -> None:
    """So that it can be kept from whom it does not concern."""
    journal.append([a_row(1, technical="KeyError: 'x'")])
    (found,) = reading.events(path, Wanted()).events
    assert (found.technical, "KeyError" in str(found.envelope)) == ("KeyError: 'x'", False)


def test_a_run_that_is_over_is_kept_as_it_was_last(path: Path, journal: JournalFile) -> None:
    """One for each."""
    journal.append([], [EndedRun("r1", 5, "water", b"{}"), EndedRun("r2", 6, "water", b"[2]")])
    journal.append([], [EndedRun("r1", 7, "water", b"[1]")])
    assert (reading.run(path, "r1"), reading.run(path, "r2"), reading.run(path, "r3")) == (b"[1]", b"[2]", None)


@pytest.mark.req("ROB-27")
def test_the_101st_run_removes_the_oldest(path: Path, journal: JournalFile) -> None:
    """Where a hundred are kept."""
    journal.append([], [EndedRun(f"r{moment}", moment, "water", b"{}") for moment in range(1, 102)])
    clean(journal, EVERYTHING)
    assert [run for run in range(1, 102) if reading.run(path, f"r{run}")] == list(range(2, 102))


@pytest.mark.req("EXE-47")
def test_somebody_who_changes_the_file_is_found(path: Path, journal: JournalFile) -> None:
    """With any program for SQLite."""
    end = journal.append([a_row(moment, is_audit=True) for moment in range(1, 6)])
    anchors = Anchors(until=end)
    assert reading.verify(path, anchors).problem is None
    for statement, at in (
        ("UPDATE trail SET body = replace(body, '3', '8') WHERE number = 3", 3),
        ("UPDATE trail SET hash = 5 WHERE number = 4", 4),
        ("UPDATE trail SET body = CAST(body AS TEXT) || ' ' WHERE number = 1", 1),
        ("UPDATE trail SET actor = 'user' WHERE number = 5", 5),
        ("UPDATE trail SET execution = 'another' WHERE number = 1", 1),
        ("UPDATE trail SET id = id + 1 WHERE number = 3", 3),
        ("UPDATE trail SET actor = x'00' WHERE number = 2", 2),
        ("UPDATE trail SET number = -number WHERE number < 3", 1),
        ("DELETE FROM trail WHERE number = 2", 2),
        ("INSERT INTO trail SELECT 9, id, execution, actor, body, hash FROM trail WHERE number = 5", 6),
    ):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("SAVEPOINT before")
            connection.execute("CREATE TABLE saved AS SELECT * FROM trail")
            connection.execute(statement)
            connection.commit()
            assert reading.verify(path, anchors).at == at
            connection.execute("DELETE FROM trail")
            connection.execute("INSERT INTO trail SELECT * FROM saved")
            connection.execute("DROP TABLE saved")
            connection.commit()
    assert reading.verify(path, anchors).problem is None


_VALUES = (
    "5",
    "5.5",
    "9e999",
    "''",
    "'x'",
    "X''",
    "X'FF'",
    "CAST(X'FF' AS TEXT)",
    "CAST({} AS TEXT)",
    "CAST({} AS BLOB)",
)


@pytest.mark.req("EXE-47")
@pytest.mark.parametrize("column", ["id", "execution", "actor", "body", "hash"])
def test_whatever_is_put_into_a_column_is_found(path: Path, journal: JournalFile, column: str) -> None:
    """Another value, and the same one in another form: only what leaves a column exactly as it is changes nothing."""
    row = a_row(2, is_audit=True)._replace(execution="r1")
    end = journal.append([a_row(1, is_audit=True), row, a_row(3, is_audit=True)])
    question = f"SELECT typeof({column}), CAST({column} AS BLOB) FROM trail WHERE number = 2"  # noqa: S608 - our names
    verdicts = []
    for value in _VALUES:
        with closing(sqlite3.connect(path)) as connection:
            (before,) = connection.execute("SELECT * FROM trail WHERE number = 2")
            (known,) = connection.execute(question)
            statement = f"UPDATE trail SET {column} = {value.format(column)} WHERE number = 2"  # noqa: S608 - our names
            connection.execute(statement)
            connection.commit()
            is_same = connection.execute(question).fetchone() == known
            verdicts.append((value, is_same, reading.verify(path, Anchors(until=end)).at))
            reading.trail(path)
            connection.execute("REPLACE INTO trail VALUES (?, ?, ?, ?, ?, ?)", before)
            connection.commit()
    assert verdicts == [(value, is_same, None if is_same else 2) for value, is_same, _ in verdicts]
    assert sum(is_same for _, is_same, _ in verdicts) in (1, 2)
    assert reading.verify(path, Anchors(until=end)).problem is None


@pytest.mark.req("EXE-47")
@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE trail",
        "ALTER TABLE trail RENAME TO saved",
        "ALTER TABLE trail RENAME COLUMN body TO content",
        "ALTER TABLE trail DROP COLUMN hash",
    ],
)
def test_a_trail_that_is_gone_is_missing(path: Path, journal: JournalFile, statement: str) -> None:
    """As a whole, or a column of it; whoever reads it finds nothing, and events are told as before."""
    end = journal.append([a_row(moment, is_audit=True) for moment in range(1, 6)])
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
    verdict = reading.verify(path, Anchors(until=end))
    assert (verdict.problem, verdict.at) == (Break.CUT_OFF, 1)
    assert len(reading.events(path, reading.Wanted()).events) == 5


def test_what_is_too_old_goes_and_the_trail_goes_on_from_there(path: Path, journal: JournalFile) -> None:
    """Each of them in its own time."""
    end = journal.append(
        [a_row(moment, is_audit=True) for moment in range(1, 11)],
        [EndedRun(f"r{moment}", moment, "water", b"{}") for moment in range(1, 11)],
    )
    begin = clean(journal, EVERYTHING._replace(events_since=(8, 0), trail_since=(4, 0), runs_since=6))
    assert moments(path) == [8, 9, 10]
    assert [entry.number for entry in reading.trail(path)[0]] == list(range(4, 11))
    assert [run for run in range(1, 11) if reading.run(path, f"r{run}")] == list(range(6, 11))
    assert begin is not None
    assert begin.number == 3
    assert reading.verify(path, Anchors(since=begin, until=end)).problem is None
    assert clean(journal, EVERYTHING._replace(trail_since=(4, 0), most_runs=2)) is None
    assert [run for run in range(1, 11) if reading.run(path, f"r{run}")] == [9, 10]


def test_a_journal_that_is_too_large_loses_its_oldest_events(path: Path, journal: JournalFile) -> None:
    """And gives the place back; the trail stays."""
    journal.append([a_row(moment, is_audit=moment < 10, technical="x" * 200) for moment in range(1, 30_001)])
    before = reading.counts(path)
    most = before["bytes"] // 2
    clean(journal, EVERYTHING._replace(most_bytes=most))
    after = reading.counts(path)
    assert after["bytes"] <= most
    assert 0 < after["events"] < before["events"]
    assert moments(path, limit=1) == [30_000]
    assert after["trail"] == 9


@pytest.mark.parametrize("content", [b"this is no database", b"SQLite format 3\x00" + bytes(5000)])
def test_a_damaged_file_is_set_aside_and_a_new_one_begins(path: Path, content: bytes) -> None:
    """What was in it is still there for whoever wants to look; the trail goes on after its end."""
    path.parent.mkdir()
    path.write_bytes(content)
    file = JournalFile(path)
    file.remembered = Anchor(number=7, hash=b"7" * 32)
    opened = file.open()
    end = file.append([a_row(1, is_audit=True)])
    file.close()
    assert opened.was_set_aside
    assert Path(f"{path}.unreadable").read_bytes() == content
    assert end.number == 8
    assert reading.verify(path, Anchors(since=file.remembered, until=end)).problem is None


def test_a_page_that_was_overwritten_is_found_at_the_start(path: Path) -> None:
    """A disk that forgets says nothing by itself."""
    file = JournalFile(path)
    file.open()
    file.append([a_row(moment, technical="y" * 300) for moment in range(1, 2_000)])
    file.settle()
    file.close()
    with path.open("r+b") as raw:
        raw.seek(4096 * 20)
        raw.write(b"\xff" * 4096 * 5)
    again = JournalFile(path)
    opened = again.open()
    again.close()
    assert opened.was_set_aside


def test_a_full_disk_takes_nothing_of_a_batch(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of it would be a gap that nobody sees; when there is room again, it is written as a whole."""
    file = JournalFile(path)
    file.open()
    file.append([a_row(1, is_audit=True)])
    file.close()
    pages = reading.counts(path)["bytes"] // 4096
    monkeypatch.setattr(journal_file, "TABLES", (*TABLES, f"PRAGMA max_page_count = {pages + 4}"))
    batch = [a_row(moment, is_audit=True, technical="z" * 1_000) for moment in range(2, 100)]
    for _ in range(2):
        with pytest.raises(FAULTS):
            file.append(batch)
        assert moments(path) == [1]
    monkeypatch.undo()
    end = file.append(batch)
    file.close()
    assert moments(path, limit=1000) == list(range(1, 100))
    assert reading.verify(path, Anchors(until=end)).problem is None


def test_a_place_that_cannot_be_written_is_told_and_used_when_it_can(path: Path) -> None:
    """A file where a folder should be is as bad as a disk that is read-only."""
    path.parent.write_text("in the way")
    file = JournalFile(path)
    with pytest.raises(FAULTS):
        file.open()
    with pytest.raises(FAULTS):
        file.append([a_row(1)])
    path.parent.unlink()
    file.append([a_row(2)])
    file.close()
    assert moments(path) == [2]


def test_what_is_not_read_back_does_not_count_as_written(
    path: Path, journal: JournalFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk may lie; the same batch can be written once more."""
    with monkeypatch.context() as patched:
        patched.setattr(journal_file, "_INSERT_EVENT", "INSERT INTO events SELECT ?, ?, ?, ?, ?, ?, ?, ? WHERE 0")
        with pytest.raises(NotWrittenError):
            journal.append([a_row(1, is_audit=True)])
    end = journal.append([a_row(1, is_audit=True)])
    assert (moments(path), end.number) == ([1], 1)
    assert reading.verify(path, Anchors(until=end)).problem is None


def test_a_damage_that_comes_while_it_is_open_is_mended_when_it_is_opened_anew(path: Path) -> None:
    """Nobody has to restart anything."""
    file = JournalFile(path)
    file.open()
    file.remembered = file.append([a_row(1, is_audit=True)])
    file.close()
    path.write_bytes(b"gone")
    with pytest.raises(FAULTS):
        file.append([a_row(2, is_audit=True)])
    was_set_aside = file.open().was_set_aside
    end = file.append([a_row(2, is_audit=True)])
    file.close()
    assert (was_set_aside, end.number, moments(path)) == (True, 2, [2])


def test_a_file_that_somebody_removes_while_it_is_open_is_made_anew(
    path: Path, journal: JournalFile, caplog: pytest.LogCaptureFixture
) -> None:
    """What comes then lies on the disk, and the trail says that something is missing."""
    journal.remembered = journal.append([a_row(1, is_audit=True), a_row(2)])
    path.unlink()
    end = journal.append([a_row(8, is_audit=True), a_row(9)])
    journal.close()
    assert moments(path) == [8, 9]
    assert "was removed while it was in use" in caplog.text
    verdict = reading.verify(path, Anchors(until=end))
    assert (end.number, verdict.problem, verdict.at) == (2, Break.MISSING, 1)


def test_removing_leaves_nothing_behind(path: Path) -> None:
    """Also what was set aside."""
    path.parent.mkdir()
    path.write_bytes(b"no database")
    file = JournalFile(path)
    file.open()
    file.append([a_row(1)])
    file.remove()
    assert list(path.parent.iterdir()) == []


@pytest.mark.req("EXE-47")
@pytest.mark.parametrize(
    ("tampering", "at"),
    [
        ("DELETE FROM trail WHERE number > 3", 4),
        ("DELETE FROM trail", 1),
        ("UPDATE trail SET hash = zeroblob(32) WHERE number = 5", 5),
    ],
)
def test_an_end_that_was_cut_off_or_changed_is_found_also_when_it_went_on(path: Path, tampering: str, at: int) -> None:
    """A restart, and what is written then, heals nothing."""
    file = JournalFile(path)
    file.open()
    until = file.append([a_row(moment, is_audit=True) for moment in range(1, 6)])
    file.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(tampering)
    again = JournalFile(path)
    again.remembered = until
    again.open()
    end = again.append([a_row(moment, is_audit=True) for moment in range(6, 9)])
    again.close()
    verdict = reading.verify(path, Anchors(until=end))
    assert (verdict.problem is not None, verdict.at) == (True, at)


@pytest.mark.req("EXE-47")
def test_an_end_that_was_written_anew_with_good_hashes_is_found_also_when_it_went_on(path: Path) -> None:
    """Whoever knows how hashes are made cannot make those that are remembered elsewhere."""
    file = JournalFile(path)
    file.open()
    until = file.append([a_row(moment, is_audit=True) for moment in range(1, 6)])
    file.close()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM trail WHERE number > 3")
    forger = JournalFile(path)
    forger.open()
    forger.append([a_row(moment, is_audit=True, actor="somebody else") for moment in range(14, 20)])
    forger.close()
    again = JournalFile(path)
    again.remembered = until
    again.open()
    end = again.append([a_row(21, is_audit=True)])
    again.close()
    assert reading.verify(path, Anchors(until=end)).problem is not None


@pytest.mark.req("EXE-47")
def test_an_entry_that_is_put_in_behind_the_last_one_is_found_also_when_it_went_on(
    path: Path, journal: JournalFile
) -> None:
    """It has a good hash, and takes the number of the next one: the writer knows that it has not written it."""
    journal.remembered = journal.append([a_row(moment, is_audit=True) for moment in (1, 2)])
    forger = JournalFile(path)
    forger.open()
    forged = forger.append([a_row(3, is_audit=True, actor="somebody else")])
    forger.close()
    assert reading.verify(path, Anchors(until=forged)).problem is None
    with pytest.raises(FAULTS):
        journal.append([a_row(4, is_audit=True)])
    end = journal.append([a_row(4, is_audit=True)])
    verdict = reading.verify(path, Anchors(until=end))
    assert (verdict.problem, verdict.at, end.number) == (Break.CHANGED, 4, 4)


def test_what_was_written_although_it_failed_is_not_entered_twice(
    path: Path, journal: JournalFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk took it, and then did not answer."""
    journal.remembered = journal.append([a_row(1, is_audit=True)])
    batch = [a_row(2, is_audit=True), a_row(3), a_row(4, is_audit=True)]

    def refuse(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(JournalFile, "_read_back", refuse)
        for _ in range(2):
            with pytest.raises(FAULTS):
                journal.append(batch)
    end = journal.append(batch)
    assert ([entry.number for entry in reading.trail(path)[0]], end.number) == ([1, 2, 3], 3)
    assert reading.verify(path, Anchors(until=end)).problem is None
    assert journal.append([a_row(5, is_audit=True)]).number == 4


def test_a_disk_that_only_refuses_does_not_cost_the_file(path: Path) -> None:
    """Only one that is damaged is set aside; this one is used again as soon as it can be."""
    file = JournalFile(path)
    file.open()
    file.append([a_row(1)])
    file.settle()
    file.close()
    in_the_way = Path(f"{path}-wal")
    in_the_way.mkdir()
    for _ in range(2):
        with pytest.raises(FAULTS):
            file.open()
    in_the_way.rmdir()
    assert not file.open().was_set_aside
    file.append([a_row(2)])
    file.close()
    assert moments(path) == [1, 2]


def test_a_damage_is_told_also_where_the_new_file_could_not_be_made_at_once(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise what is missing would look as if somebody had taken it."""
    path.parent.mkdir()
    path.write_bytes(b"this is no database")

    def refuse(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    file = JournalFile(path)
    with monkeypatch.context() as patched:
        patched.setattr(journal_file, "connect", refuse)
        with pytest.raises(FAULTS):
            file.open()
    assert [file.open().was_set_aside, file.open().was_set_aside] == [True, False]
    file.close()


def test_an_older_file_that_was_set_aside_leaves_nothing_beside_the_new_one(path: Path) -> None:
    """Half of one and half of another would be read as one."""
    path.parent.mkdir()
    path.write_bytes(b"this is no database")
    stale = Path(f"{path}-wal.unreadable")
    stale.write_bytes(b"of another one")
    file = JournalFile(path)
    file.open()
    file.close()
    assert not stale.exists()


@pytest.mark.parametrize("strange", ["half a \ud83d character", {("a", 1): 2}, object(), [{"deep": {"x": object()}}]])
def test_an_event_that_has_no_form_in_json_is_written_all_the_same(
    path: Path, journal: JournalFile, strange: object
) -> None:
    """And takes nobody else with it."""
    odd = a_row(2, is_audit=True, subject="\ud83d", technical="\ud83d")
    odd.envelope["data"] = strange
    end = journal.append([a_row(1), odd, a_row(3)])
    assert moments(path) == [1, 2, 3]
    assert reading.verify(path, Anchors(until=end)).problem is None


def test_an_event_that_contains_itself_is_written_all_the_same(path: Path, journal: JournalFile) -> None:
    """As far as it goes."""
    odd = a_row(1)
    odd.envelope["data"] = odd.envelope
    journal.append([odd])
    assert moments(path) == [1]


def test_ids_go_on_after_the_trail_where_its_events_are_gone(path: Path, journal: JournalFile) -> None:
    """A clock that was put back meanwhile gives no id twice."""
    journal.append([a_row(moment, is_audit=True) for moment in range(1, 11)])
    clean(journal, EVERYTHING._replace(events_since=(100, 0)))
    assert (moments(path), journal.open().last) == ([], (10, 0))


@pytest.mark.req("EXE-33")
def test_a_trail_that_is_too_long_loses_its_oldest_entries_piece_by_piece(path: Path, journal: JournalFile) -> None:
    """And is whole after each of them."""
    end = journal.append([a_row(moment, is_audit=True) for moment in range(1, CHUNK * 2 + 101)])
    kept = EVERYTHING._replace(most_entries=50)
    begins: list[int] = []
    is_more = True
    while is_more:
        begin = journal.begin_of(kept)
        assert begin is not None
        begins.append(begin.number)
        assert reading.verify(path, Anchors(since=begin, until=end)).problem is None
        is_more = journal.drop(kept, begin).is_more
        assert reading.verify(path, Anchors(since=begin, until=end)).problem is None
    assert begins == [CHUNK, CHUNK * 2, CHUNK * 2 + 50]
    assert reading.counts(path)["trail"] == 50


@pytest.mark.parametrize(("megabytes", "size", "stay"), [(1, 100_000, 10), (10, 100_000, 100)])
def test_large_runs_do_not_drive_out_the_latest_events(
    path: Path, journal: JournalFile, megabytes: int, size: int, stay: int
) -> None:
    """They go themselves, the oldest first, and some of them stay as well: more where there is more room."""
    journal.append(
        [a_row(moment) for moment in range(1, 101)],
        [EndedRun(f"r{moment}", moment, "water", b"x" * size) for moment in range(1, 301)],
    )
    clean(journal, EVERYTHING._replace(most_runs=1_000, most_bytes=megabytes * 1_000_000))
    counts = reading.counts(path)
    assert (counts["events"], counts["runs"]) == (100, stay)
    assert reading.run(path, "r300") is not None


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({"level": Level.ERROR}, "events_that_went_wrong "),
        ({"level": Level.WARN, "domain": "step"}, "events_that_went_wrong_there "),
        ({"kinds": ("step.started",)}, "events_of_a_kind "),
    ],
)
def test_a_question_that_finds_nothing_does_not_read_everything(
    journal: JournalFile, path: Path, monkeypatch: pytest.MonkeyPatch, wanted: dict[str, object], index: str
) -> None:
    """The planner can use the index that was made for it."""
    journal.append([a_row(moment, level="warn" if moment % 10 == 0 else "ok") for moment in range(1, 500)])
    asked: list[str] = []

    def open_to_read(place: Path, *, texts: Callable[[bytes], str | None]) -> Connection:
        connection = database.open_to_read(place, texts=texts)
        connection.set_trace_callback(asked.append)
        return connection

    monkeypatch.setattr(reading, "open_to_read", open_to_read)
    moments(path, **wanted)
    (question,) = [each for each in asked if each.startswith("SELECT id")]
    with closing(database.open_to_read(path)) as connection:
        plan = " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {question}"))
    assert f"INDEX {index}" in plan
    assert "TEMP B-TREE" not in plan

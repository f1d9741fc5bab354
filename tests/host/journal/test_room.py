"""Room for what comes: which events go when a journal is too old or too large, and which stay with their runs."""

from collections.abc import Iterator
import json
from pathlib import Path

import pytest

from custom_components.god_kaiser.core.journal.ids import EventKey, id_of
from custom_components.god_kaiser.core.journal.kinds import Level
from custom_components.god_kaiser.host.journal import reading
from custom_components.god_kaiser.host.journal.file import JournalFile
from custom_components.god_kaiser.host.journal.purge import Forgotten, Kept
from custom_components.god_kaiser.host.journal.reading import Wanted
from custom_components.god_kaiser.host.journal.rows import EndedRun, Row

MEGABYTE = 1_000_000
# So many of the newest stay in a journal of one megabyte, and so many runs.
NEWEST, RUNS = 500, 10
EVERYTHING = Kept(
    events_since=(0, 0), trail_since=(0, 0), runs_since=0, most_runs=1_000, most_bytes=10**9, most_entries=10**6
)
SMALL = EVERYTHING._replace(most_bytes=MEGABYTE)


@pytest.fixture(name="path")
def path_fixture(tmp_path: Path) -> Path:
    """Return where the file is."""
    return tmp_path / "journal.db"


@pytest.fixture(name="journal")
def journal_fixture(path: Path) -> Iterator[JournalFile]:
    """Return a file that is open."""
    file = JournalFile(path)
    file.open()
    yield file
    file.close()


def rows(first: int, count: int, run: str = "") -> list[Row]:
    """Return events of almost a kilobyte each, one in each millisecond."""
    keys: list[EventKey] = [(moment, 0) for moment in range(first, first + count)]
    return [
        Row(
            key=key,
            kind="step.started",
            execution=run,
            subject="",
            level=Level.OK,
            domain="step",
            is_audit=False,
            actor="system",
            envelope={
                "event_id": id_of(key),
                "event_type": "step.started",
                "timestamp": "2026-04-30T09:00:00+00:00",
                "data": {"text": "x" * 400},
            },
        )
        for key in keys
    ]


def ended(run: str, moment: int) -> EndedRun:
    """Return a run that is over, as it is kept."""
    return EndedRun(run, moment, "water", b"{}")


def moments(path: Path, run: str = "") -> list[int]:
    """Return which events are there, of all or of one run."""
    return [found.key[0] for found in reading.events(path, Wanted(execution=run, limit=100_000)).events]


def clean(journal: JournalFile, kept: Kept) -> list[Forgotten]:
    """Forget everything that should go; return what was told about each piece."""
    told = [journal.drop(kept, None)]
    while told[-1].is_more:
        told.append(journal.drop(kept, None))
    return told


def cut(told: list[Forgotten]) -> int:
    """Return how many events of runs that go on have gone."""
    return sum(each.of_going_on for each in told)


@pytest.mark.req("EXE-33", "EXE-40")
def test_a_run_that_is_kept_loses_no_event_for_the_size(path: Path, journal: JournalFile) -> None:
    """What belongs to nobody goes, also where it is younger."""
    journal.append([*rows(1, 200, "kept"), *rows(1_000, 2_000)], [ended("kept", 201)])
    assert cut(clean(journal, SMALL)) == 0
    assert moments(path, "kept") == list(range(1, 201))
    newest = moments(path)[200:]
    assert (newest[-1], NEWEST <= len(newest) < 2_000) == (2_999, True)
    assert reading.size(path) <= MEGABYTE


@pytest.mark.parametrize("kept", [SMALL, EVERYTHING._replace(events_since=(10**9, 0))], ids=["size", "age"])
@pytest.mark.req("EXE-34", "EXE-40")
def test_a_run_that_goes_on_loses_no_event(path: Path, journal: JournalFile, kept: Kept) -> None:
    """Neither because they are old, nor because there are too many others; as soon as it has ended without a trace it does."""
    journal.append([*rows(1, 200, "going on"), *rows(1_000, 2_000)])
    assert cut(clean(journal, kept._replace(going_on=json.dumps(["going on"])))) == 0
    assert moments(path, "going on") == list(range(1, 201))
    assert len(moments(path)) < 2_200
    journal.append(rows(4_000, 2_000))
    clean(journal, kept)
    assert moments(path, "going on") == []


@pytest.mark.req("EXE-40")
def test_old_runs_go_whole_in_the_order_of_everything_else(path: Path, journal: JournalFile) -> None:
    """The oldest first, whether an event or a run, and no more than must; the last runs stay with all that they have done."""
    runs = [f"r{number:02}" for number in range(40)]
    blocks = [(*rows(100 * n, 60), *rows(100 * n + 60, 20, run)) for n, run in enumerate(runs)]
    journal.append([row for block in blocks for row in block], [ended(run, 100 * n + 80) for n, run in enumerate(runs)])
    journal.append(rows(10_000, NEWEST))
    clean(journal, SMALL._replace(most_bytes=2 * MEGABYTE))
    stay = [run for run in runs if reading.run(path, run) is not None]
    assert (stay, 20 < len(stay) < 40) == (runs[-len(stay) :], True)
    assert [len(moments(path, run)) for run in stay] == [20] * len(stay)
    assert (moments(path)[0] >= 100 * (40 - len(stay)), reading.size(path) <= 2 * MEGABYTE) == (True, True)


@pytest.mark.req("EXE-40")
def test_a_run_that_goes_on_is_cut_only_where_nothing_else_is_left(path: Path, journal: JournalFile) -> None:
    """Its oldest events go then, and that is told; the newest of everything stay, and the last runs."""
    journal.append(
        [*rows(1, 20, "kept"), *rows(100, 3_000, "going on"), *rows(5_000, 600)],
        [ended("kept", 21), *(ended(f"r{number}", number) for number in range(RUNS))],
    )
    told = clean(journal, SMALL._replace(going_on=json.dumps(["going on"])))
    left = moments(path, "going on")
    assert (cut(told) + len(left), left) == (3_000, list(range(3_100 - len(left), 3_100)))
    assert (moments(path)[-NEWEST:], moments(path, "kept")) == (list(range(5_100, 5_600)), list(range(1, 21)))
    assert [each.of_going_on > 0 for each in told] == [*sorted(each.of_going_on > 0 for each in told[:-1]), False]
    assert reading.size(path) <= MEGABYTE

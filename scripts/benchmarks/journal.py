"""What the journal costs: an event on the loop, the way to the disk, questions to a large file, and a trail that is verified."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
import sqlite3
from statistics import median
import tempfile
from time import perf_counter, process_time, thread_time
from typing import Any, Final

from homeassistant.core import HomeAssistant

from custom_components.god_kaiser.core.journal.chain import Anchors
from custom_components.god_kaiser.core.journal.ids import EventKey, id_of
from custom_components.god_kaiser.core.journal.kinds import KINDS, Level, Noted, nature_of
from custom_components.god_kaiser.host.journal import reading
from custom_components.god_kaiser.host.journal.bodies import body_of
from custom_components.god_kaiser.host.journal.file import JournalFile
from custom_components.god_kaiser.host.journal.journal import Journal, Keeping
from custom_components.god_kaiser.host.journal.reading import Wanted
from custom_components.god_kaiser.host.journal.rows import LEVELS, TABLES, Row as Event, packed
from scripts.benchmarks.table import Row

NOTED, WRITTEN, STORED, ENTRIES, ROUNDS = 10_000, 50_000, 1_000_000, 100_000, 5
_AT_ONCE: Final = 20_000
_FIRST: Final = 1_790_000_000_000
_CONTENT: Final[dict[str, Any]] = {
    "execution_id": "01M7ZVNT1V3G1GPD44JDJ2YTDJ",
    "correlation_id": "god-1790000000-17",
    "actor": {"type": "system", "name": "rule"},
    "data": {
        "esp_id": "ESP_B00001",
        "channel": "ESP_B00001/actuator/16",
        "level": 1.0,
        "origin": "rule",
        "owner": "rule/water",
        "reasons": [],
        "outranked": [],
    },
}
QUESTIONS: Final = (
    ("all of them", Wanted()),
    ("of one run", Wanted(execution="run-77")),
    ("of one kind", Wanted(kinds=("run.failed",))),
    ("of one output", Wanted(subject="ESP_B00001/actuator/16")),
    ("warnings about safety", Wanted(level=Level.WARN, domain="safety")),
)
# The worst that can be asked for: every error is looked at, and none of them is of that part of the house.
_NOWHERE: Final = Wanted(level=Level.ERROR, domain="delivery")


def a_journal(hass: HomeAssistant) -> Journal:
    """Return a journal as a hub has it."""
    return Journal(hass, "bench", Keeping(), keep_anchors=lambda *_: None, on_health=lambda *_: None)


def note(journal: Journal) -> None:
    """Note what a rule does most often."""
    journal.note(Noted.DECISION_ALLOWED, _CONTENT, subject="ESP_B00001/actuator/16")


async def appending(folder: str) -> tuple[float, float]:
    """Return the CPU seconds on the loop for one event with all that follows there, and those of a bare dict in a deque."""
    hass = HomeAssistant(folder)
    journal = a_journal(hass)
    await journal.async_open(Anchors())
    taken: list[float] = []
    bare: list[float] = []
    for _ in range(ROUNDS):
        began = thread_time()
        for number in range(NOTED):
            note(journal)
            # In a house events come one by one; what follows on the loop belongs to the price.
            if number % 100 == 0:
                await asyncio.sleep(0)
        await journal.writer.async_flush()
        taken.append((thread_time() - began) / NOTED)
        queue: deque[dict[str, Any]] = deque(maxlen=NOTED)
        began = thread_time()
        for number in range(NOTED):
            queue.append({"event_id": number, **_CONTENT})
        bare.append((thread_time() - began) / NOTED)
    await journal.async_close()
    await hass.async_stop(force=True)
    return median(taken), median(bare)


async def noting(folder: str) -> float:
    """Return the CPU seconds of ``note`` alone, with what it does to have the event written."""
    hass = HomeAssistant(folder)
    journal = a_journal(hass)
    await journal.async_open(Anchors())
    taken: list[float] = []
    for _ in range(ROUNDS):
        began = thread_time()
        for _ in range(NOTED):
            note(journal)
        taken.append((thread_time() - began) / NOTED)
        await journal.writer.async_flush()
    await journal.async_close()
    await hass.async_stop(force=True)
    return median(taken)


async def writing(folder: str) -> float:
    """Return how many events a second find their way from ``note`` to the disk, written through."""
    hass = HomeAssistant(folder)
    journal = a_journal(hass)
    await journal.async_open(Anchors())
    written = 0

    def count(_: Event) -> None:
        nonlocal written
        written += 1

    journal.watch(count)
    began = perf_counter()
    noted = 0
    while written < WRITTEN:
        while noted < WRITTEN and noted - written < _AT_ONCE:
            note(journal)
            noted += 1
            if noted % 100 == 0:
                await asyncio.sleep(0)
        await asyncio.sleep(0.001)
    passed = perf_counter() - began
    await journal.async_close()
    await hass.async_stop(force=True)
    return WRITTEN / passed


def events(count: int, first: int = _FIRST, *, is_audit: bool = False) -> Iterator[Event]:
    """Return events as a house has them: of many kinds, runs and outputs."""
    for number in range(count):
        key: EventKey = (first + number, 0)
        kind = KINDS[number % len(KINDS)]
        nature = nature_of(kind)
        subject = f"ESP_B{number % 1_000:05}/actuator/16"
        envelope = {
            "schema_version": 1,
            "event_id": id_of(key),
            "event_type": kind,
            "type": kind,
            "timestamp": "2026-09-21T12:00:00.000000+00:00",
            "entry_id": "01M7ZVNT1V3G1GPD44JDJ2YTDJ",
            **_CONTENT,
        }
        execution = f"run-{number // 200}" if number % 2 else ""
        yield Event(key, kind, execution, subject, nature.level, nature.domain, is_audit, "system", envelope)


def fill(file: JournalFile, count: int, *, is_audit: bool = False) -> Anchors:
    """Write many events, in large batches."""
    end = file.open().end
    batch: list[Event] = []
    for event in events(count, is_audit=is_audit):
        batch.append(event)
        if len(batch) == _AT_ONCE:
            end = file.append(batch)
            batch = []
    if batch:
        end = file.append(batch)
    file.settle()
    return Anchors(until=end)


def bare_writing(path: Path) -> float:
    """Return how many of the same rows a second ``executemany`` takes, in as large batches, with nothing around it."""
    rows = [
        (packed(e.key), e.kind, e.execution, e.subject, LEVELS[e.level], e.domain, body_of(e.envelope), e.technical)
        for e in events(WRITTEN)
    ]
    with closing(sqlite3.connect(path)) as connection:
        for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", *TABLES):
            connection.execute(statement)
        began = perf_counter()
        for start in range(0, WRITTEN, 2_000):
            with connection:
                connection.executemany(
                    "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows[start : start + 2_000]
                )
        return WRITTEN / (perf_counter() - began)


def fastest(ask: Callable[[], object]) -> float:
    """Return the median seconds of a question."""
    taken: list[float] = []
    for _ in range(ROUNDS):
        began = perf_counter()
        ask()
        taken.append(perf_counter() - began)
    return median(taken)


def questions(path: Path) -> list[Row]:
    """Return how long the last hundred of a million take."""
    file = JournalFile(path)
    fill(file, STORED)
    size = path.stat().st_size / STORED
    rows = [
        Row(f"the last 100 of {STORED:,} events, {what}", _ms(path, wanted), "≤ 20 ms") for what, wanted in QUESTIONS
    ]
    rows.append(Row("errors of a part of the house that has none, among 100,000s of errors", _ms(path, _NOWHERE)))
    file.close()
    return [*rows, Row("one event on the disk, with its indexes", f"{size:.0f} bytes")]


def _ms(path: Path, wanted: Wanted) -> str:
    return f"{fastest(lambda: reading.events(path, wanted)) * 1e3:.1f} ms"


def verifying(path: Path) -> list[Row]:
    """Return how long a whole trail takes."""
    file = JournalFile(path)
    anchors = fill(file, ENTRIES, is_audit=True)
    file.close()
    began = process_time()
    verdict = reading.verify(path, anchors)
    passed = process_time() - began
    if (verdict.entries, verdict.problem) != (ENTRIES, None):
        raise SystemExit(f"The trail of the benchmark is not whole: {verdict}")
    return [Row(f"a trail of {ENTRIES:,} entries verified", f"{passed * 1e3:.0f} ms")]


async def measure() -> list[Row]:
    """Measure everything."""
    with tempfile.TemporaryDirectory() as folder:
        room = Path(folder)
        whole, bare = await appending(f"{folder}/append")
        alone = await noting(f"{folder}/note")
        rate = await writing(f"{folder}/write")
        without = await asyncio.to_thread(bare_writing, room / "bare.db")
        return [
            Row("an event noted, until it waits to be written, CPU on the loop", f"{alone * 1e6:.1f} µs", "≤ 10 µs"),
            Row("the same, with all that follows on the loop until it is told", f"{whole * 1e6:.1f} µs"),
            Row("against a bare dict in a deque", f"{alone / bare:.1f} ×"),
            Row("events noted, written through, read back and told", f"{rate:,.0f} per second", "≥ 5,000"),
            Row("against a bare executemany of the same rows", f"{rate / without:.2f} ×"),
            *await asyncio.to_thread(questions, room / "questions.db"),
            *await asyncio.to_thread(verifying, room / "trail.db"),
        ]

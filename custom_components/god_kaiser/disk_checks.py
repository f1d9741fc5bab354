"""The self-check of what lies on the disk: whether it can be read, has the right form, and takes what is written."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
import re
import shutil
from typing import Final

from .core.journal.kinds import Noted
from .host.database import columns_of
from .host.failures import common_text
from .host.journal.queue import MOST_WAITING
from .host.journal.reading import Wanted
from .host.journal.rows import TABLES
from .host.memory_disk import TABLE
from .host.record_store import VERSION, RecordStore
from .self_check import Check, Mark, Outcome, Subject, judged

_LEAST_SPACE: Final = 200_000_000
_CREATED: Final = re.compile(r"CREATE TABLE IF NOT EXISTS (\w+) \((.*)\)", re.DOTALL)


async def _readable(subject: Subject, file: str) -> Outcome:
    # What was wrong with it stands in the log, in the words of whoever has found it.
    is_unusable = file in subject.host.health.facts.faults()
    return judged(common_text(subject.hass, "self_check_file_unusable", {}) if is_unusable else "")


async def _version(subject: Subject, file: str) -> Outcome:
    found = await _stores(subject)[file].async_version()
    return judged("" if found in (None, VERSION) else str(found))


def _stores(subject: Subject) -> dict[str, RecordStore]:
    examined = subject.host.health.facts.examined
    return {
        "devices": examined.plans.file,
        "sequences": examined.sequences.store.file,
        "rules": examined.rules.store.file,
    }


async def _tables(subject: Subject, path: Path, created: Iterable[str]) -> Outcome:
    wanted = dict(found for statement in created if (found := _table_in(statement)) is not None)
    there = await subject.hass.async_add_executor_job(columns_of, path)
    return judged(", ".join(name for name, columns in wanted.items() if there.get(name) != columns))


def _table_in(statement: str) -> tuple[str, list[str]] | None:
    if (created := _CREATED.fullmatch(statement)) is None:
        return None
    return created[1], [column.split()[0] for column in created[2].split(",")]


async def _memory_tables(subject: Subject) -> Outcome:
    return await _tables(subject, subject.host.health.facts.memory.path, (TABLE,))


async def _journal_tables(subject: Subject) -> Outcome:
    # What waits to be written may be the first that is.
    await subject.host.journal.writer.async_flush()
    return await _tables(subject, subject.host.journal.path, TABLES)


async def _devices_valid(subject: Subject) -> Outcome:
    unreadable = subject.host.health.facts.examined.plans.unreadable
    return judged(str(unreadable) if unreadable else "")


async def _sequences_valid(subject: Subject) -> Outcome:
    return judged(_named(subject.host.sequences.store.degraded))


async def _rules_valid(subject: Subject) -> Outcome:
    return judged(_named(subject.host.rules.degraded))


def _named(degraded: Iterable[str]) -> str:
    return ", ".join(degraded)


async def _journal_written(subject: Subject) -> Outcome:
    return judged("" if subject.host.journal.writer.is_healthy else subject.host.journal.path.name)


async def _journal_probe(subject: Subject) -> Outcome:
    """Write an event and read it back from the disk."""
    journal = subject.host.journal
    written = journal.note(Noted.JOURNAL_PROBE, {"data": {}})
    page = await journal.async_events(Wanted(kinds=(Noted.JOURNAL_PROBE,), limit=1))
    return judged("" if page.events and page.events[-1].envelope == written else written["event_id"])


async def _journal_queue(subject: Subject) -> Outcome:
    waiting = len(subject.host.journal.writer.waiting)
    return judged(str(waiting) if waiting > MOST_WAITING // 2 else "", Mark.WARN)


async def _journal_whole(subject: Subject) -> Outcome:
    return judged(str(subject.host.journal.dropped or ""), Mark.WARN)


async def _journal_rows(subject: Subject) -> Outcome:
    """Look at the newest events, and at a piece of the others."""
    return judged(str(await subject.host.journal.async_unreadable() or ""))


async def _trail(subject: Subject) -> Outcome:
    verdict = await subject.host.journal.async_verify()
    return judged(f"{verdict.problem} ({verdict.at})" if verdict.problem else "")


async def _space(subject: Subject) -> Outcome:
    usage = await subject.hass.async_add_executor_job(shutil.disk_usage, subject.hass.config.config_dir)
    return judged(f"{usage.free // 1_000_000} MB" if usage.free < _LEAST_SPACE else "", Mark.WARN)


DISK_CHECKS: Final[dict[str, Check]] = {
    "devices_readable": partial(_readable, file="devices"),
    "sequences_readable": partial(_readable, file="sequences"),
    "rules_readable": partial(_readable, file="rules"),
    "memory_readable": partial(_readable, file="memory"),
    "journal_readable": partial(_readable, file="journal"),
    "devices_version": partial(_version, file="devices"),
    "sequences_version": partial(_version, file="sequences"),
    "rules_version": partial(_version, file="rules"),
    "memory_tables": _memory_tables,
    "journal_tables": _journal_tables,
    "devices_valid": _devices_valid,
    "sequences_valid": _sequences_valid,
    "rules_valid": _rules_valid,
    "journal_written": _journal_written,
    "journal_probe": _journal_probe,
    "journal_queue": _journal_queue,
    "journal_whole": _journal_whole,
    "journal_rows": _journal_rows,
    "trail_whole": _trail,
    "disk_space": _space,
}

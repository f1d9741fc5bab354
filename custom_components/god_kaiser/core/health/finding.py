"""What a check has found: what it is about, how bad it is, and whether a person has to act."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct

from ..ids import ChannelId
from ..journal.kinds import Level


class Category(StrEnum):
    """Which part of a hub it is about."""

    RUNS = "runs"
    OUTPUTS = "outputs"
    STORAGE = "storage"
    MESSAGES = "messages"
    SYSTEM = "system"


class HealthCode(StrEnum):
    """Everything that can be found; each has its words in the translations."""

    HANGING = "hanging"
    INCONSISTENT = "inconsistent"
    RUN_NOT_STORED = "run_not_stored"
    RUN_NOT_ARCHIVED = "run_not_archived"
    ORPHANED = "orphaned"
    STATE_MISMATCH = "state_mismatch"
    LOG_SIZE = "log_size"
    JOURNAL_FAILING = "journal_failing"
    JOURNAL_BEHIND = "journal_behind"
    JOURNAL_UNREADABLE = "journal_unreadable"
    JOURNAL_ROWS_UNREADABLE = "journal_rows_unreadable"
    JOURNAL_NOT_PERMITTED = "journal_not_permitted"
    JOURNAL_SET_ASIDE = "journal_set_aside"
    JOURNAL_REMOVED = "journal_removed"
    RUN_EVENTS_CUT = "run_events_cut"
    OWNERLESS = "ownerless"
    STALE_LOCK = "stale_lock"
    SEQUENCE_GONE = "sequence_gone"
    STORE_SET_ASIDE = "store_set_aside"
    DEFINITION_SET_ASIDE = "definition_set_aside"
    BROKER_AWAY = "broker_away"
    LINK_FLAPPING = "link_flapping"
    CLOCK_SKEW = "clock_skew"
    ANSWERS_SLOWER = "answers_slower"
    COMMANDS_FAILING = "commands_failing"
    SENSOR_SILENT = "sensor_silent"
    OUTPUT_SILENT = "output_silent"
    NOT_CONFIGURED = "not_configured"
    RETAINED = "retained"
    STALE_COMMAND = "stale_command"
    LOOP_SLOW = "loop_slow"
    STREAMS_FULL = "streams_full"
    STREAM_CLIENTS_LOST = "stream_clients_lost"
    STREAM_BROKEN = "stream_broken"
    CHECK_FAILED = "check_failed"


class _Nature(NamedTuple):
    """What follows from a code; people are asked to act where the hub cannot help itself, and nobody else asks them."""

    category: Category
    severity: Level = Level.WARN
    needs_person: bool = False


_NATURES: dict[HealthCode, _Nature] = {
    HealthCode.HANGING: _Nature(Category.RUNS, needs_person=True),
    HealthCode.INCONSISTENT: _Nature(Category.RUNS, needs_person=True),
    HealthCode.RUN_NOT_STORED: _Nature(Category.RUNS, Level.ERROR, needs_person=True),
    HealthCode.RUN_NOT_ARCHIVED: _Nature(Category.STORAGE, Level.ERROR, needs_person=True),
    HealthCode.ORPHANED: _Nature(Category.OUTPUTS, Level.ERROR, needs_person=True),
    HealthCode.STATE_MISMATCH: _Nature(Category.OUTPUTS),
    HealthCode.OWNERLESS: _Nature(Category.OUTPUTS, needs_person=True),
    HealthCode.STALE_LOCK: _Nature(Category.RUNS, needs_person=True),
    HealthCode.SEQUENCE_GONE: _Nature(Category.RUNS, needs_person=True),
    HealthCode.LOG_SIZE: _Nature(Category.STORAGE, needs_person=True),
    # A repair issue of its own tells people when that is the case.
    HealthCode.JOURNAL_FAILING: _Nature(Category.STORAGE, Level.ERROR),
    HealthCode.JOURNAL_BEHIND: _Nature(Category.STORAGE),
    HealthCode.JOURNAL_UNREADABLE: _Nature(Category.STORAGE, Level.ERROR, needs_person=True),
    HealthCode.JOURNAL_ROWS_UNREADABLE: _Nature(Category.STORAGE, needs_person=True),
    HealthCode.JOURNAL_NOT_PERMITTED: _Nature(Category.STORAGE, Level.ERROR, needs_person=True),
    HealthCode.JOURNAL_SET_ASIDE: _Nature(Category.STORAGE, Level.ERROR, needs_person=True),
    HealthCode.JOURNAL_REMOVED: _Nature(Category.STORAGE, Level.ERROR, needs_person=True),
    HealthCode.RUN_EVENTS_CUT: _Nature(Category.STORAGE, needs_person=True),
    HealthCode.STORE_SET_ASIDE: _Nature(Category.STORAGE, Level.ERROR, needs_person=True),
    HealthCode.DEFINITION_SET_ASIDE: _Nature(Category.STORAGE, needs_person=True),
    HealthCode.BROKER_AWAY: _Nature(Category.MESSAGES, Level.ERROR, needs_person=True),
    HealthCode.LINK_FLAPPING: _Nature(Category.MESSAGES, needs_person=True),
    HealthCode.CLOCK_SKEW: _Nature(Category.MESSAGES, needs_person=True),
    HealthCode.ANSWERS_SLOWER: _Nature(Category.MESSAGES, needs_person=True),
    HealthCode.COMMANDS_FAILING: _Nature(Category.MESSAGES, needs_person=True),
    HealthCode.SENSOR_SILENT: _Nature(Category.MESSAGES, needs_person=True),
    HealthCode.OUTPUT_SILENT: _Nature(Category.MESSAGES, needs_person=True),
    # A repair issue of its own says what its device has answered.
    HealthCode.NOT_CONFIGURED: _Nature(Category.MESSAGES, Level.ERROR),
    HealthCode.RETAINED: _Nature(Category.MESSAGES, needs_person=True),
    HealthCode.STALE_COMMAND: _Nature(Category.MESSAGES),
    HealthCode.LOOP_SLOW: _Nature(Category.SYSTEM),
    HealthCode.STREAMS_FULL: _Nature(Category.SYSTEM, needs_person=True),
    HealthCode.STREAM_CLIENTS_LOST: _Nature(Category.SYSTEM),
    HealthCode.STREAM_BROKEN: _Nature(Category.SYSTEM, Level.ERROR, needs_person=True),
    HealthCode.CHECK_FAILED: _Nature(Category.SYSTEM, Level.ERROR, needs_person=True),
}
_WORST_LAST = (Level.OK, Level.WARN, Level.ERROR)


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that is wrong; ``subject`` is what it is wrong with, and ``technical`` is for administrators."""

    code: HealthCode
    subject: str = ""
    details: dict[str, str | int | float] = {}
    technical: str = ""

    @property
    def identity(self) -> tuple[HealthCode, str]:
        """Return by what the same finding is known at the next check, however its numbers have changed."""
        return self.code, self.subject

    @property
    def channel(self) -> ChannelId | None:
        """Return which sensor or output it is about, if any."""
        named = self.details.get("channel")
        return None if named is None else ChannelId(str(named))

    @property
    def category(self) -> Category:
        """Return which part of the hub it is about."""
        return _NATURES[self.code].category

    @property
    def severity(self) -> Level:
        """Return how bad it is."""
        return _NATURES[self.code].severity

    @property
    def needs_person(self) -> bool:
        """Tell whether a person has to act, and is not asked to by anybody else."""
        return _NATURES[self.code].needs_person


def worst(findings: Iterable[Finding]) -> Level:
    """Return how bad it is all in all."""
    return max((each.severity for each in findings), key=_WORST_LAST.index, default=Level.OK)


def by_category(findings: Iterable[Finding]) -> dict[Category, list[Finding]]:
    """Return what was found in each part of the hub, also where that is nothing."""
    sorted_out: dict[Category, list[Finding]] = {category: [] for category in Category}
    for each in findings:
        sorted_out[each.category].append(each)
    return sorted_out

"""Findings: how bad they are, in which part of a hub, and what is wrong with the disk and with Home Assistant."""

from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.health.finding import Category, Finding, HealthCode, by_category, worst
from custom_components.god_kaiser.core.health.storage import JournalPicture, journal, set_aside, unusable
from custom_components.god_kaiser.core.health.system import SLOW_LOOP, failed, loop
from custom_components.god_kaiser.core.journal.kinds import Level

MB = 1_000_000


def a_journal(*, megabytes: float = 1.0, limit: int = 10, waiting: int = 0, is_healthy: bool = True) -> JournalPicture:
    """Return how the journal is."""
    size = int(megabytes * MB)
    return JournalPicture(size=size, most=limit * MB, waiting=waiting, most_waiting=100, is_healthy=is_healthy)


def test_every_code_has_a_part_a_severity_and_somebody_who_is_asked_or_not() -> None:
    """Nothing that is found is well."""
    for code in HealthCode:
        finding = Finding(code=code)
        assert finding.category in Category
        assert finding.severity is not Level.OK
        assert isinstance(finding.needs_person, bool)
    assert {Finding(code=code).category for code in HealthCode} == set(Category)


@pytest.mark.req("ROB-24")
def test_the_worst_counts() -> None:
    """Nothing is well, one warning is a warning, and one error an error."""
    slow, away = Finding(code=HealthCode.LOOP_SLOW), Finding(code=HealthCode.BROKER_AWAY)
    assert [worst([]), worst([slow]), worst([away, slow])] == [Level.OK, Level.WARN, Level.ERROR]
    sorted_out = by_category([slow, away])
    assert sorted_out == {
        Category.RUNS: [],
        Category.OUTPUTS: [],
        Category.STORAGE: [],
        Category.MESSAGES: [away],
        Category.SYSTEM: [slow],
    }


def test_a_finding_is_the_same_whatever_its_numbers() -> None:
    """And another one for somebody else."""
    first = Finding(code=HealthCode.HANGING, subject="r1", details={"minutes": 61})
    assert first.identity == Finding(code=HealthCode.HANGING, subject="r1", details={"minutes": 66}).identity
    assert first.identity != Finding(code=HealthCode.HANGING, subject="r2").identity


@pytest.mark.req("ROB-22")
def test_a_journal_of_11_megabytes_is_too_large_for_10() -> None:
    """A little more is left to the next cleaning."""
    assert journal(a_journal(megabytes=10.4)) == []
    (found,) = journal(a_journal(megabytes=11.0))
    assert (found.code, found.details) == ("log_size", {"megabytes": 11.0, "limit": 10.0})


def test_a_journal_that_fails_or_is_behind() -> None:
    """Both are told."""
    assert journal(a_journal(waiting=50)) == []
    found = journal(a_journal(waiting=51, is_healthy=False))
    assert [each.code.value for each in found] == ["journal_failing", "journal_behind"]


def test_a_journal_that_cannot_be_read_was_taken_away_or_is_too_small_for_what_goes_on() -> None:
    """Each by itself, and a person is asked."""
    picture = a_journal()
    for changed, code in (
        ({"unreadable": HealthCode.JOURNAL_UNREADABLE}, HealthCode.JOURNAL_UNREADABLE),
        ({"unreadable": HealthCode.JOURNAL_NOT_PERMITTED}, HealthCode.JOURNAL_NOT_PERMITTED),
        ({"was_removed": True}, HealthCode.JOURNAL_REMOVED),
        ({"cut": 3}, HealthCode.RUN_EVENTS_CUT),
    ):
        (found,) = journal(replace(picture, **changed))
        assert (found.code, found.needs_person, found.details) == (code, True, {"count": 3} if "cut" in changed else {})


def test_what_was_set_aside_is_told_with_its_reason() -> None:
    """A file by its name, and a definition by its id; a journal, in which nobody enters anything, with a code of its own."""
    assert [each.code for each in set_aside({"journal": "damaged"})] == [HealthCode.JOURNAL_SET_ASIDE]
    (file,), (definition,) = set_aside({"rules": "newer"}), unusable({"old": "bad"})
    assert (file.code, file.subject, file.technical) == ("store_set_aside", "rules", "newer")
    assert (definition.code, definition.subject, definition.technical) == ("definition_set_aside", "old", "bad")
    assert set_aside({}) == unusable({}) == []


def test_a_loop_that_is_slow_and_a_check_that_has_failed() -> None:
    """Half a second is allowed."""
    assert loop(SLOW_LOOP) == []
    assert [each.details for each in loop(0.75)] == [{"milliseconds": 750}]
    found = failed("outputs", "ValueError: x")
    assert (found.code, found.subject, found.technical) == ("check_failed", "outputs", "ValueError: x")

"""How long and how often outputs have run: what limits per hour and per day are judged by."""

from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
from msgspec import json
import pytest

from custom_components.god_kaiser.core.ids import actuator_channel
from custom_components.god_kaiser.core.instant import Instant
from custom_components.god_kaiser.core.safety.usage import HOUR, Usage, UsageBook, UsageMemory
from tests.builders import ESP, PUMP, START, an_instant

BERLIN, HAVANA = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Havana")
# Whole milliseconds, as clocks count.
SPANS = st.lists(st.integers(min_value=1, max_value=9 * 3600 * 1000).map(lambda steps: steps / 1000), max_size=12)


def at(local: str, zone: ZoneInfo = BERLIN, *, fold: int = 0) -> Instant:
    """Return the moment that people of a zone call so."""
    moment = datetime.fromisoformat(local).replace(tzinfo=zone, fold=fold)
    return an_instant((moment.astimezone(UTC) - START).total_seconds())


def switched(usage: Usage, *moments: Instant, zone: ZoneInfo = BERLIN) -> Usage:
    """Start and rest an output in turns."""
    for index, moment in enumerate(moments):
        [usage.start, usage.rest][index % 2](moment, zone)
    return usage


def after(spans: Iterable[float]) -> tuple[Usage, float]:
    """Return an output that was switched after each of the spans, and the moment of the last one."""
    seconds, usage = 0.0, Usage()
    moments = []
    for span in spans:
        seconds += span
        moments.append(an_instant(seconds))
    return switched(usage, *moments), seconds


def test_an_output_that_never_ran_has_nothing_to_tell() -> None:
    """Nor has it anything to remember."""
    usage = Usage()
    assert (usage.on_since, usage.off_since, usage.starts_since(0.0)) == (None, None, 0)
    assert usage.on_today(an_instant(), BERLIN) == 0.0
    assert UsageBook().of(PUMP).memory(an_instant()) == UsageMemory()


def test_a_run_counts_from_its_start_to_its_rest() -> None:
    """While it goes on, too."""
    usage = switched(Usage(), an_instant(0))
    assert (usage.on_since, usage.off_since) == (an_instant(0).monotonic, None)
    assert usage.on_today(an_instant(40), BERLIN) == 40
    usage.rest(an_instant(60), BERLIN)
    assert (usage.on_since, usage.off_since) == (None, an_instant(60).monotonic)
    assert usage.on_today(an_instant(1000), BERLIN) == 60


def test_all_runs_of_a_day_count_together() -> None:
    """With rests between them."""
    usage = switched(Usage(), *(an_instant(seconds) for seconds in (0, 60, 100, 130, 200)))
    assert usage.on_today(an_instant(205), BERLIN) == 95


def test_going_on_is_no_start_and_resting_on_is_no_rest() -> None:
    """A renewal and a repeated off change nothing."""
    usage = Usage()
    usage.rest(an_instant(5), BERLIN)
    assert (usage.on_since, usage.off_since) == (None, None)
    for seconds in (10, 20, 30):
        usage.start(an_instant(seconds), BERLIN)
    assert (usage.on_since, usage.starts_since(0.0)) == (an_instant(10).monotonic, 1)
    for seconds in (40, 50):
        usage.rest(an_instant(seconds), BERLIN)
    assert usage.off_since == an_instant(40).monotonic
    assert usage.on_today(an_instant(60), BERLIN) == 30


def test_a_start_that_was_refused_has_not_taken_place() -> None:
    """The rest before it goes on."""
    usage = switched(Usage(), an_instant(0), an_instant(10), an_instant(50))
    usage.take_back()
    assert (usage.on_since, usage.off_since, usage.starts_since(0.0)) == (None, an_instant(10).monotonic, 1)
    usage.take_back()
    assert usage.starts_since(0.0) == 1


@pytest.mark.parametrize(("seconds", "starts"), [(0, 3), (99.9, 3), (100, 2), (199, 2), (200, 1), (300, 0), (9999, 0)])
def test_starts_are_counted_from_a_moment_on(seconds: float, starts: int) -> None:
    """The moment itself does not belong to it, so an hour later a start is forgotten."""
    moments = [an_instant(start + rest) for start in (100, 200, 300) for rest in (0, 50)]
    usage = switched(Usage(), *moments)
    assert usage.starts_since(an_instant(seconds).monotonic) == starts


@pytest.mark.parametrize(
    ("zone", "started", "midnight", "asked", "seconds"),
    [
        (BERLIN, "2026-04-29T22:00", "2026-04-30T00:00", "2026-04-30T00:10", 600),
        (ZoneInfo("Asia/Kolkata"), "2026-04-29T23:59", "2026-04-30T00:00", "2026-04-30T01:00", 3600),
        # The night in which clocks jump from two to three has no such hour, and its opposite has two of them.
        (BERLIN, "2026-03-28T12:00", "2026-03-29T00:00", "2026-03-29T06:00", 5 * 3600),
        (BERLIN, "2026-10-24T12:00", "2026-10-25T00:00", "2026-10-25T06:00", 7 * 3600),
        # Where clocks jump at midnight, the day begins at one, or its first hour comes twice.
        (HAVANA, "2026-03-07T12:00", "2026-03-08T01:00", "2026-03-08T06:00", 5 * 3600),
        (HAVANA, "2026-10-31T12:00", "2026-11-01T00:00", "2026-11-01T06:00", 7 * 3600),
    ],
)
def test_a_day_begins_at_midnight_of_the_people(
    zone: ZoneInfo, started: str, midnight: str, asked: str, seconds: float
) -> None:
    """Whoever runs through it has run since midnight, and what was before is forgotten."""
    usage = switched(Usage(), at(started, zone), zone=zone)
    assert usage.day_ends_at(at(started, zone), zone) == pytest.approx(at(midnight, zone).monotonic, abs=0.01)
    assert usage.on_today(at(asked, zone), zone) == pytest.approx(seconds, abs=0.01)
    usage.rest(at(asked, zone), zone)
    assert usage.on_today(at(asked, zone), zone) == pytest.approx(seconds, abs=0.01)


def test_the_second_of_two_equal_hours_belongs_to_the_same_day() -> None:
    """In Havana it is half past midnight twice in one night."""
    usage = switched(Usage(), at("2026-11-01T00:15", HAVANA), zone=HAVANA)
    assert usage.on_today(at("2026-11-01T00:30", HAVANA, fold=1), HAVANA) == pytest.approx(75 * 60, abs=0.01)


def test_what_was_run_yesterday_does_not_count_today() -> None:
    """Also when nobody has asked in between."""
    usage = switched(Usage(), at("2026-04-29T10:00"), at("2026-04-29T11:00"))
    assert usage.on_today(at("2026-04-29T23:59"), BERLIN) == 3600
    assert usage.on_today(at("2026-04-30T00:00"), BERLIN) == 0
    usage.start(at("2026-05-02T08:00"), BERLIN)
    assert usage.on_today(at("2026-05-02T08:01"), BERLIN) == 60


def test_a_run_of_several_days_counts_its_last_day_alone() -> None:
    """At its end, too."""
    usage = switched(Usage(), at("2026-04-27T10:00"), at("2026-04-30T02:00"))
    assert usage.on_today(at("2026-04-30T09:00"), BERLIN) == 2 * 3600


@pytest.mark.req("INV-5")
@given(SPANS, st.integers(min_value=0, max_value=7200))
def test_what_is_remembered_is_what_is_taken_over(spans: list[float], later: int) -> None:
    """Through the disk and past a restart, every counter names the same moments of people's clock."""
    usage, seconds = after(spans)
    memory = usage.memory(an_instant(seconds))
    read = json.decode(json.encode(memory), type=UsageMemory)
    restart = Instant(utc=an_instant(seconds + later).utc, monotonic=7.0)
    successor = Usage()
    successor.restore(read, restart)
    forgotten = restart.utc.timestamp() - HOUR
    again = successor.memory(restart)
    assert again.starts == pytest.approx([start for start in memory.starts if start > forgotten], abs=0.001)
    assert (again.on_since, again.off_since) == pytest.approx((memory.on_since, memory.off_since), abs=0.001)
    assert (again.day, again.on_today) == (memory.day, memory.on_today)


@given(SPANS)
def test_a_restart_in_between_changes_no_count(spans: list[float]) -> None:
    """The day and the hour go on."""
    usage, seconds = after(spans)
    successor = Usage()
    successor.restore(usage.memory(an_instant(seconds)), an_instant(seconds))
    later = an_instant(seconds + 600)
    assert successor.on_today(later, BERLIN) == pytest.approx(usage.on_today(later, BERLIN), abs=0.001)
    hour_ago = later.monotonic - HOUR
    assert successor.starts_since(hour_ago) == usage.starts_since(hour_ago)


def test_starts_of_more_than_an_hour_ago_are_not_worth_keeping() -> None:
    """Nobody asks for them."""
    usage = switched(Usage(), *(an_instant(seconds) for seconds in (0, 1, 3600, 3601)))
    assert len(usage.memory(an_instant(3600)).starts) == 1
    assert len(usage.memory(an_instant(3599)).starts) == 2


def test_nothing_of_what_is_remembered_lies_in_the_future() -> None:
    """The clock was wrong when it was written down, or is wrong now: then it has happened just now."""
    now = an_instant(100)
    ahead = now.utc.timestamp() + 50
    running, resting = Usage(), Usage()
    running.restore(UsageMemory(starts=(ahead,), on_since=ahead), now)
    resting.restore(UsageMemory(off_since=ahead), now)
    assert (running.on_since, list(running.starts)) == (now.monotonic, [now.monotonic])
    assert resting.off_since == now.monotonic
    assert running.on_today(now, BERLIN) == 0


def test_every_output_has_counters_of_its_own() -> None:
    """Until it is gone."""
    book = UsageBook()
    second = actuator_channel(ESP, 17)
    book.of(PUMP).start(an_instant(), BERLIN)
    assert book.of(PUMP).on_since is not None
    assert book.of(second).on_since is None
    book.drop(PUMP)
    book.drop(PUMP)
    assert book.of(PUMP).on_since is None


def test_a_run_that_was_told_to_rest_and_started_again_has_lasted_all_the_time() -> None:
    """Nobody has seen it rest in between: what limits a run counts from its first start."""
    usage = Usage()
    usage.start(an_instant(0), BERLIN)
    usage.tell_to_rest(an_instant(50))
    usage.start(an_instant(60), BERLIN)
    assert (usage.on_since, len(usage.starts)) == (an_instant(0).monotonic, 2)
    usage.rest(an_instant(100), BERLIN)
    assert usage.on_today(an_instant(100), BERLIN) == 100


def test_the_day_of_a_run_that_was_found_is_the_day_of_the_house() -> None:
    """A minute before midnight there, whatever the day is elsewhere."""
    usage = Usage()
    usage.found_running(at("2026-05-01T23:59:00"), BERLIN)
    usage.found_running(at("2026-05-02T00:00:30"), BERLIN)
    assert usage.on_today(at("2026-05-02T00:01:00"), BERLIN) == 60
    assert len(usage.starts) == 1


def test_starts_are_not_remembered_without_end() -> None:
    """No limit needs more of them than there are seconds in an hour, and a restart brings no more back."""
    usage = Usage()
    for second in range(0, 10_000, 2):
        switched(usage, an_instant(second), an_instant(second + 1))
    assert len(usage.starts) == 4096
    usage.restore(UsageMemory(starts=tuple(range(5000))), an_instant(10_000))
    usage.start(an_instant(10_001), BERLIN)
    assert len(usage.starts) == 4096

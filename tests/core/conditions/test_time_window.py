"""Times of day against a slow clock: one that is looked at every minute, over days that are 23, 24 and 25 hours long."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.conditions.time_window import TimeWindow, Weekday, is_whole_day
from custom_components.god_kaiser.core.conditions.view import SunEvent
from custom_components.god_kaiser.core.instant import Instant
from custom_components.god_kaiser.core.truth import Truth
from tests.core.conditions.asking import FALSE, TRUE, UNKNOWN, Asker, asked, problem_of

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
KOLKATA, LORD_HOWE = ZoneInfo("Asia/Kolkata"), ZoneInfo("Australia/Lord_Howe")
CAIRO = ZoneInfo("Africa/Cairo")
DAY = timedelta(days=1)
WEEK = tuple(Weekday)
# Around each of them people's clocks are put forward or back: by an hour, by half an hour, at midnight, or not at all.
DAYS = (
    (BERLIN, date(2026, 3, 29)),
    (BERLIN, date(2026, 10, 25)),
    (NEW_YORK, date(2026, 3, 8)),
    (NEW_YORK, date(2026, 11, 1)),
    (LORD_HOWE, date(2026, 4, 5)),
    (LORD_HOWE, date(2026, 10, 4)),
    (CAIRO, date(2026, 4, 24)),
    (CAIRO, date(2026, 10, 29)),
    (KOLKATA, date(2026, 6, 1)),
)
WINDOWS = (
    ("06:00", "22:00"),
    ("22:00", "06:00"),
    ("00:00", "24:00"),
    ("24:00", "03:00"),
    ("24:00", "00:00"),
    ("24:00", "24:00"),
    ("06:00", "06:00"),
    ("23:59", "00:00"),
    ("00:00", "00:01"),
    ("02:00", "02:30"),
    ("02:15", "02:45"),
    ("02:30", "03:00"),
    ("02:45", "02:15"),
    ("01:30", "02:30"),
    ("03:00", "02:00"),
    ("00:30", "23:30"),
)
ASKERS: dict[tzinfo, Asker] = {zone: Asker(zone) for zone in (UTC, BERLIN, NEW_YORK, LORD_HOWE, CAIRO, KOLKATA)}


def at(utc: datetime) -> Instant:
    """Return a moment."""
    return Instant(utc=utc, monotonic=utc.timestamp())


def window(after: str = "00:00", before: str = "24:00", *weekdays: Weekday) -> TimeWindow:
    """Return a question about the time of day."""
    written = {"kind": "time", "after": after, "before": before}
    found = asked(**written, **({"weekdays": list(weekdays)} if weekdays else {}))
    assert isinstance(found, TimeWindow)
    return found


def local(zone: tzinfo, day: date, hour: int, minute: int = 0) -> Instant:
    """Return when people's clock first shows something that it does show."""
    return at(datetime.combine(day, time(hour, minute), zone).astimezone(UTC))


# -- The slow clock --------------------------------------------------------------------------------------------------


def minutes_of(written: str) -> int:
    """Return how many minutes after midnight something is."""
    hours, minutes = written.split(":")
    return int(hours) * 60 + int(minutes)


@lru_cache(maxsize=64)
def shown(zone: tzinfo, day: date) -> list[tuple[datetime, datetime]]:
    """Return two days around one, minute by minute: the moment, and the latest that the clock has shown until then."""
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) - 2 * DAY
    latest, found = datetime.min, []
    for _ in range(7 * 12 * 60):
        # A second later, because the clock of the house jumps within a millisecond.
        tick = moment + timedelta(seconds=1)
        latest = max(latest, tick.astimezone(zone).replace(tzinfo=None))
        found.append((tick, latest))
        moment += timedelta(minutes=1)
    return found[3 * 12 * 60 :]


@lru_cache(maxsize=64)
def open_minutes(question: TimeWindow) -> frozenset[int]:
    """Return the minutes of a week in which a window is open on a clock that is never put back."""
    after, before = minutes_of(question.after), minutes_of(question.before)
    length = (before - after - 1) % (24 * 60) + 1 if before != after else 24 * 60
    begins = [number * 24 * 60 + after for number, day in enumerate(WEEK) if day in question.weekdays]
    return frozenset((begin + minute) % (7 * 24 * 60) for begin in begins for minute in range(length))


def is_open(question: TimeWindow, clock: datetime) -> bool:
    """Tell whether a clock that is never put back is in a window."""
    return (clock.weekday() * 24 + clock.hour) * 60 + clock.minute in open_minutes(question)


@pytest.mark.req("LOG-25")
@pytest.mark.parametrize(("zone", "day"), DAYS, ids=str)
def test_every_minute_of_the_longest_and_the_shortest_days(zone: tzinfo, day: date) -> None:
    """Pitfall C2: with minutes, over midnight, until 24:00, the same time twice, and where clocks are put."""
    world = ASKERS[zone].world
    for after, before in WINDOWS:
        question = window(after, before)
        for moment, clock in shown(zone, day):
            expected = TRUE if is_open(question, clock) else FALSE
            assert question.truth(world, at(moment)) is expected, (after, before, clock)


@pytest.mark.req("LOG-25")
@settings(max_examples=100)
@given(
    where=st.sampled_from(DAYS),
    after=st.integers(0, 24 * 60),
    before=st.integers(0, 24 * 60),
    weekdays=st.sets(st.sampled_from(Weekday), min_size=1),
    offset=st.integers(0, 12),
)
def test_any_window_on_any_weekdays(
    where: tuple[tzinfo, date], after: int, before: int, weekdays: set[Weekday], offset: int
) -> None:
    """Pitfall C34: a weekday is a name, and means the day on which the window begins."""
    begin, end = (f"{minute // 60:02}:{minute % 60:02}" for minute in (after, before))
    question = window(begin, end, *weekdays)
    for moment, clock in shown(*where)[offset::13]:
        assert (question.truth(ASKERS[where[0]].world, at(moment)) is TRUE) is is_open(question, clock), clock


@pytest.mark.req("LOG-25")
def test_the_example_of_the_former_server() -> None:
    """From six to ten in the evening: 05:59 is not in it, 06:00 is, 22:00 is not; in the zone of the house."""
    world, question, night = ASKERS[BERLIN].world, window("06:00", "22:00"), window("22:00", "06:00")
    for clock, truth in (((5, 59), FALSE), ((6, 0), TRUE), ((21, 59), TRUE), ((22, 0), FALSE)):
        moment = local(BERLIN, date(2026, 7, 1), *clock)
        assert question.truth(world, moment) is truth
        assert night.truth(world, moment) is (TRUE if truth is FALSE else FALSE)


def test_midnight_as_an_end_is_midnight() -> None:
    """Pitfall C35: 00:00 is a time like any other; with a begin after it, it is the next one."""
    world = ASKERS[BERLIN].world
    for end in ("00:00", "24:00"):
        question = window("20:00", end)
        assert question.truth(world, local(BERLIN, date(2026, 7, 1), 23, 59)) is TRUE
        assert question.truth(world, local(BERLIN, date(2026, 7, 2), 0)) is FALSE


def test_a_window_that_the_clock_skips_is_empty_and_not_a_day_long() -> None:
    """In the night in which it is put forward, 02:30 and 03:00 are the same moment."""
    world, question = ASKERS[BERLIN].world, window("02:30", "03:00")
    for hour in range(24):
        assert question.truth(world, at(datetime(2026, 3, 29, hour, 0, 1, tzinfo=UTC))) is FALSE
    assert question.truth(world, local(BERLIN, date(2026, 3, 30), 2, 45)) is TRUE


def test_a_time_that_comes_twice_counts_once() -> None:
    """In the night in which it is put back, a pump that runs from 02:10 to 02:20 runs for ten minutes."""
    world, question = ASKERS[BERLIN].world, window("02:10", "02:20")
    begin = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)
    open_minutes = [
        minute for minute in range(180) if question.truth(world, at(begin + timedelta(minutes=minute))) is TRUE
    ]
    assert open_minutes == list(range(10, 20))


def test_seconds_may_be_written() -> None:
    """A window may begin and end within a minute."""
    world, question = ASKERS[UTC].world, window("06:00:10", "06:00:20")
    begin = datetime(2026, 7, 1, 6, tzinfo=UTC)
    truths = [question.truth(world, at(begin + timedelta(seconds=second))) for second in (9, 10, 19, 20)]
    assert truths == [FALSE, TRUE, TRUE, FALSE]


# -- When it turns ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("zone", "day"), DAYS, ids=str)
def test_it_turns_when_it_says_so_and_at_no_other_time(zone: tzinfo, day: date) -> None:
    """Between two turns the answer never changes, so nobody has to look in between; just before each it is the old one."""
    world = ASKERS[zone].world
    for after, before in WINDOWS:
        question = window(after, before, Weekday.SATURDAY, Weekday.SUNDAY, Weekday.THURSDAY, Weekday.FRIDAY)
        moment, turn, known = datetime.min.replace(tzinfo=UTC), None, None
        for moment, _ in shown(zone, day)[::4]:
            truth = question.truth(world, at(moment))
            if turn is None or turn <= moment:
                turn = question.turns_at(world, at(moment))
                assert turn is not None
                assert turn > moment
                just_before = turn - timedelta(microseconds=1)
                assert question.truth(world, at(just_before)) is truth
            else:
                assert truth is known
            known = truth


def test_a_window_on_one_weekday_turns_a_week_later() -> None:
    """When the last one has ended, the next one is found."""
    world, question = ASKERS[BERLIN].world, window("06:00", "07:00", Weekday.MONDAY)
    ended = local(BERLIN, date(2026, 3, 23), 7)
    assert question.truth(world, ended) is FALSE
    assert question.turns_at(world, ended) == local(BERLIN, date(2026, 3, 30), 6).utc


# -- The sun ---------------------------------------------------------------------------------------------------------


def lit(rises: tuple[int, int] = (6, 30), sets: tuple[int, int] = (18, 45), *, dark: tuple[date, ...] = ()) -> Asker:
    """Return a house where the sun does the same every day, except on those on which it does nothing."""
    asker = Asker()
    for number in range(-20, 20):
        day = date(2026, 6, 15) + number * DAY
        if day not in dark:
            asker.sun[SunEvent.SUNRISE, day] = datetime(day.year, day.month, day.day, *rises, tzinfo=UTC)
            asker.sun[SunEvent.SUNSET, day] = datetime(day.year, day.month, day.day, *sets, tzinfo=UTC)
    return asker


def truths(asker: Asker, question: TimeWindow, *clocks: tuple[int, int]) -> list[Truth]:
    """Return the answers at some times of one day."""
    return [question.truth(asker.world, at(datetime(2026, 6, 15, *clock, tzinfo=UTC))) for clock in clocks]


@pytest.mark.parametrize(
    ("after", "before", "clocks", "answers"),
    [
        ("sunrise", "sunset", [(6, 29), (6, 30), (18, 44), (18, 45)], [FALSE, TRUE, TRUE, FALSE]),
        ("sunset", "sunrise", [(6, 29), (6, 30), (18, 44), (18, 45)], [TRUE, FALSE, FALSE, TRUE]),
        ("sunrise+00:30", "sunset-01:00", [(6, 59), (7, 0), (17, 44), (17, 45)], [FALSE, TRUE, TRUE, FALSE]),
        ("sunset", "22:00", [(18, 44), (18, 45), (21, 59), (22, 0)], [FALSE, TRUE, TRUE, FALSE]),
        ("sunset + 00:15", "06:00", [(5, 59), (6, 0), (18, 59), (19, 0)], [TRUE, FALSE, FALSE, TRUE]),
        ("05:00", "sunrise", [(4, 59), (5, 0), (6, 29), (6, 30)], [FALSE, TRUE, TRUE, FALSE]),
        # It begins on the day before, or ends on the day after.
        ("sunrise-08:00", "sunrise", [(6, 29), (6, 30), (22, 29), (22, 30)], [TRUE, FALSE, FALSE, TRUE]),
        ("20:00", "sunset+08:00", [(2, 44), (2, 45), (19, 59), (20, 0)], [TRUE, FALSE, FALSE, TRUE]),
        ("sunset+10:00", "03:00", [(2, 59), (3, 0), (4, 44), (4, 45)], [TRUE, FALSE, FALSE, TRUE]),
        ("02:00", "sunset+08:00", [(1, 59), (2, 0), (2, 44), (2, 45)], [FALSE, TRUE, TRUE, FALSE]),
        ("sunset", "sunset", [(0, 0), (18, 44), (18, 45), (23, 59)], [TRUE, TRUE, TRUE, TRUE]),
    ],
)
def test_the_sun_may_open_and_close(
    after: str, before: str, clocks: list[tuple[int, int]], answers: list[Truth]
) -> None:
    """Also some time before or after it does, and on the day before or after."""
    assert truths(lit(), window(after, before), *clocks) == answers


MARKS = st.one_of(
    st.integers(0, 24 * 60).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}"),
    st.builds(
        lambda event, sign, minute: f"{event}{sign}{minute // 60:02}:{minute % 60:02}",
        st.sampled_from(["sunrise", "sunset"]),
        st.sampled_from("+-"),
        st.integers(0, 12 * 60),
    ),
)


@settings(max_examples=100)
@given(
    after=MARKS.filter(lambda mark: mark.startswith("sun")),
    before=MARKS,
    weekdays=st.sets(st.sampled_from(Weekday), min_size=1),
    rises=st.integers(0, 11),
    lasts=st.integers(1, 12),
    is_turned=st.booleans(),
)
def test_any_window_of_the_sun(
    after: str, before: str, weekdays: set[Weekday], rises: int, lasts: int, is_turned: bool
) -> None:
    """Against every begin and every end within weeks: it is open from a begin until the first end after it."""
    asker = lit((rises, 10), (rises + lasts, 40))
    question = window(*((before, after) if is_turned else (after, before)), *weekdays)

    def moments(mark: str, days: set[Weekday]) -> list[datetime]:
        found = []
        for event, day in asker.sun:
            if event is SunEvent.SUNRISE and WEEK[day.weekday()] in days:
                midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
                if mark.startswith("sun"):
                    sign = -1 if "-" in mark else 1
                    later = sign * timedelta(minutes=minutes_of(mark.partition(mark[7 if mark[3] == "r" else 6])[2]))
                    midnight = asker.sun[SunEvent(mark[: 7 if mark[3] == "r" else 6]), day] + later
                else:
                    midnight += timedelta(minutes=minutes_of(mark))
                found.append(midnight)
        return sorted(found)

    begins, ends = moments(question.after, set(question.weekdays)), moments(question.before, set(WEEK))
    turn, known = None, None
    for number in range(0, 3 * 24 * 60, 17):
        moment = datetime(2026, 6, 14, tzinfo=UTC) + timedelta(minutes=number)
        expected = any(begin <= moment and not any(begin < end <= moment for end in ends) for begin in begins)
        truth = question.truth(asker.world, at(moment))
        assert truth is (TRUE if expected else FALSE), moment
        if turn is None or turn <= moment:
            turn = question.turns_at(asker.world, at(moment))
        else:
            assert truth is known
        known = truth


@pytest.mark.req("INV-11")
def test_where_the_sun_does_nothing_nobody_knows() -> None:
    """Neither in the window nor outside of it; on the day before and the day after it is known as ever."""
    asker = lit(dark=(date(2026, 6, 15),))
    for after, before in (("sunrise", "sunset"), ("sunset", "22:00"), ("05:00", "sunrise")):
        question = window(after, before)
        assert set(truths(asker, question, (4, 0), (12, 0), (23, 0))) == {UNKNOWN}
        before_it, after_it = datetime(2026, 6, 13, 12, tzinfo=UTC), datetime(2026, 6, 17, 12, tzinfo=UTC)
        assert question.truth(asker.world, at(before_it)) is not UNKNOWN
        assert question.truth(asker.world, at(after_it)) is not UNKNOWN


@pytest.mark.req("INV-11")
def test_a_night_whose_end_is_not_known_is_not_known() -> None:
    """The sun sets and does not rise on the next day: whether the night has ended nobody can tell."""
    asker = lit(dark=(date(2026, 6, 16),))
    assert truths(asker, window("sunset", "sunrise"), (20, 0)) == [UNKNOWN]
    assert truths(asker, window("sunset", "22:00"), (20, 0)) == [TRUE]


@pytest.mark.parametrize(
    ("after", "before"), [("sunrise", "sunset"), ("sunset", "sunrise"), ("sunset", "22:00"), ("05:00", "sunrise-01:00")]
)
@pytest.mark.parametrize("dark", [(15,), (14, 15), (14, 16), tuple(range(1, 30))])
def test_it_also_turns_between_known_and_unknown_when_it_says_so(
    after: str, before: str, dark: tuple[int, ...]
) -> None:
    """Whoever looks at every turn misses nothing, also where the sun stays away for some days."""
    asker = lit(dark=tuple(date(2026, 6, day) for day in dark))
    question, turn, known = window(after, before), None, None
    for number in range(0, 6 * 24 * 60, 15):
        moment = datetime(2026, 6, 12, tzinfo=UTC) + timedelta(minutes=number)
        truth = question.truth(asker.world, at(moment))
        if turn is None or turn <= moment:
            turn = question.turns_at(asker.world, at(moment))
            assert turn is not None
        else:
            assert truth is known, moment
        known = truth


def test_on_weekdays_without_a_window_the_sun_does_not_matter() -> None:
    """What is not asked for need not be known: the fifteenth is a Monday."""
    asker = lit(dark=(date(2026, 6, 15), date(2026, 6, 14)))
    assert truths(asker, window("sunrise", "sunset", Weekday.FRIDAY), (12, 0)) == [FALSE]


def test_runs_do_not_know_the_sun() -> None:
    """Who asks without the memory of a rule learns nothing about it."""
    world = lit().bench.engine.programs.world
    assert window("sunrise", "sunset").truth(world, at(datetime(2026, 6, 15, 12, tzinfo=UTC))) is UNKNOWN


@pytest.mark.parametrize(
    ("after", "before", "is_whole"),
    [
        ("06:00", "6:00:00", True),
        ("00:00", "24:00", True),
        ("24:00", "00:00", True),
        ("24:00", "24:00", True),
        ("06:00", "06:01", False),
        ("23:59", "00:00", False),
        ("sunset", "sunset", True),
        ("sunset+00:30", "sunset+00:30", True),
        ("sunset", "sunset+00:30", False),
        ("sunset", "sunrise", False),
        ("sunset", "06:00", False),
        ("00:00", "sunset", False),
        ("06:00", "noon", False),
        ("noon", "06:00", False),
    ],
)
def test_the_same_time_twice_is_the_whole_day(after: str, before: str, is_whole: bool) -> None:
    """However it is written; and such a window is true at every hour."""
    assert is_whole_day(after, before) is is_whole
    if is_whole:
        hours = [(hour, 30) for hour in range(24)]
        assert truths(lit(), window(after, before), *hours) == [TRUE] * 24


# -- What is no time -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        *("", "6", "24:01", "25:00", "12:60", "12:00:60", "24:00:01", "-06:00", "06:00 ", "06:00\n", "noon"),
        *("sunset+13:00", "sunset+12:01", "sunset+1", "sunset-99:59", "sunrise 00:30"),
    ],
)
@pytest.mark.parametrize("field", ["after", "before"])
def test_what_is_no_time_is_refused(field: str, written: str) -> None:
    """With what was written; and where it was not refused, nobody knows what it means."""
    assert problem_of(kind="time", **{field: written}) == ("condition_time", {"given": written})
    unchecked = replace(TimeWindow(), **{field: written})
    assert unchecked.truth(ASKERS[UTC].world, at(datetime(2026, 6, 15, 12, tzinfo=UTC))) is UNKNOWN
    assert unchecked.turns_at(ASKERS[UTC].world, at(datetime(2026, 6, 15, 12, tzinfo=UTC))) is None


def test_a_window_on_no_day_is_refused() -> None:
    """It would never open."""
    written: dict[str, Any] = {"kind": "time", "weekdays": []}
    assert problem_of(**written)[0] == "condition_weekdays"

"""An output that may run at certain times only."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.god_kaiser.core.errors import DefinitionError
from custom_components.god_kaiser.core.instant import Instant, moment_of
from custom_components.god_kaiser.core.requests import Origin
from custom_components.god_kaiser.core.safety.interlocks.time_window import TimeWindow
from custom_components.god_kaiser.core.safety.objections import Ground, Objection
from custom_components.god_kaiser.core.safety.surroundings import Surroundings
from tests.builders import (
    PUMP,
    EngineBench,
    a_plan,
    a_report,
    a_request,
    an_actuator,
    an_instant,
    grounds,
    levels,
    sent,
)
from tests.core.safety.interlocks.keeping import complaint, costs_nothing, live, read_back

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 3600
DAY = TimeWindow(start=time(6), end=time(22))
NIGHT = TimeWindow(start=time(22), end=time(6))
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)


def around(zone: ZoneInfo = BERLIN) -> Surroundings:
    """Return surroundings in a time zone."""
    found = EngineBench().engine.around
    found.zone = zone
    return found


def at(shown: str, zone: ZoneInfo = BERLIN, *, fold: int = 0) -> Instant:
    """Return the moment at which the clock on the wall shows something."""
    moment = datetime.fromisoformat(shown).replace(tzinfo=zone, fold=fold).astimezone(UTC)
    return Instant(utc=moment, monotonic=moment.timestamp())


def is_open(window: TimeWindow, now: Instant, zone: ZoneInfo = BERLIN) -> bool:
    """Tell whether nothing is objected."""
    return window.objection(a_request(1.0), around(zone), now) is None


@pytest.mark.req("SAF-07")
@pytest.mark.parametrize(
    ("window", "opened", "closed"),
    [
        (DAY, ("06:00", "12:00", "21:59:59.999999"), ("05:59:59.999999", "22:00", "00:00", "23:59")),
        (NIGHT, ("22:00", "23:59:59", "00:00", "05:59:59"), ("06:00", "12:00", "21:59:59")),
        (TimeWindow(start=time(0), end=time(0, 1)), ("00:00", "00:00:59"), ("00:01", "23:59:59")),
        (TimeWindow(start=time(20), end=time(0)), ("20:00", "23:59:59"), ("00:00", "19:59:59")),
        (TimeWindow(start=time(6, 30), end=time(6, 45)), ("06:30", "06:44:59"), ("06:29:59", "06:45")),
        (TimeWindow(start=time(7), end=time(7)), (), ("00:00", "06:59", "07:00", "07:00:01", "23:59")),
    ],
)
def test_the_start_belongs_to_a_window_and_the_end_does_not(
    window: TimeWindow, opened: tuple[str, ...], closed: tuple[str, ...]
) -> None:
    """Minutes count, midnight is no border, and start and end alike mean never."""
    assert [clock for clock in opened if not is_open(window, at(f"2026-04-30 {clock}"))] == []
    assert [clock for clock in closed if is_open(window, at(f"2026-04-30 {clock}"))] == []


@pytest.mark.parametrize(
    ("weekdays", "opened", "closed"),
    [
        ((THU,), ("2026-04-30 22:00", "2026-05-01 05:59"), ("2026-04-30 05:59", "2026-05-01 22:00")),
        ((SUN,), ("2026-05-03 23:00", "2026-05-04 05:59"), ("2026-05-03 05:59", "2026-05-04 22:00")),
        ((SUN, MON), ("2026-05-04 05:59", "2026-05-04 22:00", "2026-05-05 05:00"), ("2026-05-05 22:00",)),
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_on_which_it_opens(
    weekdays: tuple[int, ...], opened: tuple[str, ...], closed: tuple[str, ...]
) -> None:
    """The night of Thursday ends on Friday morning."""
    window = TimeWindow(start=time(22), end=time(6), weekdays=weekdays)
    assert [shown for shown in opened if not is_open(window, at(shown))] == []
    assert [shown for shown in closed if is_open(window, at(shown))] == []


@pytest.mark.req("SAF-07")
@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        # The night of 29 March 2026 has no time between 02:00 and 03:00: 01:00 UTC is 03:00.
        ((1, 30), (2, 30), "00:30", "01:00"),
        ((2, 30), (4, 0), "01:00", "02:00"),
        ((1, 0), (4, 0), "00:00", "02:00"),
        ((3, 0), (4, 0), "01:00", "02:00"),
        ((22, 0), (2, 30), "00:00", "01:00"),
    ],
)
def test_a_time_that_the_clock_skips_has_come_when_it_jumps(
    start: tuple[int, int], end: tuple[int, int], first: str, last: str
) -> None:
    """The end is never missed because nobody ever saw it."""
    window = TimeWindow(start=time(*start), end=time(*end))
    opening, closing = at(f"2026-03-29 {first}", ZoneInfo("UTC")), at(f"2026-03-29 {last}", ZoneInfo("UTC"))
    assert is_open(window, opening)
    assert window.looks_again_at(PUMP, around(), opening) == pytest.approx(closing.monotonic, abs=0.002)
    assert is_open(window, Instant(utc=closing.utc - timedelta(seconds=1), monotonic=0.0))
    assert not is_open(window, Instant(utc=closing.utc + timedelta(seconds=1), monotonic=0.0))


def test_a_window_that_the_clock_skips_as_a_whole_does_not_open() -> None:
    """Twenty minutes that do not exist on that day."""
    window = TimeWindow(start=time(2, 10), end=time(2, 40))
    midnight = at("2026-03-29 00:00")
    moments = [Instant(utc=midnight.utc_of(midnight.monotonic + 60 * n), monotonic=0.0) for n in range(23 * 60)]
    assert [moment for moment in moments if is_open(window, moment)] == []


@pytest.mark.req("SAF-07")
@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        # The night of 25 October 2026 has the time between 02:00 and 03:00 twice: at 00:00 and at 01:00 UTC.
        ((1, 0), (2, 30), "2026-10-24 23:00", "2026-10-25 00:30"),
        ((2, 30), (4, 0), "2026-10-25 00:30", "2026-10-25 03:00"),
        ((2, 15), (2, 45), "2026-10-25 00:15", "2026-10-25 00:45"),
        ((22, 0), (2, 30), "2026-10-24 20:00", "2026-10-25 00:30"),
    ],
)
def test_a_time_that_comes_twice_counts_the_first_time(
    start: tuple[int, int], end: tuple[int, int], first: str, last: str
) -> None:
    """A window opens once in a night, and closes once."""
    window = TimeWindow(start=time(*start), end=time(*end))
    opening, closing = at(first, ZoneInfo("UTC")), at(last, ZoneInfo("UTC"))
    minutes = [Instant(utc=opening.utc + timedelta(minutes=n), monotonic=0.0) for n in range(-60, 8 * 60)]
    assert {m.utc for m in minutes if is_open(window, m)} == {
        m.utc for m in minutes if opening.utc <= m.utc < closing.utc
    }
    assert window.looks_again_at(PUMP, around(), opening) == closing.monotonic


def test_the_clock_is_that_of_the_people() -> None:
    """Eleven in Berlin is five in New York."""
    now = an_instant()
    assert is_open(DAY, now)
    assert not is_open(DAY, now, ZoneInfo("America/New_York"))


@pytest.mark.parametrize(("closes", "told"), [(time(9, 0, 30), 28), (time(9, 0, 3), 1), (time(9, 0, 2, 500_000), 1)])
def test_the_device_is_told_of_what_is_left_of_the_window_and_of_a_second_at_least(closes: time, told: int) -> None:
    """A duration of nothing would be none."""
    bench = EngineBench()
    bench.online()
    bench.lay_down(TimeWindow(start=time(6), end=closes))
    (command,) = sent(bench.wish(1.0, duration=600))
    assert command.duration == told


def test_the_objection_names_the_clock_and_the_window() -> None:
    """In the words of the clock on the wall."""
    found = DAY.objection(a_request(1.0), around(), at("2026-04-30 23:05"))
    details: dict[str, str | int | float] = {"now": "23:05", "start": "06:00", "end": "22:00"}
    assert found == Objection(ground=Ground.OUTSIDE_TIME_WINDOW, details=details)
    assert DAY.looks_again_at(PUMP, around(), at("2026-04-30 23:05")) is None


ZONES = st.sampled_from(
    [
        ZoneInfo(name)
        for name in (
            "UTC",
            "Europe/Berlin",
            "America/New_York",
            "Australia/Lord_Howe",
            "America/Havana",
            "Asia/Kolkata",
        )
    ]
)
CLOCKS = st.times().map(lambda clock: clock.replace(microsecond=0))
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))


@settings(max_examples=400)
@given(ZONES, CLOCKS, CLOCKS, st.sets(st.integers(0, 6), min_size=1), MOMENTS, st.floats(0, 0.999))
def test_an_open_window_stays_open_until_it_closes(
    zone: ZoneInfo, start: time, end: time, weekdays: set[int], moment: datetime, part: float
) -> None:
    """In every zone, on every day, the jumps included: nobody is rested too early, and the next look is not too late."""
    window = TimeWindow(start=start, end=end, weekdays=tuple(weekdays))
    now = Instant(utc=moment, monotonic=0.0)
    closes = window.closes(now, zone) or moment
    between = Instant(utc=moment + (closes - moment) * part, monotonic=0.0)
    assert closes >= moment
    assert is_open(window, between, zone) is is_open(window, now, zone)


@settings(max_examples=200)
@given(CLOCKS, CLOCKS, st.sets(st.integers(0, 6), min_size=1), MOMENTS)
def test_where_no_clock_jumps_a_window_is_what_the_clock_shows(
    start: time, end: time, weekdays: set[int], moment: datetime
) -> None:
    """The plain definition."""
    zone = ZoneInfo("Asia/Kolkata")
    window = TimeWindow(start=start, end=end, weekdays=tuple(weekdays))
    local = moment.astimezone(zone)
    minute, first, last = local.time(), local.weekday(), (local.weekday() - 1) % 7
    today = start <= minute and (minute < end or end < start) and start != end and first in weekdays
    yesterday = end < start and minute < end and last in weekdays
    assert is_open(window, Instant(utc=moment, monotonic=0.0), zone) is (today or yesterday)


@settings(max_examples=300)
@given(ZONES, st.dates(date(2026, 1, 1), date(2026, 12, 31)), CLOCKS)
def test_a_moment_shows_its_time_or_is_the_jump_over_it(zone: ZoneInfo, day: date, clock: time) -> None:
    """It is the first moment at which the clock shows so much or more."""
    moment = moment_of(day, clock, zone)
    shown = moment.astimezone(zone).replace(tzinfo=None)
    before = (moment - timedelta(milliseconds=2)).astimezone(zone).replace(tzinfo=None)
    assert before < datetime.combine(day, clock) <= shown


@pytest.mark.req("SAF-07", "SAF-10")
def test_a_refusal_costs_nothing_and_rest_always_passes() -> None:
    """The pump may be asked for again as soon as the window opens."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator()]))
    bench.lay_down(TimeWindow(start=time(10), end=time(11)), hold=0)
    assert costs_nothing(bench, Ground.OUTSIDE_TIME_WINDOW)
    assert levels(bench.wish(0.0)) == [(PUMP, 0.0)]
    live(bench, HOUR - bench.seconds)
    assert grounds(bench.wish(1.0)) == []


def test_a_run_ends_with_its_window_and_begins_with_the_next_one() -> None:
    """For who still wants it; the device is told when the window closes, in case we vanish."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator()]))
    bench.lay_down(TimeWindow(start=time(8), end=time(9, 10)), hold=0)
    live(bench, 400 - bench.seconds)
    (command,) = sent(bench.wish(1.0, origin=Origin.RULE, owner="x", standing=True))
    assert command.duration == 200
    bench.tick(1)
    bench.feed(a_report(1.0))
    assert 0.0 not in {level for _, level in levels(live(bench, 599.9 - bench.seconds))}
    assert levels(bench.tick(0.1)) == [(PUMP, 0.0)]
    bench.tick(1)
    bench.feed(a_report(0.0))
    assert sent(live(bench, 23 * HOUR - 1 - bench.seconds)) == []
    assert levels(live(bench, 70))[:1] == [(PUMP, 1.0)]


@pytest.mark.parametrize(
    ("window", "problem"),
    [
        (TimeWindow(start=time(6), end=time(6)), "window_empty"),
        (TimeWindow(start=time(6), end=time(7), weekdays=()), "window_weekdays"),
        (TimeWindow(start=time(6), end=time(7), weekdays=(7,)), "window_weekdays"),
        (TimeWindow(start=time(6), end=time(7), weekdays=(-1,)), "window_weekdays"),
        (TimeWindow(start=time(6), end=time(7), weekdays=(1, 1)), "window_weekdays"),
        (TimeWindow(start=time(6, tzinfo=UTC), end=time(7)), "window_time_zone"),
        (TimeWindow(start=time(6), end=time(7, tzinfo=UTC)), "window_time_zone"),
    ],
)
def test_windows_that_never_open_are_refused(window: TimeWindow, problem: str) -> None:
    """Empty, on no day, or on the clock of somebody else."""
    with pytest.raises(DefinitionError) as caught:
        window.check()
    assert caught.value.problem == problem


@pytest.mark.parametrize("window", [DAY, NIGHT, TimeWindow(start=time(6, 0, 1), end=time(7), weekdays=(SUN, MON))])
def test_windows_that_make_sense_survive_the_disk(window: TimeWindow) -> None:
    """They are accepted and come back as they were."""
    window.check()
    assert read_back(window) == window
    assert window.sources == ()


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"start": "06:00:00"}, "$.interlocks[0]"),
        ({"start": "06:00:00", "end": "six"}, "$.interlocks[0].end"),
        ({"start": "06:00:00Z", "end": "07:00:00"}, "$.interlocks[0].start"),
        ({"start": "06:00:00", "end": "07:00:00", "weekdays": ["mon"]}, "$.interlocks[0].weekdays[0]"),
        ({"start": "06:00:00", "end": "07:00:00", "days": [1]}, "$.interlocks[0]"),
    ],
)
def test_what_is_written_wrongly_is_refused_with_its_place(fields: dict[str, object], place: str) -> None:
    """A window that is misspelled would always be open."""
    assert place in complaint(kind="time_window", **fields)

"""Whom to disturb: floods, quiet hours, what is told again, and what never waits."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.alarms.alarm import Alarm, Shelf
from custom_components.god_kaiser.core.alarms.flood import FloodGuard, FloodLimits
from custom_components.god_kaiser.core.alarms.kinds import AlarmKind, Priority
from custom_components.god_kaiser.core.alarms.quiet import QuietHours, quiet_hours
from custom_components.god_kaiser.core.alarms.telling import TellingRules, again, is_urgent, next_again, untold
from custom_components.god_kaiser.core.errors import DefinitionError

BERLIN = ZoneInfo("Europe/Berlin")
RULES = TellingRules(minimum=Priority.MEDIUM, repeat_after=900, repeats=2)


def an_alarm(kind: AlarmKind = AlarmKind.SENSOR_HIGH, at: float = 0.0) -> Alarm:
    """Return an alarm of a kind."""
    return Alarm(id=f"a{at}", kind=kind, raised_at=at)


def test_the_eleventh_alarm_of_ten_minutes_is_a_flood_until_fewer_than_five_are_left() -> None:
    """The beginning is told once, and so is the end."""
    guard = FloodGuard(FloodLimits())
    assert [guard.note(float(second)) for second in range(10)] == [False] * 10
    assert guard.next_look(10.0) is None
    assert guard.note(10.0)
    assert not guard.note(11.0)
    # 11 are remembered: 1 … 11; the seventh leaves at 607, and four are left.
    assert guard.next_look(11.0) == 607.0
    assert not guard.ebb(606.9)
    assert guard.ebb(607.0)
    assert not guard.ebb(608.0)
    assert not guard.is_flooding


@given(st.lists(st.floats(0, 5000), max_size=60), st.integers(1, 20))
def test_a_flood_is_over_when_its_look_comes(moments: list[float], most: int) -> None:
    """Nothing that was held back for a flood is held back for ever."""
    guard = FloodGuard(FloodLimits(most=most))
    for moment in sorted(moments):
        guard.ebb(moment)
        guard.note(moment)
    last = max(moments, default=0.0)
    for _ in range(most + 3):
        if (look := guard.next_look(last)) is None:
            break
        assert look >= last
        last = look
        guard.ebb(last)
    assert not guard.is_flooding


@pytest.mark.parametrize(
    ("begin", "end", "clock", "is_quiet"),
    [
        ("22:00", "06:00", time(21, 59, 59), False),
        ("22:00", "06:00", time(22, 0), True),
        ("22:00", "06:00", time(5, 59, 59), True),
        ("22:00", "06:00", time(6, 0), False),
        ("12:30:00", "14:00:00", time(13, 0), True),
        ("12:30:00", "14:00:00", time(14, 0), False),
        ("12:30:00", "14:00:00", time(3, 0), False),
    ],
)
def test_it_is_quiet_by_the_clock_on_the_wall(begin: str, end: str, clock: time, is_quiet: bool) -> None:
    """Also over midnight."""
    hours = quiet_hours(begin, end)
    assert hours is not None
    moment = datetime.combine(datetime(2026, 11, 21, tzinfo=BERLIN), clock, BERLIN).astimezone(UTC)
    assert hours.holds(moment, BERLIN) is is_quiet


@pytest.mark.parametrize(
    ("begin", "end"), [("22:00", None), ("", "06:00"), ("25:00", "06:00"), ("late", "early"), ("06:00", "06:00:00")]
)
def test_quiet_hours_that_make_no_sense_are_an_error(begin: str, end: str | None) -> None:
    """They are never guessed."""
    with pytest.raises(DefinitionError) as caught:
        quiet_hours(begin, end)
    assert caught.value.problem == "quiet_hours_unreadable"
    with pytest.raises(DefinitionError):
        quiet_hours("22:00+01:00", "06:00")


def test_nobody_has_quiet_hours_who_has_written_none() -> None:
    """Neither missing nor empty."""
    assert (quiet_hours(None, None), quiet_hours("", "")) == (None, None)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))
    | st.datetimes(datetime(2026, 3, 28, 20), datetime(2026, 3, 29, 6), timezones=st.just(UTC))
    | st.datetimes(datetime(2026, 10, 24, 20), datetime(2026, 10, 25, 6), timezones=st.just(UTC)),
    st.sampled_from([time(6), time(2), time(2, 30), time(3)]),
)
def test_the_end_of_quiet_hours_is_near_and_it_is_not_quiet_then(moment: datetime, until: time) -> None:
    """Also on the two days on which the clock jumps."""
    hours = QuietHours(time(22), until)
    end = hours.next_end(moment, BERLIN)
    assert 0 < (end - moment).total_seconds() <= 25 * 3600
    assert not hours.holds(end, BERLIN)


def test_quiet_hours_that_the_clock_shows_twice_end_twice() -> None:
    """What waits then is told half an hour later, and not a day."""
    hours, again = QuietHours(time(22), time(2, 30)), datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    assert hours.holds(again, BERLIN)
    assert hours.next_end(again, BERLIN) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_what_cannot_wait_is_told_in_quiet_hours_too() -> None:
    """High, critical, and everything about safety; the rest waits for the morning."""
    alarms = [an_alarm(kind, float(number)) for number, kind in enumerate(AlarmKind)]
    waits = {alarm.kind for alarm in alarms if not is_urgent(alarm)}
    assert {AlarmKind.SENSOR_HIGH, AlarmKind.DEVICE_OFFLINE, AlarmKind.RUN_FAILED} <= waits
    assert waits.isdisjoint({AlarmKind.STOP_PRESSED, AlarmKind.SENSOR_HIGH_HIGH, AlarmKind.STORAGE_FAILING})
    at_night = {alarm.kind for alarm in untold(alarms, RULES, is_quiet=True)}
    by_day = {alarm.kind for alarm in untold(alarms, RULES, is_quiet=False)}
    assert by_day == set(AlarmKind) - {AlarmKind.RULE_DEGRADED}
    assert at_night == by_day - waits


def test_only_what_nobody_was_told_and_nobody_has_seen_is_told_the_oldest_first() -> None:
    """Below the least priority people are left alone, but never about safety."""
    first, second = an_alarm(at=1.0), an_alarm(at=2.0)
    told = replace(first, told_at=5.0)
    seen = replace(first, is_acknowledged=True)
    aside = replace(first, shelf=Shelf(until=9.0, reason=""))
    hidden = replace(first, cause="device_offline/x")
    assert untold([second, told, seen, aside, hidden, first], RULES, is_quiet=False) == [first, second]
    critical = replace(RULES, minimum=Priority.CRITICAL)
    stop = an_alarm(AlarmKind.STOP_PRESSED, 3.0)
    assert untold([first, stop], critical, is_quiet=False) == [stop]


def test_it_is_told_again_until_somebody_has_seen_it_but_not_for_ever() -> None:
    """Twice more here; at night only what cannot wait."""
    told = replace(an_alarm(), told_at=100.0, told=1)
    assert next_again([told], RULES, is_quiet=False) == 1000.0
    assert again([told], RULES, 999.0, is_quiet=False) == []
    assert again([told], RULES, 1000.0, is_quiet=False) == [told]
    assert again([told], RULES, 1000.0, is_quiet=True) == []
    assert next_again([told], RULES, is_quiet=True) is None
    assert next_again([replace(told, told=3)], RULES, is_quiet=False) is None
    assert next_again([replace(told, is_acknowledged=True)], RULES, is_quiet=False) is None
    assert next_again([an_alarm()], RULES, is_quiet=False) is None
    assert next_again([told], replace(RULES, repeats=0), is_quiet=False) is None

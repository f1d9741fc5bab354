"""Hours as a device counts them: minutes after midnight, days from Sunday, and a clock of UTC or of Berlin."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import lru_cache

from ..conditions.time_window import Mark, TimeWindow, Weekday, mark_of
from ..devices.offline_rule import OfflineWindow
from ..safety.interlocks.time_window import TimeWindow as AllowedHours
from .why_not import WhyNot

_UTC, _BERLIN = "UTC", "Europe/Berlin"
_WEEK = tuple(Weekday)
_DAY = 24 * 60
_EVERY_DAY = 0x7F
_HOUR = timedelta(hours=1)
# A zone is the one of a device if their clocks agree from now on until the end of the next year.
_YEARS = 2
_OFTEN, _SELDOM = 1, 6
_MARCH, _OCTOBER = 3, 10


def days_mask(weekdays: Iterable[int]) -> int:
    """Return days that are counted from Monday as the device has them: bit 0 is Sunday (pitfall C34)."""
    return sum(1 << (day + 1) % 7 for day in set(weekdays))


def hours_of(window: TimeWindow, zone: str) -> OfflineWindow | WhyNot:
    """Return the hours that a rule asks for."""
    start, end = _minute_of(mark_of(window.after)), _minute_of(mark_of(window.before))
    if start is None or end is None or start == _DAY:
        return WhyNot.TIME_FORM
    return _on_days(start, end, days_mask(_WEEK.index(day) for day in window.weekdays), zone)


def hours_allowed(window: AllowedHours, zone: str) -> OfflineWindow | WhyNot:
    """Return the hours in which an output may run."""
    start, end = _whole_minute(window.start), _whole_minute(window.end)
    if start is None or end is None:
        return WhyNot.TIME_FORM
    return _on_days(start, end, days_mask(window.weekdays), zone)


def length_of(window: OfflineWindow) -> int:
    """Return how many seconds a window lasts."""
    return ((window.end - window.start) % _DAY or _DAY) * 60


@lru_cache(maxsize=16)
def device_zone(zone: tzinfo, year: int) -> str | None:
    """Return what the device calls a time zone, None where it does not know its clock: UTC and Berlin are all it has."""
    names = [_UTC, _BERLIN]
    for moment in _moments(year):
        ahead = moment.astimezone(zone).utcoffset()
        names = [name for name in names if _offset(name, moment) == ahead]
        if not names:
            return None
    return names[0]


def _moments(year: int) -> Iterable[datetime]:
    moment, end = datetime(year, 1, 1, tzinfo=UTC), datetime(year + _YEARS, 1, 1, tzinfo=UTC)
    while moment < end:
        yield moment
        is_near = moment.month in (_MARCH, _OCTOBER)
        moment += _HOUR * (_OFTEN if is_near else _SELDOM)


def _offset(name: str, moment: datetime) -> timedelta:
    """Return how far the clock of a device is ahead: in Berlin it is summer from March to October, from 01:00 UTC."""
    if name == _UTC:
        return timedelta()
    is_summer = _last_sunday(moment.year, _MARCH) <= moment < _last_sunday(moment.year, _OCTOBER)
    return 2 * _HOUR if is_summer else _HOUR


def _last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def _minute_of(mark: Mark | None) -> int | None:
    """Return a time on the clock in minutes; the sun and the seconds the device does not know."""
    if mark is None or mark.clock is None or (minute := _whole_minute(mark.clock)) is None:
        return None
    return minute + _DAY * mark.later.days


def _whole_minute(clock: time) -> int | None:
    return None if clock.second or clock.microsecond else clock.hour * 60 + clock.minute


def _on_days(start: int, end: int, days: int, zone: str) -> OfflineWindow | WhyNot:
    """Return a window; the device looks at the day that it is now, we at the one on which the window begins."""
    if end == 0:
        end = _DAY
    if end > start:
        return OfflineWindow(start=start, end=end, days=days, zone=zone)
    if days != _EVERY_DAY:
        return WhyNot.WEEKDAYS_OVER_MIDNIGHT
    # The same time twice is the whole day; to the device it is never.
    return (
        OfflineWindow(start=0, end=_DAY, zone=zone) if start == end else OfflineWindow(start=start, end=end, zone=zone)
    )

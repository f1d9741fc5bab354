"""A question about the time of day."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
import re
from typing import NamedTuple, override

from ..errors import DefinitionError
from ..instant import Instant, day_of, moment_of
from ..truth import Truth
from .question import Question
from .view import ConditionView, SunEvent

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?\Z")
_SUN = re.compile(r"(sunrise|sunset)(?:\s*([+-])\s*(\d{1,2}):([0-5]\d))?\Z")
_MIDNIGHT = frozenset({"24:00", "24:00:00"})
_DAY = timedelta(days=1)
# Further away from what the sun does it is another time of day.
_FURTHEST = timedelta(hours=12)
# A window that the sun moves may begin on the day before its own, and ends on the second day after it at the latest.
_BEHIND, _AHEAD = 2, 1
# Where the sun decides, midnight comes before whatever ends later; elsewhere the next window may be a week away.
_AHEAD_OF_SUN, _AHEAD_OF_CLOCK = 2, 8


class Weekday(StrEnum):
    """The days of the week by their names, in the order in which Python counts them."""

    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"


_WEEK = tuple(Weekday)


class Mark(NamedTuple):
    """One end of a window: a time on the clock, or something that the sun does, and how long after that.

    ``shown`` is how long after midnight a clock shows it.
    """

    clock: time | None
    sun: SunEvent | None
    later: timedelta
    shown: timedelta = timedelta()


class TimeWindow(Question, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="time"):
    """Is true from ``after`` until just before ``before``, over midnight where that comes first.

    Times are those of the house: ``06:30``, ``24:00``, ``sunset``, ``sunrise-00:30``. The weekdays are those on which the
    window begins. The same time twice is the whole day. A clock that is put back shows a time for the second time: the
    first one counts.
    """

    after: str = "00:00"
    before: str = "24:00"
    weekdays: tuple[Weekday, ...] = _WEEK

    @override
    def check(self) -> None:
        """Refuse what is no time, and a window on no day."""
        for field in (self.after, self.before):
            if mark_of(field) is None:
                raise DefinitionError("condition_time", given=field)
        if not self.weekdays:
            raise DefinitionError("condition_weekdays")

    def truth(self, view: ConditionView, now: Instant) -> Truth:
        """Return the answer; where the sun does not do what is asked for it is unknown."""
        is_dark = False
        today = day_of(now.utc, view.zone)
        for day in self._days(today, _BEHIND, _AHEAD):
            span = self._on(view, day)
            if span is None:
                is_dark |= today - _DAY <= day <= today
            elif span[0] <= now.utc < span[1]:
                return Truth.TRUE
        return Truth.UNKNOWN if is_dark else Truth.FALSE

    @override
    def turns_at(self, view: ConditionView, now: Instant) -> datetime | None:
        """Return the next end of a window, or the next midnight where the sun decides, whichever comes first."""
        today = day_of(now.utc, view.zone)
        ahead = _AHEAD_OF_SUN if self._is_of_sun else _AHEAD_OF_CLOCK
        spans = (self._on(view, day) for day in self._days(today, _BEHIND, ahead))
        ends = [end for span in spans if span is not None for end in span]
        if self._is_of_sun:
            ends.append(moment_of(today + _DAY, time(), view.zone))
        return min((end for end in ends if end > now.utc), default=None)

    @property
    def _is_of_sun(self) -> bool:
        return any(mark is not None and mark.sun is not None for mark in (mark_of(self.after), mark_of(self.before)))

    def _days(self, today: date, behind: int, ahead: int) -> Iterator[date]:
        """Yield the days around this one on which a window begins."""
        days = (today + number * _DAY for number in range(-behind, ahead + 1))
        return (day for day in days if _WEEK[day.weekday()] in self.weekdays)

    def _on(self, view: ConditionView, day: date) -> tuple[datetime, datetime] | None:
        """Return the window that begins on a day, None where the sun hides one of its ends."""
        after, before = mark_of(self.after), mark_of(self.before)
        begin = _moment(after, view, day)
        if after is None or before is None or begin is None:
            return None
        if after.clock is not None and before.clock is not None:
            # By what the clock shows: a window of which it skips both ends is empty, and not a day long.
            later = next(days for days in range(3) if before.shown + days * _DAY > after.shown)
            end = _moment(before, view, day + later * _DAY)
        else:
            end = _first_after(begin, before, view, day)
        return None if end is None else (begin, end)


@lru_cache(maxsize=1024)
def mark_of(written: str) -> Mark | None:
    """Return what a person means with a time, None where it is none."""
    if written in _MIDNIGHT:
        return Mark(time(0), None, _DAY, shown=_DAY)
    if clock := _CLOCK.match(written):
        hours, minutes, seconds = int(clock[1]), int(clock[2]), int(clock[3] or 0)
        shown = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        return Mark(time(hours, minutes, seconds), None, timedelta(), shown)
    if sun := _SUN.match(written):
        later = timedelta(hours=int(sun[3] or 0), minutes=int(sun[4] or 0))
        if later <= _FURTHEST:
            return Mark(None, SunEvent(sun[1]), -later if sun[2] == "-" else later)
    return None


def is_whole_day(after: str, before: str) -> bool:
    """Tell whether a window ends when it begins anew: the same time twice, or from one midnight to the next."""
    begin, end = mark_of(after), mark_of(before)
    if begin is None or end is None or begin.sun is not end.sun:
        return False
    return begin.later == end.later if begin.sun is not None else (end.shown - begin.shown) % _DAY == timedelta()


def _first_after(begin: datetime, mark: Mark, view: ConditionView, day: date) -> datetime | None:
    """Return when a mark comes next, None where that is hidden."""
    for days in range(-1, 4):
        moment = _moment(mark, view, day + days * _DAY)
        if (moment is None and days >= 0) or (moment is not None and moment > begin):
            return moment
    return None


def _moment(mark: Mark | None, view: ConditionView, day: date) -> datetime | None:
    if mark is None:
        return None
    if mark.clock is not None:
        return moment_of(day + mark.later, mark.clock, view.zone)
    if view.rules is None or mark.sun is None or (shown := view.rules.sun(mark.sun, day)) is None:
        return None
    return shown.astimezone(UTC) + mark.later

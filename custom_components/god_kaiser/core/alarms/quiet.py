"""The hours in which only what cannot wait makes a noise."""

from datetime import UTC, datetime, time, timedelta, tzinfo

from msgspec import Struct

from ..errors import DefinitionError
from ..instant import day_of, moment_of


class QuietHours(Struct, frozen=True):
    """From when to when it is quiet, by the clock on the wall; over midnight where the end comes first."""

    begin: time
    end: time

    def holds(self, utc: datetime, zone: tzinfo) -> bool:
        """Tell whether it is quiet at a moment."""
        clock = utc.astimezone(zone).time()
        if self.begin < self.end:
            return self.begin <= clock < self.end
        return clock >= self.begin or clock < self.end

    def next_end(self, utc: datetime, zone: tzinfo) -> datetime:
        """Return when the next quiet hours are over; a clock that is put back may show their end twice."""
        today = day_of(utc, zone)
        shown = [datetime.combine(today + timedelta(days=ahead), self.end, zone) for ahead in range(3)]
        ends = {*(moment_of(each.date(), self.end, zone) for each in shown), *(_second(each) for each in shown)}
        return min(end for end in ends if end > utc and not self.holds(end, zone))


def _second(shown: datetime) -> datetime:
    return shown.replace(fold=1).astimezone(UTC)


def quiet_hours(begin: str | None, end: str | None) -> QuietHours | None:
    """Return the quiet hours that people have written, None where there are none; what makes no sense is an error."""
    if not begin and not end:
        return None
    try:
        hours = QuietHours(time.fromisoformat(begin or ""), time.fromisoformat(end or ""))
    except ValueError as err:
        raise DefinitionError("quiet_hours_unreadable") from err
    if hours.begin == hours.end or hours.begin.tzinfo or hours.end.tzinfo:
        raise DefinitionError("quiet_hours_unreadable")
    return hours

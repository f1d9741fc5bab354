"""Time as an argument."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Annotated

from msgspec import Meta, Struct

_FINE = timedelta(milliseconds=1)
# What lies in these years each time zone and each file can write.
YEARS = range(1900, 3000)
# The same years wherever somebody lives, in seconds since 1970.
EARLIEST = (datetime(YEARS.start, 1, 1, tzinfo=UTC) - timedelta(days=1)).timestamp()
LATEST = (datetime(YEARS.stop, 1, 1, tzinfo=UTC) + timedelta(days=1)).timestamp()

# A moment as it is kept; what no clock can show is none, and what holds it cannot be read.
type Epoch = Annotated[float, Meta(ge=EARLIEST, le=LATEST)]


class Instant(Struct, frozen=True, gc=False):
    """One moment on both clocks: aware UTC for people, monotonic seconds for deadlines."""

    utc: datetime
    monotonic: float

    def utc_of(self, monotonic: float) -> datetime:
        """Return what a monotonic moment is called by people."""
        return self.utc + timedelta(seconds=monotonic - self.monotonic)

    def later(self, seconds: float) -> Instant:
        """Return the moment so many seconds later."""
        return Instant(utc=self.utc + timedelta(seconds=seconds), monotonic=self.monotonic + seconds)

    def monotonic_of(self, utc: datetime) -> float:
        """Return where a moment of an earlier run of Home Assistant lies on the clock of this one."""
        return self.monotonic + (utc - self.utc).total_seconds()


# Whatever is asked about one event is asked about the same moment.
@lru_cache(maxsize=16)
def day_of(utc: datetime, zone: tzinfo) -> date:
    """Return which day people have."""
    return utc.astimezone(zone).date()


# The same few times of a day are asked for with every event.
@lru_cache(maxsize=1024)
def moment_of(day: date, clock: time, zone: tzinfo) -> datetime:
    """Return when people's clock first shows a time of a day; one that it skips has come when it jumps."""
    shown = datetime.combine(day, clock)
    moment = shown.replace(tzinfo=zone).astimezone(UTC)
    if _shown_at(moment, zone) == shown:
        return moment
    before = shown.replace(tzinfo=zone, fold=1).astimezone(UTC)
    while moment - before > _FINE:
        middle = before + (moment - before) / 2
        if _shown_at(middle, zone) < shown:
            before = middle
        else:
            moment = middle
    return moment


def _shown_at(moment: datetime, zone: tzinfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)

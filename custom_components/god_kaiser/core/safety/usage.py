"""How long and how often outputs have run: what limits per hour and per day are judged by."""

from collections import deque
from datetime import date, time, timedelta, tzinfo

from msgspec import Struct

from ..ids import ChannelId
from ..instant import Epoch, Instant, day_of, moment_of

HOUR = 3600.0
_DAY = timedelta(days=1)
_MIDNIGHT = time()


class UsageMemory(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """What of the counters of one output survives a restart; moments are seconds since 1970."""

    starts: tuple[Epoch, ...] = ()
    on_since: Epoch | None = None
    off_since: Epoch | None = None
    told_to_rest_at: Epoch | None = None
    day: str = ""
    on_today: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a day that is none."""
        if self.day:
            date.fromisoformat(self.day)


class Usage:
    """The counters of one output."""

    def __init__(self) -> None:
        """Start unused."""
        self.starts: deque[float] = deque(maxlen=4096)
        self.on_since: float | None = None
        self.off_since: float | None = None
        self.told_to_rest_at: float | None = None
        self.told_at: float | None = None
        self._before: tuple[float | None, ...] | None = None
        self._day: date | None = None
        self._on_today = 0.0

    @property
    def is_underway(self) -> bool:
        """Tell whether the output runs and nobody has told it to rest: to energise it once more is no start."""
        return self.on_since is not None and self.told_to_rest_at is None

    def copied(self) -> Usage:
        """Return counters that stand where these do, and go on by themselves."""
        other = Usage()
        other.__dict__ |= self.__dict__
        other.starts = self.starts.copy()
        return other

    def start(self, now: Instant, zone: tzinfo) -> None:
        """Note that the output is told to run."""
        self._roll(now, zone)
        if self.is_underway:
            return
        self._before = (self.on_since, self.off_since, self.told_to_rest_at, self.told_at)
        # Until it has been seen at rest, an output that was told to rest has run on all the time.
        self.on_since = now.monotonic if self.on_since is None else self.on_since
        self.off_since = self.told_to_rest_at = None
        self.told_at = now.monotonic
        self.starts.append(now.monotonic)

    def take_back(self) -> None:
        """Forget a start that did not take place."""
        if self._before is not None and self.starts:
            self.starts.pop()
            self.on_since, self.off_since, self.told_to_rest_at, self.told_at = self._before
            self._before = None

    def found_running(self, now: Instant, zone: tzinfo) -> None:
        """Note that the output says that it runs, whoever has started it."""
        if self.on_since is None:
            self.start(now, zone)

    def tell_to_rest(self, now: Instant) -> None:
        """Note that the output is told to rest; whether it does so is not known yet."""
        if self.is_underway:
            self.told_to_rest_at = self.told_at = now.monotonic

    def rest(self, now: Instant, zone: tzinfo) -> None:
        """Note that the output rests from now on."""
        self._roll(now, zone)
        if self.on_since is not None:
            self._on_today += now.monotonic - self._since_midnight(now, zone)
            self.on_since = self.told_to_rest_at = self._before = None
            self.off_since = now.monotonic

    def on_today(self, now: Instant, zone: tzinfo) -> float:
        """Return for how many seconds of this day the output has run."""
        self._roll(now, zone)
        running = now.monotonic - self._since_midnight(now, zone) if self.on_since is not None else 0.0
        return self._on_today + running

    def day_ends_at(self, now: Instant, zone: tzinfo) -> float:
        """Return the monotonic moment at which the next day begins and the clock of the day starts anew."""
        today = day_of(now.utc, zone)
        return now.monotonic_of(moment_of(today + _DAY, _MIDNIGHT, zone))

    def starts_since(self, moment: float) -> int:
        """Count the starts after a monotonic moment."""
        count = 0
        for start in reversed(self.starts):
            if start <= moment:
                break
            count += 1
        return count

    def memory(self, now: Instant) -> UsageMemory:
        """Return what must survive a restart."""
        clock, monotonic = now.utc.timestamp(), now.monotonic
        return UsageMemory(
            # With every act all of them are written down once more.
            starts=tuple(clock + (start - monotonic) for start in self.starts if start > monotonic - HOUR),
            on_since=None if self.on_since is None else _seconds(self.on_since, now),
            off_since=None if self.off_since is None else _seconds(self.off_since, now),
            told_to_rest_at=None if self.told_to_rest_at is None else _seconds(self.told_to_rest_at, now),
            day=self._day.isoformat() if self._day else "",
            on_today=self._on_today,
        )

    def restore(self, memory: UsageMemory, now: Instant) -> None:
        """Take over what an earlier run of Home Assistant has counted; nothing lies in the future."""
        self.starts = deque((_monotonic(start, now) for start in memory.starts), maxlen=4096)
        self.on_since = None if memory.on_since is None else _monotonic(memory.on_since, now)
        self.off_since = None if memory.off_since is None else _monotonic(memory.off_since, now)
        told = memory.told_to_rest_at
        self.told_to_rest_at = None if told is None else _monotonic(told, now)
        self._day = date.fromisoformat(memory.day) if memory.day else None
        self._on_today = memory.on_today

    def _roll(self, now: Instant, zone: tzinfo) -> None:
        today = day_of(now.utc, zone)
        if self._day != today:
            self._day = today
            self._on_today = 0.0

    def _since_midnight(self, now: Instant, zone: tzinfo) -> float:
        midnight = now.monotonic_of(moment_of(day_of(now.utc, zone), _MIDNIGHT, zone))
        return max(midnight, self.on_since if self.on_since is not None else now.monotonic)


class UsageBook:
    """The counters of all outputs."""

    def __init__(self) -> None:
        """Start empty."""
        self._of: dict[ChannelId, Usage] = {}

    def of(self, channel: ChannelId) -> Usage:
        """Return the counters of an output."""
        if (usage := self._of.get(channel)) is None:
            usage = self._of[channel] = Usage()
        return usage

    def drop(self, channel: ChannelId) -> None:
        """Forget an output."""
        self._of.pop(channel, None)


def _seconds(monotonic: float, now: Instant) -> float:
    return now.utc.timestamp() + (monotonic - now.monotonic)


def _monotonic(seconds: float, now: Instant) -> float:
    return min(now.monotonic, now.monotonic + seconds - now.utc.timestamp())

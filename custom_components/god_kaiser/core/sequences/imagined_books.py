"""The books of the safety as they would be while a rehearsal goes on; the real ones stay as they are."""

from typing import override

from ..fleet.view import FleetView
from ..ids import ChannelId, device_of
from ..instant import Instant
from ..requests import REST, is_rest
from ..safety.surroundings import Surroundings
from ..safety.traffic import FLEET, Traffic
from ..safety.usage import Usage, UsageBook


class ImaginedUsage(UsageBook):
    """Counters that begin where the real ones are."""

    def __init__(self, real: UsageBook) -> None:
        """Copy the counters of an output when somebody asks for them."""
        super().__init__()
        self._real = real
        self._copies: dict[ChannelId, Usage] = {}

    @override
    def of(self, channel: ChannelId) -> Usage:
        if channel not in self._copies:
            self._copies[channel] = self._real.of(channel).copied()
        return self._copies[channel]


class ImaginedTraffic(Traffic):
    """Commands that a rehearsal has sent, after those that were really sent."""

    def __init__(self, real: Traffic) -> None:
        """Begin with what has gone out."""
        super().__init__()
        self._real = real
        self._own: dict[str, list[float]] = {}

    @override
    def note(self, channel: ChannelId, now: Instant) -> None:
        for scope in (channel, device_of(channel), FLEET):
            self._own.setdefault(scope, []).append(now.monotonic)

    @override
    def oldest_of(self, scope: str, count: int) -> float | None:
        own = self._own.get(scope, [])
        return own[-count] if len(own) >= count else self._real.oldest_of(scope, count - len(own))


class ImaginedBooks(Surroundings):
    """What interlocks see in a rehearsal: the real limits, and outputs that do what they were told there.

    ``only`` are the outputs that surely run; while it is given, every other one counts as resting.
    """

    def __init__(self, real: Surroundings, fleet: FleetView) -> None:
        """Begin with what is so."""
        super().__init__(fleet)
        self.latch, self.lock_outs, self.limits = real.latch, real.lock_outs, real.limits
        self.zone, self.is_ending = real.zone, real.is_ending
        self.usage: UsageBook = ImaginedUsage(real.usage)
        self.traffic = ImaginedTraffic(real.traffic)
        self.only: frozenset[ChannelId] | None = None
        self._real = real
        self._runs: dict[ChannelId, bool] = {}
        # The level that the device has confirmed; None until it has.
        self._levels: dict[ChannelId, float | None] = {}

    def tell(self, channel: ChannelId, level: float, now: Instant) -> None:
        """Note that an output is told something, which its device has not confirmed yet."""
        if is_rest(level):
            self._levels[channel] = None
            self.usage.of(channel).tell_to_rest(now)
            return
        if self.would_start(channel):
            self._levels[channel] = None
        self._runs[channel] = True
        self.usage.of(channel).start(now, self.zone)
        self.traffic.note(channel, now)

    def confirm(self, channel: ChannelId, level: float, now: Instant) -> None:
        """Note that an output does what it was told."""
        self._levels[channel] = level
        if is_rest(level):
            self._runs[channel] = False
            self.usage.of(channel).rest(now, self.zone)

    @override
    def is_running(self, channel: ChannelId) -> bool:
        if self.only is not None:
            return channel in self.only
        runs = self._runs.get(channel)
        return self._real.is_running(channel) if runs is None else runs

    @override
    def would_start(self, channel: ChannelId) -> bool:
        return super().would_start(channel) if self.only is None else not self.usage.of(channel).is_underway

    @override
    def confirmed_level(self, channel: ChannelId) -> float | None:
        if self.only is not None and channel not in self.only:
            return REST
        return self._levels[channel] if channel in self._levels else self._real.confirmed_level(channel)

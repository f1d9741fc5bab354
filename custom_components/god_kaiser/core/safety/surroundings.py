"""All books of the safety in one place: what interlocks see and the engine keeps."""

from datetime import UTC, tzinfo
from math import fsum, inf

from ..fleet.fleet import TIME_TO_SAY
from ..fleet.view import FleetView
from ..ids import ChannelId, device_of
from ..instant import Instant
from ..requests import REST, is_rest
from .estop import StopLatch
from .leases import Leases
from .limits import Limits
from .lockouts import LockOuts
from .traffic import Traffic
from .usage import UsageBook

# An order is repeated after this time where its output can do so at once.
_TIME_TO_OBEY = 5.0


class Surroundings:
    """The fleet, the books about it, and the clock on the wall; a ``SafetyView``."""

    def __init__(self, fleet: FleetView) -> None:
        """Look at a fleet; everything else starts empty."""
        self.fleet: FleetView = fleet
        self.latch = StopLatch()
        self.lock_outs = LockOuts()
        self.leases = Leases()
        self.limits = Limits()
        self.usage = UsageBook()
        self.traffic = Traffic()
        self.zone: tzinfo = UTC
        self.is_ending = False

    def is_running(self, channel: ChannelId) -> bool:
        """Tell whether an output may be energised: it says so, or nobody has seen it at rest since we energised it."""
        if self.leases.is_live(channel):
            return True
        report = self.fleet.report(channel)
        return report is not None and report.level is not None and not is_rest(report.level)

    def has_disobeyed(self, channel: ChannelId, now: Instant) -> bool:
        """Tell whether an output runs on that was told to rest: it has had time to obey, and to say so."""
        told_at = self.usage.of(channel).told_to_rest_at
        if told_at is None or not self.is_running(channel):
            return False
        if self.fleet.is_astray(channel):
            # It cannot say that it rests, however often it is told.
            return True
        obeys_at = max(told_at + _TIME_TO_OBEY, self.fleet.settles_at(channel) or told_at)
        report = self.fleet.report(channel)
        has_said = report is not None and obeys_at <= report.at.monotonic
        return has_said or now.monotonic >= obeys_at + TIME_TO_SAY

    def is_stopped(self, channel: ChannelId) -> bool:
        """Tell whether our latch or the device's own emergency holds an output; what was wanted of it is gone for good."""
        report = self.fleet.report(channel)
        return self.latch.holds(device_of(channel)) or (report is not None and report.stopped)

    def would_start(self, channel: ChannelId) -> bool:
        """Tell whether to energise an output now begins a run: it rests, or was told to."""
        return not self.is_running(channel) or self.usage.of(channel).told_to_rest_at is not None

    def confirmed_level(self, channel: ChannelId) -> float | None:
        """Return the level that an output of a present device reports, None while that is not certain."""
        report = self.fleet.report(channel)
        if report is None or not self.fleet.link(device_of(channel)).is_online:
            return None
        usage = self.usage.of(channel)
        # What was reported before it was told something else proves nothing, and whoever is told to rest may obey.
        if usage.told_to_rest_at is not None or (usage.told_at is not None and report.at.monotonic < usage.told_at):
            return None
        settles_at = self.fleet.settles_at(channel)
        # While a valve travels, and until its device has spoken after that, it reports where it came from.
        return report.level if settles_at is None or settles_at <= report.at.monotonic else None

    def draw_of(self, budget: str, *, without: ChannelId) -> float:
        """Return what the outputs that do not surely rest draw of a budget, one of them left out."""
        shares = self.limits.shares_of(budget)
        return fsum(share.uses for key, share in shares.items() if key != without and not self._surely_rests(key))

    def limit_of(self, budget: str) -> float:
        """Return the smallest limit that anybody has laid down for a budget."""
        return min((share.limit for share in self.limits.shares_of(budget).values()), default=inf)

    def _surely_rests(self, channel: ChannelId) -> bool:
        return not self.is_running(channel) and self.confirmed_level(channel) == REST

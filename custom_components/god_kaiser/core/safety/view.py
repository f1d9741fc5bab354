"""Everything that an interlock may look at."""

from datetime import tzinfo
from typing import Protocol

from ..fleet.view import FleetView
from ..ids import ChannelId
from .estop import StopLatch
from .lockouts import LockOuts
from .traffic import Traffic
from .usage import UsageBook


class SafetyView(Protocol):
    """The fleet, the books about it, and the clock on the wall."""

    @property
    def fleet(self) -> FleetView:
        """Return what is known about the devices."""

    @property
    def latch(self) -> StopLatch:
        """Return the memory of the emergency stop."""

    @property
    def lock_outs(self) -> LockOuts:
        """Return the tags that hang."""

    @property
    def usage(self) -> UsageBook:
        """Return how long and how often outputs have run."""

    @property
    def traffic(self) -> Traffic:
        """Return how many energising commands have gone out lately."""

    @property
    def is_ending(self) -> bool:
        """Tell whether Home Assistant is being shut down."""

    @property
    def zone(self) -> tzinfo:
        """Return the time zone that people live in."""

    def is_running(self, channel: ChannelId) -> bool:
        """Tell whether an output may be energised: it says so, or nobody has seen it at rest since we energised it."""

    def would_start(self, channel: ChannelId) -> bool:
        """Tell whether to energise an output now begins a run: it rests, or was told to."""

    def confirmed_level(self, channel: ChannelId) -> float | None:
        """Return the level that an output of a present device reports, None while that is not certain."""

    def draw_of(self, budget: str, *, without: ChannelId) -> float:
        """Return what the outputs that do not surely rest draw of a budget, one of them left out."""

    def limit_of(self, budget: str) -> float:
        """Return the smallest limit that anybody has laid down for a budget."""

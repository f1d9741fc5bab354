"""How many energising commands may go out in a while: to an output, to its device, or to everybody."""

from enum import StrEnum
from math import ceil
from typing import ClassVar

from msgspec import Struct

from ...ids import ChannelId, DeviceId, device_of
from ...instant import Instant
from ...requests import CommandRequest
from ..objections import Ground, Objection
from ..traffic import FLEET, MOST, WINDOW
from ..view import SafetyView
from .bounds import check_number


class Scope(StrEnum):
    """Whose commands are counted."""

    CHANNEL = "channel"
    DEVICE = "device"
    FLEET = "fleet"


class RateLimit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="rate_limit"):
    """Allows ``count`` energising commands in any ``seconds``; a refusal costs nothing, and rest is never counted."""

    is_lasting: ClassVar[bool] = False

    count: int
    seconds: int
    scope: Scope = Scope.CHANNEL

    @property
    def sources(self) -> tuple[ChannelId, ...]:
        """Return nothing: only the output itself matters."""
        return ()

    def check(self) -> None:
        """Refuse a window or a number of commands that nobody keeps count of."""
        check_number("count", self.count, 1, MOST)
        check_number("seconds", self.seconds, 1, WINDOW)

    def counted(self, channel: ChannelId) -> ChannelId | DeviceId | str:
        """Return whose commands are counted with those to an output."""
        return {Scope.CHANNEL: channel, Scope.DEVICE: device_of(channel), Scope.FLEET: FLEET}[self.scope]

    def objection(self, request: CommandRequest, view: SafetyView, now: Instant) -> Objection | None:
        """Object to one command too many; the renewal of a run is none."""
        if request.is_renewal:
            return None
        oldest = view.traffic.oldest_of(self.counted(request.channel), self.count)
        if oldest is None or oldest <= now.monotonic - self.seconds:
            return None
        details: dict[str, str | int | float] = {
            "scope": self.scope.value,
            "limit": self.count,
            "window": self.seconds,
            "seconds": ceil(oldest + self.seconds - now.monotonic),
        }
        return Objection(ground=Ground.RATE_LIMITED, details=details)

    def looks_again_at(self, _channel: ChannelId, _view: SafetyView, _now: Instant) -> float | None:
        """Return nothing: this is asked at starts only."""
        return None

"""Every energised output has an end, also where the device has no timer of its own."""

from ..deadlines import Deadlines
from ..ids import ChannelId
from ..instant import Instant
from ..requests import is_rest
from .gate import ApprovedCommand

# The device ends a full ON by itself; ours comes after it. A partial level has no timer on the device.
_DEVICE_FIRST = 2.0


class Leases:
    """When each output that we have energised must be back at rest."""

    def __init__(self) -> None:
        """Start with nothing energised."""
        self.ends: Deadlines[ChannelId] = Deadlines()
        self._granted: dict[ChannelId, float] = {}

    def grant(self, command: ApprovedCommand, now: Instant) -> None:
        """Note until when an output may stay as it was just told."""
        # A rest that was asked for is no rest yet: the end stays until the device is seen to rest.
        if is_rest(command.request.level):
            return
        grace = _DEVICE_FIRST if command.has_device_timer else 0.0
        self._granted[command.request.channel] = now.monotonic
        self.ends.touch(command.request.channel, now.monotonic + command.duration + grace)

    def adopt(self, channel: ChannelId, limit: int, now: Instant) -> None:
        """Give an output that was found running an end, unless it has one."""
        if self.ends.due(channel) is None:
            self._granted[channel] = now.monotonic
            self.ends.touch(channel, now.monotonic + limit)

    def ended(self, now: Instant) -> list[tuple[ChannelId, float]]:
        """Remove and return every lease that has ended, with the moment of its last grant."""
        return [(channel, self._granted.pop(channel)) for channel in self.ends.pop_due(now.monotonic)]

"""How many energising commands have gone out lately: what rate limits are judged by."""

from collections import deque
from itertools import takewhile

from ..ids import ChannelId, DeviceId, device_of
from ..instant import Instant

WINDOW = 3600.0
MOST = 10_000
FLEET = ""


class Traffic:
    """Sliding windows for each output, each device and the whole fleet; a refusal leaves no trace."""

    def __init__(self) -> None:
        """Start quiet."""
        self._sent: dict[ChannelId | DeviceId | str, deque[float]] = {}

    def note(self, channel: ChannelId, now: Instant) -> None:
        """Count an energising command."""
        for scope in (channel, device_of(channel), FLEET):
            # Whoever was told something last stands last, so the quiet ones are found at the beginning.
            window = self._sent[scope] = self._sent.pop(scope, deque(maxlen=MOST))
            while window and window[0] <= now.monotonic - WINDOW:
                window.popleft()
            window.append(now.monotonic)
        self._drop_quiet(now)

    def sent_since(self, scope: ChannelId | DeviceId | str, moment: float) -> int:
        """Count the commands after a monotonic moment."""
        return sum(sent > moment for sent in self._sent.get(scope, ()))

    def oldest_of(self, scope: ChannelId | DeviceId | str, count: int) -> float | None:
        """Return when the command was sent that lies ``count`` commands back, None if there were fewer."""
        window = self._sent.get(scope)
        return window[-count] if window is not None and len(window) >= count else None

    def _drop_quiet(self, now: Instant) -> None:
        """Forget who was told nothing for the longest window, removed or not: nobody gets round a limit by going."""
        for scope in list(takewhile(lambda scope: self._sent[scope][-1] <= now.monotonic - WINDOW, self._sent)):
            del self._sent[scope]

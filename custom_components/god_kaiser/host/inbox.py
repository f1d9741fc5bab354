"""The letter box: every inbound message is read here, and nothing that it contains gets further than here."""

from collections import Counter
from collections.abc import Callable
import logging

from ..core.errors import ProtocolError
from ..core.facts import (
    DeviceFact,
    HeartbeatReceived,
    ReadingArrived,
    StopAcknowledged,
    StopCleared,
    StopRefused,
    WillReceived,
)
from ..core.ids import DeviceId
from ..core.protocol.inbound import decode
from ..core.protocol.topics import sender_of

_LOGGER = logging.getLogger(__name__)
_FLOOD_WINDOW = 10.0
_MOST_READINGS = 2000
_MOST_MESSAGES = 400
_MOST_SENDERS = 4000
_ALWAYS_HEARD = (HeartbeatReceived, WillReceived, StopAcknowledged, StopCleared, StopRefused)
_MAX_COUNTERS = 500


class Inbox:
    """Decodes messages; counts what it cannot read and says so once per device and kind."""

    def __init__(self, kaiser_id: str, is_approved: Callable[[DeviceId], bool]) -> None:
        """Start with clean counters."""
        self._kaiser_id = kaiser_id
        self._is_approved = is_approved
        self.rejected: Counter[tuple[str, str]] = Counter()
        self.accepted = 0
        self._window_end = 0.0
        self._in_window: Counter[tuple[str, int]] = Counter()

    def open(self, topic: str, payload: bytes, *, retained: bool, now: float) -> DeviceFact | None:
        """Return what a message says, or None; never raises because of its content."""
        try:
            fact = decode(topic, payload, kaiser_id=self._kaiser_id, retained=retained)
        except ProtocolError as err:
            self.reject(sender_of(topic) or "unknown", err.kind)
            return None
        if fact is None or self._floods(fact, now):
            return None
        self.accepted += 1
        return fact

    def _floods(self, fact: DeviceFact, now: float) -> bool:
        """Tell whether a device says more than any firmware does; what keeps it alive or safe always passes.

        Every device has a budget of its own. Beyond a number of senders strangers share one, but an approved device
        never shares: however many invented senders there are, its reports and answers are heard.
        """
        if isinstance(fact, _ALWAYS_HEARD):
            return False
        if now >= self._window_end:
            self._window_end = now + _FLOOD_WINDOW
            self._in_window.clear()
        limit = _MOST_READINGS if isinstance(fact, ReadingArrived) else _MOST_MESSAGES
        key: tuple[str, int] = (fact.device, limit)
        is_full = key not in self._in_window and len(self._in_window) >= _MOST_SENDERS
        if is_full and not self._is_approved(fact.device):
            key = ("other", limit)
        said = self._in_window[key] = self._in_window[key] + 1
        if said <= limit:
            return False
        self.reject(fact.device, "flood")
        return True

    def reject(self, sender: str, kind: str) -> bool:
        """Count a message that could not be used; tell whether it is the first of its kind."""
        key = (sender, kind)
        first = key not in self.rejected and len(self.rejected) < _MAX_COUNTERS
        if not first and key not in self.rejected:
            key = ("other", kind)
        self.rejected[key] += 1
        if first:
            _LOGGER.warning("Ignoring messages of %s: %s (logged once, then counted)", sender, kind)
        return first

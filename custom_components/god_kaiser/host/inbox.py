"""The letter box: every inbound message is read here, and nothing that it contains gets further than here."""

from collections import Counter
import logging

from ..core.errors import ProtocolError
from ..core.facts import DeviceFact, ReadingArrived
from ..core.protocol.inbound import decode
from ..core.protocol.topics import sender_of

_LOGGER = logging.getLogger(__name__)
_FLOOD_WINDOW = 10.0
_FLOOD_LIMIT = 2000
_MAX_COUNTERS = 500


class Inbox:
    """Decodes messages; counts what it cannot read and says so once per device and kind."""

    def __init__(self, kaiser_id: str) -> None:
        """Start with clean counters."""
        self._kaiser_id = kaiser_id
        self.rejected: Counter[tuple[str, str]] = Counter()
        self.accepted = 0
        self._window_end = 0.0
        self._in_window: Counter[str] = Counter()

    def open(self, topic: str, payload: bytes, *, retained: bool, now: float) -> DeviceFact | None:
        """Return what a message says, or None; never raises because of its content."""
        try:
            fact = decode(topic, payload, kaiser_id=self._kaiser_id, retained=retained)
        except ProtocolError as err:
            self._reject(sender_of(topic) or "unknown", err.kind)
            return None
        if fact is None or (isinstance(fact, ReadingArrived) and self._floods(fact.device, now)):
            return None
        self.accepted += 1
        return fact

    def _floods(self, device: str, now: float) -> bool:
        """Tell whether a device sends more readings than any firmware does; everything else always passes."""
        if now >= self._window_end:
            self._window_end = now + _FLOOD_WINDOW
            self._in_window.clear()
        self._in_window[device] += 1
        if self._in_window[device] <= _FLOOD_LIMIT:
            return False
        self._reject(device, "flood")
        return True

    def _reject(self, sender: str, kind: str) -> None:
        key = (sender, kind)
        if key not in self.rejected:
            if len(self.rejected) >= _MAX_COUNTERS:
                key = ("other", kind)
            else:
                _LOGGER.warning("Ignoring messages of %s: %s (logged once, then counted)", sender, kind)
        self.rejected[key] += 1

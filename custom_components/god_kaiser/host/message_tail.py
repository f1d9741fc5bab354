"""The last messages of each device and to it, as they came and went, for whoever has to find out what was said."""

from collections import OrderedDict, deque
from datetime import datetime
from typing import Final

from homeassistant.core import callback
from homeassistant.util import dt as dt_util
from msgspec import Struct

from ..core.ids import DeviceId
from ..core.protocol.topics import sender_of

MOST_OF_ONE: Final = 30
# Whoever invents senders pushes out only other strangers that are as quiet.
MOST_DEVICES: Final = 300
LONGEST: Final = 2_000


class Message(Struct, frozen=True, gc=False):
    """One message: when, whether it was ours, its topic, and its payload as far as there is room for it."""

    at: datetime
    is_ours: bool
    topic: str
    payload: bytes
    size: int
    retained: bool


class MessageTail:
    """Remembers messages in memory alone; nothing of them is written down."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._of: OrderedDict[DeviceId, deque[Message]] = OrderedDict()

    @callback
    def note(self, topic: str, payload: bytes, *, is_ours: bool, retained: bool) -> None:
        """Remember a message of a device or to it; what concerns none is left out."""
        if (device := sender_of(topic)) is None:
            return
        known = self._of.get(device)
        if known is None:
            known = self._of[device] = deque(maxlen=MOST_OF_ONE)
            if len(self._of) > MOST_DEVICES:
                self._of.popitem(last=False)
        self._of.move_to_end(device)
        known.append(Message(dt_util.utcnow(), is_ours, topic[:LONGEST], payload[:LONGEST], len(payload), retained))

    def of(self, device: DeviceId) -> tuple[Message, ...]:
        """Return the last messages of one device and to it, the oldest first."""
        return tuple(self._of.get(device, ()))

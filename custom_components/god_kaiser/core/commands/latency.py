"""How fast devices answer: what a median and a slow answer cost lately."""

from collections import deque
from math import ceil

from msgspec import Struct

from ..ids import DeviceId

WINDOW = 100


class Latency(Struct, frozen=True, kw_only=True, gc=False):
    """The answer times of one device in seconds, over its last answers."""

    count: int
    p50: float
    p95: float
    worst: float


class Latencies:
    """The last answer times of every device."""

    def __init__(self) -> None:
        """Start without answers."""
        self._seconds: dict[DeviceId, deque[float]] = {}

    def note(self, device: DeviceId, seconds: float) -> None:
        """Count one answer."""
        self._seconds.setdefault(device, deque(maxlen=WINDOW)).append(seconds)

    def of(self, device: DeviceId) -> Latency | None:
        """Return the answer times of a device, None before its first answer."""
        if (seconds := self._seconds.get(device)) is None:
            return None
        ordered = sorted(seconds)
        return Latency(count=len(ordered), p50=_quantile(ordered, 0.5), p95=_quantile(ordered, 0.95), worst=ordered[-1])

    def drop(self, device: DeviceId) -> None:
        """Forget a device."""
        self._seconds.pop(device, None)


def _quantile(ordered: list[float], share: float) -> float:
    """Return the smallest value that this share of all values does not exceed."""
    return ordered[ceil(share * len(ordered)) - 1]

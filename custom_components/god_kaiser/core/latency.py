"""How long something took lately: the last time, the median, and the slow ones."""

from collections import deque
from collections.abc import Hashable, Sequence
from math import ceil

from msgspec import Struct

WINDOW = 100
# So many of the last times are compared with all before them, which must be twice as many.
_LATELY = 10


class Latency(Struct, frozen=True, kw_only=True, gc=False):
    """Measured times in seconds, over the last of them."""

    last: float
    p50: float
    p95: float
    max: float
    count: int


class Drift(Struct, frozen=True, kw_only=True, gc=False):
    """How long it has usually taken before, and how long lately, in seconds."""

    before: float
    lately: float


class Latencies[Key: Hashable]:
    """The last times of everybody who is measured."""

    def __init__(self) -> None:
        """Start without any."""
        self._seconds: dict[Key, deque[float]] = {}

    def note(self, key: Key, seconds: float) -> None:
        """Count one time."""
        self._seconds.setdefault(key, deque(maxlen=WINDOW)).append(seconds)

    def of(self, key: Key) -> Latency | None:
        """Return the times of somebody, None before the first."""
        if (seconds := self._seconds.get(key)) is None:
            return None
        ordered = sorted(seconds)
        return Latency(
            last=seconds[-1],
            p50=_quantile(ordered, 0.5),
            p95=_quantile(ordered, 0.95),
            max=ordered[-1],
            count=len(ordered),
        )

    def drifts(self) -> dict[Key, Drift]:
        """Return how the last times compare with those before, of everybody who was measured often enough."""
        return {
            key: Drift(
                before=_quantile(sorted(list(seconds)[:-_LATELY]), 0.5),
                lately=_quantile(sorted(list(seconds)[-_LATELY:]), 0.5),
            )
            for key, seconds in self._seconds.items()
            if len(seconds) >= 3 * _LATELY
        }

    def drop(self, key: Key) -> None:
        """Forget somebody."""
        self._seconds.pop(key, None)


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value that this share of all values does not exceed."""
    return ordered[ceil(share * len(ordered)) - 1]

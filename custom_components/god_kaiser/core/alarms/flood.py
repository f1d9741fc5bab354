"""Many alarms at once are one message: nobody reads the eleventh."""

from collections import deque

from msgspec import Struct


class FloodLimits(Struct, frozen=True, kw_only=True):
    """More than so many alarms within so many seconds are a flood, which ends below half as many."""

    most: int = 10
    seconds: float = 600.0


class FloodGuard:
    """Counts what comes, and tells whether that is a flood."""

    def __init__(self, limits: FloodLimits) -> None:
        """Start with nothing counted."""
        self.is_flooding = False
        self._limits = limits
        self._came: deque[float] = deque(maxlen=limits.most + 1)

    def note(self, now: float) -> bool:
        """Count an alarm, and tell whether the flood begins with it."""
        self._came.append(now)
        begins = not self.is_flooding and self._lately(now) > self._limits.most
        self.is_flooding = self.is_flooding or begins
        return begins

    def ebb(self, now: float) -> bool:
        """Tell whether the flood has ended meanwhile; that is told once."""
        if not self.is_flooding or 2 * self._lately(now) >= self._limits.most:
            return False
        self.is_flooding = False
        return True

    def next_look(self, now: float) -> float | None:
        """Return when the flood may be over, None while there is none."""
        if not self.is_flooding:
            return None
        least = (self._limits.most + 1) // 2
        still = sorted(end for end in self._ends() if end > now)
        return still[len(still) - least] if len(still) >= least else now

    def _lately(self, now: float) -> int:
        return sum(1 for end in self._ends() if end > now)

    def _ends(self) -> list[float]:
        return [moment + self._limits.seconds for moment in self._came]

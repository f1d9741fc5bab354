"""Whether the clock on the wall may be believed when something is to be forgotten for its age."""

from math import inf
from typing import Final

from ..instant import Instant

# Whoever sets a clock by less does no harm.
_TOLERANCE: Final = 3600.0
# A hub that was away for longer than this, or a clock that is wrong: nobody can tell which.
_LONGEST_AWAY: Final = 30 * 86_400.0
# After that time a person has seen that the date is wrong, and a network has set it.
_PROBATION: Final = 86_400.0


class ProvenClock:
    """Compares the clock on the wall with one that nobody can set; after a jump it has to go along with that for a day."""

    def __init__(self) -> None:
        """Believe nothing so far."""
        self._lead = inf
        self._doubted_at = inf

    def begin(self, now: Instant, last: float | None) -> None:
        """Take it for right where it goes on from what was noted ``last``, in seconds since 1970."""
        away = 0.0 if last is None else now.utc.timestamp() - last
        self._lead = _lead_of(now)
        self._doubted_at = -inf if -_TOLERANCE <= away <= _LONGEST_AWAY else now.monotonic

    def is_proven(self, now: Instant) -> bool:
        """Tell whether the clock has not jumped for long enough."""
        lead = _lead_of(now)
        if abs(lead - self._lead) > _TOLERANCE:
            self._doubted_at = now.monotonic
        self._lead = lead
        return now.monotonic - self._doubted_at >= _PROBATION


def _lead_of(now: Instant) -> float:
    return now.utc.timestamp() - now.monotonic

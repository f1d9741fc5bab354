"""When rules were looked after last: how long a gap was that nobody has looked, whenever a row was written."""

from ..instant import Instant
from .state import LONGEST_GAP, RuleMemory

# Whose row that is: no rule has this name.
NOBODY = ""
# People's clock was set where it runs so far ahead of the other one, or behind it.
_SET = 5.0


class Lifeline:
    """Leaves signs of life; each of them vouches for all that was written since the last long gap."""

    def __init__(self, sign: RuleMemory | None, now: Instant) -> None:
        """Go on with the life of the last sign, where the gap since then is a short one."""
        clock = now.utc.timestamp()
        self._begun, self._last = (clock, 0.0) if sign is None else (sign.since or clock, sign.seen_at)
        # What is on the disk belongs to that life still.
        self._former = self._begun
        if not 0.0 <= clock - self._last <= LONGEST_GAP:
            self._begun = clock
        self._offset = clock - now.monotonic

    def seen_at(self, memory: RuleMemory) -> float:
        """Return until when what a row says was looked after, before this start."""
        return max(memory.seen_at, self._last) if memory.seen_at >= self._former else memory.seen_at

    def sign(self, now: Instant) -> RuleMemory:
        """Return the sign that rules are looked after; what was written before people's clock was set is not its own."""
        clock = now.utc.timestamp()
        offset = clock - now.monotonic
        if abs(offset - self._offset) > _SET:
            self._begun, self._offset = clock, offset
        return RuleMemory(rule=NOBODY, since=self._begun, seen_at=clock)

"""Whether a rule does something more often than anybody means it to."""

from collections import deque

from ..instant import Instant
from ..rules.moving import MINUTE
from ..rules.state import RuleState

# More often than this within a minute, or within some seconds, nobody means a rule to act.
MOST_A_MINUTE = 20
MOST_AT_ONCE = 5
AT_ONCE = 10.0


class Acts:
    """Which rules have acted since the event that is being handled has begun."""

    def __init__(self) -> None:
        """Start with none."""
        self._of_event: set[str] = set()

    def begin(self) -> None:
        """Begin with another event."""
        self._of_event.clear()

    def is_too_often(self, rule: str, state: RuleState, now: Instant) -> bool:
        """Note that a rule acts, and tell whether that is too often: in a minute, in some seconds, or twice for one event."""
        begin = now.monotonic - MINUTE if state.pardoned_at is None else max(state.pardoned_at, now.monotonic - MINUTE)
        lately = [moment for moment in state.fired if moment >= begin]
        at_once = sum(moment > now.monotonic - AT_ONCE for moment in lately)
        is_again = rule in self._of_event
        self._of_event.add(rule)
        return len(lately) > MOST_A_MINUTE or at_once > MOST_AT_ONCE or is_again


class Returns:
    """When rules have had again what they hold otherwise: a sensor that comes and goes must not let an output chatter."""

    def __init__(self) -> None:
        """Start with none."""
        self._of: dict[str, deque[float]] = {}

    def is_too_often(self, rule: str, now: Instant) -> bool:
        """Note that a rule has it again, and tell whether that is too often; a rule that is told so begins anew."""
        lately = self._of.setdefault(rule, deque(maxlen=MOST_A_MINUTE + 1))
        lately.append(now.monotonic)
        if len(lately) <= MOST_A_MINUTE or lately[0] < now.monotonic - MINUTE:
            return False
        del self._of[rule]
        return True

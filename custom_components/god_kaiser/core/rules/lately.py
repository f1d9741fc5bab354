"""What rules have done lately: as much as there is room for, and none of them pushes out what others have done."""

from collections.abc import Iterable

from .executions import Execution

MOST_KEPT = 1000
# So many of its executions a rule keeps at most once there is no room left.
SHARE = 100


class Lately:
    """The latest executions of all rules; a rule that has more than its share gives up its own oldest, not that of others."""

    def __init__(self, most: int = MOST_KEPT, share: int = SHARE) -> None:
        """Start with none."""
        self._most = most
        self._share = share
        self._all: dict[str, Execution] = {}
        self._of: dict[str, dict[str, None]] = {}

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._all)

    def keep(self, execution: Execution) -> str | None:
        """Keep an execution as it is now, and return the key of the one that has gone for it."""
        self._all[execution.key] = execution
        mine = self._of.setdefault(execution.rule, {})
        mine[execution.key] = None
        if len(self._all) <= self._most:
            return None
        oldest = next(iter(mine if len(mine) > self._share else self._all))
        gone = self._all.pop(oldest)
        others = self._of[gone.rule]
        del others[oldest]
        if not others:
            del self._of[gone.rule]
        return oldest

    def get(self, key: str) -> Execution | None:
        """Return one execution, as far as it is still known."""
        return self._all.get(key)

    def of(self, rule: str | None = None) -> Iterable[Execution]:
        """Return what one rule has done, or all of them, in the order in which they have begun."""
        return self._all.values() if rule is None else [self._all[key] for key in self._of.get(rule, ())]

"""Who may keep an output from what a rule wants of it: worked out once for all rules of the output."""

from collections.abc import Iterable
from heapq import nsmallest

from ..ids import ChannelId
from ..requests import FULL
from .actions import LockOutput, SetOutput
from .model import Rule

# Whoever asks may be the first of them, and nobody is a rival of itself.
_ENOUGH = 2


class Rivals:
    """The rules that may lock an output, and the most important ones that may want less than full power of it."""

    def __init__(self, output: ChannelId, rules: Iterable[Rule]) -> None:
        """Look once at every rule of an output; one that is switched off is nobody's rival."""
        self._locking: set[str] = set()
        lessening: list[tuple[int, str]] = []
        for rule in rules:
            if not rule.enabled:
                continue
            wanted = [each for each in _wanted(rule) if each.output == output]
            if any(isinstance(each, LockOutput) for each in wanted):
                self._locking.add(rule.id)
            if any(isinstance(each, SetOutput) and each.level != FULL for each in wanted):
                lessening.append((rule.priority, rule.id))
        self._lessening = nsmallest(_ENOUGH, lessening)

    def may_hold_back(self, rule: Rule) -> bool:
        """Tell whether another rule may keep the output from this one: a tag always does, a lower level by rank."""
        if self._locking - {rule.id}:
            return True
        return any(priority <= rule.priority for priority, key in self._lessening if key != rule.id)


def _wanted(rule: Rule) -> Iterable[SetOutput | LockOutput]:
    actions = (*rule.then, *rule.otherwise, *rule.escalation.instead)
    return (action for action in actions if isinstance(action, SetOutput | LockOutput))

"""Which rules a source concerns: of a measured value only those whose borders it has crossed."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator

from ..conditions import Condition, singles
from ..conditions.question import Borders

# Values are compared with this tolerance, so a border this near counts as crossed.
_NEAR = 1e-8


class SourceWatch:
    """The rules that one source concerns, sorted by the values at which their answers may turn."""

    __slots__ = ("_always", "_borders", "last", "rules")

    def __init__(self) -> None:
        """Start without rules, and without a value."""
        self.rules: dict[str, None] = {}
        self.last: float | None = None
        self._always: dict[str, None] = {}
        self._borders: list[tuple[float, str]] = []

    def add(self, rule: str, borders: Borders) -> None:
        """Let a source concern a rule."""
        self.rules[rule] = None
        if borders is None:
            self._always[rule] = None
            return
        for border in borders:
            insort(self._borders, (border, rule))

    def remove(self, rule: str) -> None:
        """Let a source concern a rule no longer."""
        self.rules.pop(rule, None)
        self._always.pop(rule, None)
        self._borders = [each for each in self._borders if each[1] != rule]

    def crossed(self, value: float | None) -> Iterable[str]:
        """Take the next value, and return the rules whose answer it may turn."""
        before, self.last = self.last, value
        if before == value:
            return tuple(self._always)
        if before is None or value is None:
            return tuple(self.rules)
        low, high = (before, value) if before < value else (value, before)
        near = _NEAR * max(1.0, abs(low), abs(high))
        first = bisect_left(self._borders, (low - near, ""))
        last = bisect_right(self._borders, (high + near, "\U0010ffff"))
        between = self._borders[first:last]
        return dict.fromkeys([*self._always, *(rule for _, rule in between)]) if between else tuple(self._always)

    def lost(self) -> Iterable[str]:
        """Take that there is no value any more, and return the rules whose answer that may turn."""
        self.last = None
        return tuple(self.rules)


class Watchlist:
    """Every source that any rule asks about."""

    def __init__(self) -> None:
        """Start with none."""
        self._watches: dict[str, SourceWatch] = {}

    def add(self, rule: str, condition: Condition) -> None:
        """Watch everything that a rule asks about."""
        for source, borders in _borders_of(condition):
            self._watches.setdefault(source, SourceWatch()).add(rule, borders)

    def remove(self, rule: str, condition: Condition) -> None:
        """Watch nothing for a rule any more."""
        for source in {source for source, _ in _borders_of(condition)}:
            if (watch := self._watches.get(source)) is not None:
                watch.remove(rule)
                if not watch.rules:
                    del self._watches[source]

    def of(self, source: str) -> SourceWatch | None:
        """Return who watches a source."""
        return self._watches.get(source)

    def __iter__(self) -> Iterator[str]:
        """Yield every source."""
        return iter(self._watches)


def _borders_of(condition: Condition) -> Iterator[tuple[str, Borders]]:
    for question in singles(condition):
        yield from question.borders.items()

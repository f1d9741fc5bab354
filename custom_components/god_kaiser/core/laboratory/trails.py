"""From when to when something was so: many stretches are counted, the first of them are told one by one."""

from datetime import datetime, timedelta

from msgspec import Struct

MOST_TOLD = 500


class Span(Struct, frozen=True, kw_only=True):
    """One stretch of time: at which level an output ran, or why something was not done."""

    begin: datetime
    end: datetime
    seconds: float
    level: float | None = None
    why: tuple[str, ...] = ()


class Spans(Struct, frozen=True, kw_only=True):
    """All stretches together; of more than can be told one by one there is only the count."""

    spans: tuple[Span, ...] = ()
    count: int = 0
    seconds: float = 0.0


class Trail[What: float | tuple[str, ...]]:
    """Follows one thing; moments are seconds since the story has begun."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.what: What | None = None
        self.starts = 0
        self._since = 0.0
        self._stretches: list[tuple[float, float, What]] = []
        self._count = 0
        self._seconds = 0.0

    def turn(self, what: What | None, at: float) -> None:
        """Note that something else is so from now on; nothing is so any more with None.

        What was so before the story began has not started in it.
        """
        if what == self.what:
            return
        before, self.what = self.what, what
        self.starts += before is None and at >= 0.0
        at = max(0.0, at)
        if before is not None and at > self._since:
            self._count += 1
            self._seconds += at - self._since
            if len(self._stretches) < MOST_TOLD:
                self._stretches.append((self._since, at, before))
        self._since = at

    def told(self, begin: datetime, end: float) -> Spans:
        """Return everything up to the end of the story, which began at a moment; what is still so ends there."""
        stretches, count, seconds = self._stretches, self._count, self._seconds
        if self.what is not None and end > self._since:
            stretches = [*stretches, (self._since, end, self.what)]
            count, seconds = count + 1, seconds + end - self._since
        return Spans(
            spans=tuple(_span(begin, *each) for each in stretches[:MOST_TOLD]), count=count, seconds=round(seconds, 3)
        )


def _span(begin: datetime, since: float, until: float, what: float | tuple[str, ...]) -> Span:
    return Span(
        begin=begin + timedelta(seconds=since),
        end=begin + timedelta(seconds=until),
        seconds=round(until - since, 3),
        level=what if isinstance(what, float) else None,
        why=what if isinstance(what, tuple) else (),
    )

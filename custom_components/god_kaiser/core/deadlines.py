"""Many deadlines, one wake-up; moving a deadline costs a dictionary write."""

from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush
from math import inf
from typing import Protocol


class Clock(Protocol):
    """What has a next moment; its queue tells cheaply that there is none, or that it does not come first."""

    @property
    def queue(self) -> Sequence[tuple[float, str]]:
        """Return everything that has been queued; nothing is due before the first of it."""

    def next_due(self) -> float | None:
        """Return when to look again."""


def earliest(clocks: Iterable[Clock], before: float = inf) -> float | None:
    """Return the first moment of all clocks before another one; most of them are empty, or come later, most of the time."""
    first = before
    for clock in clocks:
        if (queue := clock.queue) and queue[0][0] < first and (due := clock.next_due()) is not None and due < first:
            first = due
    return None if first == before else first


class Deadlines[Key: str]:
    """The next moment for each key. A later ``touch`` never pays for the heap."""

    def __init__(self) -> None:
        """Start with nothing due."""
        self._due: dict[Key, float] = {}
        self.queue: list[tuple[float, Key]] = []
        self._queued: dict[Key, float] = {}

    def touch(self, key: Key, due: float) -> None:
        """Set or move the deadline of a key."""
        self._due[key] = due
        if (queued := self._queued.get(key)) is None or due < queued:
            self._queued[key] = due
            heappush(self.queue, (due, key))

    def drop(self, key: Key) -> None:
        """Forget the deadline of a key."""
        self._due.pop(key, None)

    def due(self, key: Key) -> float | None:
        """Return the deadline of a key."""
        return self._due.get(key)

    def next_due(self) -> float | None:
        """Return when to look again; never later than the earliest deadline."""
        heap = self.queue
        while heap and self._due.get(heap[0][1]) is None:
            _, key = heappop(heap)
            self._queued.pop(key, None)
        if len(heap) > 64 and len(heap) > 4 * len(self._due):
            self._rebuild()
        return self.queue[0][0] if self.queue else None

    def pop_due(self, now: float) -> list[Key]:
        """Remove and return every key whose deadline has passed."""
        passed: list[Key] = []
        heap = self.queue
        while heap and heap[0][0] <= now:
            queued_at, key = heappop(heap)
            if self._queued.get(key) != queued_at:
                continue
            del self._queued[key]
            due = self._due.get(key)
            if due is None:
                continue
            if due <= now:
                del self._due[key]
                passed.append(key)
            else:
                self._queued[key] = due
                heappush(heap, (due, key))
        return passed

    def _rebuild(self) -> None:
        self._queued = dict(self._due)
        self.queue = [(due, key) for key, due in self._due.items()]
        heapify(self.queue)

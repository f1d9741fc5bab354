"""What waits to be written: bounded, in its order, and never in anybody's way."""

from collections import deque
from typing import Final, NamedTuple

from .rows import EndedRun, Row

MOST_WAITING: Final = 20_000
# So many times as many may wait where nobody may miss them; a disk that is dead for days must not take the memory.
_TRAIL_FACTOR: Final = 5
_MOST_RUNS: Final = 1_000
MOST_AT_ONCE: Final = 2_000


class Batch(NamedTuple):
    """What is written together."""

    rows: tuple[Row, ...]
    runs: tuple[EndedRun, ...]


class WaitingRows:
    """Takes events and gives them in batches; when it is full it counts what it does not take."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        """Start empty."""
        self._rows: deque[Row] = deque()
        self._runs: deque[EndedRun] = deque(maxlen=_MOST_RUNS)
        self._most = most
        self.dropped = 0

    def __len__(self) -> int:
        """Return how many events wait."""
        return len(self._rows)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing waits."""
        return not self._rows and not self._runs

    @property
    def runs(self) -> list[str]:
        """Return the runs that are over and wait."""
        return [run.run for run in self._runs]

    def put(self, row: Row) -> bool:
        """Take an event; what nobody may miss finds a place long after everything else has none."""
        waiting = len(self._rows)
        if waiting >= self._most and (not row.is_vital or waiting >= self._most * _TRAIL_FACTOR):
            self.dropped += 1
            return False
        self._rows.append(row)
        return True

    def put_run(self, run: EndedRun) -> None:
        """Take a run that is over."""
        self._runs.append(run)

    def take(self) -> Batch:
        """Give away the first ones."""
        rows = tuple(self._rows.popleft() for _ in range(min(len(self._rows), MOST_AT_ONCE)))
        runs = tuple(self._runs)
        self._runs.clear()
        return Batch(rows, runs)

    def forgive(self) -> int:
        """Return how many were not taken since the last time."""
        dropped, self.dropped = self.dropped, 0
        return dropped

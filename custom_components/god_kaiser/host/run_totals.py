"""How often sequences have run, how long, and how their last runs have ended; it survives every restart."""

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from ..core.instant import Epoch
from ..core.sequences.run import Run
from ..core.sequences.status import RunStatus
from ..core.sequences.summary import has_begun

_FAILURES = frozenset({RunStatus.FAILED, RunStatus.TIMED_OUT})


class RunTotals(Struct, frozen=True, kw_only=True):
    """The totals of one sequence; moments are in seconds since 1970."""

    sequence: str
    executions: int = 0
    failures: int = 0
    seconds: float = 0.0
    last_status: str = ""
    last_seconds: float = 0.0
    last_ended_at: Epoch = 0.0


class TotalsBook:
    """The totals of all sequences, also of deleted ones."""

    def __init__(self, keep: Callable[[str, RunTotals], None]) -> None:
        """Start empty; ``keep`` writes a line to the disk."""
        self._keep = keep
        self._of: dict[str, RunTotals] = {}

    def restore(self, totals: tuple[RunTotals, ...]) -> None:
        """Take over what was counted before a restart."""
        self._of = {each.sequence: each for each in totals}

    def of(self, sequence: str) -> RunTotals:
        """Return the totals of one sequence."""
        return self._of.get(sequence) or RunTotals(sequence=sequence)

    def count(self, run: Run) -> None:
        """Count a run that has just ended."""
        if not has_begun(run):
            return
        before = self.of(run.program.id)
        totals = replace(
            before,
            executions=before.executions + 1,
            failures=before.failures + (run.status in _FAILURES),
            seconds=before.seconds + run.clock,
            last_status=run.status.value,
            last_seconds=round(run.clock, 3),
            last_ended_at=run.ended_at or 0.0,
        )
        self._of[run.program.id] = totals
        self._keep(run.program.id, totals)

    @property
    def executions(self) -> int:
        """Return how many runs have ended."""
        return sum(each.executions for each in self._of.values())

    @property
    def failures(self) -> int:
        """Return how many of them have failed or run out of time."""
        return sum(each.failures for each in self._of.values())

    @property
    def average(self) -> float | None:
        """Return how long a run has lasted on average."""
        runs = self.executions
        return round(sum(each.seconds for each in self._of.values()) / runs, 1) if runs else None

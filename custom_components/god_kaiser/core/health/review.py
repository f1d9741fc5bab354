"""A look back at many runs: how many went well, of what the others failed, and which took longest."""

from collections import Counter

from ..sequences.run import Run
from ..sequences.status import RunStatus

EVERY = 100
_SLOWEST = 5

type Number = int | float | str
type Told = dict[str, Number | dict[str, int] | list[dict[str, Number]]]


class Review:
    """Gathers the runs that have ended since the last look back."""

    def __init__(self) -> None:
        """Start with none."""
        self._runs: list[tuple[float, str, str]] = []
        self._statuses: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()

    def add(self, run: Run) -> None:
        """Remember how a run has ended."""
        self._statuses[run.status.value] += 1
        if run.status is not RunStatus.COMPLETED:
            self._reasons[_reason_of(run)] += 1
        slowest = [*self._runs, (run.clock, run.id, run.program.name or run.program.id)]
        self._runs = sorted(slowest, reverse=True)[:_SLOWEST]

    def conclude(self) -> Told:
        """Return what there is to tell, and begin anew."""
        runs, completed = self._statuses.total(), self._statuses[RunStatus.COMPLETED.value]
        told: Told = {
            "runs": runs,
            "success_rate": round(100 * completed / runs, 1) if runs else 0.0,
            "by_status": dict(self._statuses),
            "failures": dict(self._reasons.most_common()),
            "slowest": [{"run": run, "sequence": name, "seconds": round(took, 1)} for took, run, name in self._runs],
        }
        self._runs = []
        self._statuses.clear()
        self._reasons.clear()
        return told


def _reason_of(run: Run) -> str:
    fault = run.fault
    return run.reason or (fault.reason or fault.code.name.lower() if fault is not None else "") or run.status.value

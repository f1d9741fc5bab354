"""A look back at many runs: how many went well, of what the others failed, and which took longest."""

from collections import Counter

from msgspec import Struct

from ..sequences.run import Run
from ..sequences.status import RunStatus

EVERY = 100
_SLOWEST = 5

type Number = int | float | str
type Told = dict[str, Number | dict[str, int] | list[dict[str, Number]]]


class Gathered(Struct, frozen=True, kw_only=True):
    """What is known of the runs since the last look back; it survives every restart."""

    statuses: dict[str, int] = {}
    reasons: dict[str, int] = {}
    slowest: tuple[tuple[float, str, str], ...] = ()


class Review:
    """Gathers the runs that have ended since the last look back."""

    def __init__(self) -> None:
        """Start with none."""
        self.gathered = Gathered()

    def add(self, run: Run) -> None:
        """Remember how a run has ended."""
        before = self.gathered
        slowest = [*before.slowest, (run.clock, run.id, run.program.name or run.program.id)]
        reason = "" if run.status is RunStatus.COMPLETED else _reason_of(run)
        self.gathered = Gathered(
            statuses=_counted(before.statuses, run.status.value),
            reasons=_counted(before.reasons, reason) if reason else before.reasons,
            slowest=tuple(sorted(slowest, reverse=True)[:_SLOWEST]),
        )

    def conclude(self) -> Told:
        """Return what there is to tell, and begin anew."""
        statuses, self.gathered, known = Counter(self.gathered.statuses), Gathered(), self.gathered
        runs, completed = statuses.total(), statuses[RunStatus.COMPLETED.value]
        return {
            "runs": runs,
            "success_rate": round(100 * completed / runs, 1) if runs else 0.0,
            "by_status": known.statuses,
            "failures": dict(Counter(known.reasons).most_common()),
            "slowest": [{"run": run, "sequence": name, "seconds": round(took, 1)} for took, run, name in known.slowest],
        }


def _counted(counts: dict[str, int], what: str) -> dict[str, int]:
    return {**counts, what: counts.get(what, 0) + 1}


def _reason_of(run: Run) -> str:
    fault = run.fault
    return run.reason or (fault.reason or fault.code.name.lower() if fault is not None else "") or run.status.value

"""What a run comes to: the numbers of its heartbeat, and its summary at the end."""

from datetime import UTC, datetime

from .codes import SequenceCode as Code, range_of
from .happenings import Number, Words
from .run import Run
from .status import BASIC, RunStatus

_SESSION_STATUS = {
    RunStatus.COMPLETED: "success",
    RunStatus.FAILED: "failed",
    RunStatus.TIMED_OUT: "failed",
    RunStatus.CANCELLED: "cancelled",
}
# A run that was refused has never begun.
_NEVER_BEGUN = frozenset(
    {
        Code.PREFLIGHT_FAILED,
        Code.ALREADY_RUNNING,
        Code.TOO_MANY_RUNS,
        Code.INVALID_DEFINITION,
    }
)


def has_begun(run: Run) -> bool:
    """Tell whether anything was done in a run; one that was refused has never begun."""
    return run.fault is None or run.fault.code not in _NEVER_BEGUN or bool(run.results or run.phases)


def metrics_of(run: Run) -> dict[str, Number]:
    """Return the numbers of a run; the former server called them trades, wins and losses, equity and its change."""
    first, last = run.observed_first, run.observed_last
    change = None if first is None or last is None else last - first
    return {
        "commands": run.counts.sent,
        "confirmed": run.counts.confirmed,
        "failed": run.counts.failed,
        "refused": run.counts.refused,
        "retries": run.counts.retries,
        "elapsed": round(run.clock, 3),
        "observed_first": first,
        "observed_last": last,
        "observed_change": change,
        "observed_change_percent": None if change is None or not first else round(100 * change / first, 1),
    }


def _result_of(run: Run) -> Words:
    """Return what a run has come to, or how far it is."""
    fault = run.fault
    done = [phase for phase in run.phases if phase.code is None]
    status = "error" if fault is not None and range_of(fault.code) == "system" else _SESSION_STATUS.get(run.status)
    return {
        "run_id": run.id,
        "sequence_id": run.program.id,
        "status": run.status.value,
        "status_basic": BASIC[run.status],
        "result": status or "running",
        "started_at": _moment(run.started_at),
        "ended_at": None if run.ended_at is None else _moment(run.ended_at),
        "runtime_seconds": round(run.clock, 3),
        "phases_completed": len(done),
        "progress": run.progress,
        "is_partial": run.is_partial,
        "forced": run.is_forced,
        "restarts": len(run.restarts),
        "reason": run.reason,
        "code": None if fault is None else int(fault.code),
        "place": "" if fault is None else fault.place,
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def summary_of(run: Run) -> Words:
    """Return everything that is told about a run at its end, its numbers among it."""
    return {**_result_of(run), "metrics": metrics_of(run)}

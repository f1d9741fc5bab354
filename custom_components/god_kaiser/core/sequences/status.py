"""How far a run is: twelve words, which may follow each other in one way only."""

from enum import StrEnum


class RunStatus(StrEnum):
    """The status of a run; paused outputs rest, held ones are kept, and stopping cleans up."""

    QUEUED = "queued"
    PREFLIGHT = "preflight"
    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
    HELD = "held"
    STOPPING = "stopping"
    INTERRUPTED = "interrupted"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"


ENDED = frozenset({RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELLED, RunStatus.TIMED_OUT})
# The clock of a run goes on while it moves; a run that stands still waits for a person or a deadline.
GOING = frozenset({RunStatus.RUNNING, RunStatus.WAITING})
MOVING = GOING | {RunStatus.STOPPING}
STANDING = frozenset({RunStatus.PAUSED, RunStatus.HELD})
_ALIVE = GOING | STANDING
_AFTER: dict[RunStatus, frozenset[RunStatus]] = {
    RunStatus.QUEUED: frozenset({RunStatus.PREFLIGHT, RunStatus.FAILED, RunStatus.CANCELLED}),
    RunStatus.PREFLIGHT: frozenset({RunStatus.RUNNING, RunStatus.FAILED, RunStatus.CANCELLED}),
    RunStatus.STOPPING: ENDED | {RunStatus.INTERRUPTED},
    RunStatus.INTERRUPTED: _ALIVE | {RunStatus.STOPPING} | ENDED,
} | {status: (_ALIVE - {status}) | {RunStatus.STOPPING, RunStatus.INTERRUPTED} for status in _ALIVE}

# What the former server knew six words for.
BASIC: dict[RunStatus, str] = {
    RunStatus.QUEUED: "pending",
    RunStatus.PREFLIGHT: "pending",
    RunStatus.RUNNING: "running",
    RunStatus.WAITING: "running",
    RunStatus.PAUSED: "running",
    RunStatus.HELD: "running",
    RunStatus.STOPPING: "running",
    RunStatus.INTERRUPTED: "running",
    RunStatus.COMPLETED: "completed",
    RunStatus.FAILED: "failed",
    RunStatus.CANCELLED: "cancelled",
    RunStatus.TIMED_OUT: "timeout",
}


def may_follow(before: RunStatus, after: RunStatus) -> bool:
    """Tell whether a run may go from one status to another; what has ended stays as it ended."""
    return after in _AFTER.get(before, frozenset())

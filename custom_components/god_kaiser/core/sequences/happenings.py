"""What is told about runs while they go on: one catalogue for the bus, the log and the documents."""

from enum import StrEnum

from msgspec import Struct

from .status import RunStatus


class Happening(StrEnum):
    """Everything that can be told about a run."""

    RUN_QUEUED = "run.queued"
    RUN_STARTED = "run.started"
    RUN_PAUSED = "run.paused"
    RUN_HELD = "run.held"
    RUN_RESUMED = "run.resumed"
    RUN_STOPPING = "run.stopping"
    RUN_INTERRUPTED = "run.interrupted"
    RUN_HEARTBEAT = "run.heartbeat"
    RUN_LOG = "run.log"
    RUN_COMPLETED = "run.completed"
    RUN_FAILED = "run.failed"
    RUN_CANCELLED = "run.cancelled"
    RUN_TIMED_OUT = "run.timed_out"
    RUN_SUMMARY = "run.summary"
    PREFLIGHT_PASSED = "preflight.passed"
    PREFLIGHT_REFUSED = "preflight.refused"
    PHASE_STARTED = "phase.started"
    PHASE_COMPLETED = "phase.completed"
    PHASE_FAILED = "phase.failed"
    PHASE_RETRYING = "phase.retrying"
    STEP_STARTED = "step.started"
    STEP_RETRYING = "step.retrying"
    STEP_COMPLETED = "step.completed"
    STEP_FAILED = "step.failed"
    STEP_SKIPPED = "step.skipped"
    COMMAND_SENT = "command.sent"
    COMMAND_CONFIRMED = "command.confirmed"
    COMMAND_FAILED = "command.failed"
    APPROVAL_REQUESTED = "approval.requested"
    APPROVAL_GIVEN = "approval.given"
    APPROVAL_REFUSED = "approval.refused"
    APPROVAL_EXPIRED = "approval.expired"


# The five names of the former server.
FORMER_NAMES: dict[Happening, str] = {
    Happening.RUN_STARTED: "sequence_started",
    Happening.STEP_STARTED: "sequence_step",
    Happening.STEP_COMPLETED: "sequence_step",
    Happening.STEP_FAILED: "sequence_step",
    Happening.STEP_SKIPPED: "sequence_step",
    Happening.RUN_COMPLETED: "sequence_completed",
    Happening.RUN_FAILED: "sequence_error",
    Happening.PREFLIGHT_REFUSED: "sequence_error",
    Happening.RUN_TIMED_OUT: "sequence_error",
    Happening.RUN_CANCELLED: "sequence_cancelled",
}
# What its sessions said about phases; both kinds of retry were one to it.
SESSION_NAMES: dict[Happening, str] = {
    Happening.RUN_HEARTBEAT: "heartbeat",
    Happening.STEP_RETRYING: "autocorrect_attempt",
    Happening.PHASE_RETRYING: "autocorrect_attempt",
}
END_OF: dict[RunStatus, Happening] = {
    RunStatus.COMPLETED: Happening.RUN_COMPLETED,
    RunStatus.FAILED: Happening.RUN_FAILED,
    RunStatus.CANCELLED: Happening.RUN_CANCELLED,
    RunStatus.TIMED_OUT: Happening.RUN_TIMED_OUT,
}


type Number = int | float | None
type Words = dict[str, str | Number | bool | dict[str, Number]]


class RunEvent(Struct, frozen=True, kw_only=True):
    """Something that has happened to a run, with where it stood then; ``error_tech`` is for the log of Home Assistant."""

    happening: Happening
    run: str
    sequence: str
    status: RunStatus
    progress: int
    place: str = ""
    details: Words = {}
    error_tech: str = ""

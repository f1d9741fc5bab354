"""What events of runs tell."""

from ..sequences.run import StepStatus
from ..sequences.status import RunStatus
from ..sequences.steps.tell import Level
from .base import Details, Moment


class Because(Details, frozen=True, kw_only=True):
    """Why a run waits, stands still, cleans up or was cut off."""

    reason: str | None


class Asks(Details, frozen=True, kw_only=True):
    """Whether a person is asked how a run goes on."""

    asks: bool


class Resumed(Details, frozen=True, kw_only=True):
    """The status before."""

    was: RunStatus


class Passed(Details, frozen=True, kw_only=True):
    """How many remarks the check had."""

    findings: int


class Refused(Passed, frozen=True, kw_only=True):
    """Why a run was not started."""

    code: int
    reason: str | None


class RunBegun(Details, frozen=True, kw_only=True):
    """How much there is to do, and who has started it."""

    total_steps: int
    trigger: str
    trigger_id: str
    rule_id: str | None
    retry_of: str | None


class RunEnded(Details, frozen=True, kw_only=True):
    """What a run has come to."""

    duration_seconds: float
    code: int | None
    reason: str | None
    partial: bool
    forced: bool
    ended_by: str | None


class Metrics(Details, frozen=True, kw_only=True):
    """How many commands went out, how many the gate has refused, and how what is observed has changed."""

    commands: int
    confirmed: int
    failed: int
    refused: int
    retries: int
    elapsed: float
    observed_first: float | None
    observed_last: float | None
    observed_change: float | None
    observed_change_percent: float | None


class Heartbeat(Details, frozen=True, kw_only=True):
    """Where a run is, and its numbers so far; the level is always ``debug``."""

    level: str
    phase: str
    message: str
    metrics: Metrics


class Summary(Details, frozen=True, kw_only=True):
    """Everything that a run has come to."""

    run_id: str
    sequence_id: str
    status: RunStatus
    status_basic: str
    result: str
    started_at: Moment
    ended_at: Moment | None
    runtime_seconds: float
    phases_completed: int
    progress: int
    is_partial: bool
    forced: bool
    restarts: int
    reason: str
    code: int | None
    place: str
    metrics: Metrics


class Line(Details, frozen=True, kw_only=True):
    """What a *log* step says."""

    text: str
    level: Level


class Attempt(Details, frozen=True, kw_only=True):
    """Which attempt it is."""

    attempt: int


class PhaseEnded(Attempt, frozen=True, kw_only=True):
    """How long a phase took, how many steps it has done, and why it has failed."""

    duration: float
    steps: int
    code: int | None
    reason: str | None


class StageEnded(Passed, frozen=True, kw_only=True):
    """How long the collecting of inputs, or the judging of the plan, took before a run."""

    duration: float


class StepBegun(Details, frozen=True, kw_only=True):
    """Which step it is; its state is always ``starting``."""

    step_name: str
    state: str


class StepAgain(Attempt, frozen=True, kw_only=True):
    """Which step it is."""

    step_name: str


class StepEnded(Details, frozen=True, kw_only=True):
    """How a step has ended, and how far the run is with that."""

    step_name: str
    state: StepStatus
    success: bool
    attempts: int
    duration: float
    code: int | None
    reason: str | None
    progress_percent: int


class Told(Details, frozen=True, kw_only=True):
    """Which output is told which level."""

    channel: str
    level: float


class CommandSent(Told, frozen=True, kw_only=True):
    """By what the command is found in the journal and on the wire."""

    correlation_id: str


class CommandEnded(Told, frozen=True, kw_only=True):
    """Why a level was refused, or is not known to be so."""

    reason: str | None


class Question(Details, frozen=True, kw_only=True):
    """What a person is asked."""

    text: str


class Signed(Details, frozen=True, kw_only=True):
    """Who has answered; nobody where time has."""

    by: str | None

"""A run: a position in a program, as data. Whatever Home Assistant needs to go on after a crash is in here."""

from enum import StrEnum
from typing import Any

from msgspec import Struct

from ..ids import ChannelId, CommandId
from ..instant import Epoch
from .codes import SequenceCode
from .deliveries import Counts, Delivery, Signature
from .fault import Fault
from .findings import Finding, Require
from .model import Sequence
from .overrides import Overrides
from .recovering import Recovery, Restart
from .status import ENDED, RunStatus


class Stage(StrEnum):
    """How far one step is."""

    BEFORE = "before"
    ASKING = "asking"
    WRITING = "writing"
    ACTING = "acting"
    BACKOFF = "backoff"
    RECOVERING = "recovering"
    AFTER = "after"


class Energised(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An output that a run has running: at which level, until when on the clock of the run, and ``by`` which order.

    ``place`` is the step that has set it. What is measured runs only for as long as that step looks at it. What is left
    over from before a restart runs on until that step, which is begun anew, has set it once more or has failed.
    """

    level: float
    until: float | None = None
    by: CommandId = CommandId("")
    place: str = ""
    is_measured: bool = False
    is_left_over: bool = False

    def is_over(self, clock: float) -> bool:
        """Tell whether its time is over at a moment on the clock of the run."""
        return self.until is not None and self.until <= clock


class Node(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A step that has begun; moments are seconds on the clock of the run, which stands still during a pause.

    ``key`` names what it waits for, ``turn`` is the turn of a loop or the chosen list of a branch, and ``inner`` are the
    positions inside of a step that holds others. ``worked_out`` is what Home Assistant has made of its templates,
    ``first_value`` where a meter stood, and ``before`` what an output did for the run before this step. ``running`` is
    what the run had running already when a step that holds others began.
    """

    stage: Stage
    began: float
    stage_ends: float | None = None
    attempt: int = 1
    acted_at: float | None = None
    key: CommandId = CommandId("")
    turn: int = 0
    first_value: float | None = None
    before: Energised | None = None
    running: tuple[ChannelId, ...] = ()
    inner: tuple[Cursor, ...] = ()
    worked_out: dict[str, str | float] = {}
    fault: Fault | None = None


class Cursor(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A position in a list of steps, and the step there if it has begun; in one that is left only that cleans up."""

    index: int = 0
    node: Node | None = None
    is_left: bool = False


class Comeback(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An output that comes back after a pause or a restart as soon as the one before it has."""

    key: CommandId
    channel: ChannelId
    level: float
    duration: float | None = None


class StepStatus(StrEnum):
    """How a step has ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"


class StepResult(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What has become of one step: when on the clock of the run, at which attempt, why not, and what that is known by."""

    place: str
    name: str
    kind: str
    status: StepStatus
    began: float
    ended: float
    attempts: int = 1
    code: SequenceCode | None = None
    reason: str = ""
    error_tech: str = ""
    completion_source: str = ""


class Part(StrEnum):
    """Which part of the program a run is in; leaving its phases, the sequences that it was running there clean up."""

    PHASES = "phases"
    LEAVING = "leaving"
    FINALLY = "finally"
    OVER = "over"


class Answer(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What has become of an order; what was worked out or answered is in ``values``, what a refusal says in ``details``."""

    key: CommandId
    is_done: bool = True
    source: str = ""
    code: SequenceCode = SequenceCode.STEP_FAILED
    reason: str = ""
    may_retry: bool = True
    error_tech: str = ""
    values: dict[str, Any] = {}
    details: dict[str, str | int | float] = {}


class PhaseResult(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What has become of one phase: when on the clock of the run, at which attempt, and why not."""

    name: str
    began: float
    ended: float
    steps: int = 0
    retries: int = 0
    attempt: int = 1
    code: SequenceCode | None = None
    reason: str = ""


class Line(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line in the log of a run; ``at`` is in seconds since 1970, and ``is_said`` what a step of the program writes itself."""

    level: str
    domain: str
    text: str
    at: Epoch = 0.0
    place: str = ""
    details: dict[str, str | int | float] = {}
    is_said: bool = False


class Trigger(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who has started a run: a person, an automation, a schedule or a rule."""

    kind: str = "user"
    id: str = ""
    name: str = ""


class Run(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One execution of a sequence. The program is pinned: what is saved later changes nothing about it.

    ``energised`` are the outputs that it has running, and ``resuming`` the orders by which they are switched on again
    after a pause or a restart; by ``seen_by`` the one that has come back last is seen to run. ``kept`` are the answers that have come while it stood still.
    ``learned`` is what actions have answered, ``left_at`` the step at which its phases were left, ``saved_at`` when this was written, in seconds since 1970.
    ``had_at_step`` and ``had_at_phase`` are what it had running when that step and its phase began: what a run that is
    tried again from there has to have as well. Of a run that has left its phases their ends count from then on.
    Of its log the first ``lines_gone`` lines are not kept any more.
    """

    id: str
    program: Sequence
    status: RunStatus
    started_at: Epoch
    library: dict[str, Sequence] = {}
    roles: dict[str, ChannelId] = {}
    variables: dict[str, str | float | bool] = {}
    learned: dict[str, Any] = {}
    trigger: Trigger = Trigger()
    part: Part = Part.PHASES
    phase: int = 0
    cursor: Cursor = Cursor()
    clock: float = 0.0
    phase_began: float | None = None
    part_ends: float | None = None
    issued: int = 0
    begun: int = 0
    energised: dict[ChannelId, Energised] = {}
    resuming: tuple[CommandId, ...] = ()
    comebacks: tuple[Comeback, ...] = ()
    comes_back: CommandId = CommandId("")
    seen_by: float = 0.0
    kept: tuple[Answer, ...] = ()
    paused_until: Epoch | None = None
    at_pause_end: str = ""
    halted_by: str = ""
    resumed_by: str = ""
    ended_by: str = ""
    results: tuple[StepResult, ...] = ()
    ending: RunStatus | None = None
    fault: Fault | None = None
    reason: str = ""
    is_partial: bool = False
    is_forced: bool = False
    finished: int = 0
    ended_at: Epoch | None = None
    left_at: int = 0
    had_at_step: dict[ChannelId, Energised] = {}
    had_at_phase: dict[ChannelId, Energised] = {}
    retry_of: str = ""
    until_phase: str = ""
    overrides: Overrides = Overrides()
    require: Require = Require.WARN
    findings: tuple[Finding, ...] = ()
    counts: Counts = Counts()
    deliveries: tuple[Delivery, ...] = ()
    signatures: tuple[Signature, ...] = ()
    phase_attempt: int = 1
    phase_waits_until: float | None = None
    phases: tuple[PhaseResult, ...] = ()
    recovery: Recovery | None = None
    restarts: tuple[Restart, ...] = ()
    observed_first: float | None = None
    observed_last: float | None = None
    log: tuple[Line, ...] = ()
    lines_gone: int = 0
    saved_at: Epoch = 0.0

    @property
    def owner(self) -> str:
        """Return whose demands those of the run are."""
        return f"run:{self.id}"

    @property
    def is_over(self) -> bool:
        """Tell whether the run has ended for good."""
        return self.status in ENDED

    @property
    def numbered_log(self) -> list[tuple[int, Line]]:
        """Return the lines of its log that are kept, each with the number that it has had from the beginning."""
        return list(enumerate(self.log, self.lines_gone + 1))

    @property
    def total(self) -> int:
        """Return how many steps there are, those inside of others not counted."""
        return sum(len(phase.steps) for phase in self.program.phases)

    @property
    def progress(self) -> int:
        """Return how much is done in percent; all of it only when the run is completed."""
        if self.status is RunStatus.COMPLETED:
            return 100
        return min(99, int(100 * self.finished / self.total)) if self.total else 0

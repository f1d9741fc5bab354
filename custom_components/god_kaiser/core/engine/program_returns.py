"""How a run that stands still goes on: at once, or as soon as what passes by itself has passed."""

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from ..deadlines import Deadlines
from ..effects import Effect, Reply
from ..ids import CommandId
from ..instant import Instant
from ..safety.objections import Ground
from ..sequences.codes import SequenceCode as Code
from ..sequences.errors import SequenceError
from ..sequences.findings import Finding, Severity
from ..sequences.preflight import finding_of
from ..sequences.run import Run
from ..sequences.status import STANDING, RunStatus
from .program_mover import ProgramMover

# What a pause has rested may still be on its way there when the run is to go on: that is waited for, so long at most.
PASSES = 60.0
AGAIN = 1.0
_WILL_PASS = frozenset({Ground.ACTUATOR_MOVING, Ground.RATE_LIMITED})
_MAY_RETURN = STANDING | {RunStatus.INTERRUPTED}


class Asked(Struct, frozen=True, kw_only=True):
    """Who waits for a run to go on, and until when."""

    keys: tuple[CommandId, ...]
    by: str
    until: float


class ProgramReturns:
    """Lets runs go on when everything that they had running may run again."""

    def __init__(self, mover: ProgramMover, go_on: Callable[[Run, Instant], list[Effect]]) -> None:
        """Remember who lets a run go on."""
        self.clock: Deadlines[str] = Deadlines()
        self._mover = mover
        self._go_on = go_on
        self._asked: dict[str, Asked] = {}

    def resume(self, run: Run, key: CommandId, now: Instant) -> list[Effect]:
        """Let a run go on, or answer later; raises what speaks against it."""
        obstacles = self.obstacles(run, now)
        if not obstacles:
            return [*self._go_on(run, now), *self._answered(run.id, now), Reply(key=key)]
        if not passes(obstacles):
            return [_refusal(key, obstacles)]
        before = self._asked.get(run.id, Asked(keys=(), by="", until=now.monotonic + PASSES))
        self._asked[run.id] = Asked(keys=(*before.keys, key), by=run.resumed_by, until=before.until)
        self.clock.touch(run.id, now.monotonic + AGAIN)
        return []

    def is_awaited(self, key: str) -> bool:
        """Tell whether somebody waits for a run to go on."""
        return key in self._asked

    def wake(self, now: Instant) -> list[Effect]:
        """Look again at the runs that are to go on."""
        return [effect for key in self.clock.pop_due(now.monotonic) for effect in self._look(key, now)]

    def obstacles(self, run: Run, now: Instant) -> tuple[Finding, ...]:
        """Return what speaks against switching on again what a pause has rested."""
        if run.status not in (RunStatus.PAUSED, RunStatus.INTERRUPTED):
            return ()
        first = next(iter(run.energised), None)
        found = [
            finding_of(objection, channel, "")
            for channel, output in run.energised.items()
            for objection in self._mover.objections(channel, output.level, None, now)
        ]
        # The others may need the first one to run: of them only what holds in any case counts.
        return tuple(each for each in found if each.channel == first or each.severity is Severity.ERROR)

    def _look(self, key: str, now: Instant) -> list[Effect]:
        run, asked = self._mover.runs.at(key, now), self._asked[key]
        if run is None or run.status not in _MAY_RETURN:
            return self._answered(key, now)
        if not (obstacles := self.obstacles(run, now)):
            return [*self._go_on(replace(run, resumed_by=asked.by), now), *self._answered(key, now)]
        if passes(obstacles) and now.monotonic < asked.until:
            self.clock.touch(key, now.monotonic + AGAIN)
            return []
        del self._asked[key]
        return [_refusal(each, obstacles) for each in asked.keys]

    def _answered(self, key: str, now: Instant) -> list[Effect]:
        """Tell whoever waits what has become of a run: it goes on, or has ended meanwhile."""
        asked, run = self._asked.pop(key, None), self._mover.runs.at(key, now)
        if asked is None:
            return []
        if run is not None and not run.is_over:
            return [Reply(key=each) for each in asked.keys]
        status = RunStatus.CANCELLED if run is None else run.status
        err = SequenceError(Code.INVALID_DEFINITION, why="wrong_status", given=status.value)
        return [Reply(key=each, code=err.code, problem=err.problem, details=err.details) for each in asked.keys]


def passes(obstacles: tuple[Finding, ...]) -> bool:
    """Tell whether it takes nothing but a moment."""
    return all(each.code in _WILL_PASS for each in obstacles)


def _refusal(key: CommandId, obstacles: tuple[Finding, ...]) -> Reply:
    first = obstacles[0]
    err = SequenceError(
        Code.PREFLIGHT_FAILED, str(first.channel), why="not_resumed", given=first.code, count=len(obstacles)
    )
    return Reply(key=key, code=err.code, problem=err.problem, details=err.details, findings=obstacles)

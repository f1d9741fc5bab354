"""How a run begins: what it was given is checked, its outputs are reserved, and everything that speaks against it is said."""

from collections import deque
from collections.abc import Iterable

from msgspec.structs import replace

from ..effects import Effect, Reply, TellRun
from ..events import RetryPoint, RunWished
from ..ids import ChannelId, CommandId
from ..instant import Instant
from ..mistakes import MISTAKES, technical_of
from ..safety.objections import Objection
from ..sequences.advance import Advance, cut_off
from ..sequences.codes import SequenceCode as Code
from ..sequences.errors import SequenceError
from ..sequences.fault import Fault
from ..sequences.findings import Advice, Check, Finding, Severity, Verdict, verdict_of
from ..sequences.foresight import foreseen, with_foreseen
from ..sequences.happenings import Happening
from ..sequences.limits import SequenceLimits
from ..sequences.model import RunMode
from ..sequences.preflight import BEFORE_ACTING, preflight
from ..sequences.run import Cursor, Run
from ..sequences.status import RunStatus
from ..sequences.uses import channels_of
from .program_given import with_given
from .program_log import lines_of, with_lines
from .program_mover import ProgramMover
from .program_words import event_of

# A run whose turn has come later answers nobody any more.
_NOBODY = CommandId("")

type Findings = tuple[Finding, ...]


class ProgramStarts:
    """Starts runs, one after the other where a sequence wants that."""

    def __init__(self, mover: ProgramMover) -> None:
        """Connect to who moves runs."""
        self.limits = SequenceLimits()
        self._mover = mover
        self._runs = mover.runs
        self._queue: deque[str] = deque()
        # Runs that were found after a restart and wait for their devices.
        self.held_back: set[str] = set()

    def start(self, wish: RunWished, now: Instant) -> list[Effect]:
        """Start a run, let it wait for its turn, or say why not; a refused one is remembered as well."""
        run = replace(self._made(wish, now), findings=wish.findings, require=wish.require)
        try:
            run = self._completed(run, wish)
            has_to_wait = self._has_to_wait(run)
            others = self._runs.of_sequence(run.program.id) if run.program.mode is RunMode.RESTART else []
            # Judged before anything else ends for it, and with what the host knows before it may wait.
            seen = self._look(run, now, instead_of=others) if others else None
        except (SequenceError, *MISTAKES) as err:
            return self._refuse(run, wish.key, err, now)
        findings = (*wish.findings, *(seen or ()))
        if verdict_of(findings, wish.require) is Verdict.REFUSED and (others or has_to_wait):
            return self._refuse(replace(run, findings=findings), wish.key, _refusal(findings), now)
        effects = [effect for other in others for effect in self._end(other, now)]
        if not has_to_wait and all(self._is_over(other) for other in others):
            return effects + self._begin(run, wish.key, now, seen)
        self._queue.append(run.id)
        return [*effects, *self._mover.settle(None, Advance(run=run), now), Reply(key=wish.key)]

    def findings(self, wish: RunWished, now: Instant) -> tuple[Finding, ...]:
        """Return everything that speaks against a start now, or is worth knowing; nothing is started.

        A mistake of ours is a finding like any other: who asks is told that there is one, and a start is refused.
        """
        try:
            return (*wish.findings, *self._seen(wish, now))
        except MISTAKES as err:
            mistake = SequenceError(Code.INTERNAL_ERROR, given="internal_error")
            return (*wish.findings, _impossible(mistake, Advice.LOOK_INTO_LOG, technical_of(err)))

    def imagined(self, wish: RunWished, now: Instant) -> Run:
        """Return the run that a start would make; nothing is started."""
        return self._completed(self._made(wish, now), wish)

    def restore(self, run: Run) -> None:
        """Take up a run again that was waiting for its turn; it waits for its devices as well."""
        self._queue.append(run.id)
        self.held_back.add(run.id)

    def next_in_line(self, now: Instant) -> list[Effect]:
        """Start whoever has waited for a run that is over by now."""
        effects: list[Effect] = []
        for key in tuple(self._queue):
            run = self._runs.all.get(key)
            if run is None or run.status is not RunStatus.QUEUED:
                self._queue.remove(key)
            elif key not in self.held_back and not self._is_occupied(run):
                self._queue.remove(key)
                effects += self._begin(run, _NOBODY, now)
        return effects

    def _made(self, wish: RunWished, now: Instant) -> Run:
        run = Run(
            id=wish.run,
            program=wish.program,
            status=RunStatus.QUEUED,
            started_at=now.utc.timestamp(),
            library=wish.library,
            trigger=wish.trigger,
            until_phase=wish.until_phase,
            overrides=replace(wish.overrides, clean_up=self.limits.clean_up),
            retry_of=wish.retry_of,
        )
        before = self._runs.all.get(wish.retry_of)
        if before is None or not before.is_over or wish.begins_at is RetryPoint.START:
            return run
        is_at_step = wish.begins_at is RetryPoint.FAILED_STEP
        step = before.left_at if is_at_step else 0
        done = sum(len(phase.steps) for phase in before.program.phases[: before.phase])
        begun = replace(run, phase=before.phase, cursor=Cursor(index=step), finished=done + step)
        had = before.had_at_step if is_at_step else before.had_at_phase
        return replace(begun, had_at_step=had, had_at_phase=before.had_at_phase)

    def _completed(self, run: Run, wish: RunWished) -> Run:
        """Return a run with everything that it was given, as far as that is possible."""
        wish.overrides.check(wish.program, self.limits)
        before = self._runs.all.get(wish.retry_of)
        if before is not None and not before.is_over:
            # What it has running is not known before it ends, nor whether that may come back.
            raise SequenceError(Code.INVALID_DEFINITION, "retry_of", why="wrong_status", given=before.status.value)
        return with_given(run, wish)

    def _has_to_wait(self, run: Run) -> bool:
        """Tell whether a run has to wait for its turn; refuse what may not run at all."""
        if len(self._runs.active()) >= self.limits.runs:
            raise SequenceError(Code.TOO_MANY_RUNS, limit=self.limits.runs)
        others, most = self._runs.of_sequence(run.program.id), run.program.most_runs
        if run.program.mode is not RunMode.RESTART and len(others) >= most:
            raise SequenceError(Code.ALREADY_RUNNING, given=others[0].id, limit=most)
        return run.program.mode is RunMode.QUEUED and bool(others)

    def _end(self, other: Run, now: Instant) -> list[Effect]:
        known = self._runs.at(other.id, now) or other
        if known.status is RunStatus.QUEUED:
            return self._mover.settle(known, cut_off(known, RunStatus.CANCELLED, now, "restarted"), now)
        return self._mover.end(known, now, RunStatus.CANCELLED, "restarted")

    def _is_over(self, run: Run) -> bool:
        return self._runs.all[run.id].is_over

    def _is_occupied(self, run: Run) -> bool:
        """Tell whether another run of the same sequence goes on; those behind it in the line do not count."""
        others = self._runs.of_sequence(run.program.id)
        return any(other.status is not RunStatus.QUEUED for other in others)

    def _begin(self, run: Run, key: CommandId, now: Instant, seen: Findings | None = None) -> list[Effect]:
        """Let a run go, judged now that it is its turn, or ``seen`` just before; a mistake of ours refuses it alone."""
        try:
            return self._judged(run, key, now, seen)
        except MISTAKES as err:
            return self._refuse(run, key, err, now)

    def _judged(self, run: Run, key: CommandId, now: Instant, seen: Findings | None) -> list[Effect]:
        findings = (*run.findings, *(self._look(run, now) if seen is None else seen))
        run = replace(run, findings=findings, started_at=now.utc.timestamp())
        if verdict_of(findings, run.require) is Verdict.REFUSED:
            return self._refuse(run, key, _refusal(findings), now)
        if run.until_phase in BEFORE_ACTING:
            done = cut_off(replace(run, status=RunStatus.RUNNING), RunStatus.COMPLETED, now, run.until_phase)
            return [*self._mover.settle(None, done, now), Reply(key=key, findings=findings)]
        self._runs.reserved[run.id] = channels_of(run.program, run.library, run.roles)
        judged = replace(run, status=RunStatus.PREFLIGHT)
        noted = with_lines(run, *lines_of(findings), at=now.utc.timestamp())
        running = self._runs.put(replace(noted, status=RunStatus.RUNNING), now)
        passed = event_of(judged, Happening.PREFLIGHT_PASSED, findings=len(findings))
        return [passed, *self._mover.begin(judged, running, now), Reply(key=key, findings=findings)]

    def _refuse(self, run: Run, key: CommandId, why: Exception, now: Instant) -> list[Effect]:
        """Remember that a run was refused, and why: a start that nobody watches must not be lost."""
        err = why if isinstance(why, SequenceError) else SequenceError(Code.INTERNAL_ERROR, given="internal_error")
        technical = "" if err is why else technical_of(why)
        noted = with_lines(run, *lines_of(run.findings), at=now.utc.timestamp())
        reason = str(err.details.get("given", ""))
        fault = Fault(
            code=err.code,
            reason=reason,
            place=err.place,
            may_retry=False,
            error_tech=technical,
            problem=err.problem,
            details=err.details,
        )
        refused = cut_off(noted, RunStatus.FAILED, now, err.code.name.lower(), fault)
        told = event_of(
            refused.run,
            Happening.PREFLIGHT_REFUSED,
            fault.place,
            code=int(err.code),
            reason=reason or None,
            findings=len(run.findings),
        )
        told = TellRun(replace(told.event, error_tech=technical))
        reply = Reply(key=key, code=err.code, problem=err.problem, details=err.details, findings=run.findings)
        return [told, *self._mover.settle(run, refused, now), reply]

    def _seen(self, wish: RunWished, now: Instant) -> tuple[Finding, ...]:
        run = self._made(wish, now)
        try:
            return self._look(self._completed(run, wish), now)
        except SequenceError as err:
            known = replace(run, roles={**wish.program.usual_roles, **wish.roles})
            return (_impossible(err), *self._look(known, now))

    def _look(self, run: Run, now: Instant, instead_of: Iterable[Run] = ()) -> tuple[Finding, ...]:
        leaving = {other.id for other in instead_of} | {run.id}

        def judge(channel: ChannelId, level: float, seconds: int | None) -> tuple[Objection, ...]:
            return self._mover.objections(channel, level, seconds, now)

        def holder(channel: ChannelId) -> str:
            held = self._runs.holder_of(channel, without=leaving)
            return "" if held is None else f"{held.program.name or held.program.id} ({held.id})"

        world = self._mover.world
        found = preflight(run.program, run.library, run.roles, judge, world, now, holder)
        return with_foreseen(found, foreseen(run, world, now))


def _refusal(findings: tuple[Finding, ...]) -> SequenceError:
    worst = min(findings, key=lambda finding: finding.severity is not Severity.ERROR)
    return SequenceError(Code.PREFLIGHT_FAILED, worst.place, given=worst.code, count=len(findings))


def _impossible(err: SequenceError, advice: Advice = Advice.CHANGE_SEQUENCE, technical: str = "") -> Finding:
    return Finding(
        check=Check.PLAN,
        severity=Severity.ERROR,
        code=err.problem,
        advice=advice,
        place=err.place,
        details=err.details,
        error_tech=technical,
    )

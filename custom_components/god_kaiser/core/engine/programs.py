"""Runs of sequences: who may start, halt and end them, and what of the world concerns them."""

from collections.abc import Iterable

from msgspec.structs import replace

from ..deadlines import Clock, Deadlines
from ..effects import Effect, Reject, Reply, Send, Settle, Show, ShowHub
from ..events import (
    DemandReleased,
    EntityChanged,
    RunAnswered,
    RunCancelled,
    RunHalted,
    RunLaidDown,
    RunResumed,
    RunsSuspended,
    RunWish,
    RunWished,
)
from ..ids import ChannelId, CommandId, DeviceId, device_of
from ..instant import Instant
from ..requests import is_rest
from ..sequences.advance import Advance, cut_off
from ..sequences.codes import SequenceCode as Code
from ..sequences.errors import SequenceError
from ..sequences.fault import Fault
from ..sequences.limits import SequenceLimits
from ..sequences.pausing import AtPauseEnd, stand_still
from ..sequences.run import Answer, Part, Run
from ..sequences.status import STANDING, RunStatus
from ..sequences.steps.base import OnRestart
from .program_mover import ProgramMover
from .program_orders import answer_of, how_ended
from .program_restarts import ProgramRestarts
from .program_returns import AGAIN, PASSES, ProgramReturns, passes
from .program_starts import ProgramStarts
from .runs import Runs
from .state import EngineState

# Devices end a timed run about when we do.
_ABOUT = 2.0


class Programs:
    """Everything that can happen to runs."""

    def __init__(self, state: EngineState, outputs: Runs) -> None:
        """Put the parts together."""
        self._state = state
        self._outputs = outputs
        self._mover = ProgramMover(state, outputs)
        self._starts = ProgramStarts(self._mover)
        self._restarts = ProgramRestarts(state, self._mover, self._starts)
        self._pauses: Deadlines[str] = Deadlines()
        self._returns = ProgramReturns(self._mover, self._return)
        self.runs = self._mover.runs
        self.world = self._mover.world
        self.findings = self._starts.findings
        self.objections = self._mover.objections
        self.suspend = self._restarts.suspend
        self.awaited = self._restarts.awaited

    def configure(self, limits: SequenceLimits, *, heartbeat: float, retention: float) -> None:
        """Take over what people have chosen."""
        self._starts.limits = limits
        self._mover.heartbeat = heartbeat
        self.runs.retention, self.runs.most_ended = retention, limits.ended

    @property
    def starts(self) -> ProgramStarts:
        """Return who starts runs, and within which limits."""
        return self._starts

    def interval_of(self, run: Run) -> float:
        """Return after how many seconds each a run says that it lives."""
        return self._mover.interval_of(run)

    def restore(self, runs: Iterable[Run], now: Instant) -> None:
        """Take over the runs of an earlier run of Home Assistant; a pause ends when it would have ended."""
        found = tuple(runs)
        self._restarts.restore(found, now)
        for run in found:
            if run.status in STANDING and run.paused_until is not None:
                left = max(0.0, run.paused_until - now.utc.timestamp())
                self._pauses.touch(run.id, now.monotonic + left)

    def clocks(self) -> tuple[Clock, ...]:
        """Return every clock by which something here becomes due."""
        return (*self._mover.clocks(), self._restarts.gates, self._pauses, self._returns.clock)

    def take(self, wish: RunWish, now: Instant) -> list[Effect]:
        """Do what somebody wants of a run, and say why where that cannot be."""
        match wish:
            case RunWished():
                return [*self._starts.start(wish, now), *self._starts.next_in_line(now)]
            case RunAnswered(run=run, answer=answer):
                return self._moved(run, now, answer)
            case EntityChanged(entity_id=entity_id):
                return self._look_from(entity_id, now)
            case RunsSuspended():
                return self.suspend(now)
            case RunLaidDown(run=run):
                return self._restarts.lay_down(run, now)
            case RunCancelled() | RunHalted() | RunResumed():
                return self._change(wish, now)
            case _:
                return []

    def wake(self, now: Instant) -> list[Effect]:
        """Do what has become due."""
        effects = self._mover.wake(now)
        for key in self._pauses.pop_due(now.monotonic):
            effects += self._end_pause(key, now)
        return [*effects, *self._returns.wake(now), *self._restarts.wake(now), *self._starts.next_in_line(now)]

    def follow_up(self, effects: Iterable[Effect], now: Instant) -> list[Effect]:
        """Let runs go on with what an event has changed."""
        if not self.runs.all:
            return []
        told: list[Effect] = []
        for effect in effects:
            match effect:
                case Settle(id=key):
                    told += self._answered(key, effect, now)
                case Reject(refused=refused):
                    told += self._answered(refused.request.id, effect, now)
                case Show(key=key):
                    told += self._look_from(key, now)
                    told += self._check(ChannelId(key), now)
                    told += self._restarts.look(DeviceId(key), now)
                case Send(command=command):
                    told += self._check(command.request.channel, now)
                case ShowHub():
                    told += self._stop(now)
                case _:
                    pass
        return told + self._starts.next_in_line(now)

    def _change(self, wish: RunCancelled | RunHalted | RunResumed, now: Instant) -> list[Effect]:
        try:
            effects = self._done(wish, now)
        except SequenceError as err:
            return [Reply(key=wish.key, code=err.code, problem=err.problem, details=err.details)]
        return [*effects, *self._starts.next_in_line(now)]

    def _done(self, wish: RunCancelled | RunHalted | RunResumed, now: Instant) -> list[Effect]:
        run = self.runs.at(wish.run, now)
        if run is None:
            raise SequenceError(Code.NOT_FOUND, given=wish.run)
        match wish:
            case RunCancelled():
                return [*self._cancel(run, wish, now), Reply(key=wish.key)]
            case RunHalted():
                return [*self._halt(run, wish, now), Reply(key=wish.key)]
            case RunResumed():
                return self._resume(replace(run, resumed_by=wish.by), wish.key, now)

    def _cancel(self, run: Run, wish: RunCancelled, now: Instant) -> list[Effect]:
        """End a run; one that has ended stays as it ended."""
        if run.is_over:
            return []
        reason = wish.reason or "cancelled"
        status = how_ended(wish)
        run = replace(run, is_forced=wish.is_forced, halted_by=wish.by, ended_by=wish.hand)
        fault = Fault(code=Code.TIMED_OUT if wish.is_overdue else Code.CANCELLED, may_retry=False)
        if wish.is_hard or wish.is_forced or run.status is RunStatus.QUEUED:
            effects = self._mover.settle(run, cut_off(run, status, now, reason, fault), now)
        elif run.ending is not None and run.status is not RunStatus.STOPPING:
            # It was cleaning up when Home Assistant has ended, and goes on with that.
            effects = self._restarts.take_up(run, OnRestart.RESUME, now)
        else:
            effects = self._mover.end(run, now, status, reason, fault)
        self._pauses.drop(run.id)
        self._restarts.drop(run.id)
        return effects

    def _halt(self, run: Run, wish: RunHalted, now: Instant) -> list[Effect]:
        until = None if wish.seconds is None else now.utc.timestamp() + wish.seconds
        is_laid_down = run.status is RunStatus.INTERRUPTED
        if is_laid_down and run.part is not Part.PHASES:
            raise SequenceError(Code.INVALID_DEFINITION, why="wrong_status", given=run.status.value)
        # What was laid down or paused rests already: there is nothing to hold.
        rests = is_laid_down or run.status is RunStatus.PAUSED
        status = RunStatus.PAUSED if rests else wish.status
        run = self._restarts.stand_still(run, now) if is_laid_down else run
        halted, orders = stand_still(run, status, reason=wish.reason, until=until, then=wish.then)
        if wish.seconds is None:
            self._pauses.drop(run.id)
        else:
            self._pauses.touch(run.id, now.monotonic + wish.seconds)
        return self._mover.settle(
            run, Advance(run=replace(halted, halted_by=wish.by, resumed_by=""), orders=orders), now
        )

    def _resume(self, run: Run, key: CommandId, now: Instant) -> list[Effect]:
        """Let a run go on, if everything that it had running may run again."""
        if run.is_over or run.status in (RunStatus.STOPPING, RunStatus.QUEUED):
            raise SequenceError(Code.INVALID_DEFINITION, why="wrong_status", given=run.status.value)
        return self._returns.resume(run, key, now)

    def _return(self, run: Run, now: Instant) -> list[Effect]:
        if run.status is RunStatus.INTERRUPTED:
            return self._restarts.take_up(run, OnRestart.RESUME, now)
        return self._go_on(run, now) if run.status in STANDING else []

    def _go_on(self, run: Run, now: Instant) -> list[Effect]:
        self._pauses.drop(run.id)
        moving, orders = self._restarts.go_on(run, now)
        effects = [*self._mover.settle(run, Advance(run=moving, orders=orders), now), *self._moved(run.id, now)]
        # What was held may have been taken away meanwhile.
        return effects + [effect for channel in run.energised for effect in self._check(channel, now)]

    def _end_pause(self, key: str, now: Instant) -> list[Effect]:
        run = self.runs.at(key, now)
        if run is None or run.status not in STANDING:
            return []
        if self._returns.is_awaited(key):
            # Somebody has let it go on in time.
            self._pauses.touch(key, now.monotonic + AGAIN)
            return []
        if run.at_pause_end == AtPauseEnd.GO_ON:
            obstacles = self._returns.obstacles(run, now)
            if not obstacles:
                return self._go_on(run, now)
            if now.utc.timestamp() < (run.paused_until or 0.0) + PASSES and passes(obstacles):
                self._pauses.touch(key, now.monotonic + AGAIN)
                return []
        fault = Fault(code=Code.CANCELLED, may_retry=False)
        effects = self._mover.end(run, now, RunStatus.CANCELLED, "pause_deadline", fault)
        self._restarts.drop(key)
        return effects

    def _answered(self, key: CommandId, effect: Settle | Reject, now: Instant) -> list[Effect]:
        if (asked := self.runs.asked.pop(key, None)) is None:
            return []
        name, channel = asked
        effects = self._moved(name, now, answer_of(effect))
        run = self.runs.all.get(name)
        if run is not None and channel not in run.energised and not self.runs.is_awaited(name, channel):
            # What a device has refused is wanted no longer, whatever ran there before.
            effects += self._outputs.release(DemandReleased(channel=channel, owner=run.owner), now)
        return effects

    def _moved(self, key: str, now: Instant, answer: Answer | None = None) -> list[Effect]:
        """Let a run look at the world."""
        return self._mover.move(key, now, answer)

    def _look_from(self, source: str, now: Instant) -> list[Effect]:
        return [effect for key in self.runs.listeners(source) for effect in self._moved(key, now)]

    def _check(self, channel: ChannelId, now: Instant) -> list[Effect]:
        """End a run whose output was taken away: it must not go on as if that were running."""
        key = self.runs.driver_of(channel)
        run = self.runs.at(key, now) if key is not None else None
        if run is None or run.part is not Part.PHASES or run.status not in (RunStatus.RUNNING, RunStatus.WAITING):
            return []
        if any(each.channel == channel for each in run.comebacks):
            return []
        output = run.energised[channel]
        if output.is_left_over:
            return []
        is_over = output.until is not None and output.until <= run.clock + _ABOUT
        if is_over or self.runs.is_awaited(run.id, channel) or self._has(run, channel, now):
            return []
        is_lost = self._was_rested_out_of_reach(channel, now)
        code, reason = (Code.DEVICE_OFFLINE, "connection_lost") if is_lost else (Code.ACTUATOR_LOCKED, "output_taken")
        fault = Fault(code=code, reason=reason, place=channel, may_retry=False)
        return self._mover.end(run, now, RunStatus.FAILED, reason, fault)

    def _was_rested_out_of_reach(self, channel: ChannelId, now: Instant) -> bool:
        """Tell whether a device has rested an output by itself while nobody answered it, and nobody else wants it at rest."""
        report, outcome = self._state.fleet.report(channel), self._state.demands.effective(channel, now)
        rests = report is not None and report.level is not None and is_rest(report.level)
        is_told = outcome is not None and is_rest(outcome.winner.level)
        return rests and not is_told and self._state.leases.is_unseen(channel)

    def _has(self, run: Run, channel: ChannelId, now: Instant) -> bool:
        """Tell whether an output still runs for a run, or for somebody who wants it running as well."""
        own = self._state.demands.wish_of(channel, run.owner)
        outcome = self._state.demands.effective(channel, now)
        is_live = own is not None and own.is_live(now.monotonic)
        return is_live and outcome is not None and not is_rest(outcome.winner.level)

    def _stop(self, now: Instant) -> list[Effect]:
        """End every run that a stop concerns, at once: a stop permits no cleaning up, and nothing resumes after it."""
        latch, effects = self._state.latch, list[Effect]()
        for run in self.runs.active():
            devices = {device_of(channel) for channel in self.runs.reserved.get(run.id, frozenset())}
            if latch.memory.everything is not None or any(map(latch.holds, devices)):
                known = self.runs.at(run.id, now) or run
                fault = Fault(code=Code.SAFETY_BLOCKED, reason="emergency_stop_active", may_retry=False)
                self._restarts.drop(run.id)
                self._pauses.drop(run.id)
                stopped = cut_off(known, RunStatus.FAILED, now, "emergency_stop_active", fault)
                effects += self._mover.settle(known, stopped, now)
        return effects

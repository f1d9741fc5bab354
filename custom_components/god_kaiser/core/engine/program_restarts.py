"""Runs in whose middle Home Assistant has ended: laid down, found again, and taken up as their policy says."""

from collections.abc import Iterable

from msgspec.structs import replace

from ..deadlines import Deadlines
from ..effects import Effect
from ..ids import ChannelId, DeviceId, device_of
from ..instant import Instant
from ..safety.gate import LEASE
from ..sequences.advance import Advance, cut_off
from ..sequences.codes import SequenceCode as Code
from ..sequences.fault import Fault
from ..sequences.happenings import Happening
from ..sequences.limits import LONG_AWAY, PATIENCE
from ..sequences.orders import LetGo, Order
from ..sequences.pausing import go_on
from ..sequences.recovering import Restart, found as found_again, taken_up
from ..sequences.restart import interrupted, policy_of, resumed
from ..sequences.run import Part, Run
from ..sequences.status import MOVING, STANDING, RunStatus
from ..sequences.steps.base import OnRestart
from ..sequences.uses import channels_of
from .program_log import INTERRUPTION, with_lines
from .program_mover import ProgramMover
from .program_starts import ProgramStarts
from .program_words import event_of
from .state import EngineState

_NOT_WAITING = frozenset({OnRestart.ASK, OnRestart.ABORT})
# More orders than a run can have given after it was written down last: a late answer must not count for another.
_UNWRITTEN = 1000


class ProgramRestarts:
    """Lays runs down before an end, and takes them up again when their devices are back."""

    def __init__(self, state: EngineState, mover: ProgramMover, starts: ProgramStarts) -> None:
        """Connect to the shared state, to who moves runs, and to who starts them."""
        self.gates: Deadlines[str] = Deadlines()
        self._state = state
        self._mover = mover
        self._runs = mover.runs
        self._starts = starts
        self._waiting: dict[str, frozenset[DeviceId]] = {}
        self._given_up_at: dict[str, float] = {}
        # When the runs were written down last that had something running.
        self._ran_since: dict[str, float] = {}
        self._told: set[str] = set()
        # The end of Home Assistant has told it of these: only a question is news.
        self._told_at_end: set[str] = set()
        self._away: dict[str, float] = {}

    def suspend(self, now: Instant) -> list[Effect]:
        """Lay every run down, with what it has energised at rest."""
        effects: list[Effect] = []
        for known in self._runs.active():
            run = self._runs.at(known.id, now)
            if run is None or run.status in (RunStatus.QUEUED, RunStatus.INTERRUPTED, RunStatus.PAUSED):
                continue
            # Whoever stands still goes on standing still: a person has said so.
            laid = replace(run, status=RunStatus.PAUSED) if run.status is RunStatus.HELD else interrupted(run)
            effects += self._mover.settle(run, Advance(run=laid, orders=_rests(run)), now)
            if laid.status is RunStatus.INTERRUPTED:
                effects.append(event_of(laid, Happening.RUN_INTERRUPTED, reason=laid.reason or None))
        return effects

    def lay_down(self, key: str, now: Instant) -> list[Effect]:
        """Lay one run down, with what it has energised at rest; a person decides what becomes of it."""
        run = self._runs.at(key, now)
        if run is None or run.is_over or run.status in (RunStatus.QUEUED, RunStatus.INTERRUPTED):
            return []
        laid = interrupted(run)
        told = event_of(laid, Happening.RUN_INTERRUPTED, asks=True)
        return [*self._mover.settle(run, Advance(run=laid, orders=_rests(run)), now), told]

    def restore(self, runs: Iterable[Run], now: Instant) -> None:
        """Take over the runs of an earlier run of Home Assistant; nothing moves before their devices are back."""
        for found in sorted(runs, key=lambda run: run.started_at):
            if found.is_over:
                self._restore_ended(found, now)
                continue
            self.gates.touch(found.id, now.monotonic)
            if found.status is RunStatus.QUEUED:
                self._starts.restore(self._runs.put(found, now))
                self._wait_for(found, channels_of(found.program, found.library, found.roles), now)
                continue
            if found.status is RunStatus.INTERRUPTED:
                self._told_at_end.add(found.id)
            restart = Restart(was=found.status, written_at=found.saved_at, found_at=now.utc.timestamp())
            restarts = found_again(found.restarts, restart)
            known = replace(found, issued=found.issued + _UNWRITTEN, restarts=restarts)
            self._runs.reserved[found.id] = channels_of(found.program, found.library, found.roles)
            if found.status in STANDING:
                self._runs.put(replace(known, status=RunStatus.PAUSED), now)
                self._runs.unanswered.add(found.id)
                continue
            laid = interrupted(known)
            if found.status is not RunStatus.INTERRUPTED:
                laid = with_lines(laid, INTERRUPTION, at=now.utc.timestamp())
            self._runs.put(laid, now)
            self._wait_for(found, self._runs.reserved[found.id], now)
            self._away[found.id] = now.utc.timestamp() - found.saved_at
            if found.status in MOVING and found.energised:
                self._ran_since[found.id] = found.saved_at

    def look(self, device: DeviceId, now: Instant) -> list[Effect]:
        """Take up the runs that have waited for a device."""
        waiting = [key for key, devices in self._waiting.items() if device in devices]
        return [effect for key in waiting for effect in self._try(key, now)]

    def wake(self, now: Instant) -> list[Effect]:
        """Do what has become due."""
        return [effect for key in self.gates.pop_due(now.monotonic) for effect in self._try(key, now)]

    def awaited(self, key: str) -> frozenset[DeviceId]:
        """Return the devices that a run waits for before it goes on; one that asks a person waits for none."""
        run, waiting = self._runs.all.get(key), self._waiting.get(key, frozenset[DeviceId]())
        if run is None or (run.status is RunStatus.INTERRUPTED and self._policy_of(run) in _NOT_WAITING):
            return frozenset()
        return frozenset(device for device in waiting if not self._state.fleet.link(device).is_online)

    def drop(self, key: str) -> None:
        """Forget that a run waits: it has ended, or a person has taken it up."""
        self._waiting.pop(key, None)
        self._given_up_at.pop(key, None)
        self._away.pop(key, None)
        self._told.discard(key)
        self._told_at_end.discard(key)
        self._ran_since.pop(key, None)
        self._runs.unanswered.discard(key)
        self.gates.drop(key)

    def take_up(self, run: Run, policy: OnRestart, now: Instant) -> list[Effect]:
        """Let an interrupted run go on."""
        moving, orders = resumed(_answered(self._caught_up(run, now), policy, now), policy)
        self.drop(run.id)
        return [*self._mover.settle(run, Advance(run=moving, orders=orders), now), *self._mover.move(run.id, now)]

    def stand_still(self, run: Run, now: Instant) -> Run:
        """Note that a person lets an interrupted run stand still: nothing is tried for it meanwhile."""
        caught_up = self._caught_up(run, now)
        self.drop(run.id)
        self._runs.unanswered.add(run.id)
        return caught_up

    def go_on(self, run: Run, now: Instant) -> tuple[Run, tuple[Order, ...]]:
        """Return a run that moves again after it has stood still, with the orders for that."""
        if run.id not in self._runs.unanswered:
            return go_on(run)
        self.drop(run.id)
        moving = _answered(replace(run, reason="", paused_until=None), OnRestart.RESUME, now)
        return resumed(moving, OnRestart.RESUME)

    def _try(self, key: str, now: Instant) -> list[Effect]:
        run = self._runs.at(key, now)
        if run is not None and run.status is RunStatus.PAUSED:
            # What was held ran on over a crash.
            return self._mover.settle(run, Advance(run=run, orders=_rests(run)), now)
        if run is not None and run.status is RunStatus.QUEUED and not self._is_ready(key, now):
            return []
        if run is None or run.status is not RunStatus.INTERRUPTED:
            self.drop(key)
            self._starts.held_back.discard(key)
            return self._starts.next_in_line(now)
        policy = self._policy_of(run)
        asks = policy is OnRestart.ASK
        is_old = key in self._told or (key in self._told_at_end and not asks)
        told: list[Effect] = [] if is_old else [event_of(run, Happening.RUN_INTERRUPTED, asks=asks)]
        self._told.add(key)
        return [*told, *self._follow(run, policy, now)]

    def _wait_for(self, run: Run, channels: frozenset[ChannelId], now: Instant) -> None:
        self._waiting[run.id] = frozenset(map(device_of, channels))
        self._given_up_at[run.id] = now.monotonic + PATIENCE

    def _is_ready(self, key: str, now: Instant) -> bool:
        """Tell whether the devices of a run are back, or were waited for long enough."""
        if all(self._state.fleet.link(device).is_online for device in self._waiting.get(key, ())):
            return True
        given_up_at = self._given_up_at.get(key, 0.0)
        if now.monotonic < given_up_at:
            self.gates.touch(key, given_up_at)
            return False
        return True

    def _policy_of(self, run: Run) -> OnRestart:
        """Return what is to become of a run; one that was away for long asks, unless it is to end anyway."""
        policy, away = policy_of(run), self._away.get(run.id, 0.0)
        is_cleaning_up = run.part is not Part.PHASES
        return policy if away < LONG_AWAY or policy is OnRestart.ABORT or is_cleaning_up else OnRestart.ASK

    def _follow(self, run: Run, policy: OnRestart, now: Instant) -> list[Effect]:
        key = run.id
        if policy is OnRestart.ASK:
            # A person may take a day to answer: until then everything rests.
            caught_up = self._caught_up(run, now)
            self.drop(key)
            return self._mover.settle(run, Advance(run=caught_up, orders=_rests(run)), now)
        if policy is OnRestart.ABORT:
            return self.take_up(run, policy, now)
        if all(self._state.fleet.link(device).is_online for device in self._waiting.get(key, ())):
            return self.take_up(run, policy, now)
        if now.monotonic < self._given_up_at.get(key, 0.0):
            self.gates.touch(key, self._given_up_at[key])
            return []
        self.drop(key)
        fault = Fault(code=Code.DEVICE_OFFLINE, reason="restart", may_retry=False)
        return self._mover.settle(run, cut_off(run, RunStatus.FAILED, now, "restart", fault), now)

    def _caught_up(self, run: Run, now: Instant) -> Run:
        """Return a run after a crash: what it had running may have gone on meanwhile, so that time counts."""
        since = self._ran_since.get(run.id)
        if since is None:
            return run
        away = max(0.0, now.utc.timestamp() - since)
        return replace(run, clock=run.clock + min(away, float(LEASE)))

    def _restore_ended(self, run: Run, now: Instant) -> None:
        age = now.utc.timestamp() - (run.ended_at or 0.0)
        self._runs.recall(run, now.monotonic - max(0.0, age))


def _rests(run: Run) -> tuple[LetGo, ...]:
    return (LetGo(channels=tuple(reversed(run.energised))),) if run.energised else ()


def _answered(run: Run, way: OnRestart, now: Instant) -> Run:
    return replace(run, restarts=taken_up(run.restarts, way, now.utc.timestamp(), run.resumed_by))

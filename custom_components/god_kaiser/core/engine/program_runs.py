"""The runs of sequences by their ids: where their clocks stand, what they wait for, and how long they are remembered."""

from collections.abc import Container, Iterable

from msgspec.structs import replace

from ..deadlines import Deadlines
from ..ids import ChannelId, CommandId
from ..instant import Instant
from ..sequences.advance import Advance
from ..sequences.limits import MOST_ENDED, RETENTION
from ..sequences.run import Run
from ..sequences.status import MOVING, RunStatus


class ProgramRuns:
    """All runs that go on, and those that have ended not long ago."""

    def __init__(self) -> None:
        """Start with none."""
        self.retention = RETENTION
        self.most_ended = MOST_ENDED
        self.all: dict[str, Run] = {}
        self.looks: Deadlines[str] = Deadlines()
        self.kept_until: Deadlines[str] = Deadlines()
        # Which run has asked for what, so that the answer finds it.
        self.asked: dict[CommandId, tuple[str, ChannelId]] = {}
        self.reserved: dict[str, frozenset[ChannelId]] = {}
        # Runs that stand still, and that no answer from before the restart will ever reach.
        self.unanswered: set[str] = set()
        self._zero: dict[str, float] = {}
        self._sources: dict[str, frozenset[str]] = {}
        self._listeners: dict[str, set[str]] = {}
        self._driven: dict[ChannelId, str] = {}

    def active(self) -> list[Run]:
        """Return every run that has not ended."""
        return [run for run in self.all.values() if not run.is_over]

    def of_sequence(self, sequence: str) -> list[Run]:
        """Return the runs of one sequence that have not ended."""
        return [run for run in self.active() if run.program.id == sequence]

    def that_need(self, sequence: str) -> list[Run]:
        """Return the runs that have not ended and that run a sequence, be it within another one."""
        return [run for run in self.active() if sequence in (run.program.id, *run.library)]

    def at(self, key: str, now: Instant) -> Run | None:
        """Return a run with its clock set."""
        run = self.all.get(key)
        if run is None or (zero := self._zero.get(key)) is None:
            return run
        return replace(run, clock=max(run.clock, now.monotonic - zero))

    def put(self, run: Run, now: Instant) -> Run:
        """Take over what has become of a run; its clock goes on only while it moves."""
        run = replace(run, saved_at=now.utc.timestamp())
        self.all[run.id] = run
        if run.status in MOVING:
            self._zero[run.id] = now.monotonic - run.clock
        else:
            self._zero.pop(run.id, None)
            self.looks.drop(run.id)
        for channel in [channel for channel, key in self._driven.items() if key == run.id]:
            del self._driven[channel]
        self._driven |= dict.fromkeys(run.energised, run.id)
        if run.is_over:
            self.settle(run, now)
        return run

    def follow(self, moved: Advance, now: Instant) -> None:
        """Note when to look at a run again, and whose change matters to it."""
        key = moved.run.id
        if moved.looks_again_at is not None and (zero := self._zero.get(key)) is not None:
            self.looks.touch(key, zero + moved.looks_again_at)
        else:
            self.looks.drop(key)
        self.listen(key, moved.sources)

    def listen(self, key: str, sources: frozenset[str]) -> None:
        """Note whose change matters to a run."""
        before = self._sources.get(key, frozenset())
        for source in before - sources:
            self._listeners[source].discard(key)
            if not self._listeners[source]:
                del self._listeners[source]
        for source in sources - before:
            self._listeners.setdefault(source, set()).add(key)
        if sources:
            self._sources[key] = sources
        else:
            self._sources.pop(key, None)

    def listeners(self, source: str) -> Iterable[str]:
        """Return which runs wait for a source."""
        return tuple(self._listeners.get(source, ()))

    def entities(self) -> frozenset[str]:
        """Return the entities that runs wait for."""
        return frozenset(source for source in self._listeners if "/" not in source and "." in source)

    def driver_of(self, channel: ChannelId) -> str | None:
        """Return which run has an output running."""
        return self._driven.get(channel)

    def is_awaited(self, key: str, channel: ChannelId) -> bool:
        """Tell whether the answer to what a run has told an output is still awaited."""
        return (key, channel) in self.asked.values()

    def is_unanswered(self, run: Run) -> bool:
        """Tell whether whatever a run waits for was asked before a restart."""
        return run.status is RunStatus.INTERRUPTED or run.id in self.unanswered

    def holder_of(self, channel: ChannelId, *, without: Container[str] = ()) -> Run | None:
        """Return the run that has reserved an output, some left out."""
        held = (key for key, channels in self.reserved.items() if channel in channels and key not in without)
        return next((self.all[key] for key in held), None)

    def settle(self, run: Run, now: Instant) -> None:
        """Set everything free that a run has held."""
        self.reserved.pop(run.id, None)
        self.listen(run.id, frozenset())
        for key in [key for key, (owner, _) in self.asked.items() if owner == run.id]:
            del self.asked[key]
        if self.kept_until.due(run.id) is None:
            self.kept_until.touch(run.id, now.monotonic + self.retention)

    def recall(self, run: Run, ended_at: float) -> None:
        """Remember a run that has ended before Home Assistant was started, for as long as it is still asked for."""
        self.all[run.id] = run
        self.kept_until.touch(run.id, ended_at + self.retention)

    def forget_old(self, now: Instant) -> list[str]:
        """Forget the runs that have ended long ago, and return them."""
        over = self.kept_until.pop_due(now.monotonic)
        ended = [run.id for run in self.all.values() if run.is_over and run.id not in over]
        surplus = ended[: max(0, len(ended) - self.most_ended)]
        for key in (*over, *surplus):
            self.kept_until.drop(key)
            self.all.pop(key, None)
        return [*over, *surplus]

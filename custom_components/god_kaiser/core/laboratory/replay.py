"""Lets rules live through what has happened: when they would have acted, for how long, and what would have kept them."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from ..events import CommandWished, DemandReleased
from ..ids import ChannelId
from ..requests import is_rest
from .bench import Bench, request_by
from .coverage import Coverage, Note
from .history import DeviceTurned, EntityTurned, History, OutputTurned, Sample, SensorSaid
from .obedient import Health
from .scene import Scene
from .scribe import RuleStory, Scribe
from .trails import Spans, Trail

_SOMEBODY = "history"


class OutputStory(Struct, frozen=True, kw_only=True):
    """When an output would have run, and when it really did."""

    output: ChannelId
    ran: Spans
    starts: int
    really: Spans | None = None
    real_starts: int = 0


class Replayed(Struct, frozen=True, kw_only=True):
    """What would have become of the rules, and what became of the outputs."""

    begin: datetime
    end: datetime
    outputs: tuple[OutputStory, ...]
    rules: tuple[RuleStory, ...]
    notes: tuple[Note, ...]


class Replay:
    """Plays a history in slices, each as long as its caller likes; whoever plays no further has cancelled it."""

    def __init__(self, scene: Scene, history: History) -> None:
        """Let the devices of the house come, and nothing happen so far."""
        self.scribe = Scribe()
        self.bench = Bench(scene, history.begin, self.scribe)
        self.bench.repeats = history.is_sparse
        self.scribe.begin(self.bench)
        self.is_over = False
        self._scene = scene
        self._history = history
        self._recorded = tuple(history.recorded)
        self._span = max(0.0, (history.end - history.begin).total_seconds())
        self._covered = Coverage(self.bench, is_sparse=history.is_sparse)
        self._story = self._tell()

    def play(self, steps: int = 1000) -> float:
        """Play so many events, and return how much of the history is behind: 1 when it is over."""
        for _ in range(steps):
            if next(self._story, self) is self:
                self.is_over = True
                return 1.0
        return min(0.999, max(0.0, self.bench.seconds) / max(1.0, self._span))

    def result(self) -> Replayed:
        """Return what has become of everything up to now."""
        begin, end = self._history.begin, min(self.bench.seconds, self._span)
        really = self._really()
        return Replayed(
            begin=begin,
            end=self.bench.now.utc,
            outputs=tuple(self._story_of(output, really.get(output), end) for output in self._outputs(really)),
            rules=self.scribe.stories(begin, end),
            notes=tuple(self._covered.notes(self._scene, end)),
        )

    def _tell(self) -> Iterator[None]:
        begin = self._history.begin.timestamp()
        for sample in self._history.samples:
            at = max(0.0, sample.at - begin)
            if at >= self._span:
                break
            yield from self.bench.until(max(at, self.bench.seconds))
            self._take(sample)
            self.scribe.look()
            yield
        yield from self.bench.until(self._span)

    def _take(self, sample: Sample) -> None:
        bench = self.bench
        match sample:
            case SensorSaid(sensor=sensor, value=value):
                self._covered.hear(sensor, bench.seconds, is_known=value is not None)
                bench.say(sensor, value)
            case EntityTurned(entity_id=entity_id, attribute=attribute, state=state):
                bench.turn(entity_id, attribute, state)
            case OutputTurned(output=output, level=level):
                if level is None or is_rest(level):
                    bench.feed(DemandReleased(channel=output, owner=_SOMEBODY))
                else:
                    bench.feed(CommandWished(request=request_by(bench.wish_id(), output, level, _SOMEBODY)))
            case DeviceTurned(device=device, is_there=is_there):
                known = bench.devices.health.get(device)
                if is_there and known is Health.AWAY:
                    bench.arrive(device)
                elif not is_there and known is Health.WELL:
                    bench.lose(device)

    def _outputs(self, really: dict[ChannelId, Trail[float]]) -> list[ChannelId]:
        mine = (output for rule in self._scene.rules for output in rule.outputs)
        return list(dict.fromkeys([*mine, *really]))

    def _story_of(self, output: ChannelId, real: Trail[float] | None, end: float) -> OutputStory:
        begin, ran = self._history.begin, self.scribe.ran(output)
        return OutputStory(
            output=output,
            ran=ran.told(begin, end),
            starts=ran.starts,
            really=None if real is None else real.told(begin, end),
            real_starts=0 if real is None else real.starts,
        )

    def _really(self) -> dict[ChannelId, Trail[float]]:
        """Return what the recorder says about outputs, as far as it was played."""
        begin, trails = self._history.begin.timestamp(), dict[ChannelId, Trail[float]]()
        for sample in self._recorded:
            at = sample.at - begin
            if at < self.bench.seconds:
                level = None if sample.level is None or is_rest(sample.level) else sample.level
                trails.setdefault(sample.output, Trail[float]()).turn(level, at)
        return trails

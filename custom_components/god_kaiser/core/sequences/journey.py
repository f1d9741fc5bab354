"""One look at a run at one moment: what it sees, what it wants, and when to look again."""

from typing import NamedTuple
from zlib import crc32

from msgspec.structs import replace

from ..conditions import Condition
from ..conditions.reading_is import value_of
from ..conditions.view import ConditionView
from ..ids import ChannelId, CommandId
from ..instant import Instant
from ..requests import REST
from ..truth import Truth
from .binding import bound, channel_of
from .fault import Fault
from .limits import BEGUN_AT_ONCE, LONGEST_BACKOFF, MOST_AT_ONCE, MOST_BEGUN, MOST_RESULTS, MOST_TECHNICAL
from .model import Sequence
from .orders import LetGo, Order, SetOutput, StepBegun, StepEnded
from .run import Answer, Node, Run, StepResult, StepStatus
from .steps import Step
from .walk import FINALLY

# Clocks are floats: a moment that is nearer than this has come.
_EXACTNESS = 1e-6
# Of what a run may do at most, it may do as much again for cleaning up.
CLEANING_UP = 2


class Scope(NamedTuple):
    """Where a step stands, and what names mean there."""

    place: str
    roles: dict[str, ChannelId]
    variables: dict[str, str | float | bool]
    goes_on: bool

    def output(self, name: str) -> ChannelId | None:
        """Return the output behind a channel or a role."""
        return channel_of(name, self.roles)


class Journey:
    """What one pass over a run collects."""

    def __init__(self, run: Run, view: ConditionView, now: Instant, answer: Answer | None) -> None:
        """Begin with what the run knows."""
        self.clock = run.clock
        self.view = view
        self.now = now
        self.library: dict[str, Sequence] = run.library
        self.orders: list[Order] = []
        self.sources: set[str] = set()
        self.energised = dict(run.energised)
        self.learned = dict(run.learned)
        self.had_at_step = run.had_at_step
        self.step = run.cursor.index
        # The name of the phase that the run goes through, none while it cleans up.
        self.phase = ""
        self.results = list(run.results)
        self.is_partial = run.is_partial
        self.is_busy = False
        self.looks_again_at: float | None = None
        self.issued = run.issued
        self.begun_so_far = run.begun
        self.shares = 1
        # Steps that wait and that this look has come by; those that hold others are not counted.
        self.waiting = 0
        self.clean_up = run.overrides.clean_up
        self._run = run
        self._answer = answer

    def issue(self) -> CommandId:
        """Return a key that no other order of this run has had."""
        self.issued += 1
        return CommandId(f"{self._run.id}:{self.issued}")

    @property
    def is_exhausted(self) -> bool:
        """Tell whether the run has begun as many steps as it may."""
        return self.begun_so_far >= self.shares * MOST_BEGUN

    @property
    def excess(self) -> str:
        """Return why nothing more may begin, or nothing."""
        if self.is_exhausted:
            return "too_many_turns"
        return "too_many_at_once" if self.waiting >= self.shares * MOST_AT_ONCE else ""

    def has_to_wait(self) -> bool:
        """Tell whether enough was begun in this look: then the run goes on at once, but after everybody else."""
        if self.begun_so_far - self._run.begun < BEGUN_AT_ONCE:
            return False
        self.is_busy = True
        self.looks_again_at = self.clock
        return True

    def note_step(self, place: str, index: int) -> None:
        """Note that a step begins that is held by no other one, and what the run has running then."""
        if place == self.phase:
            self.had_at_step, self.step = dict(self.energised), index

    def rest(self, channel: ChannelId) -> CommandId:
        """Tell an output to rest, and return the key of that; it is asked again until it does, by others than the run."""
        key = self.issue()
        self.energised.pop(channel, None)
        self.orders.append(SetOutput(key=key, channel=channel, level=REST, duration=None))
        return key

    def rest_measured(self, place: str) -> None:
        """Rest what steps inside of another one measure, which nobody looks at any more."""
        for channel, output in reversed(list(self.energised.items())):
            if output.is_measured and output.place.startswith(f"{place} / "):
                self.rest(channel)

    def rest_unwatched(self) -> None:
        """Let go of what steps measure that were left in the middle: only those of a clean-up are still looked at."""
        measured = [(channel, output.place) for channel, output in self.energised.items() if output.is_measured]
        gone = tuple(channel for channel, place in reversed(measured) if FINALLY not in place.split(" / "))
        if gone:
            self.orders.append(LetGo(channels=gone))
        for channel in gone:
            del self.energised[channel]

    def rest_inside(self, place: str, running: tuple[ChannelId, ...]) -> None:
        """Rest what steps inside of another one have switched on; a pump stops before its valve closes."""
        for channel, output in reversed(list(self.energised.items())):
            if channel not in running and output.place.startswith(f"{place} / "):
                self.rest(channel)

    def let_go_left_over(self, place: str) -> None:
        """Let go of what a step had switched on before a restart: begun anew, it has failed to do that once more."""
        gone = tuple(name for name, output in self.energised.items() if output.is_left_over and output.place == place)
        if gone:
            self.orders.append(LetGo(channels=gone))
        for channel in gone:
            del self.energised[channel]

    def answer_to(self, node: Node) -> Answer | None:
        """Return what has become of what a step waits for, None while nobody knows."""
        return self._answer if self._answer is not None and self._answer.key == node.key else None

    def is_reached(self, moment: float | None) -> bool:
        """Tell whether a moment on the clock of the run has come; one that has not is looked at again."""
        if moment is None:
            return False
        if moment <= self.clock + _EXACTNESS:
            return True
        self.look_at(moment)
        return False

    def look_at(self, moment: float) -> None:
        """Look at the run again at a moment on its clock, or earlier."""
        self.looks_again_at = moment if self.looks_again_at is None else min(moment, self.looks_again_at)

    def is_true(self, condition: Condition, scope: Scope) -> bool:
        """Tell whether a condition is true; what is not known is not."""
        return bound(condition, scope.roles).truth(self.view, self.now) is Truth.TRUE

    def waits_for(self, condition: Condition, scope: Scope) -> bool:
        """Tell whether a condition is true, and look again whenever that may have changed."""
        self.sources.update(bound(condition, scope.roles).sources)
        return self.is_true(condition, scope)

    def value_of(self, sensor: ChannelId, scope: Scope) -> float | None:
        """Return the latest value of a sensor that can be trusted, and look again whenever there is another."""
        channel = channel_of(sensor, scope.roles)
        if channel is None:
            return None
        self.sources.add(channel)
        return value_of(self.view, channel, self.now)

    def backoff(self, step: Step, place: str, attempt: int) -> float:
        """Return how long to wait before the next attempt; the same run waits as long when it is played again."""
        chance = crc32(f"{self._run.id} {place} {attempt}".encode()) / 0xFFFFFFFF
        wait: float = step.retry_delay * 2 ** (attempt - 1) * (1 + step.retry_jitter * chance)
        return min(wait, LONGEST_BACKOFF)

    def begun(self, step: Step, place: str, attempt: int) -> None:
        """Tell that a step begins, or begins once more."""
        self.begun_so_far += 1
        waited = self.backoff(step, place, attempt - 1) if attempt > 1 else 0.0
        self.orders.append(StepBegun(place=place, name=step.name, attempt=attempt, waited=waited))

    def ended(self, step: Step, node: Node, place: str, fault: Fault | None) -> None:
        """Write down how a step has ended."""
        result = StepResult(
            place=place,
            name=step.name,
            kind=str(step.__struct_config__.tag),
            status=StepStatus.COMPLETED if fault is None else StepStatus.FAILED,
            began=node.began,
            ended=self.clock,
            attempts=node.attempt,
            code=None if fault is None else fault.code,
            reason="" if fault is None else fault.reason,
            error_tech="" if fault is None else fault.error_tech,
            completion_source=next((each.source for each in self._run.deliveries if each.key == node.key), ""),
        )
        self.results.append(result)
        while len(self.results) > MOST_RESULTS:
            # What has failed is what people look for.
            kept = enumerate(self.results)
            del self.results[next((index for index, each in kept if each.status is StepStatus.COMPLETED), 0)]
        technical = [index for index, each in enumerate(self.results) if each.error_tech]
        for index in technical[:-MOST_TECHNICAL]:
            # Thousands of characters each, in a row that is written after every step.
            self.results[index] = replace(self.results[index], error_tech="")
        self.orders.append(StepEnded(result=result))

"""How long a run lasts at least from where it is, and what it has running there."""

from collections.abc import Iterator, Mapping

from ..ids import ChannelId
from .inside import lists_inside, part_of
from .model import Sequence
from .run import Cursor, Node, Part, Run, Stage
from .status import RunStatus
from .steps import Repeat, Step
from .steps.delay import Delay
from .walk import least_seconds

# Whatever it has running then rests, until it goes on.
_AT_REST = frozenset({RunStatus.PAUSED, RunStatus.INTERRUPTED})

type Library = Mapping[str, Sequence]


def seconds_left(run: Run) -> float | None:
    """Return how long a run lasts at least from here: what is under way as it was worked out, the rest as it is written."""
    if run.is_over:
        return None
    return round(sum(_parts_left(run)), 1)


def seconds_after_step(run: Run) -> float | None:
    """Return how long a run lasts at least when the step in which it is has ended."""
    if run.is_over:
        return None
    _, *later = _parts_left(run)
    return round(sum(later), 1)


def running(run: Run) -> dict[ChannelId, float]:
    """Return the levels of the outputs that a run has running at this moment, not those that are to come back."""
    if run.is_over or run.status in _AT_REST:
        return {}
    waiting = {each.channel for each in run.comebacks}
    return {
        channel: output.level
        for channel, output in run.energised.items()
        if channel not in waiting
        and not output.is_over(run.clock)
        and not (output.is_measured and run.status is RunStatus.HELD)
    }


def current_step(run: Run) -> tuple[str, int, Step] | None:
    """Return the step at which a run is with the name of its part and its number, None before the first and after the last."""
    if run.is_over or run.cursor.node is None or _is_behind_phases(run):
        return None
    name, steps = part_of(run)
    index = run.cursor.index
    return (name, index + 1, steps[index]) if index < len(steps) else None


def _is_behind_phases(run: Run) -> bool:
    return run.part in (Part.PHASES, Part.LEAVING) and run.phase >= len(run.program.phases)


def _parts_left(run: Run) -> Iterator[float]:
    """Yield how long the step lasts in which a run is, and everything behind it in its part and in later phases."""
    phases = run.program.phases
    if _is_behind_phases(run):
        yield 0.0
        return
    _, steps = part_of(run)
    yield _under_way(steps, run.cursor, run.clock, run.library)
    if run.part is Part.LEAVING:
        return
    yield least_seconds(steps[run.cursor.index + (run.cursor.node is not None) :])
    if run.part is Part.PHASES:
        yield from (least_seconds(phase.steps) for phase in phases[run.phase + 1 :])


def _under_way(steps: tuple[Step, ...], cursor: Cursor, clock: float, library: Library) -> float:
    """Return how long the step lasts in which a position is."""
    if cursor.node is None or cursor.index >= len(steps):
        return 0.0
    return _left_of(steps[cursor.index], cursor.node, clock, library)


def _left_of(step: Step, node: Node, clock: float, library: Library) -> float:
    ends = 0.0 if node.stage_ends is None else max(0.0, node.stage_ends - clock)
    match node.stage:
        case Stage.BEFORE | Stage.BACKOFF | Stage.ASKING:
            return ends + least_seconds((step,)) - step.delay_before
        case Stage.AFTER:
            return ends
        case Stage.ACTING if isinstance(step, Delay):
            return ends + step.delay_after
        case Stage.ACTING | Stage.RECOVERING if node.inner:
            return _left_inside(step, node, clock, library) + step.delay_after
        case _:
            return step.delay_after


def _left_inside(step: Step, node: Node, clock: float, library: Library) -> float:
    """Return how long the lists of a step last that it goes through at the same time, and the turns that follow."""
    lists = [steps for _, steps in lists_inside(step, node, library)]
    longest = max(
        _under_way(steps, at, clock, library) + least_seconds(steps[at.index + (at.node is not None) :])
        for steps, at in zip(lists, node.inner, strict=True)
    )
    if not isinstance(step, Repeat):
        return longest
    turns = max(0, (step.count or len(step.items)) - node.turn)
    return longest + turns * least_seconds(step.steps)

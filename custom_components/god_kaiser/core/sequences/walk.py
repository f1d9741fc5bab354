"""Going through a sequence: every step with its place, and how long it lasts at least."""

from collections.abc import Iterator
from typing import NamedTuple

from .model import Sequence
from .steps import Branch, Parallel, Repeat, Step
from .steps.delay import Delay

# How the steps that are done at every end are called in places.
FINALLY = "finally"
# What a template inside of a repeat may name: which turn it is, and which of the items.
TURN = "turn"
ITEM = "item"


class Placed(NamedTuple):
    """A step and where it stands, as people count: phase, step, step inside of it; with the names that repeats give."""

    place: str
    step: Step
    depth: int
    names: frozenset[str] = frozenset()


def steps_of(sequence: Sequence) -> Iterator[Placed]:
    """Yield every step, those inside of others after them."""
    for phase in sequence.phases:
        yield from _inside(phase.name, phase.steps, 1)
    yield from _inside(FINALLY, sequence.afterwards, 1)


def lists_in(step: Step) -> dict[str, tuple[Step, ...]]:
    """Return the lists of steps that a step holds, by name."""
    match step:
        case Branch(then=then, otherwise=otherwise):
            return {"then": then, "otherwise": otherwise}
        case Repeat(steps=steps):
            return {"repeat": steps}
        case Parallel(branches=branches):
            return {f"branch {number}": steps for number, steps in enumerate(branches, 1)}
        case _:
            return {}


def least_seconds(steps: tuple[Step, ...]) -> float:
    """Return how long steps last at least: their delays, as far as they are numbers."""
    return sum(step.delay_before + step.delay_after + _own_seconds(step) for step in steps)


def _own_seconds(step: Step) -> float:
    match step:
        case Delay(seconds=seconds):
            return 0.0 if isinstance(seconds, str) else seconds
        case Repeat(steps=steps):
            return least_seconds(steps) * max(step.count or len(step.items), 0)
        case Branch() | Parallel():
            inner = [least_seconds(steps) for steps in lists_in(step).values()]
            return max(inner, default=0.0) if isinstance(step, Parallel) else min(inner)
        case _:
            return 0.0


def _inside(where: str, steps: tuple[Step, ...], depth: int, names: frozenset[str] = frozenset()) -> Iterator[Placed]:
    for number, step in enumerate(steps, 1):
        place = f"{where} / {number}" + (f" {step.name}" if step.name else "")
        yield Placed(place, step, depth, names)
        within = names | _given_by(step)
        for name, inner in lists_in(step).items():
            yield from _inside(f"{place} / {name}", inner, depth + 1, within)


def _given_by(step: Step) -> frozenset[str]:
    if not isinstance(step, Repeat):
        return frozenset()
    return frozenset({TURN, ITEM} if step.items else {TURN})

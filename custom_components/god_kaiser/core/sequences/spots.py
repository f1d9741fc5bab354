"""Where in a program a step stands that waits for an answer, and what has to go on so that it counts."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..ids import CommandId
from .inside import Steps, lists_inside, part_of
from .model import Sequence
from .run import Cursor, Run, Stage
from .steps import Branch, Parallel, Repeat, Step


class Spot(NamedTuple):
    """The place of a step as runs spell it and as people read it.

    ``within`` are the places outside of which nobody knows whether, or when, the step is done: the way of a branch, a loop
    that may not turn, a recovery, and a list that is done beside others.
    """

    place: str
    named: str
    within: tuple[str, ...] = ()


def spot_of(key: CommandId, run: Run) -> Spot | None:
    """Return where the step of a run stands that waits under a key."""
    where, steps = part_of(run)
    return next(_waiting(key, steps, run.cursor, Spot(where, where), run.library), None)


def _waiting(
    key: CommandId, steps: Steps, cursor: Cursor, where: Spot, library: Mapping[str, Sequence]
) -> Iterator[Spot]:
    """Yield the spot of the step that waits under a key."""
    if (node := cursor.node) is None:
        return
    step, number = steps[cursor.index], f" / {cursor.index + 1}"
    named = f"{where.named}{number}" + (f" {step.name}" if step.name else "")
    spot = Spot(f"{where.place}{number}", named, where.within)
    if node.key == key:
        yield spot
    is_doubtful = node.stage is Stage.RECOVERING or _is_doubtful(step)
    for (name, inside), inner in zip(lists_inside(step, node, library), node.inner, strict=False):
        list_place = f"{spot.place} / {name}" if name else spot.place
        list_named = f"{named} / {name}" if name else named
        within = (*spot.within, list_place) if is_doubtful else spot.within
        yield from _waiting(key, inside, inner, Spot(list_place, list_named, within), library)


def _is_doubtful(step: Step) -> bool:
    """Tell whether what a step holds may be left out, or is done beside something else."""
    return isinstance(step, Branch | Parallel) or (isinstance(step, Repeat) and step.while_true is not None)

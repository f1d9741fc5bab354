"""What goes on in lists of steps that are left in the middle: sequences that are run there do their ``finally``."""

from collections.abc import Mapping

from msgspec.structs import replace

from .inside import MAIN, Steps, lists_inside
from .model import Sequence
from .run import Cursor, Node, Stage
from .steps import RunSequence, Step

_NOTHING = Cursor(is_left=True)


def left(cursor: Cursor, steps: Steps, library: Mapping[str, Sequence]) -> Cursor | None:
    """Return a position from which only what is inside of its step goes on, None if nothing there has an end."""
    if cursor.node is None or cursor.index >= len(steps):
        return None
    node = left_inside(steps[cursor.index], cursor.node, library)
    return None if node is None else Cursor(index=cursor.index, node=node, is_left=True)


def left_inside(step: Step, node: Node, library: Mapping[str, Sequence]) -> Node | None:
    """Return a step that holds others as it goes on when all of its lists are left, None if it has ended by that.

    The time that it had left does not count any more: whoever leaves it says for how long that may take.
    """
    nested = library.get(step.sequence) if isinstance(step, RunSequence) and node.stage is Stage.ACTING else None
    if nested is not None and node.turn != MAIN:
        return node
    held = lists_inside(step, node, library)
    inner = tuple(
        left(position, steps, library) or _NOTHING for position, (_, steps) in zip(node.inner, held, strict=True)
    )
    if (nested is None or not nested.afterwards) and all(position.node is None for position in inner):
        return None
    return replace(node, inner=inner, stage_ends=None)

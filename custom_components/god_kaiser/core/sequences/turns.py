"""How many steps a program begins, where that is known before it runs: turns count as often as they come."""

from collections.abc import Mapping

from .codes import SequenceCode as Code
from .errors import SequenceError
from .limits import MOST_BEGUN
from .model import Sequence
from .steps import Branch, Repeat, RunSequence, Step
from .walk import lists_in


def check_turns(sequence: Sequence, library: Mapping[str, Sequence]) -> None:
    """Refuse what would begin more steps than a run may, in itself or through what it runs."""
    known: dict[str, int] = {}
    if _in_sequence(sequence, library, known) > MOST_BEGUN:
        raise SequenceError(Code.INVALID_STEP, given=f"> {MOST_BEGUN}")


def _in_sequence(sequence: Sequence, library: Mapping[str, Sequence], known: dict[str, int]) -> int:
    if sequence.id not in known:
        parts = (*(phase.steps for phase in sequence.phases), sequence.afterwards)
        known[sequence.id] = sum(_in_list(steps, library, known) for steps in parts)
    return known[sequence.id]


def _in_list(steps: tuple[Step, ...], library: Mapping[str, Sequence], known: dict[str, int]) -> int:
    return sum(1 + _in_step(step, library, known) for step in steps)


def _in_step(step: Step, library: Mapping[str, Sequence], known: dict[str, int]) -> int:
    inner = [_in_list(steps, library, known) for steps in lists_in(step).values()]
    match step:
        case RunSequence(sequence=name):
            other = library.get(name)
            return 0 if other is None else _in_sequence(other, library, known)
        case Branch():
            return max(inner)
        case Repeat():
            # How often a condition turns it is known to nobody before; the run itself counts that.
            return (step.count or len(step.items) or 1) * sum(inner)
        case _:
            return sum(inner)

"""How many steps a program begins, and how many beside each other, where that is known before it runs."""

from collections.abc import Mapping

from .codes import SequenceCode as Code
from .errors import SequenceError
from .limits import MOST_AT_ONCE, MOST_BEGUN
from .model import Sequence
from .steps import Branch, Parallel, Repeat, RunSequence, Step
from .walk import lists_in


def check_turns(sequence: Sequence, library: Mapping[str, Sequence]) -> None:
    """Refuse what would begin more steps than a run may, or more at once, in itself or through what it runs."""
    for count, most in ((_in_sequence, MOST_BEGUN), (_beside_in_sequence, MOST_AT_ONCE)):
        if count(sequence, library, {}) > most:
            raise SequenceError(Code.INVALID_STEP, given=f"> {most}")


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


def _beside_in_sequence(sequence: Sequence, library: Mapping[str, Sequence], known: dict[str, int]) -> int:
    """Return how many steps may wait at the same time."""
    if sequence.id not in known:
        parts = (*(phase.steps for phase in sequence.phases), sequence.afterwards)
        known[sequence.id] = max(_beside_in_list(steps, library, known) for steps in parts)
    return known[sequence.id]


def _beside_in_list(steps: tuple[Step, ...], library: Mapping[str, Sequence], known: dict[str, int]) -> int:
    return max((_beside_in_step(step, library, known) for step in steps), default=0)


def _beside_in_step(step: Step, library: Mapping[str, Sequence], known: dict[str, int]) -> int:
    inner = [_beside_in_list(steps, library, known) for steps in lists_in(step).values()]
    names = (step.sequence if isinstance(step, RunSequence) else "", step.recovery or "")
    whole = [_beside_in_sequence(library[name], library, known) for name in names if name in library]
    return max(1, sum(inner) if isinstance(step, Parallel) else max(inner, default=0), *whole)

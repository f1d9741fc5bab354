"""Every step that a run of a sequence may come to, those of the sequences that it runs among them."""

from collections.abc import Iterator, Mapping

from ..core.sequences.model import Sequence
from ..core.sequences.steps import RunSequence, Step
from ..core.sequences.walk import Placed, steps_of


def all_steps(program: Sequence, library: Mapping[str, Sequence]) -> Iterator[Placed]:
    """Yield every step with its place; a sequence that is run in several places is gone through once."""
    seen = {program.id}
    waiting = [("", program)]
    while waiting:
        before, current = waiting.pop(0)
        for placed in steps_of(current):
            place = f"{before}{placed.place}"
            yield placed._replace(place=place)
            for name in _named_by(placed.step):
                if name in library and name not in seen:
                    seen.add(name)
                    waiting.append((f"{place} / {name} / ", library[name]))


def _named_by(step: Step) -> list[str]:
    recovery = [step.recovery] if step.recovery else []
    return [step.sequence, *recovery] if isinstance(step, RunSequence) else recovery

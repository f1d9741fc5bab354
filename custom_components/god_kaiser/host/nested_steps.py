"""Every step that a run of a sequence may come to, those of the sequences that it runs among them."""

from collections.abc import Iterator, Mapping

from ..core.sequences.model import Sequence
from ..core.sequences.steps import RunSequence, Step
from ..core.sequences.walk import Placed, lists_in, steps_of


def all_steps(program: Sequence, library: Mapping[str, Sequence]) -> Iterator[Placed]:
    """Yield every step with its place; a sequence that is run in several places is gone through once."""
    return (placed for _, placed in steps_with_owners(program, library))


def steps_with_owners(program: Sequence, library: Mapping[str, Sequence]) -> Iterator[tuple[Sequence, Placed]]:
    """Yield every step as ``all_steps`` does, after the sequence in which it is written."""
    seen = {program.id}
    waiting = [("", program)]
    while waiting:
        before, current = waiting.pop(0)
        for placed in steps_of(current):
            place = f"{before}{placed.place}"
            yield current, placed._replace(place=place)
            for name in _named_by(placed.step):
                if name in library and name not in seen:
                    seen.add(name)
                    waiting.append((f"{place} / {name} / ", library[name]))


def is_whole(program: Sequence, library: Mapping[str, Sequence]) -> bool:
    """Tell whether everything that a run of a sequence may come to is there."""
    seen = {program.id}
    waiting = [program]
    while waiting:
        current = waiting.pop()
        lists = (*(phase.steps for phase in current.phases), current.afterwards)
        named = {name for steps in lists for name in _named_in(steps)} - seen
        if not named <= library.keys():
            return False
        seen |= named
        waiting.extend(library[name] for name in named)
    return True


def _named_in(steps: tuple[Step, ...]) -> Iterator[str]:
    for step in steps:
        yield from _named_by(step)
        for inner in lists_in(step).values():
            yield from _named_in(inner)


def _named_by(step: Step) -> list[str]:
    recovery = [step.recovery] if step.recovery else []
    return [step.sequence, *recovery] if isinstance(step, RunSequence) else recovery

"""Which lists of steps a run is going through: those of its part, and those inside of a step that holds others."""

from collections.abc import Mapping

from .model import Sequence
from .run import Node, Part, Run, Stage
from .steps import Branch, Repeat, RunSequence, Step
from .walk import FINALLY, lists_in

# Of a step that runs another sequence: it goes through the phases of that, or through its ``finally``.
MAIN, AFTERWARDS = 1, 2
THEN, OTHERWISE = 1, 2

type Steps = tuple[Step, ...]


def part_of(run: Run) -> tuple[str, Steps]:
    """Return the steps among which a run is, with the name that they have in places."""
    if run.part in (Part.FINALLY, Part.OVER):
        return FINALLY, run.program.afterwards
    phase = run.program.phases[run.phase]
    return phase.name, phase.steps


def lists_inside(step: Step, node: Node, library: Mapping[str, Sequence]) -> list[tuple[str, Steps]]:
    """Return the lists that a step is going through, as many as it has positions, each with its name in places."""
    return _lists(step, node, library)[: len(node.inner)]


def main_of(program: Sequence | None) -> Steps:
    """Return the steps of all phases of a sequence that is run inside of another one."""
    return () if program is None else tuple(step for phase in program.phases for step in phase.steps)


def _lists(step: Step, node: Node, library: Mapping[str, Sequence]) -> list[tuple[str, Steps]]:
    if node.stage is Stage.RECOVERING:
        return [("recovery", main_of(library.get(step.recovery or "")))]
    match step:
        case RunSequence(sequence=name):
            program = library.get(name)
            if program is None or node.turn == MAIN:
                return [(name, main_of(program))]
            return [(f"{name} / {FINALLY}", program.afterwards)]
        case Branch(then=then, otherwise=otherwise):
            return [("", then if node.turn == THEN else otherwise)]
        case Repeat(steps=steps):
            return [("", steps)]
        case _:
            return list(lists_in(step).items())

"""The sequences of a house, and which of them run which."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Self

from .check import check_references
from .codes import SequenceCode as Code
from .errors import SequenceError
from .model import Sequence
from .steps import RunSequence
from .walk import steps_of


class Library:
    """Sequences by their id; it never changes, and keeping or removing one makes another library."""

    def __init__(self, sequences: Mapping[str, Sequence], runs: Mapping[str, frozenset[str]]) -> None:
        """Take sequences and, for each of them, those that it runs or recovers with by itself."""
        self.sequences: Mapping[str, Sequence] = MappingProxyType(sequences)
        self._runs = runs

    @classmethod
    def of(cls, sequences: Iterable[Sequence]) -> Self:
        """Make a library of what was kept, without judging it: what is wrong in it can be mended and not started."""
        by_id = {sequence.id: sequence for sequence in sequences}
        return cls(by_id, {name: _run_by(sequence) for name, sequence in by_id.items()})

    def get(self, wanted: str) -> Sequence:
        """Return a sequence, or raise that there is none."""
        if (found := self.sequences.get(wanted)) is None:
            raise SequenceError(Code.NOT_FOUND, given=wanted)
        return found

    def closure(self, program: Sequence) -> dict[str, Sequence]:
        """Return what a program runs or recovers with, and so on, itself excluded; raises when it cannot be run."""
        check_references(program, self.sequences)
        found: dict[str, Sequence] = {}
        waiting = _run_by(program)
        while waiting:
            found |= {name: self.sequences[name] for name in waiting}
            waiting = frozenset[str]().union(*(self._runs[name] for name in waiting)) - found.keys()
        return found

    def used_by(self, wanted: str) -> tuple[str, ...]:
        """Return which sequences run a sequence or recover with it by themselves."""
        return tuple(sorted(_users({wanted}, self._runs)))

    def above(self, wanted: str) -> set[str]:
        """Return which sequences run a sequence or recover with it, by themselves or over others."""
        return _above(wanted, self._runs)

    def put(self, sequence: Sequence) -> Self:
        """Return the library with a sequence; what it would break, in itself or in those that run it, is refused."""
        sequences = {**self.sequences, sequence.id: sequence}
        runs = {**self._runs, sequence.id: _run_by(sequence)}
        check_references(sequence, sequences)
        for name in _above(sequence.id, runs):
            # What was broken before may stay so until somebody mends it.
            if _fault_of(name, self.sequences) is None and (fault := _fault_of(name, sequences)):
                raise fault
        return type(self)(sequences, runs)

    def drop(self, wanted: str) -> Self:
        """Return the library without a sequence; one that others run cannot go."""
        self.refuse_if_used(wanted)
        kept = {name: sequence for name, sequence in self.sequences.items() if name != wanted}
        return type(self)(kept, {name: self._runs[name] for name in kept})

    def refuse_if_used(self, wanted: str) -> None:
        """Raise when others run a sequence, and name them."""
        if others := [name for name in self.used_by(wanted) if name != wanted]:
            raise SequenceError(Code.INVALID_DEFINITION, wanted, why="still_used", given=", ".join(others))


def _above(wanted: str, runs: Mapping[str, frozenset[str]]) -> set[str]:
    found: set[str] = set()
    waiting = {wanted}
    while waiting:
        waiting = _users(waiting, runs) - found
        found |= waiting
    return found


def _users(wanted: set[str], runs: Mapping[str, frozenset[str]]) -> set[str]:
    return {name for name, run in runs.items() if not run.isdisjoint(wanted)}


def _fault_of(name: str, sequences: Mapping[str, Sequence]) -> SequenceError | None:
    try:
        check_references(sequences[name], sequences)
    except SequenceError as err:
        return err
    return None


def _run_by(sequence: Sequence) -> frozenset[str]:
    steps = [placed.step for placed in steps_of(sequence)]
    named = {step.sequence for step in steps if isinstance(step, RunSequence)}
    return frozenset(named | {step.recovery for step in steps if step.recovery})

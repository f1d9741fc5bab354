"""Three answers to a question about the world: what is not known is neither true nor false."""

from collections.abc import Iterable
from enum import Enum


class Truth(Enum):
    """The answer of a condition."""

    FALSE = 0
    UNKNOWN = 1
    TRUE = 2


def truth_of(answer: bool) -> Truth:
    """Return the answer to a question that has one."""
    return Truth.TRUE if answer else Truth.FALSE


def negation(truth: Truth) -> Truth:
    """Return the opposite; of what is not known nothing is known."""
    return Truth(2 - truth.value)


def conjunction(truths: Iterable[Truth]) -> Truth:
    """Return whether all are true: one that is false decides, whatever is not known."""
    return min(truths, key=lambda truth: truth.value, default=Truth.TRUE)


def disjunction(truths: Iterable[Truth]) -> Truth:
    """Return whether any is true: one that is true decides, whatever is not known."""
    return max(truths, key=lambda truth: truth.value, default=Truth.FALSE)

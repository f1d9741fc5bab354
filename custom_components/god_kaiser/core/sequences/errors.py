"""What is wrong with a sequence, with its number and its place."""

from collections.abc import Mapping
from typing import Self

from ..errors import DefinitionError
from .codes import SequenceCode


class SequenceError(DefinitionError):
    """Something impossible in a sequence: ``place`` is where, as people count.

    A number may stand for several mistakes; ``why`` names the one whose sentence helps more than that of the number.
    """

    def __init__(self, code: SequenceCode, place: str = "", *, why: str = "", **details: str | float) -> None:
        """Remember the code, whose translated sentence is named after it."""
        super().__init__(f"sequence_{why or code.name.lower()}", code=int(code), place=place or "-", **details)
        self.code = code
        self.place = place

    def said_as(self, problem: str, details: Mapping[str, str | float]) -> Self:
        """Let the error be told by a sentence that sequences share with others, with the words of that."""
        self.problem = problem
        self.details |= details
        return self

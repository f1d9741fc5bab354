"""What is wrong with a sequence, with its number and its place."""

from ..errors import DefinitionError
from .codes import SequenceCode


class SequenceError(DefinitionError):
    """Something impossible in a sequence: ``place`` is where, as people count."""

    def __init__(self, code: SequenceCode, place: str = "", **details: str | float) -> None:
        """Remember the code, whose translated sentence is named after it."""
        super().__init__(f"sequence_{code.name.lower()}", code=int(code), place=place or "-", **details)
        self.code = code
        self.place = place

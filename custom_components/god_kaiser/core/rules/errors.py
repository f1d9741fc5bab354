"""What is wrong with a rule, with its place."""

from ..errors import DefinitionError


class RuleError(DefinitionError):
    """Something impossible in a rule: ``place`` is where, as people count."""

    def __init__(self, problem: str, place: str = "", **details: str | float) -> None:
        """Remember the problem and where it is."""
        super().__init__(problem, place=place or "-", **details)
        self.place = place

"""What may be looked at before a run begins: the world that conditions see, and the books that interlocks go by."""

from typing import Protocol

from ..conditions.view import ConditionView
from ..safety.surroundings import Surroundings


class HouseView(ConditionView, Protocol):
    """The world of conditions with the books of the safety."""

    @property
    def around(self) -> Surroundings:
        """Return the books of the safety; whoever looks changes nothing."""

"""A question with two thresholds: what it has answered holds in the band between them."""

from collections.abc import Mapping
from math import isfinite
from typing import override

from ..errors import DefinitionError
from ..ids import ChannelId
from ..instant import Instant
from ..truth import Truth, truth_of
from .question import Borders, Question
from .reading_is import value_of
from .view import ConditionView


class Hysteresis(Question, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="hysteresis"):
    """Is true from one threshold on until the other is reached.

    What heats, fills or waters is on ``below`` one value and off ``above`` a higher one; with ``cools`` it is on above the
    higher one and off below the lower one. ``id`` names its memory, which survives restarts and other edits.
    """

    sensor: ChannelId
    below: float
    above: float
    cools: bool = False
    id: str = ""

    @property
    @override
    def sources(self) -> tuple[str, ...]:
        return (self.sensor,)

    @property
    @override
    def borders(self) -> Mapping[str, Borders]:
        return {self.sensor: (self.below, self.above)}

    @override
    def check(self) -> None:
        """Refuse a band without width, or without an end."""
        for field, number in (("below", self.below), ("above", self.above)):
            if not isfinite(number):
                raise DefinitionError("condition_number", given=str(number)).of(field)
        if not self.below < self.above:
            raise DefinitionError("condition_bounds", low=self.below, high=self.above, lower="below", upper="above")

    def truth(self, view: ConditionView, now: Instant) -> Truth:
        """Return the answer; in the band the one before it, and at first no."""
        memory, node = view.rules, self.id or self.sensor
        value = value_of(view, self.sensor, now)
        if memory is None or value is None:
            return Truth.UNKNOWN
        if value < self.below:
            is_true = not self.cools
        elif value > self.above:
            is_true = self.cools
        else:
            is_true = memory.held(node) is True
        memory.hold(node, is_true)
        return truth_of(is_true)

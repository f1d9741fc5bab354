"""A question about a measured value."""

from collections.abc import Mapping
from math import isfinite
from typing import override

from ..devices.model import DOUBTFUL
from ..errors import DefinitionError
from ..ids import ChannelId
from ..instant import Instant
from ..truth import Truth
from .comparison import Operator, compare
from .question import Borders, Question
from .view import ConditionView


class ReadingIs(Question, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="reading"):
    """Compares the latest value of a sensor; one that is stale or doubtful is unknown."""

    sensor: ChannelId
    operator: Operator
    value: float
    high: float | None = None

    @property
    @override
    def sources(self) -> tuple[str, ...]:
        return (self.sensor,)

    @property
    @override
    def borders(self) -> Mapping[str, Borders]:
        return {self.sensor: (self.value,) if self.high is None else (self.value, self.high)}

    @override
    def check(self) -> None:
        """Refuse a range without an end or in the wrong order."""
        check_range(self.operator, self.value, self.high)

    def truth(self, view: ConditionView, now: Instant) -> Truth:
        """Return the answer."""
        return compare(value_of(view, self.sensor, now), self.operator, self.value, self.high)


def value_of(view: ConditionView, sensor: ChannelId, now: Instant) -> float | None:
    """Return what a sensor measures, None while that is not known or doubtful."""
    reading = view.fleet.fresh_reading(sensor, now)
    return reading.value if reading is not None and reading.quality not in DOUBTFUL else None


def check_range(operator: Operator, low: float, high: float | None) -> None:
    """Refuse a range without an end or in the wrong order, an end without a range, and what no value can reach."""
    for field, number in (("value", low), ("high", high)):
        if number is not None and not isfinite(number):
            raise DefinitionError("condition_number", given=str(number)).of(field)
    if operator is Operator.BETWEEN and high is None:
        raise DefinitionError("condition_no_high", low=low)
    if operator is not Operator.BETWEEN and high is not None:
        raise DefinitionError("condition_range", operator=operator.value)
    if high is not None and not low < high:
        raise DefinitionError("condition_bounds", low=low, high=high, lower="value", upper="high")

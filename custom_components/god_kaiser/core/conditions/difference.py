"""A question about how far two measured values are apart."""

from typing import override

from ..errors import DefinitionError
from ..ids import ChannelId
from ..instant import Instant
from ..truth import Truth
from .comparison import Operator, compare
from .question import Question
from .reading_is import check_range, value_of
from .view import ConditionView


class Difference(Question, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="difference"):
    """Compares one value less another, which may come from another device; with ``is_absolute`` without its sign."""

    sensor: ChannelId
    less: ChannelId
    operator: Operator
    value: float
    high: float | None = None
    is_absolute: bool = False

    @property
    @override
    def sources(self) -> tuple[str, ...]:
        return (self.sensor, self.less)

    @override
    def check(self) -> None:
        """Refuse a sensor that is compared with itself, and a range without an end."""
        if self.sensor == self.less:
            raise DefinitionError("condition_same_sensor", sensor=self.sensor)
        check_range(self.operator, self.value, self.high)

    def apart(self, view: ConditionView, now: Instant) -> float | None:
        """Return how far the values are apart, None while one of them is not known."""
        one, other = value_of(view, self.sensor, now), value_of(view, self.less, now)
        if one is None or other is None:
            return None
        return abs(one - other) if self.is_absolute else one - other

    def truth(self, view: ConditionView, now: Instant) -> Truth:
        """Return the answer."""
        return compare(self.apart(view, now), self.operator, self.value, self.high)

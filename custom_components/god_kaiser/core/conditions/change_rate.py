"""A question about how fast a measured value changes."""

from typing import override

from ..errors import DefinitionError
from ..ids import ChannelId
from ..instant import Instant
from ..truth import Truth
from .comparison import Operator, compare
from .question import Question
from .reading_is import check_range
from .view import ConditionView

LONGEST = 6 * 3600.0
SHORTEST = 10.0


class ChangeRate(Question, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="change"):
    """Compares by how much a value has risen (or fallen, below 0) ``within`` so many seconds."""

    sensor: ChannelId
    within: float
    operator: Operator
    value: float
    high: float | None = None

    @property
    @override
    def sources(self) -> tuple[str, ...]:
        return (self.sensor,)

    @override
    def check(self) -> None:
        """Refuse a time that nobody can look back, and a range without an end."""
        if not SHORTEST <= self.within <= LONGEST:
            raise DefinitionError("condition_within", low=SHORTEST, high=LONGEST).of("within")
        check_range(self.operator, self.value, self.high)

    def truth(self, view: ConditionView, now: Instant) -> Truth:
        """Return the answer; before so much time was seen, unknown."""
        if view.rules is None:
            return Truth.UNKNOWN
        return compare(view.rules.change(self.sensor, self.within, now), self.operator, self.value, self.high)

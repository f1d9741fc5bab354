"""A question about a measured value."""

from msgspec import Struct

from ..devices.model import DOUBTFUL
from ..errors import DefinitionError
from ..ids import ChannelId
from ..instant import Instant
from ..truth import Truth
from .comparison import Operator, compare
from .view import ConditionView


class ReadingIs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="reading"):
    """Compares the latest value of a sensor; one that is stale or doubtful is unknown."""

    sensor: ChannelId
    operator: Operator
    value: float
    high: float | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """Return whose change matters."""
        return (self.sensor,)

    def check(self) -> None:
        """Refuse a range without an end or in the wrong order."""
        check_range(self.operator, self.value, self.high)

    def truth(self, view: ConditionView, now: Instant) -> Truth:
        """Return the answer."""
        reading = view.fleet.fresh_reading(self.sensor, now)
        value = reading.value if reading is not None and reading.quality not in DOUBTFUL else None
        return compare(value, self.operator, self.value, self.high)


def check_range(operator: Operator, low: float, high: float | None) -> None:
    """Refuse a range without an end or in the wrong order, and an end without a range."""
    if (operator is Operator.BETWEEN) is (high is None):
        raise DefinitionError("condition_range", operator=operator.value)
    if high is not None and not low < high:
        raise DefinitionError("bounds_crossed", field="value", low=low, high=high)

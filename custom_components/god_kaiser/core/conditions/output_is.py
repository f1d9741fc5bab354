"""A question about what an output says that it does."""

from typing import override

from ..ids import ChannelId, device_of
from ..instant import Instant
from ..truth import Truth
from .comparison import Operator, compare
from .question import Question
from .reading_is import check_range
from .view import ConditionView


class OutputIs(Question, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="output"):
    """Compares the level that an output reports, from 0 (rest) to 1 (full); of a device that is away nothing is known."""

    output: ChannelId
    operator: Operator = Operator.ABOVE
    value: float = 0.0
    high: float | None = None

    @property
    @override
    def sources(self) -> tuple[str, ...]:
        return (self.output, device_of(self.output))

    @override
    def check(self) -> None:
        """Refuse a range without an end or in the wrong order."""
        check_range(self.operator, self.value, self.high)

    def truth(self, view: ConditionView, _now: Instant) -> Truth:
        """Return the answer."""
        report = view.fleet.present_report(self.output)
        return compare(None if report is None else report.level, self.operator, self.value, self.high)

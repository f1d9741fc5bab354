"""A question about how far a measured value can be trusted."""

from typing import override

from ..devices.model import Quality
from ..errors import DefinitionError
from ..ids import ChannelId
from ..instant import Instant
from ..truth import Truth, truth_of
from .question import Question
from .view import ConditionView


class QualityIs(Question, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="quality"):
    """Is true when the last reading of a sensor is of one of these qualities; one that is too old is ``stale``."""

    sensor: ChannelId
    quality: tuple[Quality, ...]

    @property
    @override
    def sources(self) -> tuple[str, ...]:
        return (self.sensor,)

    @override
    def check(self) -> None:
        """Refuse a question for nothing."""
        if not self.quality:
            raise DefinitionError("condition_quality")

    def truth(self, view: ConditionView, _now: Instant) -> Truth:
        """Return the answer; of a sensor that has never spoken nothing is known."""
        reading = view.fleet.reading(self.sensor)
        return Truth.UNKNOWN if reading is None else truth_of(reading.quality in self.quality)

"""A question about the runs of a sequence."""

from typing import override

from ..errors import DefinitionError
from ..instant import Instant
from ..truth import Truth, truth_of
from .question import Question
from .view import ConditionView

SOURCE = "sequence:"


class SequenceIs(Question, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="sequence"):
    """Asks whether a run of a sequence goes on, in whatever status or in one of these."""

    sequence: str
    is_going: bool = True
    statuses: tuple[str, ...] = ()

    @property
    @override
    def sources(self) -> tuple[str, ...]:
        return (f"{SOURCE}{self.sequence}",)

    @override
    def check(self) -> None:
        """Refuse a sequence without a name."""
        if not self.sequence:
            raise DefinitionError("condition_sequence")

    def truth(self, view: ConditionView, _now: Instant) -> Truth:
        """Return the answer."""
        if view.rules is None:
            return Truth.UNKNOWN
        found = view.rules.statuses(self.sequence)
        is_so = bool(found.intersection(self.statuses)) if self.statuses else bool(found)
        return truth_of(is_so is self.is_going)

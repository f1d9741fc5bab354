"""Outputs that share a supply: litres per minute, watts, whatever runs short."""

from math import isclose
from typing import ClassVar

from msgspec import Struct

from ...errors import DefinitionError
from ...ids import ChannelId
from ...instant import Instant
from ...requests import CommandRequest
from ..objections import Ground, Objection
from ..view import SafetyView
from .bounds import MOST, check_number

_LEAST = 1e-6


class Budget(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="budget"):
    """Draws ``uses`` of what all outputs with the same budget may draw together; partly on counts in full."""

    is_lasting: ClassVar[bool] = False

    budget: str
    uses: float
    limit: float
    unit: str = ""

    @property
    def sources(self) -> tuple[ChannelId, ...]:
        """Return nothing: who ran before goes on, the newcomer is refused."""
        return ()

    def check(self) -> None:
        """Refuse a budget without a name, and a share that is nothing or more than everything."""
        if not self.budget.strip():
            raise DefinitionError("budget_nameless")
        check_number("uses", self.uses, _LEAST, MOST)
        check_number("limit", self.limit, _LEAST, MOST)
        if self.uses > self.limit:
            raise DefinitionError("budget_too_small", budget=self.budget, uses=self.uses, limit=self.limit)

    def objection(self, request: CommandRequest, view: SafetyView, _now: Instant) -> Objection | None:
        """Object with what may be drawn already; whoever does not say that it rests counts as drawing."""
        if request.is_renewal:
            return None
        drawn = view.draw_of(self.budget, without=request.channel)
        limit = min(self.limit, view.limit_of(self.budget))
        total = drawn + self.uses
        if total <= limit or isclose(total, limit):
            return None
        details: dict[str, str | int | float] = {
            "budget": self.budget,
            "drawn": drawn,
            "uses": self.uses,
            "limit": limit,
            "unit": self.unit,
        }
        return Objection(ground=Ground.BUDGET_EXCEEDED, details=details)

    def looks_again_at(self, _channel: ChannelId, _view: SafetyView, _now: Instant) -> float | None:
        """Return nothing: time does not change a budget."""
        return None

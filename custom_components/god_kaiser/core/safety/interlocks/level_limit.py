"""An output that must not run at every level."""

from typing import ClassVar

from msgspec import Struct

from ...devices.actuator_types import LEVEL_TOLERANCE
from ...errors import DefinitionError
from ...ids import ChannelId
from ...instant import Instant
from ...requests import FULL, REST, CommandRequest
from ..objections import Ground, Objection
from ..view import SafetyView
from .bounds import check_number, check_order


class LevelLimit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="level_limit"):
    """Needs a level between ``low`` and ``high``; rest is always allowed."""

    is_lasting: ClassVar[bool] = True

    low: float = 0.0
    high: float = 1.0

    @property
    def sources(self) -> tuple[ChannelId, ...]:
        """Return nothing: only the output itself matters."""
        return ()

    def check(self) -> None:
        """Refuse limits that are no levels, that leave no level to run at, or that leave all of them."""
        check_number("low", self.low, REST, FULL)
        check_number("high", self.high, REST, FULL)
        check_order("low", self.low, self.high)
        if self.low <= REST and self.high >= FULL:
            raise DefinitionError("interlock_empty")

    def objection(self, request: CommandRequest, _view: SafetyView, _now: Instant) -> Objection | None:
        """Object to a level outside the limits, and to what is no number at all."""
        level = request.level
        is_number = type(level) in (int, float)
        # What a device says about a run is as exact as it counts; what is wished has to be exact.
        blur = LEVEL_TOLERANCE if request.is_renewal else 0.0
        if is_number and self.low - blur <= level <= self.high + blur:
            return None
        details: dict[str, str | int | float] = {
            "level": level if is_number else str(level),
            "low": self.low,
            "high": self.high,
        }
        return Objection(ground=Ground.LEVEL_LIMIT, details=details)

    def looks_again_at(self, _channel: ChannelId, _view: SafetyView, _now: Instant) -> float | None:
        """Return nothing: time does not change a level."""
        return None

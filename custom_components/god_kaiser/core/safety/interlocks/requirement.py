"""An output that must not run unless another one does: a pump needs an open valve."""

from typing import ClassVar

from msgspec import Struct

from ...devices.actuator_types import LEVEL_TOLERANCE
from ...ids import ChannelId
from ...instant import Instant
from ...requests import FULL, REST, CommandRequest
from ..objections import Ground, Objection
from ..view import SafetyView
from .bounds import check_number


class Requirement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="requirement"):
    """Needs at least one of the outputs at ``level`` or more, and its device's word for it."""

    is_lasting: ClassVar[bool] = True

    any_of: tuple[ChannelId, ...]
    level: float = 1.0

    @property
    def sources(self) -> tuple[ChannelId, ...]:
        """Return the channels whose change matters."""
        return self.any_of

    def check(self) -> None:
        """Refuse a level that rest would satisfy."""
        check_number("level", self.level, LEVEL_TOLERANCE, FULL)

    def objection(self, _request: CommandRequest, view: SafetyView, _now: Instant) -> Objection | None:
        """Object unless one of them is confirmed: away, unknown or still moving is not enough."""
        needed = self.level - LEVEL_TOLERANCE
        levels = []
        for channel in self.any_of:
            level = view.confirmed_level(channel)
            if level is not None and level > REST and level >= needed:
                return None
            levels.append(level)
        details: dict[str, str | int | float] = {
            "any_of": ", ".join(self.any_of),
            "level": self.level,
            "levels": ", ".join("?" if level is None else str(level) for level in levels),
        }
        return Objection(ground=Ground.REQUIREMENT_MISSING, details=details)

    def looks_again_at(self, _channel: ChannelId, _view: SafetyView, _now: Instant) -> float | None:
        """Return nothing: only the others matter."""
        return None

"""Levels are numbers from 0 to 1, and only some outputs know the ones in between."""

from ...devices.actuator_types import ACTUATOR_TYPES
from ...instant import Instant
from ...requests import FULL, REST, CommandRequest
from ..objections import Ground, Objection
from ..view import SafetyView


class LevelInRange:
    """Objects to anything that is no level at all, and to levels that the output cannot hold."""

    is_lasting = False

    def objection(self, request: CommandRequest, view: SafetyView, _now: Instant) -> Objection | None:
        """Object to NaN, truth values, text, and numbers outside 0 to 1."""
        level = request.level
        if type(level) not in (int, float) or not REST <= level <= FULL:
            return Objection(ground=Ground.PWM_OUT_OF_RANGE, details={"level": str(level)})
        actuator = view.fleet.actuator(request.channel)
        if actuator is not None and not ACTUATOR_TYPES[actuator.kind].accepts(level):
            details: dict[str, str | int | float] = {"level": level, "kind": actuator.kind.value}
            return Objection(ground=Ground.LEVEL_NOT_SUPPORTED, details=details)
        return None

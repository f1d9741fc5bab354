"""A run is never longer than its owner has allowed."""

from ...instant import Instant
from ...requests import CommandRequest
from ..objections import Ground, Objection
from ..view import SafetyView


class DurationBounded:
    """Objects to a duration beyond the longest run of the output."""

    is_lasting = False

    def objection(self, request: CommandRequest, view: SafetyView, _now: Instant) -> Objection | None:
        """Object rather than cut off silently what somebody relies on."""
        actuator = view.fleet.actuator(request.channel)
        if actuator is None or request.duration is None or request.duration <= actuator.max_runtime:
            return None
        details: dict[str, str | int | float] = {"seconds": request.duration, "limit": actuator.max_runtime}
        return Objection(ground=Ground.DURATION_TOO_LONG, details=details)

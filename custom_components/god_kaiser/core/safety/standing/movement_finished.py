"""A motor valve that is told something new while it travels ends up somewhere else."""

from math import ceil

from ...instant import Instant
from ...requests import CommandRequest
from ..objections import Ground, Objection
from ..view import SafetyView


class MovementFinished:
    """Objects while the last movement of a slow actuator has not ended."""

    is_lasting = False

    def objection(self, request: CommandRequest, view: SafetyView, now: Instant) -> Objection | None:
        """Object with the number of seconds that are left."""
        ends_at = view.fleet.settles_at(request.channel)
        if ends_at is None or ends_at <= now.monotonic:
            return None
        return Objection(ground=Ground.ACTUATOR_MOVING, details={"seconds": ceil(ends_at - now.monotonic)})

"""A motor valve that is told something new while it travels ends up somewhere else."""

from math import ceil

from ...fleet.view import FleetView
from ...instant import Instant
from ...requests import CommandRequest
from . import Ground, Objection


class MovementFinished:
    """Objects while the last movement of a slow actuator has not ended."""

    def objection(self, request: CommandRequest, view: FleetView, now: Instant) -> Objection | None:
        """Object with the number of seconds that are left."""
        ends_at = view.settles_at(request.channel)
        if ends_at is None or ends_at <= now.monotonic:
            return None
        return Objection(ground=Ground.ACTUATOR_MOVING, details={"seconds": ceil(ends_at - now.monotonic)})

"""Nothing runs while an emergency stop holds."""

from ...fleet.view import FleetView
from ...ids import device_of
from ...instant import Instant
from ...requests import CommandRequest
from ..estop import StopLatch
from . import Ground, Objection


class StopLatched:
    """Objects while our latch or the device's own emergency holds."""

    def __init__(self, latch: StopLatch) -> None:
        """Watch a latch."""
        self._latch = latch

    def objection(self, request: CommandRequest, view: FleetView, _now: Instant) -> Objection | None:
        """Object to everything while stopped."""
        report = view.report(request.channel)
        if self._latch.holds(device_of(request.channel)) or (report is not None and report.stopped):
            return Objection(ground=Ground.EMERGENCY_STOP_ACTIVE)
        return None

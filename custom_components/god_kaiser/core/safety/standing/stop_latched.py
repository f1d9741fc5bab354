"""Nothing runs while an emergency stop holds, and nothing that was wished before it runs afterwards."""

from ...ids import device_of
from ...instant import Instant
from ...requests import CommandRequest
from ..objections import Ground, Objection
from ..view import SafetyView


class StopLatched:
    """Objects while our latch or the device's own emergency holds."""

    is_lasting = True

    def objection(self, request: CommandRequest, view: SafetyView, _now: Instant) -> Objection | None:
        """Object to everything while stopped, and to wishes that are older than the last stop."""
        device = device_of(request.channel)
        report = view.fleet.report(request.channel)
        if view.latch.holds(device) or (report is not None and report.stopped):
            return Objection(ground=Ground.EMERGENCY_STOP_ACTIVE)
        if request.epoch is not None and request.epoch < view.latch.epoch_of(device):
            return Objection(ground=Ground.OLDER_THAN_STOP)
        return None

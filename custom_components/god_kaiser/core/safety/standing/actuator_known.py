"""Only outputs that were configured, here or on the device, are driven."""

from ...ids import device_of
from ...instant import Instant
from ...requests import CommandRequest
from ..objections import Ground, Objection
from ..view import SafetyView


class ActuatorKnown:
    """Objects to commands for outputs that nobody has configured."""

    is_lasting = False

    def objection(self, request: CommandRequest, view: SafetyView, _now: Instant) -> Objection | None:
        """Object if neither a plan nor the device itself knows the actuator."""
        if view.fleet.actuator(request.channel) is not None:
            return None
        gpio = request.channel.rpartition("/")[2]
        details: dict[str, str | int | float] = {"gpio": gpio, "device": device_of(request.channel)}
        return Objection(ground=Ground.ACTUATOR_NOT_CONFIGURED, details=details)

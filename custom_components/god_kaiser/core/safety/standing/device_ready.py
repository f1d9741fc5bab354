"""A command that cannot arrive now is refused now; nothing is queued for later."""

from ...fleet.session import LinkState
from ...ids import device_of
from ...instant import Instant
from ...requests import CommandRequest
from ..objections import Ground, Objection
from ..view import SafetyView


class DeviceReady:
    """Objects while the broker or the device is away, or the device is still being adopted."""

    is_lasting = False

    def objection(self, request: CommandRequest, view: SafetyView, _now: Instant) -> Objection | None:
        """Object unless the device is online and in session."""
        device = device_of(request.channel)
        if not view.fleet.broker_connected:
            return Objection(ground=Ground.BROKER_UNAVAILABLE)
        link = view.fleet.link(device)
        if link.is_online:
            return None
        ground = Ground.DEVICE_ADOPTING if link.state is LinkState.ADOPTING else Ground.DEVICE_OFFLINE
        return Objection(ground=ground, details={"device": device})

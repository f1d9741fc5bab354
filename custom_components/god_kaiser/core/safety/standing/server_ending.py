"""From the moment at which Home Assistant begins to end, nothing is started that nobody would look after."""

from ...instant import Instant
from ...requests import CommandRequest
from ..objections import Ground, Objection
from ..view import SafetyView


class ServerEnding:
    """Objects while Home Assistant is being shut down."""

    is_lasting = False

    def objection(self, _request: CommandRequest, view: SafetyView, _now: Instant) -> Objection | None:
        """Object from the shutdown on."""
        return Objection(ground=Ground.SHUTTING_DOWN) if view.is_ending else None

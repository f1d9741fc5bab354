"""Somebody works on this output."""

from datetime import UTC, datetime

from ...instant import Instant
from ...requests import CommandRequest
from ..objections import Ground, Objection
from ..view import SafetyView


class LockedOut:
    """Objects while a tag hangs on the output or on its device."""

    is_lasting = True

    def objection(self, request: CommandRequest, view: SafetyView, _now: Instant) -> Objection | None:
        """Object with who has hung the tag, and why."""
        if (tag := view.lock_outs.on(request.channel)) is None:
            return None
        until = "" if tag.until is None else datetime.fromtimestamp(tag.until, UTC).isoformat(timespec="seconds")
        details: dict[str, str | int | float] = {"by": tag.by, "reason": tag.reason, "until": until}
        return Objection(ground=Ground.LOCKED_OUT, details=details)

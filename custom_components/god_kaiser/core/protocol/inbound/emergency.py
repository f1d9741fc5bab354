"""Messages about the emergency stop."""

from ...errors import MalformedPayload
from ...facts import StopAcknowledged, StopCleared, StopRefused
from ..topics import Route
from .fields import Fields


def acknowledged(route: Route, fields: Fields, retained: bool) -> StopAcknowledged:
    """Read ``actuator/emergency/ack`` (protocol 2.17)."""
    return StopAcknowledged(device=route.device, retained=retained, correlation_id=fields.correlation())


def cleared(route: Route, fields: Fields, retained: bool) -> StopCleared:
    """Read ``actuator/recovery_confirm`` and ``actuator/emergency/response`` (protocol 2.17)."""
    # Permission to run must be told in so many words; anything less is not it.
    if fields.word("state", "status").lower() not in ("cleared", "emergency_cleared"):
        raise MalformedPayload("state")
    return StopCleared(device=route.device, retained=retained, correlation_id=fields.correlation())


def refused(route: Route, fields: Fields, retained: bool) -> StopRefused:
    """Read ``actuator/emergency/error`` (protocol 2.17)."""
    return StopRefused(
        device=route.device,
        retained=retained,
        error=fields.word("error") or "unknown",
        message=fields.sentence("message"),
    )

"""Answers to zone and subzone assignments."""

from ...errors import MalformedPayload
from ...facts import ZoneAnswered
from ..topics import Route
from .fields import Fields


def zone(route: Route, fields: Fields, retained: bool) -> ZoneAnswered:
    """Read ``zone/ack`` (protocol 2.19)."""
    return _answered(route, fields, retained, subzone=False)


def subzone(route: Route, fields: Fields, retained: bool) -> ZoneAnswered:
    """Read ``subzone/ack`` (protocol 2.19)."""
    return _answered(route, fields, retained, subzone=True)


def _answered(route: Route, fields: Fields, retained: bool, *, subzone: bool) -> ZoneAnswered:
    name = "subzone" if subzone else "zone"
    status = fields.word("status").lower()
    if status not in (f"{name}_assigned", f"{name}_removed", "error"):
        raise MalformedPayload("status")
    return ZoneAnswered(
        device=route.device,
        retained=retained,
        success=status != "error",
        subzone=subzone,
        zone_id=fields.word(f"{name}_id"),
    )

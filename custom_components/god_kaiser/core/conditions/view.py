"""Everything that a condition may look at."""

from datetime import tzinfo
from typing import Protocol

from ..fleet.view import FleetView


class ConditionView(Protocol):
    """The fleet, the clock on the wall, and what Home Assistant knows besides."""

    @property
    def fleet(self) -> FleetView:
        """Return what is known about the devices."""

    @property
    def zone(self) -> tzinfo:
        """Return the time zone that people live in."""

    def entity(self, entity_id: str, attribute: str) -> str | float | None:
        """Return the state of an entity or one of its attributes, None while that is not known."""

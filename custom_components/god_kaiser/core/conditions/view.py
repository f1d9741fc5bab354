"""Everything that a condition may look at."""

from datetime import date, datetime, tzinfo
from enum import StrEnum
from typing import Protocol

from ..fleet.view import FleetView
from ..ids import ChannelId
from ..instant import Instant
from ..truth import Truth


class SunEvent(StrEnum):
    """What the sun does once a day."""

    SUNRISE = "sunrise"
    SUNSET = "sunset"


class RuleView(Protocol):
    """What rules know besides: what they have answered before, and what only Home Assistant can tell."""

    def held(self, node: str) -> bool | None:
        """Return what a question with a memory has answered last, None while it has not."""

    def hold(self, node: str, answer: bool) -> None:
        """Remember what such a question answers."""

    def since(self, node: str, truth: Truth, now: Instant) -> float | None:
        """Note the answer of what is to last, and return since when it is known to be yes."""

    def has_begun(self, node: str) -> bool:
        """Tell whether its answer was seen to be no before it was yes."""

    def change(self, sensor: ChannelId, seconds: float, now: Instant) -> float | None:
        """Return by how much a value has changed within so many seconds, None while that is not known."""

    def sun(self, event: SunEvent, day: date) -> datetime | None:
        """Return when the sun rises or sets on a day, None where it does not."""

    def answer(self, question: str) -> Truth:
        """Return what a condition of Home Assistant says."""

    def statuses(self, sequence: str) -> frozenset[str]:
        """Return the statuses of the runs of a sequence that have not ended."""


class ConditionView(Protocol):
    """The fleet, the clock on the wall, and what Home Assistant knows besides."""

    @property
    def fleet(self) -> FleetView:
        """Return what is known about the devices."""

    @property
    def zone(self) -> tzinfo:
        """Return the time zone that people live in."""

    @property
    def rules(self) -> RuleView | None:
        """Return what only rules know, None where somebody else asks."""

    def entity(self, entity_id: str, attribute: str) -> str | float | None:
        """Return the state of an entity or one of its attributes, None while that is not known."""

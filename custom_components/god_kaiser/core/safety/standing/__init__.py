"""Objections that hold for every output, configured or not: one file each, asked by the gate alone."""

from typing import Protocol

from ...instant import Instant
from ...requests import CommandRequest
from ..objections import Objection
from ..view import SafetyView


class StandingInterlock(Protocol):
    """Something that may object; a lasting one is asked again while the output runs."""

    @property
    def is_lasting(self) -> bool:
        """Tell whether an output that runs must rest when this objects."""

    def objection(self, request: CommandRequest, view: SafetyView, now: Instant) -> Objection | None:
        """Return the objection to energising, or None."""

"""Two outputs that must never run at the same time."""

from typing import ClassVar

from msgspec import Struct

from ...ids import ChannelId
from ...instant import Instant
from ...requests import REST, CommandRequest
from ..objections import Ground, Objection
from ..view import SafetyView


class Exclusion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="exclusion"):
    """Needs all the others at rest; whoever has declared it, it holds for both sides."""

    is_lasting: ClassVar[bool] = True

    others: tuple[ChannelId, ...]

    @property
    def sources(self) -> tuple[ChannelId, ...]:
        """Return the channels whose change matters."""
        return self.others

    def check(self) -> None:
        """Refuse nothing: that the others exist is asked by who knows them."""

    def objection(self, request: CommandRequest, view: SafetyView, _now: Instant) -> Objection | None:
        """Object with the first other output that may be running, or that at a start does not say that it rests."""
        for other in self.others:
            level = view.confirmed_level(other)
            # A run goes on while the device of another output is silent: nobody starts that one meanwhile.
            is_unknown = level != REST and not request.is_renewal
            if is_unknown or view.is_running(other):
                details: dict[str, str | int | float] = {"other": other, "level": level or "?"}
                return Objection(ground=Ground.EXCLUDED, details=details)
        return None

    def looks_again_at(self, _channel: ChannelId, _view: SafetyView, _now: Instant) -> float | None:
        """Return nothing: only the others matter."""
        return None

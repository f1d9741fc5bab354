"""How often an output may be started in an hour."""

from typing import ClassVar

from msgspec import Struct

from ...ids import ChannelId
from ...instant import Instant
from ...requests import CommandRequest
from ..objections import Ground, Objection
from ..usage import HOUR
from ..view import SafetyView
from .bounds import check_number


class StartsPerHour(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="starts_per_hour"
):
    """Allows ``limit`` starts in any sixty minutes."""

    is_lasting: ClassVar[bool] = False

    limit: int

    @property
    def sources(self) -> tuple[ChannelId, ...]:
        """Return nothing: only the output itself matters."""
        return ()

    def check(self) -> None:
        """Refuse a limit that allows nothing, or more than can happen."""
        check_number("limit", self.limit, 1, HOUR)

    def objection(self, request: CommandRequest, view: SafetyView, now: Instant) -> Objection | None:
        """Object to one start too many; an output that runs is not started."""
        if not view.would_start(request.channel):
            return None
        starts = view.usage.of(request.channel).starts_since(now.monotonic - HOUR)
        if starts < self.limit:
            return None
        return Objection(ground=Ground.TOO_MANY_STARTS, details={"starts": starts, "limit": self.limit})

    def looks_again_at(self, _channel: ChannelId, _view: SafetyView, _now: Instant) -> float | None:
        """Return nothing: this is asked at starts only."""
        return None

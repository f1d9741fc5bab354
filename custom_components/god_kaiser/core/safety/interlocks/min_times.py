"""An output that must not be switched too often: it rests, and runs, for a while at least."""

from math import ceil
from typing import ClassVar

from msgspec import Struct

from ...errors import DefinitionError
from ...ids import ChannelId
from ...instant import Instant
from ...requests import CommandRequest
from ..objections import Ground, Objection
from ..view import SafetyView
from .bounds import LONGEST, check_number


class MinTimes(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="min_times"):
    """Needs ``off`` seconds of rest between two runs; what a program lets go of runs ``on`` seconds at least.

    The second is no reason to refuse a rest: only who lets go waits, in ``Runs.release``.
    """

    is_lasting: ClassVar[bool] = False

    off: int = 0
    on: int = 0

    @property
    def sources(self) -> tuple[ChannelId, ...]:
        """Return nothing: only the output itself matters."""
        return ()

    def check(self) -> None:
        """Refuse times that lie in the past or never end, and those that keep nobody waiting."""
        check_number("off", self.off, 0, LONGEST)
        check_number("on", self.on, 0, LONGEST)
        if not (self.off or self.on):
            raise DefinitionError("interlock_empty")

    def objection(self, request: CommandRequest, view: SafetyView, now: Instant) -> Objection | None:
        """Object to a start that comes too soon after the last run, or after the order to end it."""
        if not view.would_start(request.channel):
            return None
        usage = view.usage.of(request.channel)
        since = usage.told_to_rest_at if usage.off_since is None else usage.off_since
        left = 0.0 if since is None else since + self.off - now.monotonic
        if left <= 0:
            return None
        return Objection(ground=Ground.REST_TOO_SHORT, details={"seconds": ceil(left), "limit": self.off})

    def looks_again_at(self, _channel: ChannelId, _view: SafetyView, _now: Instant) -> float | None:
        """Return nothing: this is asked at starts only."""
        return None

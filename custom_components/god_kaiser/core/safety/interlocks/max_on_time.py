"""How long an output may run, at a stretch and in one day."""

from typing import ClassVar

from msgspec import Struct

from ...errors import DefinitionError
from ...ids import ChannelId
from ...instant import Instant
from ...requests import CommandRequest
from ..objections import Ground, Objection
from ..view import SafetyView
from .bounds import LONGEST, check_number, check_order


class MaxOnTime(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="max_on_time"):
    """Ends a run after ``per_run`` seconds, and all runs of a day after ``per_day`` seconds."""

    is_lasting: ClassVar[bool] = True

    per_run: int | None = None
    per_day: int | None = None

    @property
    def sources(self) -> tuple[ChannelId, ...]:
        """Return nothing: only the output itself matters."""
        return ()

    def check(self) -> None:
        """Refuse times that no run could keep, a run that is longer than its day, and no time at all."""
        check_number("per_run", self.per_run, 1, LONGEST)
        check_number("per_day", self.per_day, 1, LONGEST)
        check_order("per_run", self.per_run, self.per_day)
        if self.per_run is None and self.per_day is None:
            raise DefinitionError("interlock_empty")

    def objection(self, request: CommandRequest, view: SafetyView, now: Instant) -> Objection | None:
        """Object when the run or the day is used up."""
        usage = view.usage.of(request.channel)
        since = usage.on_since
        if self.per_run is not None and since is not None and now.monotonic - since >= self.per_run:
            details: dict[str, str | int | float] = {"seconds": round(now.monotonic - since), "limit": self.per_run}
            return Objection(ground=Ground.RUN_TOO_LONG, details=details)
        if self.per_day is not None and (used := usage.on_today(now, view.zone)) >= self.per_day:
            return Objection(ground=Ground.DAY_USED_UP, details={"seconds": round(used), "limit": self.per_day})
        return None

    def run_ends_at(self, channel: ChannelId, view: SafetyView, now: Instant) -> float | None:
        """Return when a run that goes on, or begins now, has lasted long enough."""
        since = view.usage.of(channel).on_since
        return None if self.per_run is None else (now.monotonic if since is None else since) + self.per_run

    def ends_at(self, channel: ChannelId, view: SafetyView, now: Instant) -> float | None:
        """Return when the run or the day is used up, if the output goes on or begins now."""
        ends = [self.run_ends_at(channel, view, now)]
        if self.per_day is not None:
            usage = view.usage.of(channel)
            left = self.per_day - usage.on_today(now, view.zone)
            midnight = usage.day_ends_at(now, view.zone)
            # Who still runs at midnight has the whole of the next day.
            ends.append(now.monotonic + left if now.monotonic + left < midnight else midnight + self.per_day)
        return min((end for end in ends if end is not None), default=None)

    def looks_again_at(self, channel: ChannelId, view: SafetyView, now: Instant) -> float | None:
        """Return when the run or the day is used up."""
        return self.ends_at(channel, view, now)

"""An output that may run at certain times only."""

from datetime import datetime, time, timedelta, tzinfo
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from ...errors import DefinitionError
from ...ids import ChannelId
from ...instant import Instant, day_of, moment_of
from ...requests import CommandRequest
from ..objections import Ground, Objection
from ..view import SafetyView

type Clock = Annotated[time, Meta(tz=False)]
_WEEK = tuple(range(7))
_DAY = timedelta(days=1)


class TimeWindow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="time_window"):
    """Allows ``start`` to ``end`` on the given weekdays (0 is Monday); a window over midnight belongs to its first day.

    It opens and closes when people's clock first shows the times, also in a night in which that clock jumps.
    """

    is_lasting: ClassVar[bool] = True

    start: Clock
    end: Clock
    weekdays: tuple[int, ...] = _WEEK

    @property
    def sources(self) -> tuple[ChannelId, ...]:
        """Return nothing: only the output itself matters."""
        return ()

    def check(self) -> None:
        """Refuse a window that never opens."""
        if self.start.tzinfo is not None or self.end.tzinfo is not None:
            raise DefinitionError("window_time_zone")
        if self.start == self.end:
            raise DefinitionError("window_empty", start=self.start.isoformat("minutes"))
        if not self.weekdays or sorted(set(self.weekdays) & set(_WEEK)) != sorted(self.weekdays):
            raise DefinitionError("window_weekdays")

    def objection(self, _request: CommandRequest, view: SafetyView, now: Instant) -> Objection | None:
        """Object outside the window."""
        if self.closes(now, view.zone) is not None:
            return None
        details: dict[str, str | int | float] = {
            "now": now.utc.astimezone(view.zone).strftime("%H:%M"),
            "start": self.start.isoformat("minutes"),
            "end": self.end.isoformat("minutes"),
        }
        return Objection(ground=Ground.OUTSIDE_TIME_WINDOW, details=details)

    def closes(self, now: Instant, zone: tzinfo) -> datetime | None:
        """Return when the window that is open now closes, None while it is closed; the end belongs to it no more."""
        today = day_of(now.utc, zone)
        for day in (today, today - _DAY):
            if day.weekday() not in self.weekdays or now.utc < moment_of(day, self.start, zone):
                continue
            last = day if self.start <= self.end else day + _DAY
            if now.utc < (closes := moment_of(last, self.end, zone)):
                return closes
        return None

    def ends_at(self, _channel: ChannelId, view: SafetyView, now: Instant) -> float | None:
        """Return when the window that is open now closes."""
        closes = self.closes(now, view.zone)
        return None if closes is None else now.monotonic_of(closes)

    def looks_again_at(self, channel: ChannelId, view: SafetyView, now: Instant) -> float | None:
        """Return when the window that is open now closes."""
        return self.ends_at(channel, view, now)

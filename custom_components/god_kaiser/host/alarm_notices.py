"""Tells people of alarms: at once, together, again or when the quiet hours are over, and never in silence."""

from collections.abc import Callable, Sequence
from typing import Final

from homeassistant.core import callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from ..core.alarms.alarm import UNSEEN, Alarm
from ..core.alarms.book import Change
from ..core.alarms.flood import FloodGuard
from ..core.alarms.telling import again, is_urgent, is_worth_telling, next_again, untold
from ..core.alarms.transitions import Motion
from ..core.instant import Instant
from ..core.journal.kinds import Noted
from .alarm_desk import AlarmDesk
from .alarm_messages import AlarmMessages
from .alarm_options import Chosen
from .engine_loop import EngineLoop
from .failures import common_text
from .hall import Hall

_NEWS: Final = frozenset({Motion.RAISE, Motion.UNSHELVE, Motion.RELEASE})


class AlarmNotices:
    """Decides which alarms people are told of now."""

    def __init__(self, hall: Hall, desk: AlarmDesk, wanted: Chosen) -> None:
        """Remember what people have chosen."""
        self._hall = hall
        self._desk = desk
        self._quiet = wanted.quiet
        self._problem = wanted.problem
        self._rules = wanted.options.rules
        self._flood = FloodGuard(wanted.options.flood)
        self.messages = AlarmMessages(desk.words, hall.entry_id, wanted.options)
        self._timer: Callable[[], None] | None = None
        self._is_due = self._is_stopped = False
        self._is_first = True

    @property
    def is_flooding(self) -> bool:
        """Tell whether more alarms come than are told one by one."""
        return self._flood.is_flooding

    @callback
    def begin(self) -> None:
        """Say it where the quiet hours cannot be read, and follow alarms from now on."""
        if self._problem:
            self._desk.events.note(Noted.ALARM_QUIET_IGNORED, why=self._problem)
        self._desk.follow(self._hear)

    @callback
    def stop(self) -> None:
        """Tell nobody any more; who was told what is remembered with the alarms."""
        self._is_stopped = True
        self._set_timer(None)
        self.messages.show([])

    @callback
    def _hear(self, changes: list[Change]) -> None:
        now = EngineLoop.now()
        for change in changes:
            if self._is_counted(change, now) and self._flood.note(now.monotonic):
                self._tell_flood()
        if not self._is_due:
            # What happens at once is one message.
            self._is_due = True
            self._hall.hass.loop.call_soon(self._look)

    @callback
    def _look(self, _now: object = None) -> None:
        self._is_due = False
        if self._is_stopped:
            return
        now, alarms = EngineLoop.now(), self._desk.alarms
        if self._is_first:
            self._is_first = False
            # What people were told before a restart, Home Assistant shows no longer.
            self.messages.show([each for each in self._unseen() if each.told_at is not None])
        elif self.messages.is_shown:
            self.messages.show(self._unseen())
        if self._flood.ebb(now.monotonic):
            self._desk.events.note(Noted.ALARM_FLOOD_OVER, count=len(self._unseen()))
        is_quiet = self._is_quiet(now)
        fresh = untold(alarms, self._rules, is_quiet=is_quiet)
        if self._flood.is_flooding:
            fresh = [alarm for alarm in fresh if alarm.traits.is_safety]
        repeated = again(alarms, self._rules, now.utc.timestamp(), is_quiet=is_quiet)
        if fresh:
            self._tell(self.messages.title_of(fresh), fresh)
        elif repeated:
            self._tell(self._titled("alarms_again_title", repeated), repeated)
        self._set_timer(self._next_look(now, is_quiet=is_quiet))

    def _is_counted(self, change: Change, now: Instant) -> bool:
        """Tell whether an alarm is one of many: what is about safety is told in any case, and what waits for the morning together."""
        alarm = change.alarm
        is_told = is_urgent(alarm) or not self._is_quiet(now)
        is_news = change.motion in _NEWS and is_worth_telling(alarm, self._rules)
        return is_news and is_told and not alarm.traits.is_safety

    def _is_quiet(self, now: Instant) -> bool:
        return self._quiet is not None and self._quiet.holds(now.utc, dt_util.get_default_time_zone())

    def _next_look(self, now: Instant, *, is_quiet: bool) -> float | None:
        """Return in how many seconds there may be something to tell although nothing happens."""
        moments: list[float] = []
        if (due := next_again(self._desk.alarms, self._rules, is_quiet=is_quiet)) is not None:
            moments.append(due - now.utc.timestamp())
        if (ebb := self._flood.next_look(now.monotonic)) is not None:
            moments.append(ebb - now.monotonic)
        if is_quiet and self._quiet is not None:
            moments.append((self._quiet.next_end(now.utc, dt_util.get_default_time_zone()) - now.utc).total_seconds())
        return max(0.0, min(moments)) if moments else None

    @callback
    def _set_timer(self, seconds: float | None) -> None:
        if self._timer is not None:
            self._timer()
            self._timer = None
        if seconds is not None and not self._is_stopped:
            self._timer = async_call_later(self._hall.hass, seconds, self._wake)

    @callback
    def _wake(self, _now: object) -> None:
        self._timer = None
        self._look()

    def _tell_flood(self) -> None:
        unseen = self._unseen()
        self._desk.events.note(Noted.ALARM_FLOOD, count=len(unseen))
        self._tell(self._titled("alarms_flood_title", unseen), unseen)

    def _titled(self, key: str, alarms: Sequence[Alarm]) -> str:
        words = {"count": str(len(alarms)), "text": self._desk.words.text(alarms[0])}
        return common_text(self._hall.hass, key, words)

    def _tell(self, title: str, alarms: Sequence[Alarm]) -> None:
        self._desk.told(alarms)
        if not self.messages.ways:
            self.messages.show(self._unseen())
            self._note(Noted.ALARM_NOTIFIED, alarms, targets=0, shown=True)
            return
        self._hall.hass.async_create_task(self._async_tell(title, alarms), "god_kaiser alarms", eager_start=False)

    async def _async_tell(self, title: str, alarms: Sequence[Alarm]) -> None:
        lost = await self.messages.async_send(title, self.messages.listed(alarms), alarms)
        if lost:
            # Nobody knows whether the other ways have reached anybody, either.
            self.messages.show(self._unseen() or list(alarms))
            self._note(Noted.ALARM_NOT_NOTIFIED, alarms, unreached=lost, shown=True)
        if len(lost) < self.messages.ways:
            self._note(Noted.ALARM_NOTIFIED, alarms, targets=self.messages.ways - len(lost), shown=bool(lost))

    def _note(self, kind: Noted, alarms: Sequence[Alarm], **content: object) -> None:
        self._desk.events.note(kind, alarms=[alarm.id for alarm in alarms], **content)

    def _unseen(self) -> list[Alarm]:
        return [each for each in self._desk.alarms if each.state in UNSEEN and is_worth_telling(each, self._rules)]

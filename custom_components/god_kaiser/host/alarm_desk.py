"""Where alarms of one hub come together: raised by who watches, acknowledged by people, kept on the disk."""

from collections.abc import Callable, Iterable
from typing import Final

from homeassistant.core import callback
from homeassistant.helpers.event import async_call_later

from ..core.alarms.alarm import ACTIVE, UNSEEN, Alarm, Shelf
from ..core.alarms.book import AlarmBook, Change
from ..core.alarms.delays import Signal
from ..core.alarms.kinds import Priority
from ..core.alarms.limits import AlarmLimits
from ..core.alarms.transitions import Motion
from ..core.ids import ChannelId, DeviceId, device_of
from ..core.journal.kinds import Noted
from .alarm_events import AlarmEvents
from .alarm_words import AlarmWords
from .engine_loop import EngineLoop
from .followers import Followers
from .hall import Hall
from .journal.notes import laid_down
from .memory_rows import ALARM_ROW
from .storage import PlanStore

# What a person has decided, and what is about safety, is on the disk at once.
_BY_PEOPLE: Final = frozenset({Motion.ACKNOWLEDGE, Motion.RESET, Motion.SHELVE, Motion.UNSHELVE})
# A disk that does not answer by then keeps nobody from an alarm; it is told elsewhere.
_PATIENCE: Final = 10.0
# Two clocks that are read one after the other never agree quite.
_SAME: Final = 0.01
_LEAST_LAST: Final = tuple(reversed(Priority))


def alarms_key(hub: str) -> DeviceId:
    """Return the key under which the alarms of a hub are watched."""
    return DeviceId(f"{hub}/alarms")


class AlarmDesk:
    """Moves alarms, and writes and tells every motion of them."""

    def __init__(self, hall: Hall, plans: PlanStore, hub: str) -> None:
        """Start with everything normal."""
        self.book = AlarmBook(hall.entry_id)
        self.words = AlarmWords(hall.hass, hall.announcer.names)
        self.events = AlarmEvents(hall.announcer.bus, hall.journal, self.words)
        self._hall = hall
        self._plans = plans
        self._key = alarms_key(hub)
        self._after = Followers[list[Change]]()
        self._timer: Callable[[], None] | None = None
        self._due: float | None = None
        self._is_open = self._is_waking = False

    @callback
    def restore(self) -> None:
        """Go on where alarms stood before the restart; where the disk did not give that, they begin anew."""
        self.book.restore(self._hall.memory.alarms)
        self._is_open = True
        self.take([])
        self._after.tell(self._key, [])

    @callback
    def stop(self) -> None:
        """Let nothing become due any more; what is known stays on the disk."""
        self._is_open = False
        self._set_timer()

    @callback
    def follow(self, watcher: Callable[[list[Change]], None]) -> None:
        """Call back after alarms have moved."""
        self._after.add(watcher)

    @property
    def alarms(self) -> list[Alarm]:
        """Return every alarm that is not normal, the most urgent first, then what is still so, then the oldest."""

        def order(alarm: Alarm) -> tuple[bool, int, bool, float]:
            urgency = _LEAST_LAST.index(alarm.traits.priority)
            return alarm.state not in UNSEEN, urgency, not alarm.is_present, alarm.raised_at

        return sorted(self.book.alarms.values(), key=order)

    @property
    def active(self) -> list[Alarm]:
        """Return the alarms that need somebody now."""
        return [alarm for alarm in self.alarms if alarm.state in ACTIVE]

    @property
    def unseen(self) -> list[Alarm]:
        """Return the alarms that nobody has acknowledged."""
        return [alarm for alarm in self.alarms if alarm.state in UNSEEN]

    @callback
    def hear(self, *signals: Signal) -> None:
        """Take what somebody says who watches something."""
        now = EngineLoop.now()
        self.take([change for signal in signals for change in self.book.hear(signal, now)])

    @callback
    def hear_again(self, *signals: Signal) -> None:
        """Take what somebody says whenever there is anything to look at; mostly it is what was said before."""
        if any(map(self.book.is_news, signals)):
            self.hear(*signals)

    @callback
    def forget(self, alarms: Iterable[Alarm]) -> None:
        """Let alarms return whose subject is gone; nobody can look after it any more."""
        for alarm in alarms:
            self.hear(Signal(alarm.kind, False, alarm.subject, alarm.device, off_delay=0.0))

    @callback
    def acknowledge(self, alarms: Iterable[Alarm], by: str) -> None:
        """Note that somebody has seen alarms."""
        now = EngineLoop.now()
        self.take([change for alarm in alarms for change in self.book.acknowledge(alarm, now, by)])

    @callback
    def reset(self, alarms: Iterable[Alarm], by: str) -> None:
        """Let alarms go that were held until somebody has looked."""
        now = EngineLoop.now()
        self.take([change for alarm in alarms for change in self.book.reset(alarm, now, by)])

    @callback
    def shelve(self, alarms: Iterable[Alarm], seconds: float, reason: str, by: str) -> None:
        """Set alarms aside for a while."""
        now = EngineLoop.now()
        shelf = Shelf(until=now.utc.timestamp() + seconds, reason=reason, by=by)
        self.take([change for alarm in alarms for change in self.book.shelve(alarm, shelf, now)])

    @callback
    def unshelve(self, alarms: Iterable[Alarm], by: str) -> None:
        """Take alarms from the shelf before their time."""
        now = EngineLoop.now()
        self.take([change for alarm in alarms for change in self.book.unshelve(alarm, now, by)])

    async def async_kept(self) -> None:
        """Wait until what people have done is on the disk: whoever is told that it is done may cut the power."""
        await self._hall.memory.async_flush(_PATIENCE)

    @callback
    def told(self, alarms: Iterable[Alarm]) -> None:
        """Remember that people were told of alarms."""
        now = EngineLoop.now()
        for alarm in alarms:
            if (known := self.book.note_told(alarm, now)) is not None:
                self._keep(known, is_urgent=False)

    def limits_of(self, channel: ChannelId) -> AlarmLimits:
        """Return at which values of a sensor people want to be called."""
        return self._plans.limits_of(channel) or AlarmLimits(channel=channel)

    def has_limits(self, channel: ChannelId) -> bool:
        """Tell whether people want to be called at any value of a sensor."""
        return self._plans.limits_of(channel) is not None

    async def async_set_limits(self, limits: AlarmLimits) -> None:
        """Save the limits of a sensor; whatever they say about its value of now is heard at its next reading, or at once."""
        await self._plans.async_put_limits(limits)
        self.limits_changed(limits.channel)

    @callback
    def limits_changed(self, channel: ChannelId) -> None:
        """Note that the limits of a sensor are others, and look at its value anew."""
        content = {"esp_id": device_of(channel), "channel": channel}
        laid_down(self._hall.journal, Noted.ALARM_LIMITS_CHANGED, content, subject=channel)
        self._hall.watchers.wake(channel)

    @callback
    def take(self, changes: list[Change]) -> None:
        """Write and tell what has happened, and see to it that what comes next is noticed."""
        for change in changes:
            self._keep(change.alarm, is_urgent=change.motion in _BY_PEOPLE or change.alarm.traits.is_safety)
            channel = change.alarm.channel
            is_there = channel is not None and self._hall.engine.fleet.channel(channel) is not None
            self.events.tell(change, channel if is_there else None)
        self._set_timer()
        if changes:
            self._wake_soon()
            self._after.tell(self._key, changes)

    def _wake_soon(self) -> None:
        """Have those who show alarms look at them once for everything that happens at once."""
        if not self._is_waking:
            self._is_waking = True
            self._hall.hass.loop.call_soon(self._wake_watchers)

    @callback
    def _wake_watchers(self) -> None:
        self._is_waking = False
        self._hall.watchers.wake(self._key)

    def _keep(self, alarm: Alarm, *, is_urgent: bool) -> None:
        # Of what has moved twice at once the last counts.
        kept = self.book.alarms.get(alarm.key)
        self._hall.memory.keep(f"{ALARM_ROW}{alarm.key}", kept, is_urgent=is_urgent)

    @callback
    def _set_timer(self) -> None:
        now = EngineLoop.now()
        due = self.book.next_due(now) if self._is_open else None
        if due == self._due or (due is not None and self._due is not None and abs(due - self._due) < _SAME):
            # Most readings move nothing.
            return
        self._due = due
        if self._timer is not None:
            self._timer()
            self._timer = None
        if due is not None:
            self._timer = async_call_later(self._hall.hass, max(0.0, due - now.monotonic), self._wake)

    @callback
    def _wake(self, _now: object) -> None:
        self._timer = self._due = None
        self.take(self.book.wake(EngineLoop.now()))

"""What happens to alarms, as programs read it: in the journal with everything, on the bus without the names of people."""

from collections.abc import Callable
from typing import Any, Final

from homeassistant.core import callback

from ..const import EVENT_ALARM
from ..core.alarms.alarm import Alarm, AlarmState
from ..core.alarms.book import Change
from ..core.alarms.transitions import Motion
from ..core.ids import ChannelId
from ..core.journal.actors import Actor, ActorType, actor_named
from ..core.journal.kinds import Domain, Level, Nature, Noted, nature_of
from .alarm_words import AlarmWords
from .bus_mirror import BusMirror
from .followers import Followers
from .journal.journal import Journal
from .journal.rows import Envelope

KINDS: Final = {motion: Noted(f"alarm.{motion}") for motion in Motion}

type Content = dict[str, Any]


class AlarmEvents:
    """Notes every motion of every alarm, and tells who follows them."""

    def __init__(self, bus: BusMirror, journal: Journal, words: AlarmWords) -> None:
        """Start with nothing told."""
        self._bus = bus
        self._journal = journal
        self._words = words
        self._followers = Followers[Envelope]()

    @callback
    def watch(self, watcher: Callable[[Envelope], None]) -> Callable[[], None]:
        """Call back for everything that happens to alarms."""
        return self._followers.add(watcher)

    @callback
    def tell(self, change: Change, channel: ChannelId | None) -> None:
        """Tell that something has happened to an alarm, and about which sensor or output that is still there."""
        alarm, kind = change.alarm, KINDS[change.motion]
        actor = actor_named(change.by)
        text = self._words.text(alarm)
        content: Content = {
            "alarm_id": alarm.id,
            "alarm": alarm.kind.value,
            "priority": alarm.traits.priority.value,
            "class": alarm.traits.group.value,
            "was": change.before.value,
            "state": alarm.state.value,
            "subject": alarm.subject,
            "times": alarm.times,
            **({"esp_id": alarm.device} if alarm.device else {}),
            **({"channel": channel} if channel is not None else {}),
            **({"cause": alarm.cause} if alarm.cause else {}),
            **_shelf_of(alarm),
        }
        nature = _nature(kind, alarm)
        envelope = self._journal.note(
            kind,
            {
                "correlation_id": alarm.id,
                "actor": Actor(type=actor, name=change.by if actor is ActorType.USER else "").record,
                "data": {**content, "text": text, "details": alarm.details},
            },
            subject=alarm.subject,
            actor=actor,
            nature=nature,
        )
        if alarm.state is not AlarmState.SUPPRESSED:
            # What hides is told when its cause is over; meanwhile the bus stays small.
            told = {**envelope, "actor": {"type": actor.value}, "data": {**content, "text": text}}
            self._bus.put(EVENT_ALARM, told, kind, nature)
        self._followers.tell(kind, envelope)

    @callback
    def note(self, kind: Noted, **content: Any) -> None:
        """Note something about alarms as a whole."""
        self._journal.note(kind, {"data": content})


def _shelf_of(alarm: Alarm) -> Content:
    return {} if alarm.shelf is None else {"shelved_until": alarm.shelf.until, "reason": alarm.shelf.reason}


def _nature(kind: Noted, alarm: Alarm) -> Nature:
    """Return how it is kept: what is about safety belongs into the trail, whatever happens to it."""
    usual = nature_of(kind)
    if not alarm.traits.is_safety:
        return usual
    level = Level.ERROR if kind is Noted.ALARM_RAISED else usual.level
    return Nature(Domain.SAFETY, level, is_audit=True)

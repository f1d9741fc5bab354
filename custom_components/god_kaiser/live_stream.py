"""One subscription to the live events: through loading, reloading and unloading of its hubs."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final, NamedTuple

from homeassistant.auth.models import User
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util import dt as dt_util

from .const import DOMAIN, SIGNAL_OCCASION
from .core.effects import Occasion
from .core.journal.ids import EventKey
from .host.engine_host import EngineHost
from .hub_following import Forget, HubFollower
from .hub_stream import HubStream, Levels, Wish
from .stream_contents import Content, SendEvent
from .stream_limits import MOST_WAITING
from .stream_pace import ALIVE, Keepalive
from .stream_sight import Sight
from .stream_snapshot import Snapshots
from .stream_topics import SYSTEM_EVENT, Topics
from .subscriptions import SUBSCRIPTIONS

SNAPSHOT: Final = "snapshot"
CLOSED: Final = "closed"
OVERFLOW: Final = "overflow"
HUB_REMOVED: Final = "hub_removed"
# How an emergency stop says that it is meant for everybody.
STOP_OF_ALL: Final = "all"


class Asked(NamedTuple):
    """What a client has asked for."""

    topics: Topics
    entry_id: str | None
    after: EventKey | None
    keepalive: float


class Outlet(NamedTuple):
    """The way to the client, and how to leave it."""

    send: SendEvent
    close: Callable[[], object]


class LiveStream:
    """One subscription; as long as there is none, nothing here costs anything."""

    def __init__(self, hass: HomeAssistant, user: User, asked: Asked, outlet: Outlet) -> None:
        """Remember who wants what."""
        self.entry_id = asked.entry_id
        self._hass = hass
        self._asked = asked
        self._outlet = outlet
        self._wish = Wish(asked.topics, Sight(hass, user))
        self._snapshots = Snapshots(hass, asked.topics, self._wish.sight)
        self._follower = HubFollower(hass, asked.entry_id, self._watch)
        self._hubs: dict[str, HubStream] = {}
        self._positions: dict[str, EventKey] = {}
        self._levels: Levels = {}
        # What happens before the snapshot is told after it.
        self._held: list[Content] | None = []
        self._ends: list[Forget] = []
        self._is_over = False

    @callback
    def begin(self) -> None:
        """Watch every hub that is wanted, also those that come later."""
        subscriptions = self._hass.data[SUBSCRIPTIONS]
        subscriptions.add(self)
        self._keepalive = Keepalive(self._hass, self._asked.keepalive, partial(self._emit, ALIVE, {}))
        self._ends = [
            self._follower.end,
            async_dispatcher_connect(self._hass, SIGNAL_OCCASION, self._tell_occasion),
            async_dispatcher_connect(self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._entry_changed),
            self._keepalive.end,
            partial(subscriptions.remove, self),
        ]
        if self._asked.after is not None:
            # Without a hub of that name there is only one.
            entries = [self.entry_id] if self.entry_id else [entry.entry_id for entry in _entries(self._hass)]
            self._positions = dict.fromkeys(entries, self._asked.after)
        self._follower.begin()
        if not any(hub.is_reading for hub in self._hubs.values()):
            self._open(replay_gap=False)

    @callback
    def end(self) -> None:
        """Watch nothing any more, and say nothing more."""
        self._is_over = True
        while self._ends:
            self._ends.pop()()

    @property
    def position(self) -> EventKey | None:
        """Return the event after which whoever comes back has missed nothing; None where several hubs count."""
        hubs = list(self._hubs.values())
        is_one = self.entry_id is not None or len(_entries(self._hass)) == 1
        return hubs[0].position if is_one and hubs else None

    def record(self) -> dict[str, Any]:
        """Return what is heard, and how much waits."""
        waiting = len(self._held or ()) + sum(hub.waiting for hub in self._hubs.values())
        return {"topics": list(self._asked.topics.names), "run_id": self._asked.topics.run_id, "waiting": waiting}

    @callback
    def show(self, kind: str, content: Content) -> None:
        """Tell how something is; before the beginning it is part of the snapshot."""
        if self._held is None:
            self._emit(kind, content)

    @callback
    def tell(self, kind: str, content: Content) -> None:
        """Tell that something has happened."""
        self._put(_message(kind, content))

    @callback
    def pass_on(self, event: Content) -> None:
        """Tell an event of the journal as it is."""
        self._put(event)

    @callback
    def catch_up(self, hub: HubStream, replay: Callable[[], None], *, is_gap: bool) -> None:
        """Let be told what was missed; that it cannot be told, a snapshot says."""
        if self._held is not None:
            self._open(replay_gap=is_gap, replay=replay)
            return
        if is_gap:
            only = {entry_id: each for entry_id, each in self._hubs.items() if each is hub}
            self._emit(SNAPSHOT, self._snapshot(only, replay_gap=True))
        replay()

    @callback
    def overflow(self) -> None:
        """End, because more happens than can wait."""
        self._hass.data[SUBSCRIPTIONS].let_go()
        self.close(OVERFLOW)

    @callback
    def close(self, reason: str) -> None:
        """End, and tell the client why."""
        self._emit(CLOSED, {"reason": reason})
        self._outlet.close()
        self.end()

    @callback
    def _open(self, *, replay_gap: bool, replay: Callable[[], None] | None = None) -> None:
        """Tell how things are, then what was missed, then what has happened meanwhile."""
        held, self._held = self._held or [], None
        self._emit(SNAPSHOT, self._snapshot(self._hubs, replay_gap=replay_gap))
        if replay is not None:
            replay()
        for message in held:
            self._send(message)

    def _snapshot(self, hubs: Mapping[str, HubStream], *, replay_gap: bool) -> Content:
        positions = {entry_id: (hub.host, hub.position) for entry_id, hub in hubs.items()}
        return self._snapshots.take(positions, replay_gap=replay_gap)

    @callback
    def _watch(self, entry_id: str, host: EngineHost) -> Forget:
        hub = HubStream(host, self._wish, self, self._levels)
        self._hubs[entry_id] = hub
        hub.begin(self._positions.pop(entry_id, None))

        @callback
        def forget() -> None:
            # What happens until the hub is loaded again is read then.
            self._positions[entry_id] = hub.position
            del self._hubs[entry_id]
            was_reading = hub.is_reading
            hub.end()
            if was_reading and self._held is not None and not self._is_over:
                self._open(replay_gap=False)

        return forget

    @callback
    def _entry_changed(self, change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if change is ConfigEntryChange.REMOVED and entry.entry_id == self.entry_id:
            self.close(HUB_REMOVED)

    @callback
    def _tell_occasion(self, told: Content) -> None:
        is_ours = self.entry_id in (None, told.get("entry_id"))
        wants, host = self._wish.topics.wants, self._follower.host_of(told.get("entry_id"))
        if not is_ours or not any(wants(SYSTEM_EVENT, device) for device in self._concerned(told, host)):
            return
        content = dict(told)
        if self._wish.sight.may_hear(host, content):
            self.tell(SYSTEM_EVENT, self._wish.sight.occasion(content))

    @staticmethod
    def _concerned(told: Mapping[str, Any], host: EngineHost | None) -> Iterable[str | None]:
        """Return whom an occasion concerns; a stop belongs to the hub and to each device that it stops."""
        if told.get("type") != Occasion.EMERGENCY_STOP:
            return (told.get("esp_id"),)
        everybody = host.fleet.devices if host else ()
        scope = str(told.get("scope"))
        return (None, *everybody) if scope == STOP_OF_ALL else (None, *scope.split(", "))

    @callback
    def _put(self, message: Content) -> None:
        """Send a message, or keep it until the snapshot is sent."""
        if self._held is None:
            self._send(message)
            return
        self._held.append(message)
        if len(self._held) > MOST_WAITING:
            self.overflow()

    @callback
    def _emit(self, kind: str, content: Content) -> None:
        self._send(_message(kind, content))

    @callback
    def _send(self, message: Content) -> None:
        if not self._is_over:
            self._keepalive.spoken()
            self._outlet.send(message)


def _entries(hass: HomeAssistant) -> list[ConfigEntry]:
    return hass.config_entries.async_entries(DOMAIN, include_ignore=False)


def _message(kind: str, content: Content) -> Content:
    return {"event_type": kind, "timestamp": dt_util.utcnow().isoformat(), "data": content}

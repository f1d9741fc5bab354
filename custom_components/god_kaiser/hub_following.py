"""Following hubs for a client: through loading, reloading and unloading."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from homeassistant.components import websocket_api
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .host.engine_host import EngineHost
from .stream_contents import SendEvent
from .stream_limits import KEEPALIVE
from .stream_pace import ALIVE, Keepalive
from .stream_refusals import Refusal, no_hub, send_refusal
from .subscriptions import SUBSCRIPTIONS

HUB_GONE: Final = "hub_gone"

type Tell = Callable[[str, dict[str, Any]], None]
type Begin = Callable[[EngineHost, Tell], Forget]
type Forget = Callable[[], None]
type Gone = Callable[[str], None]
type Watch = Callable[[str, EngineHost], Forget]


@callback
def is_hub(hass: HomeAssistant, entry_id: str | None) -> bool:
    """Tell whether a hub exists; without a name all of them are meant."""
    entry = hass.config_entries.async_get_entry(entry_id) if entry_id else None
    return not entry_id or (entry is not None and entry.domain == DOMAIN)


class HubFollower:
    """Watches every hub, or one of them, as often as it is loaded."""

    def __init__(self, hass: HomeAssistant, entry_id: str | None, watch: Watch, gone: Gone | None = None) -> None:
        """Remember whom to watch, how, and whom to tell that a hub was unloaded."""
        self._hass = hass
        self._entry_id = entry_id
        self._watch = watch
        self._gone = gone
        self._watching: dict[str, tuple[EngineHost, Forget]] = {}
        self._ends: list[Forget] = []

    @callback
    def begin(self) -> None:
        """Watch who is loaded, and who will be."""
        self._ends = [async_dispatcher_connect(self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._entry_changed)]
        for entry in self._hass.config_entries.async_entries(DOMAIN, include_ignore=False):
            self._entry_changed(ConfigEntryChange.UPDATED, entry)

    @callback
    def end(self) -> None:
        """Watch nobody any more."""
        while self._ends:
            self._ends.pop()()
        for _, forget in self._watching.values():
            forget()
        self._watching.clear()

    @callback
    def host_of(self, entry_id: object) -> EngineHost | None:
        """Return the hub of an entry, as long as it is watched."""
        watched = self._watching.get(str(entry_id))
        return watched[0] if watched else None

    @callback
    def _entry_changed(self, _change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.domain != DOMAIN or self._entry_id not in (None, entry.entry_id):
            return
        is_loaded = entry.state is ConfigEntryState.LOADED
        watched = self._watching.get(entry.entry_id)
        if watched is not None and not (is_loaded and entry.runtime_data is watched[0]):
            del self._watching[entry.entry_id]
            watched[1]()
            if self._gone is not None:
                self._gone(entry.entry_id)
        if is_loaded and entry.entry_id not in self._watching:
            host: EngineHost = entry.runtime_data
            self._watching[entry.entry_id] = (host, self._watch(entry.entry_id, host))


class Following:
    """One client of the websocket that is told about every hub, or about one of them."""

    def __init__(self, hass: HomeAssistant, msg: dict[str, Any], send: SendEvent, begin: Begin) -> None:
        """Remember what was asked for, and how a hub is followed."""
        self.entry_id: str | None = msg.get("entry_id")
        self._command: str = msg["type"]
        self._hass = hass
        self._send = send
        self._begin = begin
        self._subscriptions = hass.data[SUBSCRIPTIONS]
        self._follower = HubFollower(hass, self.entry_id, self._watch, self._gone)

    @callback
    def begin(self) -> None:
        """Watch every hub that is wanted, also those that come later."""
        self._subscriptions.add(self)
        self._keepalive = Keepalive(self._hass, KEEPALIVE, partial(self._say, ALIVE, {}))
        self._follower.begin()

    @callback
    def end(self) -> None:
        """Watch nothing any more."""
        self._keepalive.end()
        self._follower.end()
        self._subscriptions.remove(self)

    def record(self) -> dict[str, Any]:
        """Return by which command somebody listens."""
        return {"command": self._command}

    @callback
    def _watch(self, entry_id: str, host: EngineHost) -> Forget:
        return self._begin(host, partial(self._tell, entry_id))

    @callback
    def _gone(self, entry_id: str) -> None:
        self._tell(entry_id, HUB_GONE, {})

    @callback
    def _tell(self, entry_id: str, kind: str, content: dict[str, Any]) -> None:
        self._keepalive.spoken()
        self._say(kind, {"entry_id": entry_id, **content})

    @callback
    def _say(self, kind: str, content: dict[str, Any]) -> None:
        self._send({"event_type": kind, "timestamp": dt_util.utcnow().isoformat(), "data": content})


@callback
def follow_hubs(
    hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any], begin: Begin
) -> None:
    """Tell a client about every hub that it wants to follow, and when one has gone, until the subscription ends."""
    if not is_hub(hass, msg.get("entry_id")):
        refusal: Refusal | None = no_hub(msg["entry_id"])
    else:
        refusal = hass.data[SUBSCRIPTIONS].refusal
    if refusal is not None:
        send_refusal(hass, connection, msg["id"], refusal)
        return
    following = Following(hass, msg, partial(connection.send_event, msg["id"]), begin)
    connection.subscriptions[msg["id"]] = following.end
    connection.send_result(msg["id"])
    following.begin()

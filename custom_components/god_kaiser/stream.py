"""Live events over the websocket: how things are, what was missed, and then everything that happens."""

from functools import partial
from typing import Any, Final

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback
import voluptuous as vol

from .const import DOMAIN
from .core.journal.ids import key_of
from .hub_following import knows_hub
from .live_stream import Asked, LiveStream, Outlet
from .stream_limits import KEEPALIVE, LONGEST_KEEPALIVE, MOST_SUBSCRIPTIONS
from .stream_topics import TOPIC, Topics
from .subscriptions import SUBSCRIPTIONS, Subscriptions

ERR_TOO_MANY: Final = "too_many_subscriptions"


@callback
def async_setup_stream(hass: HomeAssistant) -> None:
    """Register the command."""
    hass.data[SUBSCRIPTIONS] = Subscriptions()
    websocket_api.async_register_command(hass, subscribe)


def _event_id(value: str) -> str:
    if key_of(value) is None:
        raise vol.Invalid("is no id of an event")
    return value


@websocket_api.websocket_command(
    {
        vol.Required("type"): "god_kaiser/subscribe",
        vol.Optional("entry_id"): str,
        vol.Optional("topics", default=["*"]): [vol.All(str, vol.Match(TOPIC))],
        vol.Optional("run_id", default=""): vol.All(str, vol.Length(max=64)),
        vol.Optional("last_event_id"): vol.All(str, _event_id),
        vol.Optional("keepalive", default=KEEPALIVE): vol.All(
            vol.Coerce(float), vol.Range(min=1, max=LONGEST_KEEPALIVE)
        ),
    }
)
@callback
def subscribe(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> None:
    """Send events until the subscription ends; a hub that is reloaded goes on by itself."""
    if not knows_hub(hass, connection, msg) or not _can_listen(hass, connection, msg):
        return
    last: str | None = msg.get("last_event_id")
    asked = Asked(
        topics=Topics(msg["topics"], msg["run_id"]),
        entry_id=msg.get("entry_id"),
        after=None if last is None else key_of(last),
        keepalive=msg["keepalive"],
    )
    outlet = Outlet(
        send=partial(connection.send_event, msg["id"]),
        close=partial(connection.subscriptions.pop, msg["id"], None),
    )
    stream = LiveStream(hass, connection.user, asked, outlet)
    connection.subscriptions[msg["id"]] = stream.end
    connection.send_result(msg["id"])
    stream.begin()


def _can_listen(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> bool:
    """Tell whether there is room, and whose event the last one was; the client is told what is wrong."""
    refuse = partial(connection.send_error, msg["id"], translation_domain=DOMAIN)
    if hass.data[SUBSCRIPTIONS].is_full:
        most = str(MOST_SUBSCRIPTIONS)
        refuse(
            ERR_TOO_MANY,
            f"{most} clients listen already",
            translation_key="too_many_subscriptions",
            translation_placeholders={"most": most},
        )
        return False
    hubs = hass.config_entries.async_entries(DOMAIN, include_ignore=False)
    if "last_event_id" in msg and "entry_id" not in msg and len(hubs) > 1:
        # Every hub counts its events for itself.
        refuse(websocket_api.ERR_INVALID_FORMAT, "Name the hub", translation_key="last_event_of_which_hub")
        return False
    return True

"""Live events over the websocket: how things are, what was missed, and then everything that happens."""

from functools import partial
from typing import Any

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback
import voluptuous as vol

from .live_stream import LiveStream, Outlet
from .stream_refusals import send_refusal
from .subscribing import WISHES, asked_of, refusal_of
from .subscriptions import SUBSCRIPTIONS, Subscriptions


@callback
def async_setup_stream(hass: HomeAssistant) -> None:
    """Register the command."""
    hass.data[SUBSCRIPTIONS] = Subscriptions(hass)
    websocket_api.async_register_command(hass, subscribe)


@websocket_api.websocket_command({vol.Required("type"): "god_kaiser/subscribe", **WISHES})
@callback
def subscribe(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> None:
    """Send events until the subscription ends; a hub that is reloaded goes on by itself."""
    if (refusal := refusal_of(hass, msg)) is not None:
        send_refusal(hass, connection, msg["id"], refusal)
        return
    outlet = Outlet(
        send=partial(connection.send_event, msg["id"]),
        close=partial(connection.subscriptions.pop, msg["id"], None),
    )
    stream = LiveStream(hass, connection.user, asked_of(msg), outlet)
    connection.subscriptions[msg["id"]] = stream.end
    connection.send_result(msg["id"])
    stream.begin()

"""Everything that actions do and programs ask, over the websocket: one command with a name and fields."""

from typing import Any

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback
import voluptuous as vol

from ..services import ACTIONS
from ..stream_refusals import ERR_INVALID, Refusal, send_refusal
from .asking import async_ask
from .reads import READS
from .refusals import does_not_fit


@callback
def async_setup_ask_command(hass: HomeAssistant) -> None:
    """Register the command."""
    websocket_api.async_register_command(hass, ask)


@websocket_api.websocket_command(
    {
        vol.Required("type"): "god_kaiser/ask",
        vol.Required("name"): vol.In(sorted({*ACTIONS, *READS})),
        vol.Optional("fields", default=dict): dict,
    }
)
@websocket_api.async_response
async def ask(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> None:
    """Have something done or told as whoever is connected, with the rights and the trail of the action."""
    try:
        told = await async_ask(hass, msg["name"], msg["fields"], connection.context(msg))
    except vol.Invalid as err:
        send_refusal(hass, connection, msg["id"], Refusal(ERR_INVALID, does_not_fit(hass, err)))
        return
    connection.send_result(msg["id"], told)

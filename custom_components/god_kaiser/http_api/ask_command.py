"""Everything that actions do and programs ask, over the websocket: one command with a name and fields."""

from typing import Any, Final

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
import voluptuous as vol

from ..core.errors import DefinitionError
from ..host.failures import common_text, definition
from ..services import ACTIONS
from ..stream_refusals import ERR_INVALID, Refusal, send_refusal
from .asking import async_ask
from .reads import READS
from .refusals import DOES_NOT_FIT, does_not_fit

_LONGEST_NAME: Final = 60


@callback
def async_setup_ask_command(hass: HomeAssistant) -> None:
    """Register the command."""
    websocket_api.async_register_command(hass, ask)


@websocket_api.websocket_command(
    {
        vol.Required("type"): "god_kaiser/ask",
        vol.Required("name"): str,
        vol.Optional("fields", default=dict): dict,
    }
)
@websocket_api.async_response
async def ask(hass: HomeAssistant, connection: websocket_api.ActiveConnection, msg: dict[str, Any]) -> None:
    """Have something done or told as whoever is connected, with the rights and the trail of the action."""
    if msg["name"] not in ACTIONS and msg["name"] not in READS:
        send_refusal(hass, connection, msg["id"], Refusal(ERR_INVALID, _unknown(hass, msg["name"])))
        return
    try:
        told = await async_ask(hass, msg["name"], msg["fields"], connection.context(msg))
    except vol.Invalid as err:
        send_refusal(hass, connection, msg["id"], Refusal(ERR_INVALID, does_not_fit(hass, err)))
        return
    except Unauthorized:
        raise
    except HomeAssistantError as err:
        send_refusal(hass, connection, msg["id"], Refusal(websocket_api.ERR_HOME_ASSISTANT_ERROR, err))
        return
    connection.send_result(msg["id"], told)


def _unknown(hass: HomeAssistant, name: str) -> ServiceValidationError:
    """Return the error for what is no action, and nothing that programs ask."""
    reason = common_text(hass, "misfit_not_possible", {"given": name[:_LONGEST_NAME]})
    return definition(DefinitionError(DOES_NOT_FIT, place="/name", reason=reason))

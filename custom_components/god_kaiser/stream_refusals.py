"""Why there is no subscription: a code for programs, and a sentence in the language of the house for people."""

from typing import Final, NamedTuple

from homeassistant.components import websocket_api
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from .const import DOMAIN
from .host.failures import in_house_language, in_short

ERR_NOT_FOUND: Final = websocket_api.ERR_NOT_FOUND
ERR_INVALID: Final = websocket_api.ERR_INVALID_FORMAT
ERR_TOO_MANY: Final = "too_many_subscriptions"


class Refusal(NamedTuple):
    """What a client is told instead of events."""

    code: str
    error: HomeAssistantError


def refused(code: str, key: str, **words: str) -> Refusal:
    """Return a refusal with the sentence that has this key in the translations."""
    given = {name: in_short(word) for name, word in words.items()}
    error = ServiceValidationError(translation_domain=DOMAIN, translation_key=key, translation_placeholders=given)
    return Refusal(code, error)


def no_hub(wanted: str) -> Refusal:
    """Return the refusal for a hub that does not exist."""
    return refused(ERR_NOT_FOUND, "hub_not_found", wanted=wanted)


@callback
def send_refusal(
    hass: HomeAssistant, connection: websocket_api.ActiveConnection, message_id: int, refusal: Refusal
) -> None:
    """Tell a client of the websocket, as over HTTP in the language of the house."""
    error = refusal.error
    connection.send_error(
        message_id,
        refusal.code,
        in_house_language(hass, error),
        translation_domain=error.translation_domain,
        translation_key=error.translation_key,
        translation_placeholders=error.translation_placeholders,
    )

"""What Home Assistant does for runs and for rules: it calls actions and tells people."""

from collections.abc import Iterable, Mapping
import logging
from typing import Any, NamedTuple

from homeassistant.components import persistent_notification
from homeassistant.core import Context, HomeAssistant, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError
import voluptuous as vol

from ..const import DOMAIN
from ..core.mistakes import technical_of
from .failures import common_text
from .notify_targets import as_plain, async_send
from .run_templates import LONGEST_TEXT, in_short

_LOGGER = logging.getLogger(__name__)


class Untold(NamedTuple):
    """Whom a message has not reached, each with its reason, and what nobody had thought of."""

    names: list[str]
    mistakes: list[str]


async def async_call_action(
    hass: HomeAssistant, name: str, target: Mapping[str, Any], fields: Mapping[str, Any], context: Context
) -> ServiceResponse:
    """Call an action and wait for its end, and for its response where it has one."""
    services = hass.services
    domain, _, action = name.partition(".")
    gives_response = (
        services.has_service(domain, action) and services.supports_response(domain, action) is not SupportsResponse.NONE
    )
    return await services.async_call(
        domain,
        action,
        dict(fields),
        blocking=True,
        context=context,
        target=dict(target),
        return_response=gives_response,
    )


async def async_tell(hass: HomeAssistant, to: Iterable[str], text: str, title: str, context: Context) -> Untold:
    """Send a message to each who is named; one who cannot be told keeps it from nobody else."""
    lost, mistakes = list[str](), list[str]()
    for target in to:
        try:
            is_sent = await async_send(hass, target, text, title, context)
        except (HomeAssistantError, vol.Invalid) as err:
            lost.append(f"{target}: {in_short(err)}")
        except Exception as err:
            _LOGGER.exception("Nobody could be told through %s", target)
            lost.append(unexpected(hass, target))
            mistakes.append(technical_of(err))
        else:
            lost.extend([] if is_sent else [target])
    return Untold(lost, mistakes)


@callback
def show_message(hass: HomeAssistant, key: str, text: str, title: str) -> None:
    """Show a message in Home Assistant, word for word."""
    persistent_notification.async_create(hass, as_plain(text[:LONGEST_TEXT]), title or None, _tag(key))


@callback
def withdraw_message(hass: HomeAssistant, key: str) -> None:
    """Take a message back; where none is shown, nothing happens."""
    persistent_notification.async_dismiss(hass, _tag(key))


@callback
def unexpected(hass: HomeAssistant, action: str = "") -> str:
    """Return what people are told of an error that nobody has thought of."""
    return common_text(hass, "unexpected_error_in" if action else "unexpected_error", {"action": action})


def _tag(key: str) -> str:
    return f"{DOMAIN}_message_{key}".replace(":", "_")

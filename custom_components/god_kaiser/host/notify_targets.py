"""Ways to reach people: entities that send messages, and the older actions, which alone can put buttons on a phone."""

import re
from typing import Final

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util import slugify

_NOTIFY: Final = "notify"
_SEND: Final = "send_message"
_COMPANION: Final = "mobile_app"
# Notifications are shown as Markdown: what people and devices wrote must become neither a link nor a picture.
_MARKUP: Final = re.compile(r"[\\`*_\[\]<>#|~@]|(?<=\w):(?=//)|(?<=www)\.", re.IGNORECASE)


def as_plain(words: str) -> str:
    """Return a text as Markdown shows it word for word."""
    return _MARKUP.sub(r"\\\g<0>", words)


@callback
def is_known(hass: HomeAssistant, target: str) -> bool:
    """Tell whether there is an entity or an action of that name."""
    return _entity_of(hass, target) is not None or _action_of(hass, target) is not None


@callback
def phone_of(hass: HomeAssistant, target: str) -> str | None:
    """Return the action that shows a notification with buttons on a phone, None where a target is no phone."""
    action = _action_of(hass, target)
    if action is not None and action.startswith(f"{_COMPANION}_"):
        return action
    entity = er.async_get(hass).async_get(target)
    if entity is None or entity.platform != _COMPANION or entity.config_entry_id is None:
        return None
    entry = hass.config_entries.async_get_entry(entity.config_entry_id)
    name = slugify(f"{_COMPANION}_{entry.data.get('device_name', '')}") if entry is not None else ""
    return name if hass.services.has_service(_NOTIFY, name) else None


async def async_send(hass: HomeAssistant, target: str, text: str, title: str, context: Context) -> bool:
    """Send a message; False where there is nobody to send it to."""
    words = {"message": text} | ({"title": title} if title else {})
    if (entity_id := _entity_of(hass, target)) is not None:
        state = hass.states.get(entity_id)
        if state is None or state.state == STATE_UNAVAILABLE:
            return False
        where = {"entity_id": entity_id}
        await hass.services.async_call(_NOTIFY, _SEND, words, blocking=True, context=context, target=where)
        return True
    if (action := _action_of(hass, target)) is not None:
        await hass.services.async_call(_NOTIFY, action, words, blocking=True, context=context)
        return True
    return False


async def async_ask_phone(
    hass: HomeAssistant, action: str, words: dict[str, str], buttons: dict[str, str], context: Context
) -> None:
    """Show a notification with buttons on a phone; ``words`` are its text, its title and the tag to take it back by."""
    actions = [{"action": key, "title": label, "authenticationRequired": True} for key, label in buttons.items()]
    message = {
        "message": words["text"],
        "title": words["title"],
        "data": {"actions": actions, "tag": words["tag"]},
    }
    await hass.services.async_call(_NOTIFY, action, message, blocking=True, context=context)


async def async_take_back(hass: HomeAssistant, action: str, tag: str) -> None:
    """Take a notification off a phone."""
    message = {"message": "clear_notification", "data": {"tag": tag}}
    await hass.services.async_call(_NOTIFY, action, message, blocking=True)


def _entity_of(hass: HomeAssistant, target: str) -> str | None:
    is_one = target.startswith(f"{_NOTIFY}.") and hass.states.get(target) is not None
    return target if is_one else None


def _action_of(hass: HomeAssistant, target: str) -> str | None:
    domain, _, name = target.partition(".")
    is_one = domain == _NOTIFY and name != _SEND and hass.services.has_service(_NOTIFY, name)
    return name if is_one else None

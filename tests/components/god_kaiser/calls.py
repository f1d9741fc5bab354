"""Calling our actions, as automations and people do."""

import json
from pathlib import Path
from typing import Any

from homeassistant.auth.models import User
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest

from custom_components.god_kaiser.const import DOMAIN
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.host.engine_host import EngineHost

from .conftest import DEVICE

PACKAGE = Path(__file__).resolve().parents[3] / "custom_components" / "god_kaiser"


async def act(hass: HomeAssistant, action: str, **fields: Any) -> None:
    """Call an action as an automation does, and wait for its end."""
    await hass.services.async_call(DOMAIN, action, fields, blocking=True)


async def act_as(hass: HomeAssistant, user: User, action: str, **fields: Any) -> None:
    """Call an action as a user."""
    await hass.services.async_call(DOMAIN, action, fields, blocking=True, context=Context(user_id=user.id))


async def ask(hass: HomeAssistant, action: str, **fields: Any) -> Any:
    """Call an action for its answer."""
    return await hass.services.async_call(DOMAIN, action, fields, blocking=True, return_response=True)


async def refused(hass: HomeAssistant, action: str, **fields: Any) -> tuple[str | None, dict[str, str]]:
    """Return why an action is refused; every reason has a text."""
    with pytest.raises(ServiceValidationError) as caught:
        await act(hass, action, **fields)
    assert caught.value.translation_domain == DOMAIN
    texts = json.loads((PACKAGE / "translations" / "en.json").read_text(encoding="utf-8"))["exceptions"]
    key, placeholders = caught.value.translation_key or "", caught.value.translation_placeholders or {}
    assert texts[key]["message"].format(**placeholders)
    return key, placeholders


async def ask_as(hass: HomeAssistant, user: User, action: str, **fields: Any) -> Any:
    """Call an action for its answer as a user."""
    context = Context(user_id=user.id)
    return await hass.services.async_call(DOMAIN, action, fields, blocking=True, return_response=True, context=context)


def registry_id(host: EngineHost, device: DeviceId = DEVICE) -> str:
    """Return the id under which Home Assistant knows a device."""
    found = host.registry.device_id(device)
    assert found is not None
    return found

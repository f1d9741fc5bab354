"""Sequences that need no device, and how tests save, start and watch them."""

from typing import Any

from homeassistant.core import HomeAssistant, State

from custom_components.god_kaiser.const import DOMAIN

from .conftest import id_of, state_of

PREFIX = "kaiser_god_sequence_"


def written(key: str = "watering", *steps: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a sequence as people write it; without steps it waits for a minute."""
    return {
        "id": key,
        "name": key.title(),
        "phases": [{"name": "main", "steps": list(steps) or [{"kind": "delay", "name": "soak", "seconds": 60}]}],
        **changes,
    }


async def save(hass: HomeAssistant, sequence: dict[str, Any]) -> None:
    """Save a sequence."""
    await hass.services.async_call(DOMAIN, "save_sequence", {"definition": sequence}, blocking=True)
    await hass.async_block_till_done()


async def act(hass: HomeAssistant, action: str, **fields: Any) -> Any:
    """Call an action about sequences and return its answer."""
    returns = action != "delete_sequence"
    answer = await hass.services.async_call(DOMAIN, action, fields, blocking=True, return_response=returns)
    await hass.async_block_till_done()
    return answer


def shown(hass: HomeAssistant, platform: str, key: str, name: str = "watering") -> State:
    """Return the state of an entity of a sequence."""
    return state_of(hass, platform, f"{PREFIX}{name}_{key}")


def entity(hass: HomeAssistant, platform: str, key: str, name: str = "watering") -> str | None:
    """Return the id of an entity of a sequence."""
    return id_of(hass, platform, f"{PREFIX}{name}_{key}")

"""Automations that ask: each condition answers with a call of its own."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import async_mock_service


async def answers_of(
    hass: HomeAssistant, conditions: Mapping[str, dict[str, Any]]
) -> Callable[[], Awaitable[set[str]]]:
    """Set an automation up for each condition; what is returned asks all of them and tells which are met."""
    calls = {name: async_mock_service(hass, "test", name) for name in conditions}
    automations = [
        {
            "alias": name,
            "triggers": {"trigger": "event", "event_type": "asked"},
            "conditions": condition,
            "actions": {"action": f"test.{name}"},
        }
        for name, condition in conditions.items()
    ]
    assert await async_setup_component(hass, "automation", {"automation": automations})

    async def ask() -> set[str]:
        for made in calls.values():
            made.clear()
        hass.bus.async_fire("asked")
        await hass.async_block_till_done()
        return {name for name, made in calls.items() if made}

    return ask

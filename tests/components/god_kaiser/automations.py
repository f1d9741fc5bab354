"""Automations that react and ask, and what becomes of that."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import async_mock_service

from custom_components.god_kaiser.const import DOMAIN

type Build = Callable[..., Awaitable[list[ServiceCall]]]


def builder(hass: HomeAssistant, *keys: str) -> Build:
    """Return a way to write an automation that calls an action with what has triggered it."""
    calls = async_mock_service(hass, "test", "automation")
    words = {key: f"{{{{ trigger.{key} | default }}}}" for key in keys}

    async def build(trigger: dict[str, Any] | list[dict[str, Any]], *conditions: dict[str, Any]) -> list[ServiceCall]:
        action = {"action": "test.automation", "data": words}
        automation = {"triggers": trigger, "conditions": list(conditions), "actions": action}
        assert await async_setup_component(hass, "automation", {"automation": automation})
        await hass.async_block_till_done()
        return calls

    return build


def whether(name: str, target: dict[str, Any], behavior: str = "any") -> dict[str, Any]:
    """Return a condition of ours."""
    return {"condition": f"{DOMAIN}.{name}", "target": target, "options": {"behavior": behavior}}


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

"""Filling in the forms behind *Configure*, as people do."""

from typing import Any

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from pytest_homeassistant_custom_component.common import MockConfigEntry


async def choose(hass: HomeAssistant, entry: MockConfigEntry, step: str) -> ConfigFlowResult:
    """Open *Configure* and choose an entry of its menu."""
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    assert (menu["type"], menu["step_id"]) == (FlowResultType.MENU, "init")
    return await hass.config_entries.options.async_configure(menu["flow_id"], {"next_step_id": step})


async def submit(hass: HomeAssistant, result: ConfigFlowResult, **fields: Any) -> ConfigFlowResult:
    """Fill in the form of a flow."""
    return await hass.config_entries.options.async_configure(result["flow_id"], fields)


def defaults(form: ConfigFlowResult, **fields: Any) -> dict[str, Any]:
    """Return what a form holds when a person only fills in some fields."""
    schema = form["data_schema"]
    assert schema is not None
    filled: dict[str, Any] = schema(fields)
    return filled

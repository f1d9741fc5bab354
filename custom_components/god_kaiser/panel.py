"""The panel in the sidebar: one for all hubs, for every user, gone with the last hub."""

from pathlib import Path
from typing import Final

from homeassistant.components import frontend, panel_custom
from homeassistant.components.http import StaticPathConfig
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.loader import async_get_integration

from .const import DOMAIN, PANEL

_ELEMENT: Final = "god-kaiser-panel"
_FOLDER: Final = Path(__file__).parent / "frontend"


async def async_serve_panel(hass: HomeAssistant) -> None:
    """Serve the modules of the panel; a path is served until Home Assistant ends, so this is done once."""
    folder = StaticPathConfig(await _async_address(hass), str(_FOLDER), cache_headers=True)
    await hass.http.async_register_static_paths([folder])

    @callback
    def follow(_change: ConfigEntryChange, entry: ConfigEntry) -> None:
        if entry.domain == DOMAIN:
            _hide_without_hubs(hass)

    async_dispatcher_connect(hass, SIGNAL_CONFIG_ENTRY_CHANGED, follow)


async def async_show_panel(hass: HomeAssistant) -> None:
    """Put the panel into the sidebar, unless another hub has done so."""
    if frontend.async_panel_exists(hass, PANEL):
        return
    await panel_custom.async_register_panel(
        hass,
        frontend_url_path=PANEL,
        webcomponent_name=_ELEMENT,
        module_url=f"{await _async_address(hass)}/panel.js",
        sidebar_title="God-Kaiser",
        sidebar_icon="mdi:crown",
    )


@callback
def _hide_without_hubs(hass: HomeAssistant) -> None:
    """Take the panel away when every hub is removed or disabled; one that is only reloaded keeps it."""
    if not hass.config_entries.async_entries(DOMAIN, include_ignore=False, include_disabled=False):
        frontend.async_remove_panel(hass, PANEL, warn_if_unknown=False)


async def _async_address(hass: HomeAssistant) -> str:
    """Return where the modules are; a change of the version renews them all in every browser."""
    integration = await async_get_integration(hass, DOMAIN)
    return f"/{DOMAIN}/{integration.version}"

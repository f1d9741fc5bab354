"""The panel: in the sidebar of everybody while there is a hub, and served whole."""

from pathlib import Path

from homeassistant.components.frontend import DATA_PANELS
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.loader import async_get_integration
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.god_kaiser.const import CONF_KAISER_ID, DOMAIN, PANEL

FRONTEND = Path(__file__).resolve().parents[3] / "custom_components" / "god_kaiser" / "frontend"


def is_shown(hass: HomeAssistant) -> bool:
    """Tell whether the panel is in the sidebar."""
    return PANEL in hass.data[DATA_PANELS]


@pytest.fixture(name="second")
async def second_fixture(hass: HomeAssistant, setup_entry: MockConfigEntry) -> MockConfigEntry:
    """Return a second hub, loaded after the first."""
    entry = MockConfigEntry(domain=DOMAIN, title="Kaiser field", unique_id="field", data={CONF_KAISER_ID: "field"})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


@pytest.mark.usefixtures("setup_entry")
async def test_the_panel_is_for_everybody_and_carries_the_version(hass: HomeAssistant) -> None:
    """A change of the version is another address, so no browser keeps old modules."""
    panel = hass.data[DATA_PANELS][PANEL]
    version = (await async_get_integration(hass, DOMAIN)).version
    assert (panel.require_admin, panel.sidebar_title) == (False, "God-Kaiser")
    assert panel.config is not None
    assert panel.config["_panel_custom"]["module_url"] == f"/god_kaiser/{version}/panel.js"
    assert panel.config["_panel_custom"]["name"] == "god-kaiser-panel"


@pytest.mark.usefixtures("setup_entry")
async def test_every_module_is_served_as_a_module(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> None:
    """A browser refuses a module that does not come as JavaScript; it may keep each as long as it likes."""
    version = (await async_get_integration(hass, DOMAIN)).version
    client = await hass_client()
    modules = sorted(path.relative_to(FRONTEND).as_posix() for path in FRONTEND.rglob("*.js"))
    assert {"panel.js", "api.js", "vendor/lit.js"} <= set(modules)
    for module in modules:
        answer = await client.get(f"/god_kaiser/{version}/{module}")
        assert (answer.status, answer.content_type) == (200, "text/javascript")
        assert "max-age" in answer.headers["Cache-Control"]
        assert await answer.text() == (FRONTEND / module).read_text(encoding="utf-8")


async def test_the_panel_survives_a_reload(hass: HomeAssistant, setup_entry: MockConfigEntry) -> None:
    """Whoever looks at it stays there."""
    shown = hass.data[DATA_PANELS][PANEL]
    await hass.config_entries.async_reload(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert hass.data[DATA_PANELS][PANEL] is shown


async def test_the_panel_goes_with_the_last_hub(
    hass: HomeAssistant, setup_entry: MockConfigEntry, second: MockConfigEntry
) -> None:
    """One panel for all of them, registered once."""
    await hass.config_entries.async_remove(setup_entry.entry_id)
    await hass.async_block_till_done()
    assert is_shown(hass)
    await hass.config_entries.async_remove(second.entry_id)
    await hass.async_block_till_done()
    assert not is_shown(hass)


async def test_the_panel_is_away_while_every_hub_is_disabled(hass: HomeAssistant, setup_entry: MockConfigEntry) -> None:
    """And it comes back with the hub."""
    await hass.config_entries.async_set_disabled_by(setup_entry.entry_id, ConfigEntryDisabler.USER)
    await hass.async_block_till_done()
    assert not is_shown(hass)
    await hass.config_entries.async_set_disabled_by(setup_entry.entry_id, None)
    await hass.async_block_till_done()
    assert is_shown(hass)


async def test_the_panel_is_there_while_a_hub_waits_for_its_broker(
    hass: HomeAssistant, config_entry: MockConfigEntry
) -> None:
    """It says what is missing; and it goes with a hub that was never loaded."""
    config_entry.add_to_hass(hass)
    await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.async_block_till_done()
    assert (config_entry.state, is_shown(hass)) == (ConfigEntryState.SETUP_RETRY, True)
    await hass.config_entries.async_set_disabled_by(config_entry.entry_id, ConfigEntryDisabler.USER)
    await hass.async_block_till_done()
    assert not is_shown(hass)


@pytest.mark.usefixtures("setup_entry")
@pytest.mark.parametrize(("language", "word"), [("en", "Runs"), ("de", "Läufe"), ("fr", "Runs")])
async def test_the_words_of_the_panel_reach_the_browser(hass: HomeAssistant, language: str, word: str) -> None:
    """Home Assistant hands them out as it does for its own panels, in English where there is nothing else."""
    words = await async_get_translations(hass, language, "config_panel", {DOMAIN})
    assert words["component.god_kaiser.config_panel.pages.runs"] == word

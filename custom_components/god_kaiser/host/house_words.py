"""Words of definitions as the house calls them, its moments, and the place of what concerns all of a definition."""

from collections.abc import Mapping
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from ..const import DOMAIN
from .figures import spelled, spelled_list, written_moment_text

# Which choice of people the words under a name belong to.
_CHOICES: Final = {"kind": "actuator_type", "appears_as": "appears_as", "load": "load"}
_MOMENTS: Final = ("at", "until")
# What sensors measure, one or several of it.
_QUANTITIES: Final = ("quantity", "quantities")
# Numbers in a row, and as a range, which the core has put together.
_FIGURES: Final = {"levels": spelled_list, "range": spelled}
_NOWHERE: Final = "-"


@callback
def in_house_words(hass: HomeAssistant, details: Mapping[str, str | float]) -> dict[str, str]:
    """Return those details that people call something else than definitions do."""
    texts = async_get_cached_translations(hass, hass.config.language, "selector", DOMAIN)
    named = {
        key: texts.get(f"component.{DOMAIN}.selector.{_CHOICES[key]}.options.{word}")
        for key, word in details.items()
        if key in _CHOICES
    }
    if details.get("place") == _NOWHERE:
        common = async_get_cached_translations(hass, hass.config.language, "common", DOMAIN)
        named["place"] = common.get(f"component.{DOMAIN}.common.place_whole")
    named |= {key: written_moment_text(hass, str(details[key])) for key in _MOMENTS if key in details}
    named |= {key: _measured(hass, str(details[key])) for key in _QUANTITIES if key in details}
    named |= {key: spell(hass, str(details[key])) for key, spell in _FIGURES.items() if key in details}
    return {key: word for key, word in named.items() if word is not None}


def _measured(hass: HomeAssistant, quantities: str) -> str:
    """Return quantities by the names that sensors of them have."""
    texts = async_get_cached_translations(hass, hass.config.language, "entity", DOMAIN)
    return ", ".join(
        texts.get(f"component.{DOMAIN}.entity.sensor.{each}.name", each) for each in quantities.split(", ")
    )

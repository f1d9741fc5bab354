"""Words of definitions that have a name in the language of the house, and the place of what concerns all of one."""

from collections.abc import Mapping
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from ..const import DOMAIN

# Which choice of people the words under a name belong to.
_CHOICES: Final = {"kind": "actuator_type", "appears_as": "appears_as", "load": "load"}
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
    return {key: word for key, word in named.items() if word is not None}

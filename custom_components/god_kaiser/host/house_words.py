"""Words for programs as the house calls them, its levels and moments, and the place of what concerns all of a definition."""

from collections.abc import Mapping
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from ..const import DOMAIN
from ..core.requests import BY_AUTOMATION
from .figures import percent_text, spelled, written_moment_text

# Which choice of people the words under a name belong to.
_CHOICES: Final = {"kind": "actuator_type", "appears_as": "appears_as", "load": "load", "sensor_type": "sensor_type"}
# Codes, and what the names of their words begin with.
_CODES: Final = {"scope": "counted_for_", "quality": "rule_seen_of_quality_", "check": "health_check_of_"}
_MOMENTS: Final = ("at", "until")
# What sensors measure, one or several of it.
_QUANTITIES: Final = ("quantity", "quantities")
# How far something runs; where a level is told with them, the ends of a range are levels as well.
_LEVEL: Final = "level"
_LEVELS: Final = "levels"
_ENDS: Final = ("low", "high")
_UNKNOWN: Final = "?"
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
    named |= {key: _common(hass, f"{_CODES[key]}{word}") for key, word in details.items() if key in _CODES}
    if details.get("place") == _NOWHERE:
        named["place"] = _common(hass, "place_whole")
    if details.get("by") == BY_AUTOMATION:
        named["by"] = _common(hass, "logbook_by_automation")
    named |= _levels(hass, details)
    named |= {key: written_moment_text(hass, str(details[key])) for key in _MOMENTS if key in details}
    named |= {key: _measured(hass, str(details[key])) for key in _QUANTITIES if key in details}
    if "range" in details:
        named["range"] = spelled(hass, str(details["range"]))
    return {key: word for key, word in named.items() if word is not None}


def _levels(hass: HomeAssistant, details: Mapping[str, str | float]) -> dict[str, str | None]:
    """Return levels in percent; what somebody has written who meant one stays as it was written."""
    told: dict[str, str | None] = {}
    if _LEVELS in details:
        told[_LEVELS] = ", ".join(_level(hass, each) or each for each in str(details[_LEVELS]).split(", "))
    if _LEVEL in details:
        ends = _ENDS if all(end in details for end in _ENDS) else ()
        given = ((key, details[key]) for key in (_LEVEL, *ends))
        told |= {key: _level(hass, level) for key, level in given if not isinstance(level, str) or level == _UNKNOWN}
    return told


def _level(hass: HomeAssistant, level: str | float) -> str | None:
    return _common(hass, "level_unknown") if level == _UNKNOWN else percent_text(hass, float(level))


def _common(hass: HomeAssistant, key: str) -> str | None:
    texts = async_get_cached_translations(hass, hass.config.language, "common", DOMAIN)
    return texts.get(f"component.{DOMAIN}.common.{key}")


def _measured(hass: HomeAssistant, quantities: str) -> str:
    """Return quantities by the names that sensors of them have."""
    texts = async_get_cached_translations(hass, hass.config.language, "entity", DOMAIN)
    return ", ".join(
        texts.get(f"component.{DOMAIN}.entity.sensor.{each}.name", each) for each in quantities.split(", ")
    )

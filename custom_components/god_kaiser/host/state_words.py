"""States of entities as the house calls them, whichever integration they are of."""

from homeassistant.const import ATTR_DEVICE_CLASS
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.translation import (
    async_get_cached_translations,
    async_translate_state,
    async_translate_state_attr,
)


@callback
def state_text(hass: HomeAssistant, entity_id: str, state: str, attribute: str = "") -> str:
    """Return a state of an entity, or of one of its attributes, in words; one without a word is returned as it is."""
    entry, known = er.async_get(hass).async_get(entity_id), hass.states.get(entity_id)
    domain, kind = entity_id.partition(".")[0], known.attributes.get(ATTR_DEVICE_CLASS) if known else None
    platform, key = (entry.platform, entry.translation_key) if entry else (None, None)
    if attribute:
        return async_translate_state_attr(hass, state, domain, platform, key, kind, attribute)
    return async_translate_state(hass, state, domain, platform, key, kind)


@callback
def attribute_text(hass: HomeAssistant, entity_id: str, attribute: str) -> str:
    """Return what an attribute of an entity is called; one without a word is returned as it is."""
    domain = entity_id.partition(".")[0]
    texts = async_get_cached_translations(hass, hass.config.language, "entity_component", domain)
    return texts.get(f"component.{domain}.entity_component._.state_attributes.{attribute}.name", attribute)

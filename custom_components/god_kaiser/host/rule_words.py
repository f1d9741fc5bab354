"""What people are told about rules, in the language of the house."""

from homeassistant.core import HomeAssistant, callback

from .failures import codes_in_words, common_text


@callback
def why_of(hass: HomeAssistant, code: str) -> str:
    """Return why a rule has given up, waits or does not get what it wants."""
    key = f"rule_why_{code}"
    words = common_text(hass, key, {})
    return codes_in_words(hass, code) if words == key else words

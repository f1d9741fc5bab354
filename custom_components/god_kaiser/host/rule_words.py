"""What people are told about rules, in the language of the house."""

from homeassistant.core import HomeAssistant, callback

from .failures import common_text


@callback
def why_of(hass: HomeAssistant, code: str) -> str:
    """Return why a rule has given up or does not get what it wants; a code that has no words stands for itself."""
    key = f"rule_why_{code}"
    words = common_text(hass, key, {})
    return code if words == key else words

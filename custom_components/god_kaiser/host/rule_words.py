"""What people are told about rules, in the language of the house."""

from homeassistant.core import HomeAssistant, callback

from .failures import common_text


@callback
def why_of(hass: HomeAssistant, code: str) -> str:
    """Return why a rule has given up or does not get what it wants."""
    return common_text(hass, f"rule_why_{code}", {})

"""What people are told about rules, in the language of the house."""

from typing import Final

from homeassistant.core import HomeAssistant, callback

from .failures import common_text

# Why a rule gives up or does not get what it wants; anything else is the mistake itself.
REASONS: Final = frozenset({"acts_too_often", "unknown", "target_offline", "output_taken", "not_running"})


@callback
def why_of(hass: HomeAssistant, code: str) -> str:
    """Return why a rule is in trouble."""
    return common_text(hass, f"rule_why_{code}", {}) if code in REASONS else code

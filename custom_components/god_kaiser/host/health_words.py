"""Findings in words that people understand."""

from homeassistant.core import HomeAssistant

from ..core.health.finding import Finding
from ..core.ids import DeviceId
from .failures import common_text
from .naming import Names
from .state_words import state_text


def text_of(hass: HomeAssistant, names: Names, finding: Finding) -> str:
    """Return in the language of the house what was found."""
    words = names.in_words(finding.details)
    if (device := finding.details.get("esp_id")) is not None:
        words["device"] = names.of_device(DeviceId(str(device)))
    if (file := finding.details.get("file")) is not None:
        words["file"] = common_text(hass, f"health_file_{file}", {})
    if (shown := finding.details.get("shown")) is not None:
        words["shown"] = state_text(hass, finding.technical, str(shown))
    return common_text(hass, f"health_{finding.code}", words)


def action_of(hass: HomeAssistant, finding: Finding) -> str:
    """Return in the language of the house what to do about it."""
    return common_text(hass, f"health_{finding.code}_action", {})

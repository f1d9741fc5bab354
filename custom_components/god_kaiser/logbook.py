"""One sentence in the logbook for everything that the engine tells."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from homeassistant.components.logbook import LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.core import Event, HomeAssistant, callback

from .const import DOMAIN, EVENT_SYSTEM
from .core.effects import Occasion

type Describe = Callable[[Event], dict[str, str]]

_SENTENCES: Final[dict[str, str]] = {
    Occasion.DEVICE_ONLINE: "is online",
    Occasion.DEVICE_OFFLINE: "went offline ({reason})",
    Occasion.BROKER_ONLINE: "reaches the MQTT broker",
    Occasion.BROKER_OFFLINE: "lost the MQTT broker",
    Occasion.EMERGENCY_STOP: "emergency stop pressed by {by} for {scope}: {reason}",
    Occasion.EMERGENCY_CONFIRMED: "confirmed the emergency stop",
    Occasion.EMERGENCY_CLEARED: "left the emergency stop",
    Occasion.EMERGENCY_REFUSED: "did not obey an emergency order: {error}",
    Occasion.ALERT: "raised the alert {alert}: {message}",
    Occasion.DEVICE_ERROR: "reported error {code}: {message}",
    Occasion.CONFIGURED: "confirmed its configuration",
    Occasion.CONFIGURATION_FAILED: "refused its configuration ({error})",
}


@callback
def async_describe_events(hass: HomeAssistant, async_describe_event: Callable[[str, str, Describe], None]) -> None:
    """Tell the logbook how to speak of our events."""

    @callback
    def describe(event: Event) -> dict[str, str]:
        return {LOGBOOK_ENTRY_NAME: str(event.data.get("name", "Kaiser")), LOGBOOK_ENTRY_MESSAGE: sentence(event.data)}

    async_describe_event(DOMAIN, EVENT_SYSTEM, describe)


def sentence(content: Mapping[str, Any]) -> str:
    """Return what happened; a detail that is missing is left open."""
    occasion = str(content.get("type"))
    if (pattern := _SENTENCES.get(occasion)) is None:
        return f"said {occasion}"
    return pattern.format_map(_Details(content)).removesuffix(": ")


class _Details(dict[str, Any]):
    """What an event tells, with a dash for what it does not."""

    def __missing__(self, key: str) -> str:
        """Fill the gap."""
        return "-"

"""One sentence for everything that happens to alarms, as the logbook tells it."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant

from .host.alarm_events import KINDS
from .logbook_words import said

_HAPPENINGS: Final = {kind.value: kind for kind in KINDS.values()}


def alarm_sentence(hass: HomeAssistant, content: Mapping[str, Any]) -> str:
    """Return what happened to an alarm; a detail that is missing is left open."""
    happening, details = str(content.get("event_type")), content.get("data")
    told: Mapping[str, Any] = details if isinstance(details, Mapping) else {}
    if happening not in _HAPPENINGS:
        return said(hass, happening, {}, is_known=False)
    return said(hass, happening.replace(".", "_"), {key: str(told[key]) for key in ("text", "reason") if key in told})

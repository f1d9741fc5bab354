"""Sentences of the logbook, in the language of the house."""

from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant, callback

from .host.failures import common_text


@callback
def said(hass: HomeAssistant, key: str, words: Mapping[str, Any], *, is_known: bool = True) -> str:
    """Return the sentence of an event; of one that has none its name, and of a detail that is missing a dash."""
    wanted = f"logbook_{key}"
    text = common_text(hass, wanted, _Details(words)) if is_known else wanted
    if text == wanted:
        return common_text(hass, "logbook_said", {"event": key})
    return text.removesuffix(": ")


class _Details(dict[str, Any]):
    """What an event tells, with a dash for what it does not."""

    def __missing__(self, key: str) -> str:
        """Fill the gap."""
        return "-"

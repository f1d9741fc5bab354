"""One sentence for everything that happens to rules, as the logbook tells it."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant

from .core.rules.happenings import RuleHappening
from .host.failures import errors_in_words
from .host.naming import shown_name
from .host.rule_words import why_of
from .logbook_words import said

_HAPPENINGS: Final = frozenset(RuleHappening)


def rule_sentence(hass: HomeAssistant, content: Mapping[str, Any]) -> str:
    """Return what happened to a rule; a detail that is missing is left open."""
    happening, details = str(content.get("event_type")), content.get("data")
    told: Mapping[str, Any] = details if isinstance(details, Mapping) else {}
    if happening not in _HAPPENINGS:
        return said(hass, happening, {}, is_known=False)
    has_failed = happening == RuleHappening.EXECUTED and not told.get("success")
    words = {
        "why": why_of(hass, str(told.get("why", "-"))),
        "channel": shown_name(hass, str(told.get("channel", "-"))),
        "error": errors_in_words(hass, str(told.get("error") or "-")),
    }
    return said(hass, "rule_not_executed" if has_failed else happening.replace(".", "_"), words)

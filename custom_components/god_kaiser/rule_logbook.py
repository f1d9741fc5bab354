"""One sentence for everything that happens to rules, as the logbook tells it."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant

from .core.rules.happenings import RuleHappening
from .host.rule_words import why_of

SENTENCES: Final[dict[str, str]] = {
    RuleHappening.FIRED: "has acted",
    RuleHappening.RELEASED: "has let go",
    RuleHappening.SKIPPED: "does not act now: {why}",
    RuleHappening.EXECUTED: "could not do everything: {error}",
    RuleHappening.DEGRADED: "is in trouble: {why}",
    RuleHappening.RECOVERED: "has recovered",
    RuleHappening.ESCALATED: "needs help: {why}",
}
_DONE: Final = "has done everything"


def rule_sentence(hass: HomeAssistant, content: Mapping[str, Any]) -> str:
    """Return what happened to a rule; a detail that is missing is left open."""
    happening, details = str(content.get("event_type")), content.get("data")
    told: Mapping[str, Any] = details if isinstance(details, Mapping) else {}
    if (pattern := SENTENCES.get(happening)) is None:
        return f"said {happening}"
    if happening == RuleHappening.EXECUTED and told.get("success"):
        return _DONE
    why = why_of(hass, str(told.get("why", "-"))).replace("_", " ")
    return pattern.format(why=why, error=str(told.get("error") or "-").replace("_", " "))

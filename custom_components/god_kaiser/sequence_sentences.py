"""The words of what happens to runs, as the logbook tells it."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant

from .core.sequences.happenings import Happening
from .host.failures import codes_in_words
from .logbook_words import said

_HAPPENINGS: Final = frozenset(Happening)
_RULE: Final = "rule "
# Those who may start a run or end one.
_HANDS: Final = frozenset({"user", "automation", "webhook", "system"})


def key_of(content: Mapping[str, Any]) -> str | None:
    """Return the name of the sentence about an event, None of one that nobody knows."""
    happening = str(content.get("event_type"))
    if happening not in _HAPPENINGS:
        return None
    details = content.get("data")
    is_by_hand = happening == Happening.RUN_CANCELLED and isinstance(details, Mapping) and details.get("ended_by")
    return f"{happening.replace('.', '_')}{'_by' if is_by_hand else ''}"


def words_of(hass: HomeAssistant, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the words of an event; what nobody knows is left out."""
    step, actor, details = content.get("current_step"), content.get("actor"), content.get("data")
    told = details.items() if isinstance(details, Mapping) else ()
    words: dict[str, Any] = {"reason": "", **{str(key): word for key, word in told if word is not None}}
    if isinstance(step, Mapping) and step.get("place"):
        words |= {"place": step["place"], "step": words.get("step_name") or step["place"]}
    words["reason"] = codes_in_words(hass, str(words["reason"]))
    words["hand"] = _who(hass, str(words.get("ended_by", "")))
    if isinstance(actor, Mapping):
        words["actor"] = actor.get("name") or _who(hass, str(actor.get("type") or "-"))
    return words


def _who(hass: HomeAssistant, hand: str) -> str:
    """Return who it was, as far as everybody may know that."""
    if hand.startswith(_RULE):
        return said(hass, "by_rule_named", {"name": hand.removeprefix(_RULE)})
    return said(hass, f"by_{hand}", {}) if hand in _HANDS else hand

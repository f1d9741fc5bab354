"""One sentence in the logbook for everything that the engine tells, and that happens to runs and to rules."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from homeassistant.components.logbook import LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr

from .alarm_logbook import alarm_sentence
from .const import DOMAIN, EVENT_ALARM, EVENT_RULE, EVENT_RUN, EVENT_SYSTEM
from .core.effects import Occasion
from .core.safety.proof import Fate
from .host.failures import codes_in_words
from .host.figures import percent_text
from .host.naming import NOTHING, shown_name
from .logbook_words import said
from .rule_logbook import rule_sentence
from .sequence_sentences import key_of, words_of

# Details that are ids of channels, several of them separated by commas.
_CHANNELS: Final = ("channel", "channels", "running", "place")
_OCCASIONS: Final = frozenset(Occasion)
_LINKS: Final = (Occasion.DEVICE_ONLINE, Occasion.DEVICE_OFFLINE)
# Why somebody does something is written by people, but for these.
_OUR_REASONS: Final = ("button", "memory_unreadable")
_EVERYBODY: Final = "all"
# Who is no person: as the words of logbook sentences call them.
_HANDS: Final = {"automation": "by_automation", "user": "by_user", "god_kaiser": "by_system"}

type Describe = Callable[[Event], dict[str, str]]


@callback
def async_describe_events(hass: HomeAssistant, async_describe_event: Callable[[str, str, Describe], None]) -> None:
    """Tell the logbook how to speak of our events."""

    @callback
    def describe(event: Event) -> dict[str, str]:
        name = str(event.data.get("name", "Kaiser"))
        return {LOGBOOK_ENTRY_NAME: name, LOGBOOK_ENTRY_MESSAGE: sentence(hass, _by_name(hass, event.data, name))}

    @callback
    def describe_run(event: Event) -> dict[str, str]:
        name = event.data.get("sequence_name") or said(hass, "sequence", {})
        return {LOGBOOK_ENTRY_NAME: str(name), LOGBOOK_ENTRY_MESSAGE: run_sentence(hass, event.data)}

    @callback
    def describe_rule(event: Event) -> dict[str, str]:
        name = event.data.get("rule_name") or said(hass, "rule", {})
        return {LOGBOOK_ENTRY_NAME: str(name), LOGBOOK_ENTRY_MESSAGE: rule_sentence(hass, event.data)}

    @callback
    def describe_alarm(event: Event) -> dict[str, str]:
        name = said(hass, "alarm", {})
        return {LOGBOOK_ENTRY_NAME: name, LOGBOOK_ENTRY_MESSAGE: alarm_sentence(hass, event.data)}

    async_describe_event(DOMAIN, EVENT_SYSTEM, describe)
    async_describe_event(DOMAIN, EVENT_RUN, describe_run)
    async_describe_event(DOMAIN, EVENT_RULE, describe_rule)
    async_describe_event(DOMAIN, EVENT_ALARM, describe_alarm)


def sentence(hass: HomeAssistant, content: Mapping[str, Any]) -> str:
    """Return what happened; a detail that is missing is left open."""
    occasion = str(content.get("type"))
    # This one is about a person, not about a device.
    is_release = occasion == Occasion.EMERGENCY_REFUSED and "by" in content
    return said(hass, "release_refused" if is_release else occasion, content, is_known=occasion in _OCCASIONS)


def run_sentence(hass: HomeAssistant, content: Mapping[str, Any]) -> str:
    """Return what happened to a run; a detail that is missing is left open."""
    key, words = key_of(content), words_of(hass, content)
    if key is None:
        return said(hass, str(content.get("event_type")), words, is_known=False)
    named: dict[str, str] = {name: _names(hass, str(words[name])) for name in _CHANNELS if name in words}
    return said(hass, key, {**words, **named})


def _by_name(hass: HomeAssistant, content: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return what an event tells, with names instead of ids, and reasons in words."""
    named = {key: _names(hass, str(content[key])) for key in _CHANNELS if key in content}
    if content.get("place") == content.get("esp_id"):
        named["place"] = name
    if content.get("type") == Occasion.EMERGENCY_OUTCOME:
        named["outputs"] = _outcome(hass, content)
    return {**content, **named, **_in_words(hass, content)}


def _outcome(hass: HomeAssistant, content: Mapping[str, Any]) -> str:
    """Return what the outputs of a stopped device have shown; of what no output has shown nothing is said."""
    shown = {fate: str(content.get(fate) or "") for fate in Fate}
    return ", ".join(
        said(hass, f"fate_{fate}", {"channels": _names(hass, keys)}) for fate, keys in shown.items() if keys
    )


def _in_words(hass: HomeAssistant, content: Mapping[str, Any]) -> dict[str, str]:
    """Return those details in words that are codes for programs; what people have written stays as it is."""
    occasion, by, scope = content.get("type"), content.get("by"), content.get("scope")
    coded = {"reasons", "error", "alert"}
    if occasion in _LINKS or content.get("reason") in _OUR_REASONS:
        coded.add("reason")
    if occasion == Occasion.LOCK_OUT_ENDED:
        coded.add("by")
    words = {key: codes_in_words(hass, str(content[key])) for key in coded & content.keys()}
    if by in _HANDS and "by" not in words:
        words["by"] = said(hass, _HANDS[by], {})
    if occasion == Occasion.COMMAND_REJECTED:
        words["level"] = _percent(hass, content.get("level"))
    if scope is not None:
        words["scope"] = said(hass, "everybody", {}) if scope == _EVERYBODY else _devices(hass, str(scope))
    return words


def _percent(hass: HomeAssistant, level: object) -> str:
    """Return a level as people say it; of what is none they are told nothing."""
    try:
        return percent_text(hass, float(str(level)))
    except ValueError:
        return NOTHING


def _devices(hass: HomeAssistant, keys: str) -> str:
    """Return what people call the devices of an id each, as far as they are known."""
    registry = dr.async_get(hass)
    found = ((key, registry.async_get_devices(identifiers={(DOMAIN, key)})) for key in keys.split(", "))
    return ", ".join(
        next((name for each in known if (name := each.name_by_user or each.name)), key) for key, known in found
    )


def _names(hass: HomeAssistant, keys: str) -> str:
    return ", ".join(shown_name(hass, key) for key in keys.split(", "))

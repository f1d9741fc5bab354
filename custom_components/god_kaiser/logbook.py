"""One sentence in the logbook for everything that the engine tells, and that happens to runs and to rules."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from homeassistant.components.logbook import LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.core import Event, HomeAssistant, callback

from .const import DOMAIN, EVENT_RULE, EVENT_RUN, EVENT_SYSTEM
from .core.effects import Occasion
from .host.naming import shown_name
from .rule_logbook import rule_sentence
from .sequence_sentences import SENTENCES as RUN_SENTENCES, words_of

# Details that are ids of channels, several of them separated by commas.
_CHANNELS: Final = ("channel", "channels", "running", "place")

type Describe = Callable[[Event], dict[str, str]]

_SENTENCES: Final[dict[str, str]] = {
    Occasion.DEVICE_ONLINE: "is online",
    Occasion.DEVICE_OFFLINE: "went offline ({reason})",
    Occasion.BROKER_ONLINE: "reaches the MQTT broker",
    Occasion.BROKER_OFFLINE: "lost the MQTT broker",
    Occasion.EMERGENCY_STOP: "emergency stop (software) pressed by {by} for {scope}: {reason}",
    Occasion.EMERGENCY_CONFIRMED: "confirmed the emergency stop",
    Occasion.EMERGENCY_CLEARED: "left the emergency stop, cleared by {by}: {reason}",
    Occasion.EMERGENCY_REFUSED: "did not obey an emergency order: {error}",
    Occasion.STOP_NOT_EFFECTIVE: "does not obey the emergency stop, still running: {channels}",
    Occasion.COMMAND_REJECTED: "refused level {level} for {channel}: {reasons}",
    Occasion.FORCED_TO_REST: "put {channel} to rest: {reasons}",
    Occasion.CRASH_FOUND: "found that Home Assistant had not ended on purpose; running then: {running}",
    Occasion.LOCKED_OUT: "locked out by {by} ({place}): {reason}",
    Occasion.LOCK_OUT_ENDED: "lock-out ended by {by} ({place})",
    Occasion.ALERT: "raised the alert {alert}: {message}",
    Occasion.DEVICE_ERROR: "reported error {code}: {message}",
    Occasion.CONFIGURED: "confirmed its configuration",
    Occasion.CONFIGURATION_FAILED: "refused its configuration ({error})",
}
# This one is about a person, not about a device.
_RELEASE_REFUSED: Final = "did not let {by} clear the emergency stop: {error}"


@callback
def async_describe_events(hass: HomeAssistant, async_describe_event: Callable[[str, str, Describe], None]) -> None:
    """Tell the logbook how to speak of our events."""

    @callback
    def describe(event: Event) -> dict[str, str]:
        name = str(event.data.get("name", "Kaiser"))
        return {LOGBOOK_ENTRY_NAME: name, LOGBOOK_ENTRY_MESSAGE: sentence(_by_name(hass, event.data, name))}

    @callback
    def describe_run(event: Event) -> dict[str, str]:
        name = str(event.data.get("sequence_name", "Sequence"))
        return {LOGBOOK_ENTRY_NAME: name, LOGBOOK_ENTRY_MESSAGE: run_sentence(hass, event.data)}

    @callback
    def describe_rule(event: Event) -> dict[str, str]:
        name = str(event.data.get("rule_name", "Rule"))
        return {LOGBOOK_ENTRY_NAME: name, LOGBOOK_ENTRY_MESSAGE: rule_sentence(hass, event.data)}

    async_describe_event(DOMAIN, EVENT_SYSTEM, describe)
    async_describe_event(DOMAIN, EVENT_RUN, describe_run)
    async_describe_event(DOMAIN, EVENT_RULE, describe_rule)


def sentence(content: Mapping[str, Any]) -> str:
    """Return what happened; a detail that is missing is left open."""
    occasion = str(content.get("type"))
    is_release = occasion == Occasion.EMERGENCY_REFUSED and "by" in content
    if (pattern := _RELEASE_REFUSED if is_release else _SENTENCES.get(occasion)) is None:
        return f"said {occasion}"
    return pattern.format_map(_Details(content)).removesuffix(": ")


def run_sentence(hass: HomeAssistant, content: Mapping[str, Any]) -> str:
    """Return what happened to a run; a detail that is missing is left open."""
    if (pattern := RUN_SENTENCES.get(happening := str(content.get("event_type")))) is None:
        return f"said {happening}"
    words = words_of(content)
    named: dict[str, str] = {key: _names(hass, str(words[key])) for key in _CHANNELS if key in words}
    return pattern.format_map(_Details({**words, **named})).removesuffix(": ")


def _by_name(hass: HomeAssistant, content: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return what an event tells, with names instead of ids, and reasons in words."""
    named = {key: _names(hass, str(content[key])) for key in _CHANNELS if key in content}
    if content.get("place") == content.get("esp_id"):
        named["place"] = name
    if "reasons" in content:
        named["reasons"] = str(content["reasons"]).replace("_", " ")
    return {**content, **named}


def _names(hass: HomeAssistant, keys: str) -> str:
    return ", ".join(shown_name(hass, key) for key in keys.split(", "))


class _Details(dict[str, Any]):
    """What an event tells, with a dash for what it does not."""

    def __missing__(self, key: str) -> str:
        """Fill the gap."""
        return "-"

"""Alarms in words that people understand, in the language of the house."""

from typing import Final, NamedTuple

from homeassistant.core import HomeAssistant

from ..core.alarms.alarm import Alarm, AlarmState
from ..core.ids import DeviceId
from .failures import Words, codes_in_words, common_text
from .naming import Names

# The subject of a stop that holds for all devices.
EVERYTHING: Final = "everything"
# Over, and somebody has still to say something.
_OVER: Final = (AlarmState.RETURNED, AlarmState.LATCHED_UNACKNOWLEDGED, AlarmState.LATCHED)
# Details that are codes of ours, or of a device.
_CODED: Final = frozenset({"reasons", "alert", "fault"})
_MEASURED: Final = frozenset({"value", "limit"})


class AlarmWords(NamedTuple):
    """Says what an alarm is about."""

    hass: HomeAssistant
    names: Names

    def text(self, alarm: Alarm) -> str:
        """Return what has happened."""
        words = self.names.in_words(alarm.details)
        if unit := str(alarm.details.get("unit", "")):
            words |= {name: f"{words[name]} {unit}" for name in _MEASURED & words.keys()}
        words |= {name: codes_in_words(self.hass, str(alarm.details[name])) for name in _CODED & words.keys()}
        if alarm.details.get("message") == "":
            # A device that says no more than a code leaves no gap.
            words["message"] = ""
        if alarm.device:
            words["device"] = self.names.of_device(DeviceId(alarm.device))
        words = Words({"what": self._subject(alarm), **words})
        over = f"alarm_{alarm.kind}_over"
        told = over if alarm.is_present else common_text(self.hass, over, words)
        # What has happened once is told in the same words afterwards.
        return common_text(self.hass, f"alarm_{alarm.kind}", words).rstrip() if told == over else told

    def _subject(self, alarm: Alarm) -> str:
        """Return what an alarm is about: a device, one of its channels, or everything."""
        if alarm.subject == EVERYTHING:
            return common_text(self.hass, "alarm_everything", {})
        return self.names.of_place(alarm.subject)

    def action(self, alarm: Alarm) -> str:
        """Return what to do about it, and at the end what is to be done with the alarm itself."""
        is_asked = alarm.is_present or alarm.traits.is_momentary
        said = [f"alarm_{alarm.kind}_action" if is_asked else "alarm_over_action"]
        if alarm.is_present and alarm.traits.latches:
            said.append("alarm_when_over")
        if alarm.state in _OVER:
            said.append(f"alarm_then_{alarm.state}")
        return " ".join(common_text(self.hass, key, {}) for key in said)

    def priority(self, alarm: Alarm) -> str:
        """Return how urgent it is."""
        return common_text(self.hass, f"alarm_priority_{alarm.traits.priority}", {})

"""Alarms in words that people understand, in the language of the house."""

from typing import Final, NamedTuple

from homeassistant.core import HomeAssistant

from ..core.alarms.alarm import Alarm
from ..core.ids import DeviceId
from .failures import Words, common_text
from .naming import Names

# The subject of a stop that holds for all devices.
EVERYTHING: Final = "everything"
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
        if alarm.device:
            words["device"] = self.names.of_device(DeviceId(alarm.device))
        return common_text(self.hass, f"alarm_{alarm.kind}", Words({"what": self._subject(alarm), **words}))

    def _subject(self, alarm: Alarm) -> str:
        """Return what an alarm is about: a device, one of its channels, or everything."""
        if alarm.subject == EVERYTHING:
            return common_text(self.hass, "alarm_everything", {})
        return self.names.of_place(alarm.subject)

    def action(self, alarm: Alarm) -> str:
        """Return what to do about it."""
        return common_text(self.hass, f"alarm_{alarm.kind}_action", {})

    def priority(self, alarm: Alarm) -> str:
        """Return how urgent it is."""
        return common_text(self.hass, f"alarm_priority_{alarm.traits.priority}", {})

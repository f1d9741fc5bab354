"""Brings a message about alarms to people by every way that they have chosen, and by another one where that fails."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from homeassistant.components import persistent_notification
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
import voluptuous as vol

from ..const import DOMAIN
from ..core.alarms.alarm import Alarm
from .alarm_options import AlarmOptions
from .alarm_words import AlarmWords
from .failures import common_text
from .house_calls import async_call_action, async_tell
from .notify_targets import as_plain
from .run_templates import in_short

# Whoever does not answer by then is not waited for.
_PATIENCE: Final = 15.0
# From here on web servers say that something is wrong.
_REFUSED: Final = 400
_MOST_LINES: Final = 10


class AlarmMessages:
    """The ways to people; the last of them is a notification in Home Assistant itself."""

    def __init__(self, words: AlarmWords, entry_id: str, options: AlarmOptions) -> None:
        """Remember who is to be told."""
        self._hass: HomeAssistant = words.hass
        self._words = words
        self._options = options
        self._tag = f"{DOMAIN}_alarms_{entry_id}"
        self.is_shown = False

    @property
    def ways(self) -> int:
        """Return how many ways people have chosen."""
        return len(self._options.alarm_targets) + bool(self._options.alarm_action)

    async def async_send(self, title: str, text: str, alarms: Sequence[Alarm]) -> list[str]:
        """Send a message by every way that was chosen, side by side; return those that have failed."""
        answers = await asyncio.gather(
            *(self._async_told(target, title, text) for target in self._options.alarm_targets),
            *([self._async_called(title, text, alarms)] if self._options.alarm_action else []),
            return_exceptions=True,
        )
        # A mistake of ours is a way that has failed, and keeps nobody else from being told.
        return [str(lost) or type(lost).__name__ for lost in answers if lost != ""]

    @callback
    def show(self, alarms: Sequence[Alarm]) -> None:
        """Show alarms in Home Assistant, in place of what was shown before; none of them is no notification."""
        if not alarms:
            if self.is_shown:
                persistent_notification.async_dismiss(self._hass, self._tag)
            self.is_shown = False
            return
        self.is_shown = True
        title = self.title_of(alarms)
        persistent_notification.async_create(
            self._hass, as_plain(self.listed(alarms)).replace("\n", "\n\n"), as_plain(title), self._tag
        )

    def title_of(self, alarms: Sequence[Alarm]) -> str:
        """Return of one alarm what has happened, of several how many there are."""
        if len(alarms) == 1:
            return common_text(self._hass, "alarm_title", {"text": self._words.text(alarms[0])})
        return common_text(self._hass, "alarms_title", {"count": str(len(alarms))})

    def listed(self, alarms: Sequence[Alarm]) -> str:
        """Return what has happened and what to do, one line for each alarm."""
        lines = [self._line(alarm) for alarm in alarms[:_MOST_LINES]]
        if more := len(alarms) - len(lines):
            lines.append(common_text(self._hass, "alarms_more", {"count": str(more)}))
        return "\n".join(lines)

    def _line(self, alarm: Alarm) -> str:
        words = {"priority": self._words.priority(alarm), "text": self._words.text(alarm)}
        return common_text(self._hass, "alarm_line", {**words, "action": self._words.action(alarm)})

    async def _async_told(self, target: str, title: str, text: str) -> str:
        try:
            async with asyncio.timeout(_PATIENCE):
                lost = await async_tell(self._hass, [target], text, title, Context())
        except TimeoutError:
            return f"{target}: no answer"
        return ", ".join(lost.names)

    async def _async_called(self, title: str, text: str, alarms: Sequence[Alarm]) -> str:
        """Call the action that was chosen, for example a webhook; one that returns an error of a web server has failed."""
        name = self._options.alarm_action
        fields: dict[str, Any] = {
            "title": title,
            "message": text,
            "alarms": [
                {
                    "alarm_id": alarm.id,
                    "alarm": alarm.kind.value,
                    "priority": alarm.traits.priority.value,
                    "state": alarm.state.value,
                    "text": self._words.text(alarm),
                }
                for alarm in alarms
            ],
        }
        try:
            async with asyncio.timeout(_PATIENCE):
                answer = await async_call_action(self._hass, name, {}, fields, Context())
        except TimeoutError:
            return f"{name}: no answer"
        except (HomeAssistantError, vol.Invalid) as err:
            return f"{name}: {in_short(err)}"
        status = answer.get("status") if answer else None
        return f"{name}: {status}" if isinstance(status, int) and status >= _REFUSED else ""

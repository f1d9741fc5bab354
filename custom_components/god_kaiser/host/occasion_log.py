"""Log lines about what people are told, once per change."""

import logging
from typing import Final

from ..core.effects import Occasion, Tell
from ..core.engine.releases import NOT_CLEARED, STOPPED_ANEW
from ..core.requests import BY_AUTOMATION
from .naming import NOTHING, Names

_LOGGER: Final = logging.getLogger(__name__)
# A device that stays stopped for one of these does what it should.
_OBEDIENT: Final = frozenset({NOT_CLEARED, STOPPED_ANEW})


class OccasionLog:
    """Writes down where an occasion is worth a line."""

    def __init__(self, kaiser_id: str, names: Names) -> None:
        """Remember of whom we speak."""
        self._kaiser_id = kaiser_id
        self._names = names
        self._broker_was_lost = False

    def write(self, tell: Tell, name: str) -> None:
        """Write a line about an occasion."""
        match tell.occasion:
            case Occasion.DEVICE_OFFLINE:
                _LOGGER.info("Device %s is offline (%s)", name, tell.details.get("reason"))
            case Occasion.DEVICE_ONLINE if tell.details.get("reason") == "returned":
                _LOGGER.info("Device %s is back online", name)
            case Occasion.BROKER_OFFLINE:
                self._broker_was_lost = True
                _LOGGER.info("The MQTT broker is away; all devices of %s are unavailable", self._kaiser_id)
            case Occasion.BROKER_ONLINE if self._broker_was_lost:
                self._broker_was_lost = False
                _LOGGER.info("The MQTT broker of %s is back", self._kaiser_id)
            case _:
                self._log_stop(tell, name)

    def _log_stop(self, tell: Tell, name: str) -> None:
        by, reason, error = (tell.details.get(key) or NOTHING for key in ("by", "reason", "error"))
        call = f" [{tell.call}]" if tell.call else ""
        match tell.occasion:
            case Occasion.EMERGENCY_STOP:
                scope = tell.details.get("scope")
                _LOGGER.critical("Emergency stop by %s for %s of %s: %s%s", by, scope, self._kaiser_id, reason, call)
            case Occasion.STOP_NOT_EFFECTIVE:
                outputs = self._names.in_words(tell.details).get("channels")
                _LOGGER.critical("The emergency stop of %s is not effective: %s%s", name, outputs, call)
            case Occasion.EMERGENCY_CLEARED:
                # That automations may do this at all, a person has allowed: each time is told.
                level = logging.WARNING if by == BY_AUTOMATION else logging.INFO
                _LOGGER.log(level, "The emergency stop of %s was cleared by %s: %s%s", name, by, reason, call)
            case Occasion.EMERGENCY_REFUSED if tell.device is None:
                _LOGGER.warning("%s may not clear the emergency stop of %s: %s%s", by, self._kaiser_id, error, call)
            case Occasion.EMERGENCY_REFUSED if error in _OBEDIENT:
                _LOGGER.info("The emergency stop of %s was not cleared: %s%s", name, error, call)
            case Occasion.EMERGENCY_REFUSED:
                _LOGGER.error("Device %s did not obey an emergency order: %s%s", name, error, call)
            case _:
                _LOGGER.debug("%s: %s %s%s", tell.occasion.value, name, tell.details, call)

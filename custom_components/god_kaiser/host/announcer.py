"""Tells people: log lines once per change, events on the bus, repair issues."""

import logging

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN, EVENT_SYSTEM
from ..core.effects import Occasion, RaiseIssue, Tell
from ..core.ids import DeviceId

_LOGGER = logging.getLogger(__name__)


class Announcer:
    """Turns what the engine tells into what people see."""

    def __init__(self, hass: HomeAssistant, entry_id: str, kaiser_id: str) -> None:
        """Remember for whom we speak."""
        self._hass = hass
        self._entry_id = entry_id
        self._kaiser_id = kaiser_id
        self._broker_was_lost = False

    @callback
    def tell(self, tell: Tell, device_name: str, registry_id: str | None) -> None:
        """Log an occasion where it is worth a line, and put it on the bus."""
        self._log(tell, device_name)
        content: dict[str, object] = {
            "type": tell.occasion.value,
            "entry_id": self._entry_id,
            "esp_id": tell.device,
            "device_id": registry_id,
            "name": device_name,
            **tell.details,
        }
        self._hass.bus.async_fire(EVENT_SYSTEM, content)

    def _log(self, tell: Tell, name: str) -> None:
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
            case Occasion.EMERGENCY_STOP:
                _LOGGER.critical("Emergency stop by %s: %s", tell.details.get("by"), tell.details.get("scope"))
            case Occasion.EMERGENCY_REFUSED:
                _LOGGER.error("Device %s did not obey an emergency order: %s", name, tell.details.get("error"))
            case _:
                _LOGGER.debug("%s: %s %s", tell.occasion.value, name, tell.details)

    @callback
    def raise_issue(self, issue: RaiseIssue, device_name: str) -> None:
        """Ask a person to look at a configuration that a device does not take."""
        items = [
            f"GPIO {failure.gpio}: {_plain(failure.error)}" if failure.gpio is not None else _plain(failure.error)
            for failure in issue.failures[:5]
        ]
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._issue_id(issue.device),
            is_fixable=False,
            severity=ir.IssueSeverity.ERROR,
            translation_key="configuration_refused",
            translation_placeholders={"device": device_name, "failures": ", ".join(items)},
        )

    @callback
    def clear_issue(self, device: DeviceId) -> None:
        """Withdraw that request."""
        ir.async_delete_issue(self._hass, DOMAIN, self._issue_id(device))

    @callback
    def latch_not_saved(self) -> None:
        """Warn that an emergency stop would be forgotten by a restart."""
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            f"{self._entry_id}_stop_not_saved",
            is_fixable=False,
            severity=ir.IssueSeverity.CRITICAL,
            translation_key="stop_not_saved",
        )

    @callback
    def clear_all(self) -> None:
        """Withdraw everything that concerns this entry."""
        for domain, issue_id in list(ir.async_get(self._hass).issues):
            if domain == DOMAIN and issue_id.startswith(self._entry_id):
                ir.async_delete_issue(self._hass, DOMAIN, issue_id)

    def _issue_id(self, device: DeviceId) -> str:
        return f"{self._entry_id}_{device}_configuration"


def _plain(word: str) -> str:
    """Repairs are shown as Markdown: of a device's word only what can be no markup is left."""
    return "".join(letter for letter in word if letter.isalnum() or letter == "_")[:40]

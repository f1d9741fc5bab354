"""Stopping and releasing: a device that obeys emergency orders as far as a test wants, and short ways to both."""

from time import monotonic
from typing import Any
from unittest.mock import DEFAULT, MagicMock

from homeassistant.core import callback
from msgspec import json

from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.host.engine_host import EngineHost

from .wire import FirmwareVoice, recorded

# The firmware refuses to be released sooner than this after a stop.
TOO_EARLY = 5.0


def stop(host: EngineHost, *devices: DeviceId, by: str = "Eva", user: str = "", reason: str = "smoke") -> None:
    """Press the stop of some devices, or of everything."""
    host.stops.press(frozenset(devices) or None, by=by, user=user, reason=reason, called=host.now())


def release(host: EngineHost, *devices: DeviceId, by: str = "Eva", reason: str = "false alarm") -> None:
    """Release some devices, or everything, as an administrator."""
    scope = frozenset(devices) or None
    host.stops.release(host.stops.releasing(scope, by=by, user="eva", is_admin=True, reason=reason))


class Brake:
    """The part of a device that takes emergency orders: it confirms, rests and releases unless told otherwise."""

    def __init__(self, voice: FirmwareVoice, mqtt_mock: MagicMock, outputs: dict[int, str]) -> None:
        """Listen to what is published from now on; ``outputs`` names the driver on each pin."""
        self._voice = voice
        self._outputs = outputs
        self._pass_on = mqtt_mock.async_publish.side_effect
        self._stopped_at = -TOO_EARLY
        self.confirms = True
        self.rests = True
        self.releases = True
        self.refuses = False
        mqtt_mock.async_publish.side_effect = self._hear

    def _hear(self, topic: str, payload: bytes, *args: Any, **kwargs: Any) -> Any:
        if topic.endswith(f"/{self._voice.esp}/actuator/emergency"):
            # The answer takes the way through the broker, so it never arrives before our publish has returned.
            self._voice.hass.loop.call_soon(self._obey, json.decode(payload))
        return self._pass_on(topic, payload, *args, **kwargs) if self._pass_on else DEFAULT

    def _obey(self, order: dict[str, Any]) -> None:
        if order["command"] == "emergency_stop":
            self._stopped_at = monotonic()
            if self.confirms:
                self._voice.repeat(recorded("emergency_ack"), correlation_id=order["correlation_id"])
            if self.rests:
                for gpio in self._outputs:
                    self._voice.repeat(recorded("actuator_alert"), f"actuator/{gpio}/alert", gpio=gpio)
                self.report(running=False)
        elif self.refuses or monotonic() - self._stopped_at < TOO_EARLY:
            self._voice.repeat(recorded("emergency_error", error="clear_failed", message="Safety verification failed"))
            told = recorded("actuator_alert", alert_type="verification_failed", message="clear_emergency")
            self._voice.repeat(told, "actuator/255/alert", gpio=255)
        elif self.releases:
            self._voice.repeat(recorded("recovery_confirm"), correlation_id=order["correlation_id"])

    @callback
    def report(self, *, running: bool) -> None:
        """Say what every output does during the stop."""
        for gpio, kind in self._outputs.items():
            duty = 255 if running else 0
            self._voice.status(kind, gpio, state=running, pwm=duty, emergency="normal" if running else "active")

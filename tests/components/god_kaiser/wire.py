"""Both ends of the wire: a device that says what the firmware says, and what we have said to it."""

from typing import Any
from unittest.mock import DEFAULT, MagicMock

from homeassistant.core import HomeAssistant, callback
from msgspec import json
from pytest_homeassistant_custom_component.common import async_fire_mqtt_message

from tests.core.protocol.samples import Sample, device_samples

ESP = "ESP_EA5484"
_SAMPLES = device_samples()


def recorded(kind: str, esp: str = ESP, **wanted: Any) -> Sample:
    """Return the first golden payload of a kind that has the wanted fields."""
    return next(
        sample
        for sample in _SAMPLES
        if sample.kind == kind
        and f"/{esp}/" in sample.topic
        and sample.payload is not None
        and wanted.items() <= sample.payload.items()
    )


class FirmwareVoice:
    """One device as it sounds on the wire: golden payloads with the fields changed that a test is about."""

    def __init__(self, hass: HomeAssistant, esp: str = ESP, kaiser: str = "god") -> None:
        """Speak for a device."""
        self.hass = hass
        self.esp = esp
        self.kaiser = kaiser
        self.epoch = 2

    @callback
    def say(self, place: str, payload: dict[str, Any], *, retain: bool = False) -> None:
        """Publish a payload below the device's own topics."""
        topic = f"kaiser/{self.kaiser}/esp/{self.esp}/{place}"
        async_fire_mqtt_message(self.hass, topic, json.encode(payload), retain=retain)

    @callback
    def repeat(self, sample: Sample, place: str | None = None, *, retain: bool = False, **changes: Any) -> None:
        """Say a golden payload again, with some fields changed."""
        own = {"esp_id": self.esp} if "esp_id" in (sample.payload or {}) else {}
        content = {**(sample.payload or {}), **own, **changes}
        self.say(place or sample.topic.split("/", 4)[4], content, retain=retain)

    @callback
    def heartbeat(self, **changes: Any) -> None:
        """Ask whether the server is there."""
        sample = recorded("heartbeat", boot_sequence_id="ESP_EA5484-b3-r1")
        self.repeat(sample, active_handover_epoch=self.epoch, **changes)

    @callback
    def announce(self, **changes: Any) -> None:
        """Connect anew."""
        self.epoch += 1
        self.repeat(recorded("session_announce"), handover_epoch=self.epoch, session_epoch=self.epoch, **changes)

    @callback
    def will(self, *, retain: bool = False) -> None:
        """Vanish, as the broker tells it."""
        self.repeat(recorded("will"), retain=retain)

    @callback
    def reading(self, kind: str, /, gpio: int | None = None, **changes: Any) -> None:
        """Publish a measurement."""
        sample = recorded("sensor_data", sensor_type=kind)
        pin = gpio if gpio is not None else int(sample.topic.split("/")[5])
        self.repeat(sample, f"sensor/{pin}/data", **{"gpio": pin, **changes})

    @callback
    def status(self, kind: str, /, gpio: int | None = None, **changes: Any) -> None:
        """Report what an output does."""
        sample = recorded("actuator_status", type=kind)
        pin = gpio if gpio is not None else int(sample.topic.split("/")[5])
        self.repeat(sample, f"actuator/{pin}/status", **{"gpio": pin, **changes})

    @callback
    def answer(self, command: dict[str, Any], gpio: int, **changes: Any) -> None:
        """Answer a command; it went well unless the changes say otherwise."""
        echoed = {key: command[key] for key in ("command", "value", "duration", "correlation_id", "issued_by")}
        sample = recorded("actuator_response", success=True)
        self.repeat(sample, f"actuator/{gpio}/response", gpio=gpio, **{**echoed, **changes})

    @callback
    def measured(self, command: dict[str, Any], gpio: int, **changes: Any) -> None:
        """Answer the wish to measure."""
        ids = {key: command[key] for key in ("request_id", "correlation_id", "intent_id")}
        sample = recorded("sensor_response", success=True, reason_code="NONE")
        self.repeat(sample, f"sensor/{gpio}/response", gpio=gpio, **{**ids, **changes})

    @callback
    def configured(self, push: dict[str, Any]) -> None:
        """Accept a configuration: each scope by its answer, the whole by its outcome."""
        correlation = push["correlation_id"]
        for scope in ("sensor", "actuator"):
            if items := push.get(f"{scope}s"):
                sample = recorded("config_response", status="success", type=scope)
                self.repeat(sample, correlation_id=correlation, count=len(items))
        self.repeat(
            recorded("intent_outcome", outcome="persisted", recovered=False),
            correlation_id=correlation,
            intent_id=correlation,
        )

    @callback
    def refuse_configuration(self, push: dict[str, Any], scope: str) -> None:
        """Refuse one scope of a configuration for good."""
        sample = recorded("config_response", status="partial_success")
        self.repeat(sample, correlation_id=push["correlation_id"], type=scope)
        self.repeat(
            recorded("intent_outcome", outcome="persisted", recovered=False),
            correlation_id=push["correlation_id"],
            intent_id=push["correlation_id"],
        )


class Wire:
    """What the integration has published."""

    def __init__(self, mqtt_mock: MagicMock) -> None:
        """Listen to the client's calls."""
        self._publish = mqtt_mock.async_publish

    def forget(self) -> None:
        """Start with a clean page."""
        self._publish.reset_mock()

    def messages(self, ending: str) -> list[tuple[str, dict[str, Any]]]:
        """Return topic and content of everything whose topic ends so."""
        calls = [call.args[:2] for call in self._publish.call_args_list if call.args[0].endswith(ending)]
        return [(topic, json.decode(payload) if payload else {}) for topic, payload in calls]

    def raw(self) -> list[tuple[str, bytes, int, bool]]:
        """Return everything as it went out: topic, payload, quality of service, and whether it is retained."""
        return [call.args[:4] for call in self._publish.call_args_list]

    def said(self, ending: str) -> list[dict[str, Any]]:
        """Return the contents alone."""
        return [content for _, content in self.messages(ending)]


class ObedientDevice:
    """Answers like a healthy device: every command is carried out, every configuration accepted."""

    def __init__(self, voice: FirmwareVoice, mqtt_mock: MagicMock, kinds: dict[int, str]) -> None:
        """Listen to what is published from now on; ``kinds`` names the driver on each pin."""
        self._voice = voice
        self.kinds = kinds
        self.answers = True
        self.reports = True
        self.refuses = False
        mqtt_mock.async_publish.side_effect = self._hear

    def _hear(self, topic: str, payload: bytes, *_: Any, **__: Any) -> Any:
        parts = topic.split("/")
        if parts[3:4] != [self._voice.esp]:
            return DEFAULT
        # The answer takes the way through the broker, so it never arrives before our publish has returned.
        if topic.endswith("/config") and self.answers:
            self._voice.hass.loop.call_soon(self._voice.configured, json.decode(payload))
        elif parts[4:5] == ["actuator"] and parts[-1] == "command":
            self._voice.hass.loop.call_soon(self._obey, json.decode(payload), int(parts[5]))
        elif parts[4:5] == ["sensor"] and parts[-1] == "command" and self.answers:
            self._voice.hass.loop.call_soon(self._voice.measured, json.decode(payload), int(parts[5]))
        return DEFAULT

    def _obey(self, command: dict[str, Any], gpio: int) -> None:
        if self.answers:
            self._voice.answer(command, gpio, success=not self.refuses)
        if self.reports and not self.refuses:
            duty = int(command["value"] * 255)
            self._voice.status(self.kinds[gpio], gpio, state=duty > 0, pwm=duty)

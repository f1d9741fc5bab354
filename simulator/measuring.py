"""The measure command and its answer."""

from dataclasses import dataclass

from .admission import refusal
from .arduino import ParseFailure, integer_or, parse, text_or
from .chip import Chip
from .outbound import Outbound
from .outcomes import Intent, Outcomes
from .sensors import Measurement, SensorBank
from .wire import encoded

MEASURE_BUDGET = 384


@dataclass(slots=True)
class MeasureRunner:
    """Admits, executes and answers sensor commands."""

    chip: Chip
    out: Outbound
    bank: SensorBank
    outcomes: Outcomes

    def receive(self, gpio: int, payload: bytes) -> None:
        """Take one sensor command from the wire to its final outcome."""
        try:
            document = parse(payload, MEASURE_BUDGET)
        except ParseFailure as failure:
            intent = self.outcomes.intent("command", "", "")
            self.outcomes.final(intent, "failed", "INVALID_JSON", failure.code)
            return
        request = text_or(document, "request_id")
        intent = self.outcomes.intent(
            "command",
            text_or(document, "intent_id"),
            text_or(document, "correlation_id") or request,
            ttl_ms=max(0, integer_or(document, "ttl_ms")),
        )
        self.outcomes.trace(intent, "ingress_seen", "INGRESS", "sensor command ingress")
        code = refusal(self.chip, self.out)
        if code is not None:
            self.outcomes.trace(intent, "admission_reject", code, "sensor command refused")
            self.outcomes.final(intent, "rejected", code, "Command rejected")
            return
        if text_or(document, "command") != "measure":
            self.outcomes.final(intent, "rejected", "UNKNOWN_COMMAND", "Unknown sensor command")
            return
        self.outcomes.accepted(intent, "COMMAND_ACCEPTED", "Sensor command queued")
        self._measure(gpio, request, intent)

    def _measure(self, gpio: int, request: str, intent: Intent) -> None:
        slot = self.bank.at(gpio)
        result = Measurement() if slot is None else self.bank.measure(slot)
        if slot is None:
            reason = "SENSOR_NOT_FOUND"
        elif not result.readings:
            reason = "MEASUREMENT_FAILED"
        else:
            reason = "NONE" if result.published else "PUBLISH_SKIPPED"
        sensor_type = slot.config.sensor_type if slot is not None else ""
        if request:
            self._respond(gpio, request, intent, result, reason, sensor_type)
        if result.readings:
            self.outcomes.final(intent, "applied", "NONE", "Measurement executed")
        else:
            self.outcomes.final(intent, "failed", reason, "Measurement failed")

    def _respond(
        self, gpio: int, request: str, intent: Intent, result: Measurement, reason: str, sensor_type: str
    ) -> None:
        first = result.readings[0] if result.readings else None
        payload = {
            "request_id": request,
            "gpio": gpio,
            "command": "measure",
            "success": first is not None and result.published,
            "measurement_ok": first is not None,
            "publish_ok": result.published,
            "timeout": False,
            "reason_code": reason,
            "quality": first.quality if first else "unknown",
            "sensor_type": first.value_type if first else sensor_type,
            "raw": first.raw if first else 0,
            "ts": self.chip.unix,
            "seq": self.chip.next_sequence(),
            "intent_id": intent.intent_id,
            "correlation_id": intent.correlation_id,
            "ttl_ms": intent.ttl_ms,
        }
        self.out.send(f"sensor/{gpio}/response", encoded(payload), 1)

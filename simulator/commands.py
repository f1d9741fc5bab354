"""Actuator commands, from the queue slot to the answer."""

from dataclasses import dataclass

from .actuators import ActuatorBank
from .admission import refusal
from .chip import Chip
from .offline import OfflineAuthority
from .outbound import Outbound
from .outcomes import Intent, Outcomes
from .scanner import cut, scan_number, scan_text, scan_unsigned
from .states import OfflineMode, Severity
from .wire import Fixed, Json, concatenated

STOPPED = "Actuator in emergency stop state. Clear emergency first."
MILLIS_RANGE = 2**32


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """One actuator command as the scanner found it."""

    gpio: int
    word: str
    value: float
    duration: int
    correlation_id: str
    issued_by: str


@dataclass(slots=True)
class CommandRunner:
    """Admits, executes and answers actuator commands."""

    chip: Chip
    out: Outbound
    bank: ActuatorBank
    offline: OfflineAuthority
    outcomes: Outcomes

    def receive(self, gpio: int, payload: bytes) -> None:
        """Take one command from the wire to its final outcome."""
        text = cut(payload)
        command = Command(
            gpio=gpio,
            word=scan_text(text, "command"),
            value=scan_number(text, "value"),
            duration=scan_unsigned(text, "duration"),
            correlation_id=scan_text(text, "correlation_id"),
            issued_by=scan_text(text, "issued_by"),
        )
        intent = self.outcomes.intent(
            "command",
            scan_text(text, "intent_id"),
            command.correlation_id,
            created_at_ms=scan_unsigned(text, "created_at_ms"),
            ttl_ms=scan_unsigned(text, "ttl_ms"),
        )
        self.outcomes.trace(intent, "ingress_seen", "INGRESS", "actuator command ingress")
        code = refusal(self.chip, self.out)
        if code is not None:
            self.outcomes.trace(intent, "admission_reject", code, "actuator command refused")
            self._respond(command, success=False, message=f"Rejected before execution (reason_code={code})")
            self.outcomes.final(intent, "rejected", code, "Command rejected")
            return
        self.outcomes.trace(intent, "admission_accept", "COMMAND_ACCEPTED", "actuator command admitted")
        self.outcomes.accepted(intent, "COMMAND_ACCEPTED", "Actuator command queued")
        self.outcomes.trace(intent, "queue_enqueued", "NONE", "actuator command queue")
        self._execute(command, intent)

    def _execute(self, command: Command, intent: Intent) -> None:
        if intent.ttl_ms and intent.created_at_ms:
            # A created_at_ms in Unix time wraps around the 32-bit uptime and is expired on arrival.
            age = (self.chip.millis - intent.created_at_ms) % MILLIS_RANGE
            if age > intent.ttl_ms:
                self.outcomes.final(intent, "expired", "TTL_EXPIRED", "TTL expired")
                return
        self.outcomes.trace(intent, "execute_started", "NONE", "actuator command")
        done = self._run(command)
        self.outcomes.trace(intent, "execute_finished", "NONE" if done else "EXECUTE_FAIL", "actuator command")
        if done:
            self.outcomes.final(intent, "applied", "NONE", "Actuator command executed")
        else:
            self.outcomes.final(intent, "failed", "EXECUTE_FAIL", "Actuator command failed")

    def _run(self, command: Command) -> bool:
        slot = self.bank.slots.get(command.gpio)
        if slot is None:
            missing = f"Actuator not configured on GPIO {command.gpio}. Configure via API first."
            self._respond(command, success=False, message=missing)
            self.bank.health.track(1052, Severity.ERROR, "Command received for unconfigured actuator")
            return False
        if slot.stopped:
            self.bank.alert(command.gpio, "emergency_stop", STOPPED)
            self.bank.publish_status(command.gpio)
            self._respond(command, success=False, message=STOPPED)
            return False
        slot.ends_at = 0
        if self.offline.mode is OfflineMode.OFFLINE_ACTIVE:
            self.offline.override(command.gpio)
        slot.source = command.issued_by or "system:unknown"
        success, message = self._switch(command)
        if success and command.word.upper() == "ON" and command.duration:
            slot.ends_at = self.chip.millis + command.duration * 1000 % MILLIS_RANGE
        self._respond(command, success=success, message="Command executed" if success else message)
        if success:
            self.bank.publish_status(command.gpio)
        return success

    def _switch(self, command: Command) -> tuple[bool, str]:
        gpio = command.gpio
        match command.word.upper():
            case "ON":
                return self.bank.control_binary(gpio, state=True, announce=False), "Failed to turn actuator ON"
            case "OFF":
                return self.bank.control_binary(gpio, state=False, announce=False), "Failed to turn actuator OFF"
            case "PWM":
                return self.bank.control(gpio, command.value, announce=False), "Failed to set PWM value"
            case "TOGGLE":
                wanted = not self.bank.slots[gpio].driver.state
                return self.bank.control_binary(gpio, wanted, announce=False), "Failed to toggle actuator"
            case _:
                return False, f"Unknown command: {command.word}"

    def _respond(self, command: Command, *, success: bool, message: str) -> None:
        payload: Json = {
            "esp_id": self.chip.esp_id,
            "seq": self.chip.next_sequence(),
            "zone_id": self.chip.nvs.zone_id,
            "ts": self.chip.unix,
            "gpio": command.gpio,
            "command": command.word,
            "value": Fixed(command.value, 3),
            "duration": command.duration,
            "success": success,
            "message": message,
        }
        if command.correlation_id:
            payload["correlation_id"] = command.correlation_id
        payload["issued_by"] = command.issued_by or "system:unknown"
        self.out.send(f"actuator/{command.gpio}/response", concatenated(payload), 1)

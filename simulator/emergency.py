"""Emergency stop and clear, for one device and by broadcast."""

from dataclasses import dataclass
import math

from .actuators import DEVICE_WIDE, ActuatorBank
from .arduino import ParseFailure, parse, text_or
from .chip import Chip
from .health import Health
from .offline import OfflineAuthority
from .outbound import Outbound
from .outcomes import Intent, Outcomes
from .states import Severity
from .wire import Json, encoded

DEVICE_BUDGET = 256
BROADCAST_BUDGET = 512
CLEAR_AFTER_SECONDS = 5.0
CLEAR_BLOCKS_SECONDS = 2.0
BROADCAST_WORDS = frozenset({"stop_all", "emergency_stop"})
STRING_FIELDS = ("reason", "issued_by", "timestamp")


@dataclass(slots=True)
class Emergency:
    """Stops everything, and lets go again only after a while."""

    chip: Chip
    out: Outbound
    bank: ActuatorBank
    offline: OfflineAuthority
    outcomes: Outcomes
    health: Health
    stopped_at: float = -math.inf
    clearing: Intent | None = None
    clear_done_at: float = 0.0

    def receive(self, payload: bytes) -> None:
        """Take a command for this device; no state of the device refuses it."""
        try:
            document = parse(payload, DEVICE_BUDGET)
        except ParseFailure as failure:
            self.outcomes.final(
                self.outcomes.intent("command", "", ""), "failed", "EMERGENCY_PARSE_ERROR", failure.code
            )
            return
        intent = self._intent(document)
        if not self._authorised(text_or(document, "auth_token"), self.chip.nvs.emergency_token, intent):
            return
        match text_or(document, "command"):
            case "emergency_stop":
                self._stop_this(intent)
            case "clear_emergency":
                self._clear(intent)
            case word:
                self.outcomes.final(intent, "failed", "UNKNOWN_COMMAND", f"Unknown emergency command: {word}")

    def _intent(self, document: Json) -> Intent:
        correlation = text_or(document, "correlation_id") or text_or(document, "incident_correlation_id")
        return self.outcomes.intent("command", text_or(document, "intent_id"), correlation)

    def _authorised(self, token: str, stored: str, intent: Intent) -> bool:
        if not stored and self.chip.board.token_required:
            self.chip.counters["emergency_rejected_no_token_total"] += 1
            self.health.track(3501, Severity.ERROR, "Emergency rejected: no token configured")
            self._fail("unauthorized", "No token configured")
            self.outcomes.final(intent, "rejected", "NO_TOKEN_CONFIGURED", "No emergency token configured")
            return False
        if stored and token != stored:
            self.health.track(3500, Severity.ERROR, "Unauthorized emergency command")
            self._fail("unauthorized", "Invalid auth_token")
            self.outcomes.final(intent, "rejected", "UNAUTHORIZED", "Invalid auth_token")
            return False
        return True

    def _fail(self, error: str, message: str) -> None:
        payload = {"error": error, "message": message, "seq": self.chip.next_sequence()}
        self.out.send("actuator/emergency/error", encoded(payload), 1)

    def stop_everything(self) -> None:
        """Switch all actuators off and forget offline sessions."""
        self.stopped_at = self.chip.now
        self.chip.safety_epoch += 1
        self.offline.emergency()
        self.bank.stop_all()

    def _stop_this(self, intent: Intent) -> None:
        self.chip.safety_epoch += 1
        self.outcomes.final(intent, "applied", "EMERGENCY_STOP_TRIGGERED", "Emergency stop executed")
        self.chip.safety_epoch -= 1
        payload = {
            "ts": self.chip.unix,
            "esp_id": self.chip.esp_id,
            "correlation_id": intent.correlation_id,
            "command": "emergency_stop",
            "gpio_count": len(self.bank.slots),
            "outcome": "executed",
            "seq": self.chip.next_sequence(),
        }
        self.out.send("actuator/emergency/ack", encoded(payload), 1)
        self.stop_everything()

    def clear_allowed(self) -> bool:
        """Return whether enough time has passed since the stop."""
        return self.chip.now - self.stopped_at >= CLEAR_AFTER_SECONDS

    def _clear(self, intent: Intent) -> None:
        if not self.clear_allowed():
            self._fail("clear_failed", "Safety verification failed")
            self.bank.alert(DEVICE_WIDE, "verification_failed", "clear_emergency")
            self.outcomes.final(intent, "failed", "EMERGENCY_CLEAR_REJECTED", "Emergency clear rejected")
            return
        self.bank.clear_all()
        self.clearing = intent
        self.clear_done_at = self.chip.now + CLEAR_BLOCKS_SECONDS

    @property
    def blocks(self) -> bool:
        """Return whether the device is busy with clearing and hears nothing."""
        return self.clearing is not None

    def tick(self) -> None:
        """Confirm a clear when its pause is over; no status follows by itself."""
        if self.clearing is None or self.chip.now < self.clear_done_at:
            return
        intent, self.clearing = self.clearing, None
        self.stopped_at = -math.inf
        legacy = {
            "status": "emergency_cleared",
            "timestamp": self.chip.millis,
            "seq": self.chip.next_sequence(),
        }
        self.out.send("actuator/emergency/response", encoded(legacy), 1)
        payload = {
            "ts": self.chip.unix,
            "esp_id": self.chip.esp_id,
            "correlation_id": intent.correlation_id,
            "command": "clear_emergency",
            "state": "cleared",
            "seq": self.chip.next_sequence(),
        }
        self.out.send("actuator/recovery_confirm", encoded(payload), 1)
        self.outcomes.final(intent, "applied", "EMERGENCY_CLEAR_APPLIED", "Emergency cleared")

    # -- broadcast -----------------------------------------------------------------------------------------------

    def receive_broadcast(self, payload: bytes) -> None:
        """Take a stop for all devices; there is no clear by broadcast."""
        try:
            document = parse(payload, BROADCAST_BUDGET)
        except ParseFailure as failure:
            self.outcomes.final(
                self.outcomes.intent("command", "", ""), "failed", "EMERGENCY_PARSE_ERROR", failure.code
            )
            return
        intent = self._intent(document)
        mismatch, fail_safe = contract_mismatch(document)
        if mismatch and not fail_safe:
            self.outcomes.final(intent, "failed", "EMERGENCY_CONTRACT_MISMATCH", mismatch)
            return
        token = text_or(document, "auth_token")
        if not fail_safe and not self._authorised(token, self.chip.nvs.broadcast_token, intent):
            return
        self.stop_everything()
        self.outcomes.final(intent, "applied", "BROADCAST_EMERGENCY_STOP_TRIGGERED", "Broadcast emergency stop")


def contract_mismatch(document: Json) -> tuple[str, bool]:
    """Return what is wrong with a broadcast, and whether the device stops all the same."""
    for key in ("command", "action", "auth_token"):
        if key in document and not isinstance(document[key], str):
            return f"FIELD_TYPE_{key.upper()}", True
    words = {text_or(document, key) for key in ("command", "action") if key in document}
    if len(words) > 1:
        return "FIELD_CONFLICT_COMMAND", True
    for key in STRING_FIELDS:
        if key in document and not isinstance(document[key], str):
            return f"FIELD_TYPE_{key.upper()}", False
    if not words:
        return "FIELD_MISSING_COMMAND", False
    return ("", False) if words <= BROADCAST_WORDS else ("COMMAND_UNSUPPORTED", False)

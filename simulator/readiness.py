"""Whether a device is configured well enough to leave CONFIG_PENDING_AFTER_RESET."""

from dataclasses import dataclass

from .chip import Chip
from .outbound import Outbound
from .session import Session
from .states import SystemState
from .wire import encoded

READY = frozenset({"CONFIG_PENDING_EXIT_READY", "OFFLINE_RULES_ONLY_AUTO_EXIT"})


def decision(sensors: int, actuators: int, rules: int) -> str:
    """Return the word of the readiness policy."""
    if rules and not actuators:
        return "OFFLINE_RULES_ONLY_AUTO_EXIT"
    if not sensors:
        return "MISSING_SENSORS"
    return "CONFIG_PENDING_EXIT_READY" if actuators else "MISSING_ACTUATORS"


@dataclass(slots=True)
class Readiness:
    """Enters and leaves the pending state, and reports both."""

    chip: Chip
    out: Outbound
    session: Session
    entered: int = 0
    left: int = 0
    blocked: int = 0

    def after_boot(self, sensors: int, actuators: int, rules: int) -> None:
        """Block commands when a configured device came back incomplete."""
        word = decision(sensors, actuators, rules)
        if (sensors or actuators or rules) and word not in READY:
            before = self.chip.state
            self.entered += 1
            self.session.enter(SystemState.CONFIG_PENDING_AFTER_RESET)
            self._report(
                "entered_config_pending", "CONFIG_PENDING_AFTER_RESET", before, word, (sensors, actuators, rules)
            )

    def after_commit(self, sensors: int, actuators: int, rules: int) -> None:
        """Leave the pending state when a push made the device complete."""
        before = self.chip.state
        if before is not SystemState.CONFIG_PENDING_AFTER_RESET:
            return
        word = decision(sensors, actuators, rules)
        counts = (sensors, actuators, rules)
        if word in READY:
            self.left += 1
            self.session.enter(SystemState.OPERATIONAL if self.chip.nvs.approved else SystemState.PENDING_APPROVAL)
            self._report("exited_config_pending", "CONFIG_PENDING_EXIT_READY", before, word, counts)
        else:
            self.blocked += 1
            self._report("exit_blocked_config_pending", "CONFIG_PENDING_EXIT_NOT_READY", before, word, counts)

    def _report(self, event: str, code: str, before: SystemState, word: str, counts: tuple[int, int, int]) -> None:
        payload = {
            "seq": self.chip.next_sequence(),
            "event_type": event,
            "reason_code": code,
            "trigger_source": "boot_runtime_partial" if event == "entered_config_pending" else "config_commit",
            "esp_id": self.chip.esp_id,
            "state_before": before.name,
            "state_after": self.chip.state.name,
            "sensor_count": counts[0],
            "actuator_count": counts[1],
            "offline_rule_count": counts[2],
            "runtime_profile": "sensor_required",
            "readiness_decision": word,
            "config_pending_enter_count": self.entered,
            "config_pending_exit_count": self.left,
            "config_pending_exit_blocked_count": self.blocked,
            "ts": self.chip.unix,
            "boot_sequence_id": self.chip.boot_sequence_id,
            "schema": "config_pending_lifecycle_v1",
        }
        self.out.send("system/intent_outcome/lifecycle", encoded(payload), 1)

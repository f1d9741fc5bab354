"""Who rules the actuators when the server is gone, and how it gets them back."""

from dataclasses import dataclass
import math

from .actuators import ActuatorBank
from .chip import Chip
from .offline_rules import Reading, evaluate, inside_window
from .states import OfflineMode

GRACE_SECONDS = 30.0
SETTLE_SECONDS = 2.0
EVALUATE_SECONDS = 5.0

_STRICT = frozenset({OfflineMode.RECONNECTING, OfflineMode.OFFLINE_ACTIVE, OfflineMode.ADOPTING})


@dataclass(slots=True)
class OfflineAuthority:
    """The offline state machine with its epochs."""

    chip: Chip
    bank: ActuatorBank
    mode: OfflineMode = OfflineMode.ONLINE
    active_epoch: int = 0
    completed_epoch: int = 0
    last_reject: str = "NONE"
    since: float = 0.0
    evaluated_at: float = -math.inf

    @property
    def epochs(self) -> tuple[int, int]:
        """Return the active and the completed handover epoch."""
        return self.active_epoch, self.completed_epoch

    def _enter(self, mode: OfflineMode) -> None:
        self.mode = mode
        self.since = self.chip.now

    def server_lost(self) -> None:
        """React to a lost connection, a missing ACK or the server saying goodbye."""
        rules = self.chip.nvs.rules
        if rules:
            self.bank.uncovered_to_default({rule.actuator_gpio for rule in rules if rule.enabled})
        else:
            self.bank.all_to_default()
        match self.mode:
            case OfflineMode.ONLINE:
                self._enter(OfflineMode.DISCONNECTED)
            case OfflineMode.RECONNECTING:
                self._enter(OfflineMode.OFFLINE_ACTIVE)
                self.chip.counters["handover_abort_count"] += 1
            case OfflineMode.ADOPTING:
                self._enter(OfflineMode.DISCONNECTED)
                self.chip.counters["handover_abort_count"] += 1
            case _:
                pass

    def reconnected(self) -> None:
        """React to a connection or to the server saying hello."""
        if self.mode is OfflineMode.OFFLINE_ACTIVE:
            self._enter(OfflineMode.RECONNECTING)
            self.active_epoch += 1
        elif self.mode is OfflineMode.DISCONNECTED:
            self._enter(OfflineMode.ONLINE)

    def objection(self, epoch: int) -> str | None:
        """Return why an ACK with this epoch is not accepted, or None."""
        if epoch < 1:
            return "INVALID_HANDOVER_EPOCH"
        if self.mode not in _STRICT:
            return None
        if self.active_epoch == 0:
            return "MISSING_ACTIVE_SESSION_EPOCH"
        return None if epoch == self.active_epoch else "HANDOVER_EPOCH_MISMATCH"

    def reject(self, code: str) -> None:
        """Count an ACK that broke the contract."""
        self.chip.counters["handover_contract_reject_count"] += 1
        self.chip.counters["adoption_noop_count"] += 1
        self.last_reject = code

    def acknowledged(self) -> None:
        """Take a valid ACK."""
        if self.mode in {OfflineMode.RECONNECTING, OfflineMode.OFFLINE_ACTIVE}:
            if self.completed_epoch == self.active_epoch:
                self.chip.counters["adoption_noop_count"] += 1
                return
            self.completed_epoch = self.active_epoch
            self.chip.counters["adoption_delta_count"] += 1
            self.chip.counters["adopting_enter_count"] += 1
            self._enter(OfflineMode.ADOPTING)
            self.bank.publish_all()
        elif self.mode is OfflineMode.ADOPTING:
            self.chip.counters["adoption_noop_count"] += 1
        elif self.mode is OfflineMode.DISCONNECTED:
            self._enter(OfflineMode.ONLINE)

    def emergency(self) -> None:
        """Forget sessions and rule activity."""
        self._enter(OfflineMode.ONLINE)
        self.active_epoch = self.completed_epoch = 0
        self.last_reject = "NONE"
        for rule in self.chip.nvs.rules:
            rule.is_active = rule.server_override = False

    def override(self, gpio: int) -> None:
        """Leave an actuator to the server for the rest of this outage."""
        for rule in self.chip.nvs.rules:
            if rule.actuator_gpio == gpio:
                rule.server_override = True

    def tick(self, reading: Reading) -> None:
        """Let grace, adoption and rules go on."""
        waited = self.chip.now - self.since
        if self.mode is OfflineMode.ADOPTING and waited >= SETTLE_SECONDS:
            self._enter(OfflineMode.ONLINE)
            for rule in self.chip.nvs.rules:
                rule.server_override = False
        elif self.mode is OfflineMode.DISCONNECTED and waited >= GRACE_SECONDS and self.chip.nvs.rules:
            self._activate()
        if self.mode is OfflineMode.OFFLINE_ACTIVE and self.chip.now - self.evaluated_at >= EVALUATE_SECONDS:
            self.evaluated_at = self.chip.now
            evaluate(self.chip.nvs.rules, self.chip.unix, reading, self.bank.control_binary)

    def _activate(self) -> None:
        self._enter(OfflineMode.OFFLINE_ACTIVE)
        self.chip.counters["offline_enter_count"] += 1
        for rule in self.chip.nvs.rules:
            rule.warm_up = 0
            slot = self.bank.slots.get(rule.actuator_gpio)
            rule.is_active = rule.enabled and slot is not None and slot.driver.state
            if rule.is_active and rule.time_filter and self.chip.unix and not inside_window(rule, self.chip.unix):
                rule.is_active = False
                self.bank.control_binary(rule.actuator_gpio, state=False)

"""Error reports and diagnostics."""

from dataclasses import dataclass, field

from .chip import Chip
from .outbound import Outbound
from .states import Severity, SystemState
from .wire import Json, encoded

SLOTS = 32
SLOT_SECONDS = 60.0
CHECK_SECONDS = 60.0
CATEGORIES = {1: "HARDWARE", 2: "SERVICE", 3: "COMMUNICATION", 4: "APPLICATION"}


@dataclass(frozen=True, slots=True)
class Vitals:
    """The figures whose change is worth a report."""

    heap: int
    rssi: int
    connected: bool
    sensors: int
    actuators: int
    state: SystemState
    errors: int

    def differs(self, other: Vitals) -> bool:
        """Return whether the difference is significant."""
        return (
            abs(self.heap - other.heap) > other.heap * 0.2
            or abs(self.rssi - other.rssi) > 10
            or self.errors - other.errors > 5
            or (self.connected, self.sensors, self.actuators, self.state)
            != (other.connected, other.sensors, other.actuators, other.state)
        )


@dataclass(slots=True)
class Health:
    """Publishes errors, at most one per slot and minute, and diagnostics on change."""

    chip: Chip
    out: Outbound
    slots: dict[int, float] = field(default_factory=dict)
    checked_at: float | None = None
    last: Vitals | None = None
    heap_min: int = 210_000

    def track(self, code: int, severity: Severity, message: str) -> None:
        """Count an error and report it unless its slot spoke within the last minute."""
        self.chip.counters["errors"] += 1
        slot = code % SLOTS
        last = self.slots.get(slot)
        if last is not None and self.chip.now - last < SLOT_SECONDS:
            return
        self.slots[slot] = self.chip.now
        payload = {
            "error_code": code,
            "severity": int(severity),
            "category": CATEGORIES.get(code // 1000, "UNKNOWN"),
            "message": message[:127],
            "context": {"esp_id": self.chip.esp_id, "uptime_ms": self.chip.millis},
            "ts": self.chip.unix,
        }
        self.out.send("system/error", encoded(payload), 0)

    def tick(self, sensors: int, actuators: int) -> None:
        """Judge the vitals once a minute."""
        chip = self.chip
        since = chip.booted_at if self.checked_at is None else self.checked_at
        if chip.now - since < CHECK_SECONDS:
            return
        self.checked_at = chip.now
        vitals = Vitals(
            heap=chip.heap_free(sensors, actuators),
            rssi=chip.rssi,
            connected=self.out.connected,
            sensors=sensors,
            actuators=actuators,
            state=chip.state,
            errors=chip.counters["errors"],
        )
        self.heap_min = min(self.heap_min, vitals.heap)
        if (self.last is None or vitals.differs(self.last)) and self.out.send(
            "system/diagnostics", encoded(self._diagnostics(vitals)), 0
        ):
            self.last = vitals

    def _diagnostics(self, vitals: Vitals) -> Json:
        chip = self.chip
        return {
            "ts": chip.uptime,
            "esp_id": chip.esp_id,
            "heap_free": vitals.heap,
            "heap_min_free": self.heap_min - 8_000,
            "heap_fragmentation": 3,
            "uptime_seconds": chip.uptime,
            "error_count": vitals.errors,
            "wifi_connected": True,
            "wifi_rssi": vitals.rssi,
            "mqtt_connected": vitals.connected,
            "sensor_count": vitals.sensors,
            "actuator_count": vitals.actuators,
            "system_state": vitals.state.name,
            "boot_reason": chip.reset_reason.name,
            "boot_sequence_id": chip.boot_sequence_id,
            "reset_reason": chip.reset_reason.name,
            "segment_start_ts": chip.segment_start,
            "mqtt_cb_state": "CLOSED",
            "mqtt_cb_failures": 0,
            "wdt_mode": "PRODUCTION",
            "wdt_timeouts_24h": 0,
            "wdt_timeout_pending": False,
            "metrics_schema_version": 1,
            "storage_namespace_conflict_count": 0,
            "storage_no_session_access_count": 0,
            "hist_not_found_expected_count": 4,
            "hist_not_found_unexpected_count": 0,
        }

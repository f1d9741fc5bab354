"""Heartbeat, its counters, the announcement of a session and the last will."""

from .boards import Board
from .chip import Chip
from .wire import Json

COUNTERS = (
    "offline_enter_count",
    "adopting_enter_count",
    "adoption_noop_count",
    "adoption_delta_count",
    "handover_abort_count",
    "handover_contract_reject_count",
    "handover_contract_last_reject",
    "persistence_drift_count",
    "critical_outcome_drop_count",
    "publish_outbox_drop_count",
)
NATIVE_COUNTERS = (
    "publish_queue_fill",
    "publish_queue_hwm",
    "publish_queue_shed_count",
    "publish_queue_drop_count",
)
LAST_COUNTERS = (
    "sensor_command_queue_overflow_count",
    "safe_publish_retry_count",
    "emergency_rejected_no_token_total",
)


def heartbeat(chip: Chip, sensors: int, actuators: int, epochs: tuple[int, int]) -> Json:
    """Return the heartbeat without counters."""
    nvs = chip.nvs
    return {
        "esp_id": chip.esp_id,
        "zone_id": nvs.zone_id,
        "master_zone_id": nvs.master_zone_id,
        "zone_assigned": bool(nvs.zone_id),
        "ts": chip.unix,
        "time_valid": chip.synced,
        "boot_sequence_id": chip.boot_sequence_id,
        "reset_reason": chip.reset_reason.name,
        "segment_start_ts": chip.segment_start,
        "uptime": chip.uptime,
        "heap_free": chip.heap_free(sensors, actuators),
        "wifi_rssi": chip.rssi,
        "sensor_count": sensors,
        "actuator_count": actuators,
        "wifi_ip": wifi_ip(chip),
        "active_handover_epoch": epochs[0],
        "handover_completed_epoch": epochs[1],
        "persistence_degraded": False,
        "persistence_degraded_reason": "",
        "runtime_state_degraded": False,
        "mqtt_circuit_breaker_open": False,
        "wifi_circuit_breaker_open": False,
        "network_degraded": False,
        "config_status": config_status(chip),
    }


def wifi_ip(chip: Chip) -> str:
    """Return an address that follows from the id of the device."""
    return f"192.168.1.{int.from_bytes(chip.esp_id.encode()) % 253 + 1}"


def config_status(chip: Chip) -> Json:
    """Return the stored configuration state; `state` is the one saved before this boot."""
    nvs = chip.nvs
    return {
        "wifi_configured": True,
        "zone_assigned": bool(nvs.zone_id),
        "system_configured": True,
        "subzone_count": len(nvs.subzones),
        "boot_count": nvs.boot_count,
        "state": int(chip.state_at_boot),
    }


def counter_keys(board: Board) -> tuple[str, ...]:
    """Return the counters this build reports."""
    return (*COUNTERS, *(NATIVE_COUNTERS if board.native_client else ()), *LAST_COUNTERS)


def counters(chip: Chip, last_reject: str) -> Json:
    """Return the counters since boot."""
    values: Json = {key: chip.counters[key] for key in counter_keys(chip.board)}
    return values | {"handover_contract_last_reject": last_reject}


def announcement(chip: Chip, epoch: int) -> Json:
    """Return the announcement of a session."""
    expected = max(1, epoch)
    return {
        "esp_id": chip.esp_id,
        "handover_epoch": expected,
        "session_epoch": expected,
        "reason": "boot" if epoch <= 1 else "reconnect",
        "ts_ms": round((chip.wall + (chip.clock_offset or 0.0)) * 1000) if chip.synced else chip.millis,
        "boot_ts": str(chip.unix - chip.uptime if chip.synced else 0),
    }


def will(chip: Chip) -> Json:
    """Return the last will, stamped with the time of the connect."""
    return {
        "status": "offline",
        "esp_id": chip.esp_id,
        "reason": "unexpected_disconnect",
        "timestamp": chip.unix,
    }

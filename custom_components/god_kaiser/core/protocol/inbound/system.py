"""Messages about a device as a whole."""

from typing import Final

from ...devices.model import Vitals
from ...errors import MalformedPayload
from ...facts import (
    BusScanned,
    DiagnosticsReceived,
    ErrorReported,
    FoundProbe,
    HeartbeatReceived,
    MetricsReceived,
    NodeAnnounced,
    PressureReported,
    SessionAnnounced,
    SystemAnswered,
    WillReceived,
)
from ...ids import DeviceId
from ..topics import Route, is_device_id
from .fields import ID, Fields
from .sensors import rom_code

_LARGEST_EPOCH: Final = 2**32 - 1
_SEVERITIES: Final[dict[str, int]] = {"info": 0, "warning": 1, "error": 2, "critical": 3}
_COUNTERS: Final = (
    "offline_enter_count",
    "adopting_enter_count",
    "adoption_noop_count",
    "adoption_delta_count",
    "handover_abort_count",
    "handover_contract_reject_count",
    "persistence_drift_count",
    "critical_outcome_drop_count",
    "publish_outbox_drop_count",
    "publish_queue_fill",
    "publish_queue_hwm",
    "publish_queue_shed_count",
    "publish_queue_drop_count",
    "sensor_command_queue_overflow_count",
    "safe_publish_retry_count",
    "emergency_rejected_no_token_total",
)
_DESCRIBING: Final = ("status", "diagnostics")
_MOST_PROBES: Final = 32

# The device counts seconds in 32 bits.
_LONGEST_UPTIME: Final = 2**32 - 1


def heartbeat(route: Route, fields: Fields, retained: bool) -> HeartbeatReceived:
    """Read ``system/heartbeat`` (protocol 2.1); any subset of its fields will do."""
    return HeartbeatReceived(
        device=route.device,
        retained=retained,
        epoch=fields.integer("active_handover_epoch", low=0, high=_LARGEST_EPOCH),
        vitals=_vitals(fields),
        counters=_counters(fields),
    )


def metrics(route: Route, fields: Fields, retained: bool) -> MetricsReceived:
    """Read ``system/heartbeat_metrics`` (protocol 2.2)."""
    return MetricsReceived(device=route.device, retained=retained, counters=_counters(fields))


def announcement(route: Route, fields: Fields, retained: bool) -> SessionAnnounced:
    """Read ``session/announce`` (protocol 2.3)."""
    return SessionAnnounced(
        device=route.device,
        retained=retained,
        epoch=fields.integer("handover_epoch", "session_epoch", low=0, high=_LARGEST_EPOCH),
    )


def introduction(_: Route, fields: Fields, retained: bool) -> NodeAnnounced:
    """Read ``discovery/esp32_nodes`` (protocol 2.20), the one message that names its device inside."""
    device = fields.word("esp_id", limit=ID)
    if not is_device_id(device):
        raise MalformedPayload("esp_id")
    return NodeAnnounced(
        device=DeviceId(device),
        retained=retained,
        firmware=fields.word("firmware_version"),
    )


def will(route: Route, fields: Fields, retained: bool) -> WillReceived | None:
    """Read ``system/will`` (protocol 2.4)."""
    if fields.word("status").lower() not in ("offline", ""):
        return None
    return WillReceived(device=route.device, retained=retained, reason=fields.word("reason"))


def diagnostics(route: Route, fields: Fields, retained: bool) -> DiagnosticsReceived:
    """Read ``system/diagnostics`` (protocol 2.5)."""
    return DiagnosticsReceived(
        device=route.device,
        retained=retained,
        vitals=_vitals(fields),
        system_state=fields.word("system_state"),
    )


def error(route: Route, fields: Fields, retained: bool) -> ErrorReported:
    """Read ``system/error`` (protocol 2.6); a symbolic code has no number and travels as the message."""
    code = fields.integer("error_code", low=0)
    message = fields.sentence("message") or fields.word("error_code")
    if code is None and not message:
        raise MalformedPayload("error_code")
    severity = fields.integer("severity", low=0, high=3)
    return ErrorReported(
        device=route.device,
        retained=retained,
        code=code or 0,
        severity=_SEVERITIES.get(fields.word("severity").lower(), 2) if severity is None else severity,
        message=message,
    )


def pressure(route: Route, fields: Fields, retained: bool) -> PressureReported:
    """Read ``system/queue_pressure`` (protocol 2.11)."""
    event = fields.word("event").lower()
    if not event:
        raise MalformedPayload("event")
    return PressureReported(device=route.device, retained=retained, under_pressure=event.startswith("enter"))


def answer(route: Route, fields: Fields, retained: bool) -> SystemAnswered:
    """Read ``system/command/response`` (protocol 2.7)."""
    status = fields.word("status").lower()
    command = fields.word("command")
    if status == "factory_reset_initiated":
        command = command or "factory_reset"
    problem = fields.sentence("error", "reason_code")
    success = fields.flag("success")
    return SystemAnswered(
        device=route.device,
        retained=retained,
        command=command,
        success=not problem and status != "error" if success is None else success,
        error=problem,
        vitals=_vitals(fields) if command in _DESCRIBING and not problem else None,
    )


def scan(route: Route, fields: Fields, retained: bool) -> BusScanned:
    """Read ``onewire/scan_result`` (protocol 2.8)."""
    return BusScanned(
        device=route.device,
        retained=retained,
        found=tuple(
            FoundProbe(rom=rom, family=item.word("device_type").lower() or "unknown", gpio=gpio)
            for item in fields.items("devices", _MOST_PROBES)
            if (rom := rom_code(item.word("rom_code"))) and (gpio := item.integer("pin", low=0, high=255)) is not None
        ),
    )


def _vitals(fields: Fields) -> Vitals:
    return Vitals(
        uptime=fields.integer("uptime", "uptime_seconds", low=0, high=_LONGEST_UPTIME),
        heap_free=fields.integer("heap_free", "free_heap", low=0),
        wifi_rssi=fields.integer("wifi_rssi", low=-200, high=100),
        wifi_ip=fields.word("wifi_ip", "ip_address") or None,
        boot_sequence=fields.word("boot_sequence_id", limit=ID) or None,
        reset_reason=fields.word("reset_reason", "boot_reason") or None,
        booted_at=fields.moment("segment_start_ts"),
        sensor_count=fields.integer("sensor_count", "active_sensors", low=0),
        actuator_count=fields.integer("actuator_count", "active_actuators", low=0),
        zone_id=fields.text("zone_id"),
        persistence_degraded=fields.flag("persistence_degraded", "degraded"),
        runtime_degraded=fields.flag("runtime_state_degraded"),
        network_degraded=fields.flag("network_degraded"),
        clock_valid=fields.flag("time_valid"),
    )


def _counters(fields: Fields) -> dict[str, int]:
    return {name: count for name in _COUNTERS if (count := fields.integer(name, low=0)) is not None}

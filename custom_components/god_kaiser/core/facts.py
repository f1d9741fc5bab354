"""What devices say, as facts in the past tense."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from msgspec import Struct

from .devices.model import ActuatorKind, Quality, Vitals
from .ids import ChannelId, DeviceId, actuator_channel

# With this alert a device answers a stop, once for each of its outputs.
STOPPED: Final = "emergency_stop"
# With this one it refuses to leave its emergency, beside the error that says so.
UNVERIFIED: Final = "verification_failed"


class Fact(Struct, frozen=True, kw_only=True, gc=False):
    """Something a device has said; ``retained`` marks a leftover that proves no life."""

    device: DeviceId
    retained: bool = False


class HeartbeatReceived(Fact, frozen=True, kw_only=True, gc=False):
    """A device asks whether its server is there."""

    epoch: int | None
    vitals: Vitals
    counters: dict[str, int] = {}


class MetricsReceived(Fact, frozen=True, kw_only=True, gc=False):
    """A device counts its own troubles."""

    counters: dict[str, int]


class SessionAnnounced(Fact, frozen=True, kw_only=True, gc=False):
    """A device has connected and waits to be answered."""

    epoch: int | None


class WillReceived(Fact, frozen=True, kw_only=True, gc=False):
    """The broker tells that a device has vanished."""

    reason: str = ""


class NodeAnnounced(Fact, frozen=True, kw_only=True, gc=False):
    """An old device introduces itself."""

    firmware: str = ""


class DiagnosticsReceived(Fact, frozen=True, kw_only=True, gc=False):
    """A device describes its state at length."""

    vitals: Vitals
    system_state: str = ""


class ErrorReported(Fact, frozen=True, kw_only=True, gc=False):
    """A device reports a numbered error."""

    code: int
    severity: int
    message: str


class PressureReported(Fact, frozen=True, kw_only=True, gc=False):
    """The outbound queue of a device fills or empties."""

    under_pressure: bool


class LifecycleReported(Fact, frozen=True, kw_only=True, gc=False):
    """A device enters or leaves the state in which it refuses commands until configured."""

    config_pending: bool | None


class ReadingArrived(Fact, frozen=True, kw_only=True, gc=False):
    """A sensor was measured; ``raw`` is the sensor's own word unless ``raw_mode`` is false."""

    gpio: int
    sensor_type: str
    raw: float | None
    value: float | None
    raw_mode: bool = True
    quality: Quality = Quality.UNKNOWN
    address: str = ""
    measured_at: datetime | None = None


class MeasurementAnswered(Fact, frozen=True, kw_only=True, gc=False):
    """A device answers the wish to measure now."""

    request_id: str
    success: bool
    reason: str = ""


class ActuatorReported(Fact, frozen=True, kw_only=True, gc=False):
    """An actuator says what it does."""

    gpio: int
    kind: ActuatorKind | None
    level: float | None
    stopped: bool = False
    source: str = ""
    runtime_ms: int = 0


class CommandAnswered(Fact, frozen=True, kw_only=True, gc=False):
    """A device answers a command."""

    success: bool
    correlation_id: str = ""
    message: str = ""
    code: str = ""


class Flow(StrEnum):
    """Which kind of intent an outcome belongs to."""

    COMMAND = "command"
    CONFIG = "config"
    OTHER = "other"


class OutcomeReported(Fact, frozen=True, kw_only=True, gc=False):
    """A device tells how an intent went; only final outcomes settle anything."""

    flow: Flow
    correlation_id: str
    final: bool
    success: bool
    code: str = ""
    reason: str = ""


class AlertRaised(Fact, frozen=True, kw_only=True, gc=False):
    """A device raises a safety alert; ``gpio`` is None when it concerns all of it."""

    gpio: int | None
    alert: str
    message: str = ""

    @property
    def is_about_clearing(self) -> bool:
        """Tell whether a device says that it has not left its emergency when it was asked to."""
        return self.alert == UNVERIFIED and self.gpio is None

    @property
    def stopped(self) -> ChannelId | None:
        """Return the output of which the device says no more than that a stop has reached it."""
        if self.alert != STOPPED or self.gpio is None:
            return None
        return actuator_channel(self.device, self.gpio)


class StopAcknowledged(Fact, frozen=True, kw_only=True, gc=False):
    """A device has executed an emergency stop."""

    correlation_id: str = ""


class StopCleared(Fact, frozen=True, kw_only=True, gc=False):
    """A device has left its emergency stop; its outputs stay off."""

    correlation_id: str = ""


class StopRefused(Fact, frozen=True, kw_only=True, gc=False):
    """A device refuses an emergency order."""

    error: str
    message: str = ""


class ConfigFailure(Struct, frozen=True, kw_only=True, gc=False):
    """One item of a configuration that a device could not apply."""

    scope: str
    gpio: int | None
    error: str
    detail: str = ""
    code: int | None = None


class ConfigResult(StrEnum):
    """How one scope of a configuration push ended."""

    SUCCESS = "success"
    PARTIAL = "partial"
    ERROR = "error"


class ConfigAnswered(Fact, frozen=True, kw_only=True, gc=False):
    """A device answers one scope of a configuration push."""

    result: ConfigResult
    scope: str
    correlation_id: str = ""
    error: str = ""
    message: str = ""
    failures: tuple[ConfigFailure, ...] = ()


class ZoneAnswered(Fact, frozen=True, kw_only=True, gc=False):
    """A device answers a zone or subzone assignment."""

    success: bool
    subzone: bool
    zone_id: str


class SystemAnswered(Fact, frozen=True, kw_only=True, gc=False):
    """A device answers a system command."""

    command: str
    success: bool
    error: str = ""
    vitals: Vitals | None = None

    @property
    def is_refused_scan(self) -> bool:
        """Tell whether a device refuses to scan its OneWire bus."""
        return self.command == "onewire/scan" and not self.success


class FoundProbe(Struct, frozen=True, kw_only=True, gc=False):
    """One device on a OneWire bus."""

    rom: str
    family: str
    gpio: int


class BusScanned(Fact, frozen=True, kw_only=True, gc=False):
    """A device lists what hangs on its OneWire bus."""

    found: tuple[FoundProbe, ...]


type DeviceFact = (
    HeartbeatReceived
    | MetricsReceived
    | SessionAnnounced
    | WillReceived
    | NodeAnnounced
    | DiagnosticsReceived
    | ErrorReported
    | PressureReported
    | LifecycleReported
    | ReadingArrived
    | MeasurementAnswered
    | ActuatorReported
    | CommandAnswered
    | OutcomeReported
    | AlertRaised
    | StopAcknowledged
    | StopCleared
    | StopRefused
    | ConfigAnswered
    | ZoneAnswered
    | SystemAnswered
    | BusScanned
)

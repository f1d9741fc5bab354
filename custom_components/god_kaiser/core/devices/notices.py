"""Messages that energise nothing: they answer, configure, ask or stop. None of them has a level."""

from enum import StrEnum

from msgspec import Struct

from ..ids import DeviceId
from .offline_rule import OfflineRule
from .plan import ActuatorPlan, SensorPlan


class Standing(StrEnum):
    """What a heartbeat answer says about a device."""

    APPROVED = "approved"
    PENDING = "pending_approval"


class HeartbeatAck(Struct, frozen=True, kw_only=True, gc=False):
    """The life line: without it a device drops its outputs."""

    device: DeviceId
    standing: Standing
    epoch: int
    server_time: int


class WillCleared(Struct, frozen=True, kw_only=True, gc=False):
    """Removes the retained last will of a device that is back."""

    device: DeviceId


class LeftoverPlace(StrEnum):
    """Where a retained message must not lie: it would reach every device that connects, years later."""

    STOP_ALL = "stop_all"
    STOP = "stop"
    CONFIG = "config"
    SYSTEM = "system_command"
    ACTUATOR = "actuator_command"
    SENSOR = "sensor_command"


class LeftoverCleared(Struct, frozen=True, kw_only=True, gc=False):
    """Removes a retained message that somebody has left on the broker."""

    place: LeftoverPlace
    device: DeviceId = DeviceId("")
    gpio: int | None = None


class ConfigPush(Struct, frozen=True, kw_only=True):
    """A part of a device's configuration; removed items travel as inactive ones.

    The rules for the time without us are all that the device has afterwards.
    """

    device: DeviceId
    correlation_id: str
    sensors: tuple[SensorPlan, ...] = ()
    actuators: tuple[ActuatorPlan, ...] = ()
    removed_sensors: tuple[SensorPlan, ...] = ()
    removed_actuators: tuple[ActuatorPlan, ...] = ()
    inert_rule: bool = False
    rules: tuple[OfflineRule, ...] = ()


class MeasureNow(Struct, frozen=True, kw_only=True, gc=False):
    """Asks a device to read one sensor."""

    device: DeviceId
    gpio: int
    correlation_id: str
    timeout_ms: int = 5000


class SystemOrder(StrEnum):
    """The system commands that we ever send."""

    STATUS = "status"
    DIAGNOSTICS = "diagnostics"
    GET_CONFIG = "get_config"
    SAFE_MODE = "safe_mode"
    EXIT_SAFE_MODE = "exit_safe_mode"
    FACTORY_RESET = "factory_reset"


class SystemCommand(Struct, frozen=True, kw_only=True, gc=False):
    """A plain system command."""

    device: DeviceId
    order: SystemOrder
    correlation_id: str


class BusScan(Struct, frozen=True, kw_only=True, gc=False):
    """Asks which probes hang on a OneWire pin."""

    device: DeviceId
    gpio: int
    correlation_id: str


class LogLevelChange(Struct, frozen=True, kw_only=True, gc=False):
    """Sets how talkative a device's own log is."""

    device: DeviceId
    level: str
    correlation_id: str


class EmergencyTokenChange(Struct, frozen=True, kw_only=True, gc=False):
    """Stores the token without which a device refuses emergency orders."""

    device: DeviceId
    token: str
    broadcast: bool
    correlation_id: str


class EmergencyStop(Struct, frozen=True, kw_only=True, gc=False):
    """Stops one device."""

    device: DeviceId
    correlation_id: str
    reason: str = ""
    token: str = ""


class EmergencyStopAll(Struct, frozen=True, kw_only=True, gc=False):
    """Stops every device by one broadcast."""

    correlation_id: str
    reason: str = ""
    issued_by: str = ""
    at: str = ""
    token: str = ""


class EmergencyClear(Struct, frozen=True, kw_only=True, gc=False):
    """Permits one device to run again."""

    device: DeviceId
    correlation_id: str
    reason: str = ""
    token: str = ""


class ZoneAssignment(Struct, frozen=True, kw_only=True, gc=False):
    """Tells a device its zone; an empty id removes it."""

    device: DeviceId
    zone_id: str
    zone_name: str
    master_zone_id: str
    timestamp: int
    correlation_id: str


class SubzoneAssignment(Struct, frozen=True, kw_only=True, gc=False):
    """Groups pins of a device under a name."""

    device: DeviceId
    subzone_id: str
    subzone_name: str
    parent_zone_id: str
    gpios: tuple[int, ...]
    timestamp: int
    correlation_id: str


class SubzoneRemoval(Struct, frozen=True, kw_only=True, gc=False):
    """Forgets a group of pins."""

    device: DeviceId
    subzone_id: str
    reason: str
    timestamp: int
    correlation_id: str


class SubzoneSafety(Struct, frozen=True, kw_only=True, gc=False):
    """Switches the safe mode of a group of pins."""

    device: DeviceId
    subzone_id: str
    enable: bool
    correlation_id: str


class ServerOnline(Struct, frozen=True, kw_only=True, gc=False):
    """Tells all devices, retained, that somebody answers heartbeats here."""

    timestamp: int


class ServerOffline(Struct, frozen=True, kw_only=True, gc=False):
    """Tells all devices, retained, to fall back to their default states at once."""

    timestamp: int


type Notice = (
    HeartbeatAck
    | WillCleared
    | LeftoverCleared
    | ConfigPush
    | MeasureNow
    | SystemCommand
    | BusScan
    | LogLevelChange
    | EmergencyTokenChange
    | EmergencyStop
    | EmergencyStopAll
    | EmergencyClear
    | ZoneAssignment
    | SubzoneAssignment
    | SubzoneRemoval
    | SubzoneSafety
    | ServerOnline
    | ServerOffline
)

"""What exists and what it last said."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from ..ids import ChannelId, DeviceId
from ..instant import Instant
from .calibration import Calibration


class ActuatorKind(StrEnum):
    """The four drivers of the firmware."""

    PUMP = "pump"
    RELAY = "relay"
    VALVE = "valve"
    PWM = "pwm"


class Appearance(StrEnum):
    """How an actuator is shown to people."""

    SWITCH = "switch"
    VALVE = "valve"
    NUMBER = "number"
    FAN = "fan"
    LIGHT = "light"


class Load(StrEnum):
    """What hangs on an output: how bad it is when it runs for too long."""

    WATER = "water"
    DOSING = "dosing"
    HEAT = "heat"
    LIGHT = "light"
    AIR = "air"
    OTHER = "other"


class SamplingMode(StrEnum):
    """Who decides when a sensor is read."""

    CONTINUOUS = "continuous"
    ON_DEMAND = "on_demand"
    PAUSED = "paused"
    SCHEDULED = "scheduled"


class Quality(StrEnum):
    """How far a reading can be trusted."""

    EXCELLENT = "excellent"
    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"
    SUSPECT = "suspect"
    BAD = "bad"
    CRITICAL = "critical"
    ERROR = "error"
    STALE = "stale"
    DEGRADED = "degraded"
    UNKNOWN = "unknown"


# A value of this quality may be the broken line instead of the water.
DOUBTFUL = frozenset({Quality.SUSPECT, Quality.BAD, Quality.CRITICAL, Quality.ERROR, Quality.STALE})


class Fault(StrEnum):
    """Why a reading has no value."""

    SENSOR_FAULT = "sensor_fault"
    POWER_ON_VALUE = "power_on_value"
    OUT_OF_RANGE = "out_of_range"
    NOT_CONVERTIBLE = "not_convertible"
    NO_VALUE = "no_value"


class Reading(Struct, frozen=True, kw_only=True, gc=False):
    """A measured value with its time and quality; ``value`` is None while unknown."""

    channel: ChannelId
    sensor_type: str
    value: float | None
    quality: Quality
    at: Instant
    raw: float | None = None
    fault: Fault | None = None
    measured_at: datetime | None = None


class ActuatorReport(Struct, frozen=True, kw_only=True, gc=False):
    """What an actuator says about itself."""

    channel: ChannelId
    kind: ActuatorKind
    level: float | None
    stopped: bool
    at: Instant
    source: str = ""
    runtime_ms: int = 0


class LastKnown(Struct, frozen=True, kw_only=True, gc=False):
    """What an output did when it was last heard; ``at`` is seconds since 1970."""

    level: float | None
    at: float


class SensorChannel(Struct, frozen=True, kw_only=True):
    """One value that a device measures."""

    id: ChannelId
    device: DeviceId
    gpio: int
    sensor_type: str
    address: str = ""
    name: str = ""
    fresh_for: float
    # How often it measures by itself; None where nobody has planned that.
    interval: int | None = None
    calibration: Calibration | None = None
    planned: bool = False


class ActuatorChannel(Struct, frozen=True, kw_only=True):
    """One output of a device."""

    id: ChannelId
    device: DeviceId
    gpio: int
    kind: ActuatorKind
    appears_as: Appearance
    load: Load = Load.OTHER
    name: str = ""
    inverted: bool = False
    max_runtime: int = 3600
    default_on: bool = False
    planned: bool = False


type Channel = SensorChannel | ActuatorChannel


class DeviceError(Struct, frozen=True, kw_only=True, gc=False):
    """The last numbered error that a device has reported."""

    code: int
    severity: int
    message: str
    at: Instant


class Vitals(Struct, frozen=True, kw_only=True, gc=False):
    """What a heartbeat tells about the health of a device; None where it was silent."""

    uptime: int | None = None
    heap_free: int | None = None
    wifi_rssi: int | None = None
    wifi_ip: str | None = None
    boot_sequence: str | None = None
    reset_reason: str | None = None
    booted_at: datetime | None = None
    sensor_count: int | None = None
    actuator_count: int | None = None
    zone_id: str | None = None
    persistence_degraded: bool | None = None
    runtime_degraded: bool | None = None
    network_degraded: bool | None = None
    clock_valid: bool | None = None

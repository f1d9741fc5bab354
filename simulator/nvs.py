"""What survives a restart of the device: its non-volatile storage."""

from dataclasses import dataclass, field, replace

from .states import SystemState
from .wire import Json

DEFAULT_MAX_RUNTIME_MS = 3_600_000
RESTORED_SENSORS = 10
MAX_SUBZONES = 8
OUTBOX_SLOTS = 48


@dataclass(frozen=True, kw_only=True, slots=True)
class SensorConfig:
    """One configured sensor."""

    gpio: int
    sensor_type: str
    name: str
    subzone_id: str = ""
    onewire_address: str = ""
    i2c_address: int = 0
    operating_mode: str = "continuous"
    interval: int = 30

    @property
    def identity(self) -> tuple[int, str, str, int]:
        """Return what tells this sensor from its neighbours."""
        return self.gpio, self.sensor_type, self.onewire_address, self.i2c_address


@dataclass(frozen=True, kw_only=True, slots=True)
class ActuatorConfig:
    """One configured actuator."""

    gpio: int
    actuator_type: str
    name: str
    aux_gpio: int = 255
    subzone_id: str = ""
    critical: bool = False
    inverted_logic: bool = False
    default_state: bool = False
    default_pwm: int = 0
    max_runtime_ms: int = DEFAULT_MAX_RUNTIME_MS


@dataclass(kw_only=True, slots=True)
class OfflineRule:
    """One rule the device follows on its own."""

    actuator_gpio: int
    sensor_gpio: int
    sensor_value_type: str
    enabled: bool = True
    activate_below: float = 0.0
    deactivate_above: float = 0.0
    activate_above: float = 0.0
    deactivate_below: float = 0.0
    is_active: bool = False
    server_override: bool = False
    time_filter: bool = False
    start_minute: int = 0
    end_minute: int = 0
    days_mask: int = 0x7F
    berlin: bool = False
    warm_up: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Subzone:
    """One group of pins inside the zone of the device."""

    subzone_id: str
    name: str
    gpios: tuple[int, ...]
    safe_mode: bool


@dataclass(slots=True)
class Nvs:
    """Persisted state of one device."""

    kaiser_id: str = "god"
    zone_id: str = ""
    master_zone_id: str = ""
    zone_name: str = ""
    approved: bool = False
    saved_state: SystemState = SystemState.BOOT
    boot_count: int = 0
    log_level: str = "INFO"
    emergency_token: str = ""
    broadcast_token: str = ""
    generations: dict[str, int] = field(default_factory=dict)
    sensors: list[SensorConfig] = field(default_factory=list)
    actuators: list[ActuatorConfig] = field(default_factory=list)
    rules: list[OfflineRule] = field(default_factory=list)
    subzones: list[Subzone] = field(default_factory=list)
    outbox: list[Json] = field(default_factory=list)
    pushes: list[Json] = field(default_factory=list)

    def restored_sensors(self) -> list[SensorConfig]:
        """Return the sensors that come back after a boot: only the first ten."""
        return self.sensors[:RESTORED_SENSORS]

    def restored_actuators(self) -> list[ActuatorConfig]:
        """Return the actuators that come back after a boot, without their maximum runtime."""
        return [replace(config, max_runtime_ms=DEFAULT_MAX_RUNTIME_MS) for config in self.actuators]

    def forget_network(self) -> None:
        """Erase what a factory reset erases; sensors and actuators stay."""
        self.zone_id = self.master_zone_id = self.zone_name = ""
        self.kaiser_id = "god"
        self.approved = False
        self.subzones.clear()

"""The states and words of the firmware."""

from enum import Enum, IntEnum, StrEnum


class SystemState(IntEnum):
    """State of the whole device."""

    BOOT = 0
    WIFI_SETUP = 1
    WIFI_CONNECTED = 2
    MQTT_CONNECTING = 3
    MQTT_CONNECTED = 4
    AWAITING_USER_CONFIG = 5
    ZONE_CONFIGURED = 6
    SENSORS_CONFIGURED = 7
    CONFIG_PENDING_AFTER_RESET = 8
    OPERATIONAL = 9
    PENDING_APPROVAL = 10
    LIBRARY_DOWNLOADING = 11
    SAFE_MODE = 12
    SAFE_MODE_PROVISIONING = 13
    ERROR = 14


class OfflineMode(Enum):
    """Who rules the actuators."""

    ONLINE = "online"
    DISCONNECTED = "disconnected"
    OFFLINE_ACTIVE = "offline_active"
    RECONNECTING = "reconnecting"
    ADOPTING = "adopting"


class ResetReason(Enum):
    """Why the chip started, with the number that ends the boot sequence id."""

    POWERON = 1
    SW = 3
    PANIC = 4
    TASK_WDT = 6
    BROWNOUT = 9


class Severity(IntEnum):
    """Severity of an error report."""

    WARNING = 1
    ERROR = 2
    CRITICAL = 3


class ActuatorType(StrEnum):
    """Actuator kinds the firmware has a driver for."""

    PUMP = "pump"
    VALVE = "valve"
    PWM = "pwm"
    RELAY = "relay"

"""The numbered errors of the firmware: their names, how bad they are and where they come from."""

from enum import IntEnum, StrEnum

from msgspec import Struct

NO_ERROR_KEY = "none"
UNKNOWN_CODE_KEY = "unknown_code"


class Severity(IntEnum):
    """How bad an error is, as it travels on the wire."""

    NOTICE = 0
    WARNING = 1
    ERROR = 2
    CRITICAL = 3


class ErrorRange(StrEnum):
    """Which part of the system an error comes from."""

    HARDWARE = "hardware"
    SERVICE = "service"
    CONFIGURATION = "configuration"
    COMMUNICATION = "communication"
    APPLICATION = "application"
    SERVER = "server"
    TEST = "test"
    UNKNOWN = "unknown"


class ErrorCode(Struct, frozen=True, kw_only=True):
    """One numbered error."""

    name: str
    severity: Severity


# Names as in the firmware without their prefix; 3500 has none there.
_ROWS: dict[int, tuple[str, Severity]] = {
    1001: ("GPIO_RESERVED", Severity.ERROR),
    1002: ("GPIO_CONFLICT", Severity.ERROR),
    1003: ("GPIO_INIT_FAILED", Severity.ERROR),
    1004: ("GPIO_INVALID_MODE", Severity.ERROR),
    1005: ("GPIO_READ_FAILED", Severity.WARNING),
    1006: ("GPIO_WRITE_FAILED", Severity.WARNING),
    1007: ("I2C_TIMEOUT", Severity.ERROR),
    1009: ("I2C_CRC_FAILED", Severity.WARNING),
    1010: ("I2C_INIT_FAILED", Severity.ERROR),
    1011: ("I2C_DEVICE_NOT_FOUND", Severity.ERROR),
    1012: ("I2C_READ_FAILED", Severity.ERROR),
    1013: ("I2C_WRITE_FAILED", Severity.ERROR),
    1014: ("I2C_BUS_ERROR", Severity.ERROR),
    1015: ("I2C_BUS_STUCK", Severity.CRITICAL),
    1016: ("I2C_BUS_RECOVERY_STARTED", Severity.WARNING),
    1017: ("I2C_BUS_RECOVERY_FAILED", Severity.CRITICAL),
    1018: ("I2C_BUS_RECOVERED", Severity.WARNING),
    1019: ("I2C_PROTOCOL_UNSUPPORTED", Severity.ERROR),
    1020: ("ONEWIRE_INIT_FAILED", Severity.ERROR),
    1021: ("ONEWIRE_NO_DEVICES", Severity.WARNING),
    1022: ("ONEWIRE_READ_FAILED", Severity.ERROR),
    1023: ("ONEWIRE_INVALID_ROM_LENGTH", Severity.ERROR),
    1024: ("ONEWIRE_INVALID_ROM_FORMAT", Severity.ERROR),
    1025: ("ONEWIRE_INVALID_ROM_CRC", Severity.WARNING),
    1026: ("ONEWIRE_DEVICE_NOT_FOUND", Severity.ERROR),
    1027: ("ONEWIRE_BUS_NOT_INITIALIZED", Severity.ERROR),
    1028: ("ONEWIRE_READ_TIMEOUT", Severity.ERROR),
    1029: ("ONEWIRE_DUPLICATE_ROM", Severity.ERROR),
    1030: ("PWM_INIT_FAILED", Severity.ERROR),
    1031: ("PWM_CHANNEL_FULL", Severity.ERROR),
    1032: ("PWM_SET_FAILED", Severity.WARNING),
    1040: ("SENSOR_READ_FAILED", Severity.ERROR),
    1041: ("SENSOR_INIT_FAILED", Severity.ERROR),
    1042: ("SENSOR_NOT_FOUND", Severity.ERROR),
    1043: ("SENSOR_TIMEOUT", Severity.WARNING),
    1050: ("ACTUATOR_SET_FAILED", Severity.ERROR),
    1051: ("ACTUATOR_INIT_FAILED", Severity.ERROR),
    1052: ("ACTUATOR_NOT_FOUND", Severity.ERROR),
    1053: ("ACTUATOR_CONFLICT", Severity.ERROR),
    1060: ("DS18B20_SENSOR_FAULT", Severity.ERROR),
    1061: ("DS18B20_POWER_ON_RESET", Severity.WARNING),
    1062: ("DS18B20_OUT_OF_RANGE", Severity.WARNING),
    1063: ("DS18B20_DISCONNECTED_RUNTIME", Severity.ERROR),
    2001: ("NVS_INIT_FAILED", Severity.CRITICAL),
    2002: ("NVS_READ_FAILED", Severity.ERROR),
    2003: ("NVS_WRITE_FAILED", Severity.ERROR),
    2004: ("NVS_NAMESPACE_FAILED", Severity.ERROR),
    2005: ("NVS_CLEAR_FAILED", Severity.WARNING),
    2010: ("CONFIG_INVALID", Severity.ERROR),
    2011: ("CONFIG_MISSING", Severity.ERROR),
    2012: ("CONFIG_LOAD_FAILED", Severity.ERROR),
    2013: ("CONFIG_SAVE_FAILED", Severity.ERROR),
    2014: ("CONFIG_VALIDATION", Severity.ERROR),
    2020: ("LOGGER_INIT_FAILED", Severity.WARNING),
    2021: ("LOGGER_BUFFER_FULL", Severity.WARNING),
    2030: ("STORAGE_INIT_FAILED", Severity.ERROR),
    2031: ("STORAGE_READ_FAILED", Severity.ERROR),
    2032: ("STORAGE_WRITE_FAILED", Severity.ERROR),
    2301: ("TRANSACTION_OPEN_FAILED", Severity.ERROR),
    2302: ("NAMESPACE_CONFLICT", Severity.ERROR),
    2303: ("WRITE_WITHOUT_TRANSACTION", Severity.ERROR),
    2304: ("COMMIT_FAILED", Severity.ERROR),
    2305: ("ROLLBACK_FAILED", Severity.CRITICAL),
    2306: ("WRITE_TIMEOUT", Severity.ERROR),
    2500: ("SUBZONE_INVALID_ID", Severity.ERROR),
    2501: ("SUBZONE_GPIO_CONFLICT", Severity.ERROR),
    2502: ("SUBZONE_PARENT_MISMATCH", Severity.ERROR),
    2503: ("SUBZONE_NOT_FOUND", Severity.ERROR),
    2504: ("SUBZONE_GPIO_INVALID", Severity.ERROR),
    2505: ("SUBZONE_SAFE_MODE_FAILED", Severity.ERROR),
    2506: ("SUBZONE_CONFIG_SAVE_FAILED", Severity.ERROR),
    3001: ("WIFI_INIT_FAILED", Severity.CRITICAL),
    3002: ("WIFI_CONNECT_TIMEOUT", Severity.ERROR),
    3003: ("WIFI_CONNECT_FAILED", Severity.ERROR),
    3004: ("WIFI_DISCONNECT", Severity.WARNING),
    3005: ("WIFI_NO_SSID", Severity.ERROR),
    3010: ("MQTT_INIT_FAILED", Severity.CRITICAL),
    3011: ("MQTT_CONNECT_FAILED", Severity.ERROR),
    3012: ("MQTT_PUBLISH_FAILED", Severity.WARNING),
    3013: ("MQTT_SUBSCRIBE_FAILED", Severity.ERROR),
    3014: ("MQTT_DISCONNECT", Severity.WARNING),
    3015: ("MQTT_BUFFER_FULL", Severity.WARNING),
    3016: ("MQTT_PAYLOAD_INVALID", Severity.ERROR),
    3020: ("HTTP_INIT_FAILED", Severity.ERROR),
    3021: ("HTTP_REQUEST_FAILED", Severity.ERROR),
    3022: ("HTTP_RESPONSE_INVALID", Severity.ERROR),
    3023: ("HTTP_TIMEOUT", Severity.WARNING),
    3030: ("NETWORK_UNREACHABLE", Severity.ERROR),
    3031: ("DNS_FAILED", Severity.ERROR),
    3032: ("CONNECTION_LOST", Severity.WARNING),
    3500: ("EMERGENCY_UNAUTHORIZED", Severity.ERROR),
    3501: ("EMERGENCY_REJECTED_NO_TOKEN", Severity.ERROR),
    4001: ("STATE_INVALID", Severity.ERROR),
    4002: ("STATE_TRANSITION", Severity.ERROR),
    4003: ("STATE_MACHINE_STUCK", Severity.CRITICAL),
    4010: ("OPERATION_TIMEOUT", Severity.WARNING),
    4011: ("OPERATION_FAILED", Severity.ERROR),
    4012: ("OPERATION_CANCELLED", Severity.NOTICE),
    4020: ("COMMAND_INVALID", Severity.ERROR),
    4021: ("COMMAND_PARSE_FAILED", Severity.ERROR),
    4022: ("COMMAND_EXEC_FAILED", Severity.ERROR),
    4030: ("PAYLOAD_INVALID", Severity.ERROR),
    4031: ("PAYLOAD_TOO_LARGE", Severity.ERROR),
    4032: ("PAYLOAD_PARSE_FAILED", Severity.ERROR),
    4033: ("CONTRACT_CORRELATION_MISSING", Severity.ERROR),
    4040: ("MEMORY_FULL", Severity.CRITICAL),
    4041: ("MEMORY_ALLOCATION", Severity.ERROR),
    4042: ("MEMORY_LEAK", Severity.WARNING),
    4050: ("SYSTEM_INIT_FAILED", Severity.CRITICAL),
    4051: ("SYSTEM_RESTART", Severity.NOTICE),
    4052: ("SYSTEM_SAFE_MODE", Severity.WARNING),
    4060: ("TASK_FAILED", Severity.ERROR),
    4061: ("TASK_TIMEOUT", Severity.WARNING),
    4062: ("TASK_QUEUE_FULL", Severity.WARNING),
    4070: ("WATCHDOG_TIMEOUT", Severity.CRITICAL),
    4071: ("WATCHDOG_FEED_BLOCKED", Severity.WARNING),
    4072: ("WATCHDOG_FEED_BLOCKED_CRITICAL", Severity.CRITICAL),
    4200: ("DEVICE_REJECTED", Severity.ERROR),
    4201: ("APPROVAL_TIMEOUT", Severity.WARNING),
    4202: ("APPROVAL_REVOKED", Severity.ERROR),
}
ERROR_CODES: dict[int, ErrorCode] = {
    code: ErrorCode(name=name, severity=severity) for code, (name, severity) in _ROWS.items()
}
ERROR_KEYS: tuple[str, ...] = (NO_ERROR_KEY, UNKNOWN_CODE_KEY, *(f"e{code}" for code in ERROR_CODES))

# The first range that holds a code names it, so the narrow ones stand before the wide ones.
_RANGES: tuple[tuple[range, ErrorRange], ...] = (
    (range(2010, 2015), ErrorRange.CONFIGURATION),
    (range(2500, 2505), ErrorRange.CONFIGURATION),
    (range(1000, 2000), ErrorRange.HARDWARE),
    (range(2000, 3000), ErrorRange.SERVICE),
    (range(3000, 4000), ErrorRange.COMMUNICATION),
    (range(4000, 5000), ErrorRange.APPLICATION),
    (range(5000, 6000), ErrorRange.SERVER),
    (range(6000, 6051), ErrorRange.TEST),
)
_WIRE_SEVERITIES: dict[int | str | None, Severity] = {
    **{severity.value: severity for severity in Severity},
    "info": Severity.NOTICE,
    "warning": Severity.WARNING,
    "error": Severity.ERROR,
    "critical": Severity.CRITICAL,
}


def range_of(code: int) -> ErrorRange:
    """Return the part of the system that a code belongs to."""
    return next((name for codes, name in _RANGES if code in codes), ErrorRange.UNKNOWN)


def severity_of(code: int, wire_severity: int | str | None = None) -> Severity:
    """Return how bad an error is: what the device says, else the table, else an error."""
    if isinstance(wire_severity, str):
        wire_severity = wire_severity.strip().lower()
    if (said := _WIRE_SEVERITIES.get(wire_severity)) is not None:
        return said
    return ERROR_CODES[code].severity if code in ERROR_CODES else Severity.ERROR


def translation_key(code: int | None) -> str:
    """Return the key of the sentence that explains a code; None stands for no error at all."""
    if code is None:
        return NO_ERROR_KEY
    return f"e{code}" if code in ERROR_CODES else UNKNOWN_CODE_KEY

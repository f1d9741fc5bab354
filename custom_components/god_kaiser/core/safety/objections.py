"""Why something was refused, with the values that it was judged by."""

from enum import StrEnum

from msgspec import Struct


class Ground(StrEnum):
    """Why something was refused; each has a translated sentence that says what to do."""

    EMERGENCY_STOP_ACTIVE = "emergency_stop_active"
    OLDER_THAN_STOP = "older_than_stop"
    LOCKED_OUT = "locked_out"
    OUTRANKED = "outranked"
    OPPOSITE_WISHES = "opposite_wishes"
    PWM_OUT_OF_RANGE = "pwm_out_of_range"
    LEVEL_NOT_SUPPORTED = "level_not_supported"
    DURATION_TOO_LONG = "duration_too_long"
    GPIO_CONFLICT = "gpio_conflict"
    ACTUATOR_NOT_CONFIGURED = "actuator_not_configured"
    BROKER_UNAVAILABLE = "broker_unavailable"
    DEVICE_OFFLINE = "device_offline"
    DEVICE_ADOPTING = "device_adopting"
    ACTUATOR_MOVING = "actuator_moving"
    LEVEL_LIMIT = "level_limit"
    RUN_TOO_LONG = "run_too_long"
    DAY_USED_UP = "day_used_up"
    REST_TOO_SHORT = "rest_too_short"
    TOO_MANY_STARTS = "too_many_starts"
    RATE_LIMITED = "rate_limited"
    REQUIREMENT_MISSING = "requirement_missing"
    EXCLUDED = "excluded"
    SENSOR_UNKNOWN = "sensor_unknown"
    SENSOR_OUT_OF_RANGE = "sensor_out_of_range"
    BUDGET_EXCEEDED = "budget_exceeded"
    OUTSIDE_TIME_WINDOW = "outside_time_window"
    SHUTTING_DOWN = "shutting_down"


class Objection(Struct, frozen=True, kw_only=True, gc=False):
    """One reason against energising, with the values it was judged by."""

    ground: Ground
    details: dict[str, str | int | float] = {}

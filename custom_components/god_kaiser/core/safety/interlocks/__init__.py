"""Standing objections to energising an output: one file each, asked by the gate alone."""

from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from ...fleet.view import FleetView
from ...instant import Instant
from ...requests import CommandRequest


class Ground(StrEnum):
    """Why something was refused; each has a translated sentence that says what to do."""

    EMERGENCY_STOP_ACTIVE = "emergency_stop_active"
    PWM_OUT_OF_RANGE = "pwm_out_of_range"
    LEVEL_NOT_SUPPORTED = "level_not_supported"
    GPIO_CONFLICT = "gpio_conflict"
    ACTUATOR_NOT_CONFIGURED = "actuator_not_configured"
    BROKER_UNAVAILABLE = "broker_unavailable"
    DEVICE_OFFLINE = "device_offline"
    DEVICE_ADOPTING = "device_adopting"
    ACTUATOR_MOVING = "actuator_moving"


class Objection(Struct, frozen=True, kw_only=True):
    """One reason against energising, with the values it was judged by."""

    ground: Ground
    details: dict[str, str | int | float] = {}


class Interlock(Protocol):
    """Something that may object."""

    def objection(self, request: CommandRequest, view: FleetView, now: Instant) -> Objection | None:
        """Return the objection to energising, or None."""

"""Messages about actuators."""

import re
from typing import Final

from ...devices.actuator_types import kind_of
from ...devices.boards import NO_PIN
from ...devices.model import ActuatorKind
from ...errors import MalformedPayload
from ...facts import ActuatorReported, AlertRaised, CommandAnswered
from ..topics import Route
from .fields import Fields

# A command refused before execution names its code only inside the sentence (protocol 2.15).
_CODE: Final = re.compile(r"reason_code=([A-Z0-9_]+)")
_STOPPED: Final = frozenset({"active", "clearing", "resuming"})
_LOST: Final = frozenset({"error", "unknown"})
_FULL_DUTY: Final = 255
_VALVE_STEP: Final = 127


def report(route: Route, fields: Fields, retained: bool) -> ActuatorReported:
    """Read ``actuator/{g}/status`` (protocol 2.14)."""
    kind = kind_of(fields.word("type", "actuator_type"))
    return ActuatorReported(
        device=route.device,
        retained=retained,
        gpio=route.gpio,
        kind=kind,
        level=_level(kind, fields),
        stopped=fields.flag("emergency") is True or fields.word("emergency").lower() in _STOPPED,
        source=fields.word("command_source"),
        runtime_ms=fields.integer("runtime_ms", low=0) or 0,
    )


def answer(route: Route, fields: Fields, retained: bool) -> CommandAnswered:
    """Read ``actuator/{g}/response`` (protocol 2.15)."""
    success = fields.flag("success")
    if success is None:
        raise MalformedPayload("success")
    message = fields.sentence("message")
    return CommandAnswered(
        device=route.device,
        retained=retained,
        success=success,
        correlation_id=fields.correlation(),
        message=message,
        code=code[1] if (code := _CODE.search(message)) else "",
    )


def alert(route: Route, fields: Fields, retained: bool) -> AlertRaised:
    """Read ``actuator/{g}/alert`` (protocol 2.16)."""
    word = fields.word("alert_type", "type").lower()
    if not word:
        raise MalformedPayload("alert_type")
    return AlertRaised(
        device=route.device,
        retained=retained,
        gpio=None if route.gpio == NO_PIN else route.gpio,
        alert=word,
        message=fields.sentence("message"),
    )


def _level(kind: ActuatorKind | None, fields: Fields) -> float | None:
    if fields.word("state").lower() in _LOST:
        return None
    state = fields.flag("state")
    switched = None if state is None else float(state)
    duty = fields.integer("pwm", low=0, high=_FULL_DUTY)
    part = _fraction(fields.number("value")) if duty is None else duty / _FULL_DUTY
    match kind:
        case ActuatorKind.VALVE:
            return _position(duty, part, switched)
        case ActuatorKind.PWM:
            return switched if part is None else part
        case ActuatorKind.PUMP | ActuatorKind.RELAY if part is not None:
            return float(part >= 0.5) if switched is None else switched
    return part if switched is None else switched


def _position(duty: int | None, part: float | None, switched: float | None) -> float | None:
    if duty is not None:
        return min(round(duty / _VALVE_STEP), 2) / 2
    return switched if part is None else round(part * 2) / 2


def _fraction(value: float | None) -> float | None:
    if value is None or not 0 <= value <= _FULL_DUTY:
        return None
    return value if value <= 1 else value / _FULL_DUTY

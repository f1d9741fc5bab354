"""The wire form of an approved command (protocol 4.2, decisions 11 and 12)."""

from typing import Final

from msgspec import Struct

from ..devices.model import ActuatorKind
from ..errors import DefinitionError
from ..requests import FULL, REST
from ..safety.gate import ApprovedCommand

# The device counts milliseconds in 32 bits.
_LONGEST_DURATION: Final = 4_000_000
_HALF: Final = 0.5
_STEPS: Final = 255


class Order(Struct, frozen=True, kw_only=True, gc=False):
    """The three words that the firmware understands."""

    command: str
    value: float
    duration: int = 0


def order(approved: ApprovedCommand) -> Order:
    """Return the words for a level. Only ON has a timer on the device, but a dimmed output takes ON for done."""
    level = _step(approved.kind, approved.request.level)
    if level == FULL and approved.dimmed:
        return Order(command="PWM", value=FULL)
    if level == FULL:
        if approved.duration < 1:
            raise DefinitionError("duration_missing")
        return Order(command="ON", value=FULL, duration=min(approved.duration, _LONGEST_DURATION))
    if level != REST:
        return Order(command="PWM", value=level)
    # An inverted output is energised at boot while it says off, and OFF would be a no-op; PWM re-drives the pin.
    if approved.inverted and approved.kind in (ActuatorKind.PUMP, ActuatorKind.RELAY):
        return Order(command="PWM", value=REST)
    return Order(command="OFF", value=REST)


def _step(kind: ActuatorKind, level: float) -> float:
    """Return the level that the driver would make of it, so that the words say what will happen."""
    if type(level) not in (int, float) or not REST <= level <= FULL:
        raise DefinitionError("level_out_of_range", level=str(level))
    match kind:
        case ActuatorKind.PWM:
            return _dimmed(level)
        case ActuatorKind.VALVE:
            return REST if level < 0.33 else _HALF if level < 0.66 else FULL
    return FULL if level >= _HALF else REST


def _dimmed(level: float) -> float:
    """Return the middle of the nearest step, because the device cuts off what is no whole step; rest is rest alone."""
    if level == REST:
        return REST
    step = max(1, round(level * _STEPS))
    return min(FULL, round((step + _HALF) / _STEPS, 4))

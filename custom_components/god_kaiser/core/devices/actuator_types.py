"""ACTUATOR_TYPES: one row per driver of the firmware, which levels it knows and how it may appear."""

from enum import StrEnum

from msgspec import Struct

from .model import ActuatorKind, Appearance

_HOUR = 3600


class Levels(StrEnum):
    """Which levels between rest and full an output can hold."""

    BINARY = "binary"
    THREE_POSITION = "three_position"
    CONTINUOUS = "continuous"


_STEPS = {
    Levels.BINARY: frozenset({0.0, 1.0}),
    Levels.THREE_POSITION: frozenset({0.0, 0.5, 1.0}),
}


class ActuatorType(Struct, frozen=True, kw_only=True):
    """What a kind of output can do; travel is the time in seconds in which it must be left alone."""

    kind: ActuatorKind
    levels: Levels
    appearance: Appearance
    appearances: tuple[Appearance, ...]
    max_runtime_ceiling: int
    travel: float = 0.0

    def accepts(self, level: float) -> bool:
        """Tell whether an output of this kind can hold a level."""
        steps = _STEPS.get(self.levels)
        return 0.0 <= level <= 1.0 if steps is None else level in steps


_ROWS = (
    ActuatorType(
        kind=ActuatorKind.PUMP,
        levels=Levels.BINARY,
        appearance=Appearance.SWITCH,
        appearances=(Appearance.SWITCH, Appearance.FAN, Appearance.LIGHT),
        max_runtime_ceiling=6 * _HOUR,
    ),
    ActuatorType(
        kind=ActuatorKind.RELAY,
        levels=Levels.BINARY,
        appearance=Appearance.SWITCH,
        appearances=(Appearance.SWITCH, Appearance.FAN, Appearance.LIGHT),
        max_runtime_ceiling=24 * _HOUR,
    ),
    ActuatorType(
        kind=ActuatorKind.VALVE,
        levels=Levels.THREE_POSITION,
        appearance=Appearance.VALVE,
        appearances=(Appearance.VALVE, Appearance.SWITCH),
        max_runtime_ceiling=6 * _HOUR,
        travel=6.0,
    ),
    ActuatorType(
        kind=ActuatorKind.PWM,
        levels=Levels.CONTINUOUS,
        appearance=Appearance.NUMBER,
        appearances=(Appearance.NUMBER, Appearance.FAN, Appearance.LIGHT),
        max_runtime_ceiling=24 * _HOUR,
    ),
)
ACTUATOR_TYPES: dict[ActuatorKind, ActuatorType] = {row.kind: row for row in _ROWS}

# Protocol 4.1: names that mocks and old servers use for the drivers.
_RELAY_ALIASES = ("digital", "binary", "switch", "led", "fan", "light", "heater", "solenoid")
_PWM_ALIASES = ("pwm_light", "pwm_fan", "dimmer")
_KINDS: dict[str, ActuatorKind] = {
    **dict.fromkeys(_RELAY_ALIASES, ActuatorKind.RELAY),
    **dict.fromkeys(_PWM_ALIASES, ActuatorKind.PWM),
    **{kind.value: kind for kind in ActuatorKind},
}


def kind_of(name: str) -> ActuatorKind | None:
    """Return the driver behind a name from the wire or from the former server, None for any other name."""
    return _KINDS.get(name.strip().lower())

"""ACTUATOR_TYPES: one row per driver of the firmware, what it can do, and for how long its load may run."""

from enum import StrEnum

from msgspec import Struct, UnsetType

from .model import ActuatorKind, Appearance, Load
from .plan import ActuatorPlan

_HOUR = 3600
# A device counts its duty in 255 steps and cuts off the rest.
LEVEL_TOLERANCE = 1 / 250


class Levels(StrEnum):
    """Which levels between rest and full an output can hold."""

    BINARY = "binary"
    THREE_POSITION = "three_position"
    CONTINUOUS = "continuous"


# The longest run of each load: what can poison, flood or burn is limited most tightly.
LOAD_CEILINGS: dict[Load, int] = {
    Load.DOSING: 600,
    Load.WATER: 6 * _HOUR,
    Load.HEAT: 12 * _HOUR,
    Load.LIGHT: 24 * _HOUR,
    Load.AIR: 24 * _HOUR,
    Load.OTHER: 24 * _HOUR,
}
# Whatever can flood or burn rests when nobody answers the device; light and air may go on.
MAY_STAY_ON = frozenset({Load.LIGHT, Load.AIR})
_LIQUIDS = (Load.WATER, Load.DOSING, Load.HEAT, Load.OTHER)
_SUGGESTED = {Appearance.LIGHT: Load.LIGHT, Appearance.FAN: Load.AIR}

_STEPS = {
    Levels.BINARY: frozenset({0.0, 1.0}),
    Levels.THREE_POSITION: frozenset({0.0, 0.5, 1.0}),
}


class ActuatorType(Struct, frozen=True, kw_only=True):
    """What a kind of output can do; travel is the time in seconds in which it must be left alone.

    The first of its loads is the usual one.
    """

    kind: ActuatorKind
    levels: Levels
    appearance: Appearance
    appearances: tuple[Appearance, ...]
    loads: tuple[Load, ...]
    max_runtime_ceiling: int
    travel: float = 0.0

    @property
    def steps(self) -> frozenset[float] | None:
        """Return the only levels that an output of this kind can hold, None if it can hold any."""
        return _STEPS.get(self.levels)

    def accepts(self, level: float) -> bool:
        """Tell whether an output of this kind can hold a level."""
        return 0.0 <= level <= 1.0 if self.steps is None else level in self.steps


_ROWS = (
    ActuatorType(
        kind=ActuatorKind.PUMP,
        levels=Levels.BINARY,
        appearance=Appearance.SWITCH,
        appearances=(Appearance.SWITCH, Appearance.FAN, Appearance.LIGHT),
        loads=_LIQUIDS,
        max_runtime_ceiling=6 * _HOUR,
    ),
    ActuatorType(
        kind=ActuatorKind.RELAY,
        levels=Levels.BINARY,
        appearance=Appearance.SWITCH,
        appearances=(Appearance.SWITCH, Appearance.FAN, Appearance.LIGHT),
        loads=(Load.OTHER, *(load for load in Load if load is not Load.OTHER)),
        max_runtime_ceiling=24 * _HOUR,
    ),
    ActuatorType(
        kind=ActuatorKind.VALVE,
        levels=Levels.THREE_POSITION,
        appearance=Appearance.VALVE,
        appearances=(Appearance.VALVE, Appearance.SWITCH),
        loads=_LIQUIDS,
        max_runtime_ceiling=6 * _HOUR,
        travel=6.0,
    ),
    ActuatorType(
        kind=ActuatorKind.PWM,
        levels=Levels.CONTINUOUS,
        appearance=Appearance.NUMBER,
        appearances=(Appearance.NUMBER, Appearance.FAN, Appearance.LIGHT),
        loads=(Load.OTHER, *(load for load in Load if load is not Load.OTHER)),
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


def load_of(actuator: ActuatorPlan) -> Load:
    """Return what hangs on an output; where nobody has said it, lights and fans are what they are shown as."""
    if not isinstance(actuator.load, UnsetType):
        return actuator.load
    row = ACTUATOR_TYPES[actuator.kind]
    suggested = _SUGGESTED.get(actuator.appears_as, row.loads[0])
    return suggested if suggested in row.loads else row.loads[0]


def longest_run(kind: ActuatorKind, load: Load) -> int:
    """Return how many seconds an output may run at most, whatever its owner would like."""
    return min(ACTUATOR_TYPES[kind].max_runtime_ceiling, LOAD_CEILINGS[load])

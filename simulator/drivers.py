"""Actuator drivers: what a command does to the pins."""

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Protocol

from .nvs import ActuatorConfig
from .states import ActuatorType

FULL_TRAVEL_MS = 5000
STEP_MS = FULL_TRAVEL_MS // 2
COOL_DOWN_MS = 30_000
ACTIVATION_WINDOW_MS = 3_600_000
MAX_ACTIVATIONS = 60
OPEN = 2


class Driver(Protocol):
    """What the actuator table knows of a driver."""

    config: ActuatorConfig
    stopped: bool

    @property
    def state(self) -> bool:
        """Return the logical state."""

    @property
    def pwm(self) -> int:
        """Return the level as the status message has it."""

    def runtime_ms(self, millis: int) -> int:
        """Return the accumulated time on."""

    def set_binary(self, state: bool, millis: int) -> bool:
        """Switch fully on or off."""

    def set_value(self, value: float, millis: int) -> bool:
        """Set a level between 0 and 1."""

    def emergency_stop(self, millis: int) -> None:
        """Stop and refuse commands."""

    def clear_emergency(self) -> None:
        """Accept commands again."""

    def loop(self, millis: int) -> None:
        """Let time pass."""

    def output(self, inverted_wiring: bool, millis: int) -> float:
        """Return what the connected thing really does, 0 to 1."""


@dataclass(slots=True)
class BinaryDriver:
    """Pump and relay: one pin, a limit on activations and a cool-down."""

    config: ActuatorConfig
    millis_at_start: int
    stopped: bool = False
    running: bool = False
    pin_high: bool = False
    started_at: int = 0
    last_stop: int = 0
    accumulated: int = 0
    limit_ms: int = 3_600_000
    activations: deque[int] = field(default_factory=lambda: deque(maxlen=MAX_ACTIVATIONS))
    refused: bool = False

    def __post_init__(self) -> None:
        """Drive the pin to the default level without looking at the inversion."""
        self.running = self.pin_high = self.config.default_state
        self.last_stop = self.millis_at_start

    @property
    def state(self) -> bool:
        """Return whether the driver believes it is on."""
        return self.running

    @property
    def pwm(self) -> int:
        """Return 0 or 255."""
        return 255 if self.running else 0

    def runtime_ms(self, millis: int) -> int:
        """Return the accumulated time on."""
        return self.accumulated + (millis - self.started_at if self.running and self.started_at else 0)

    def set_value(self, value: float, millis: int) -> bool:
        """Switch on from one half upwards."""
        return self.set_binary(value >= 0.5, millis)

    def set_binary(self, state: bool, millis: int) -> bool:
        """Switch, unless stopped or protected."""
        self.refused = False
        if self.stopped:
            return False
        if state and not self._may_start(millis):
            self.refused = True
            return False
        self._apply(state, millis)
        return True

    def _may_start(self, millis: int) -> bool:
        if self.accumulated >= self.limit_ms and self.last_stop and millis - self.last_stop < COOL_DOWN_MS:
            return False
        recent = [at for at in self.activations if at and at >= millis - ACTIVATION_WINDOW_MS]
        return len(recent) < MAX_ACTIVATIONS

    def _apply(self, state: bool, millis: int) -> None:
        self.pin_high = state != self.config.inverted_logic
        if state == self.running:
            return
        if state:
            self.started_at = millis
            self.activations.append(millis)
        elif self.started_at:
            self.accumulated += millis - self.started_at
            self.started_at = 0
            self.last_stop = millis
        self.running = state

    def emergency_stop(self, millis: int) -> None:
        """Switch off and stay off."""
        self.stopped = True
        self._apply(False, millis)

    def clear_emergency(self) -> None:
        """Accept commands again."""
        self.stopped = False

    def loop(self, millis: int) -> None:
        """Nothing moves by itself."""

    def output(self, inverted_wiring: bool, millis: int) -> float:
        """Return whether the load has power."""
        return float(self.pin_high != inverted_wiring)


@dataclass(slots=True)
class PwmDriver:
    """Dimmable output; inversion is not implemented for it."""

    config: ActuatorConfig
    stopped: bool = False
    duty: int = 0

    @property
    def state(self) -> bool:
        """Return whether the duty is above zero."""
        return self.duty > 0

    @property
    def pwm(self) -> int:
        """Return the duty, 0 to 255."""
        return self.duty

    def runtime_ms(self, millis: int) -> int:
        """Return 0: the firmware does not count it."""
        return 0

    def set_binary(self, state: bool, millis: int) -> bool:
        """Set full or no duty."""
        return self.set_value(1.0 if state else 0.0, millis)

    def set_value(self, value: float, millis: int) -> bool:
        """Set the duty, cutting off the fraction."""
        if self.stopped:
            return False
        self.duty = int(min(1.0, max(0.0, value)) * 255)
        return True

    def emergency_stop(self, millis: int) -> None:
        """Set the duty to zero and keep it."""
        self.stopped = True
        self.duty = 0

    def clear_emergency(self) -> None:
        """Accept commands again."""
        self.stopped = False

    def loop(self, millis: int) -> None:
        """Nothing moves by itself."""

    def output(self, inverted_wiring: bool, millis: int) -> float:
        """Return the duty as a share."""
        return self.duty / 255


@dataclass(slots=True)
class ValveDriver:
    """Motor valve without feedback: it counts positions and hopes."""

    config: ActuatorConfig
    stopped: bool = False
    position: int = 0
    target: int = 0
    moving: bool = False
    move_started: int = 0
    move_ms: int = 0
    direction: int = 0
    opening: float = 0.0
    opening_at: int = 0
    lost: bool = False

    @property
    def state(self) -> bool:
        """Return whether the counted position is above closed."""
        return self.position > 0

    @property
    def pwm(self) -> int:
        """Return the counted position times 127."""
        return self.position * 127

    def runtime_ms(self, millis: int) -> int:
        """Return 0: the firmware does not count it."""
        return 0

    def set_binary(self, state: bool, millis: int) -> bool:
        """Move fully open or closed; a valve that was stopped does nothing and calls it done."""
        return self.lost or self._move(OPEN if state else 0, millis)

    def set_value(self, value: float, millis: int) -> bool:
        """Move to one of three positions."""
        if self.stopped:
            return False
        target = OPEN if value >= 0.66 else int(value >= 0.33)
        self.lost = self.lost and target != OPEN
        return self._move(target, millis)

    def _move(self, target: int, millis: int) -> bool:
        self._travel(millis)
        if target == self.position and not self.moving:
            return True
        self.target = target
        delta = target - self.position
        if delta == 0:
            self._halt()
            return True
        self.moving = True
        self.stopped = False
        self.move_started = millis
        self.move_ms = abs(delta) * STEP_MS
        self.direction = 1 if delta > 0 else -1
        return True

    def _halt(self) -> None:
        self.moving = False
        self.position = self.target

    def _travel(self, millis: int) -> None:
        if self.moving:
            end = min(millis, self.move_started + self.move_ms)
            moved = max(0, end - max(self.opening_at, self.move_started)) / FULL_TRAVEL_MS
            self.opening = min(1.0, max(0.0, self.opening + self.direction * moved))
        self.opening_at = millis

    def emergency_stop(self, millis: int) -> None:
        """Stop the motor where it is and believe the valve is closed."""
        self._travel(millis)
        self.stopped = self.lost = True
        self.target = 0
        self._halt()

    def clear_emergency(self) -> None:
        """Accept commands again."""
        self.stopped = False

    def loop(self, millis: int) -> None:
        """Let the motor run; the end of the travel is not announced."""
        self._travel(millis)
        if self.moving and millis - self.move_started >= self.move_ms:
            self._halt()

    def output(self, inverted_wiring: bool, millis: int) -> float:
        """Return how far the valve is really open."""
        self._travel(millis)
        return self.opening


def create(config: ActuatorConfig, millis: int, opening: float = 0.0) -> Driver | None:
    """Return a started driver, or None for a type the firmware does not know."""
    match config.actuator_type:
        case ActuatorType.PUMP | ActuatorType.RELAY:
            return BinaryDriver(config, millis)
        case ActuatorType.PWM:
            return PwmDriver(config)
        case ActuatorType.VALVE:
            return ValveDriver(config, opening=opening)
        case _:
            return None


def limited(driver: Driver, max_runtime_ms: int) -> None:
    """Give a pump its changed cool-down limit, the one soft change that arrives at once."""
    if isinstance(driver, BinaryDriver) and driver.config.actuator_type == ActuatorType.PUMP:
        driver.limit_ms = max_runtime_ms
        driver.config = replace(driver.config, max_runtime_ms=max_runtime_ms)

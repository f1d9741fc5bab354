"""Everything that can be an alarm, and how each is treated: how urgent it is, whether it latches, and for how long it may rest."""

from enum import StrEnum
from typing import Final, NamedTuple

_HOUR: Final = 3600
_SHIFT: Final = 8 * _HOUR
_DAY: Final = 24 * _HOUR


class Priority(StrEnum):
    """How soon somebody has to come."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    def is_at_least(self, other: Priority) -> bool:
        """Tell whether it is as urgent as another one, or more so."""
        return _ORDER.index(self) >= _ORDER.index(other)


_ORDER: Final = tuple(Priority)


class AlarmClass(StrEnum):
    """What is at stake; alarms about safety are neither shelved nor hidden, by nobody."""

    SAFETY = "safety"
    EQUIPMENT = "equipment"
    OPERATION = "operation"
    SYSTEM = "system"


class AlarmKind(StrEnum):
    """Everything that can be an alarm; each has its words in the translations."""

    STOP_PRESSED = "stop_pressed"
    STOP_NOT_EFFECTIVE = "stop_not_effective"
    OUTPUT_NOT_RESTING = "output_not_resting"
    INTERLOCK_TRIPPED = "interlock_tripped"
    DEVICE_ALERT = "device_alert"
    RELEASE_REFUSED = "release_refused"
    GUARANTEE_LOST = "guarantee_lost"
    OFFLINE_WHILE_RUNNING = "offline_while_running"
    DEVICE_OFFLINE = "device_offline"
    DEVICE_FLAPPING = "device_flapping"
    BROKER_AWAY = "broker_away"
    SENSOR_HIGH_HIGH = "sensor_high_high"
    SENSOR_HIGH = "sensor_high"
    SENSOR_LOW = "sensor_low"
    SENSOR_LOW_LOW = "sensor_low_low"
    SENSOR_STALE = "sensor_stale"
    SENSOR_IMPLAUSIBLE = "sensor_implausible"
    RUN_FAILED = "run_failed"
    RUN_WAITING = "run_waiting"
    RULE_CRITICAL = "rule_critical"
    RULE_DEGRADED = "rule_degraded"
    STORAGE_FAILING = "storage_failing"
    HEALTH_FINDING = "health_finding"


class Traits(NamedTuple):
    """How a kind of alarm is treated.

    ``longest_shelf`` is for how many seconds it may be shelved at once, 0 where never. What latches needs a reset after it
    is over; what is momentary is over as soon as it has happened. The delays are in seconds.
    """

    priority: Priority
    group: AlarmClass
    longest_shelf: int = 0
    latches: bool = False
    is_momentary: bool = False
    on_delay: float = 0.0
    off_delay: float = 0.0

    @property
    def is_safety(self) -> bool:
        """Tell whether nobody may hide it."""
        return self.group is AlarmClass.SAFETY


_TRAITS: Final[dict[AlarmKind, Traits]] = {
    # A stop is a latch itself: clearing it is its reset.
    AlarmKind.STOP_PRESSED: Traits(Priority.HIGH, AlarmClass.SAFETY),
    AlarmKind.STOP_NOT_EFFECTIVE: Traits(Priority.CRITICAL, AlarmClass.SAFETY, latches=True),
    AlarmKind.OUTPUT_NOT_RESTING: Traits(Priority.CRITICAL, AlarmClass.SAFETY, latches=True),
    AlarmKind.INTERLOCK_TRIPPED: Traits(Priority.HIGH, AlarmClass.SAFETY, latches=True, is_momentary=True),
    AlarmKind.DEVICE_ALERT: Traits(Priority.HIGH, AlarmClass.SAFETY, is_momentary=True),
    AlarmKind.RELEASE_REFUSED: Traits(Priority.HIGH, AlarmClass.SAFETY, is_momentary=True),
    AlarmKind.GUARANTEE_LOST: Traits(Priority.HIGH, AlarmClass.SAFETY),
    AlarmKind.OFFLINE_WHILE_RUNNING: Traits(Priority.HIGH, AlarmClass.SAFETY),
    AlarmKind.DEVICE_OFFLINE: Traits(Priority.MEDIUM, AlarmClass.EQUIPMENT, _SHIFT),
    AlarmKind.DEVICE_FLAPPING: Traits(Priority.MEDIUM, AlarmClass.EQUIPMENT, _SHIFT),
    AlarmKind.BROKER_AWAY: Traits(Priority.HIGH, AlarmClass.SYSTEM, _SHIFT, on_delay=30),
    AlarmKind.SENSOR_HIGH_HIGH: Traits(Priority.HIGH, AlarmClass.OPERATION, _SHIFT),
    AlarmKind.SENSOR_HIGH: Traits(Priority.MEDIUM, AlarmClass.OPERATION, _SHIFT),
    AlarmKind.SENSOR_LOW: Traits(Priority.MEDIUM, AlarmClass.OPERATION, _SHIFT),
    AlarmKind.SENSOR_LOW_LOW: Traits(Priority.HIGH, AlarmClass.OPERATION, _SHIFT),
    AlarmKind.SENSOR_STALE: Traits(Priority.MEDIUM, AlarmClass.EQUIPMENT, _SHIFT, on_delay=60),
    AlarmKind.SENSOR_IMPLAUSIBLE: Traits(Priority.MEDIUM, AlarmClass.EQUIPMENT, _SHIFT, on_delay=60, off_delay=60),
    AlarmKind.RUN_FAILED: Traits(Priority.MEDIUM, AlarmClass.OPERATION, _DAY, is_momentary=True),
    AlarmKind.RUN_WAITING: Traits(Priority.MEDIUM, AlarmClass.OPERATION, _DAY),
    # Such a rule tells people itself.
    AlarmKind.RULE_CRITICAL: Traits(Priority.MEDIUM, AlarmClass.OPERATION, _SHIFT),
    AlarmKind.RULE_DEGRADED: Traits(Priority.LOW, AlarmClass.OPERATION, _DAY),
    AlarmKind.STORAGE_FAILING: Traits(Priority.HIGH, AlarmClass.SYSTEM, on_delay=30),
    AlarmKind.HEALTH_FINDING: Traits(Priority.MEDIUM, AlarmClass.SYSTEM, _DAY),
}
_OF_SENSORS: Final = frozenset(kind for kind in AlarmKind if kind.value.startswith("sensor_"))
_WORSE: Final = {AlarmKind.SENSOR_HIGH: AlarmKind.SENSOR_HIGH_HIGH, AlarmKind.SENSOR_LOW: AlarmKind.SENSOR_LOW_LOW}
# What others hide behind, until it has been over for a while.
CAUSES: Final = frozenset({AlarmKind.DEVICE_OFFLINE, AlarmKind.OFFLINE_WHILE_RUNNING, AlarmKind.BROKER_AWAY})
# These hide others.
HIDING: Final = CAUSES | frozenset(_WORSE.values())


def traits_of(kind: AlarmKind) -> Traits:
    """Return how a kind of alarm is treated."""
    return _TRAITS[kind]


def causes_of(kind: AlarmKind) -> tuple[AlarmKind, ...]:
    """Return the alarms behind which one hides that follows from them; what is about safety hides behind none."""
    if kind in _OF_SENSORS:
        # Far too high is too high as well, and one message is enough.
        worse = (_WORSE[kind],) if kind in _WORSE else ()
        return *worse, AlarmKind.DEVICE_OFFLINE, AlarmKind.OFFLINE_WHILE_RUNNING, AlarmKind.BROKER_AWAY
    if kind in (AlarmKind.DEVICE_OFFLINE, AlarmKind.DEVICE_FLAPPING):
        return (AlarmKind.BROKER_AWAY,)
    return ()

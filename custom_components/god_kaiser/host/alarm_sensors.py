"""Alarms about what sensors say: beyond the limits that people have laid down, too old, or not to be believed."""

from collections.abc import Iterator
from typing import Final

from homeassistant.core import callback

from ..core.alarms.alarm import key_of
from ..core.alarms.delays import Signal
from ..core.alarms.kinds import AlarmKind
from ..core.alarms.limits import BOUNDS, AlarmLimits
from ..core.devices.model import DOUBTFUL, Quality, Reading, SensorChannel
from ..core.devices.sensor_types import type_of
from ..core.ids import ChannelId
from .alarm_desk import AlarmDesk
from .hall import Hall

_NOT_BELIEVED: Final = DOUBTFUL - {Quality.STALE}
# The worse of two first: the other one hides behind it.
_WORST_FIRST: Final = (
    AlarmKind.SENSOR_HIGH_HIGH,
    AlarmKind.SENSOR_LOW_LOW,
    AlarmKind.SENSOR_HIGH,
    AlarmKind.SENSOR_LOW,
)


class SensorAlarms:
    """Looks at each reading once."""

    def __init__(self, hall: Hall, desk: AlarmDesk) -> None:
        """Remember where readings are found, and whom to tell."""
        self._hall = hall
        self._desk = desk
        # Sensors of which nothing but good was said the last time; only bounds can make an alarm of such a reading.
        self._calm: set[ChannelId] = set()

    @callback
    def look(self, key: ChannelId) -> None:
        """Judge what a sensor says now; most of them have nothing but good to say, as before."""
        fleet = self._hall.engine.fleet
        if (reading := fleet.readings.get(key)) is None:
            return
        is_calm = reading.fault is None and reading.quality not in DOUBTFUL and not self._desk.has_limits(key)
        if (is_calm and key in self._calm) or (sensor := fleet.sensor(key)) is None:
            return
        self._desk.hear_again(*self._signals(sensor, reading))
        if is_calm:
            self._calm.add(key)
        else:
            self._calm.discard(key)

    def _signals(self, sensor: SensorChannel, reading: Reading) -> Iterator[Signal]:
        is_stale = reading.quality is Quality.STALE
        # Whoever measures only when asked has nothing to say in between.
        yield Signal(AlarmKind.SENSOR_STALE, is_stale and sensor.interval is not None, sensor.id, sensor.device)
        if is_stale:
            return
        fault = reading.fault.value if reading.fault is not None else reading.quality.value
        is_doubtful = reading.fault is not None or reading.quality in _NOT_BELIEVED
        yield Signal(AlarmKind.SENSOR_IMPLAUSIBLE, is_doubtful, sensor.id, sensor.device, {"fault": fault})
        yield from self._beyond(sensor, self._desk.limits_of(sensor.id), None if is_doubtful else reading.value)

    def _beyond(self, sensor: SensorChannel, limits: AlarmLimits, value: float | None) -> Iterator[Signal]:
        """Yield where a value stands; an unknown one neither raises an alarm nor ends one."""
        bounds = limits.bounds()
        before = frozenset(kind for kind in BOUNDS.values() if self._desk.book.is_present(key_of(kind, sensor.id)))
        if not bounds and not before:
            return
        crossed = before if value is None else limits.crossed(value, before)
        unit = type_of(sensor.sensor_type).unit.value
        for kind in _WORST_FIRST:
            if kind not in bounds:
                # What nobody wants to be called for any more is over at once.
                yield Signal(kind, False, sensor.id, sensor.device, off_delay=0.0)
            elif value is not None:
                details: dict[str, str | int | float] = {"value": round(value, 3), "limit": bounds[kind], "unit": unit}
                delays = float(limits.on_delay), float(limits.off_delay)
                yield Signal(kind, kind in crossed, sensor.id, sensor.device, details, *delays)

"""What rules look at: the world, less what a device says right after it has booted, and what they remember themselves."""

from collections import deque
from collections.abc import Callable, Iterable
from datetime import date, datetime, tzinfo
from typing import override

from ..conditions.view import ConditionView, RuleView, SunEvent
from ..devices.model import Reading
from ..devices.sensor_types import type_of
from ..fleet.fleet import Fleet
from ..fleet.lens import FleetLens
from ..fleet.view import FleetView
from ..ids import ChannelId, DeviceId
from ..instant import Instant
from ..rules.actions import StartSequence
from ..rules.remembering import Remembering
from ..truth import Truth
from .program_mover import World

# What a sensor says right after its device has booted is not believed before so many readings, and before two of them
# are as near to each other as this part of the range; a sensor that never settles is believed after the last one.
_FEWEST_READINGS = 2
_MOST_READINGS = 5
_SETTLED_WITHIN = 0.1


class WarmFleet(FleetLens):
    """The devices, without the readings of sensors that are not warm yet."""

    def __init__(self, fleet: Fleet) -> None:
        """Connect to the devices; all sensors are warm."""
        super().__init__(fleet)
        self._devices = fleet.devices
        self._cold: dict[ChannelId, int] = {}
        self._before: dict[ChannelId, float] = {}

    def boot(self, device: DeviceId) -> None:
        """Believe the sensors of a device that has booted only when they have settled."""
        known = self._devices.get(device)
        for sensor in known.sensors if known is not None else ():
            self._cold[sensor] = 0
            self._before.pop(sensor, None)

    def hear(self, sensor: ChannelId, reading: Reading | None) -> None:
        """Count a reading of a sensor that is not warm yet."""
        if sensor not in self._cold or reading is None or reading.value is None:
            return
        heard = self._cold[sensor] = self._cold[sensor] + 1
        before = self._before.get(sensor, reading.value)
        self._before[sensor] = reading.value
        kind = type_of(reading.sensor_type)
        is_near = abs(reading.value - before) <= _SETTLED_WITHIN * (kind.high - kind.low)
        if (heard > _FEWEST_READINGS and is_near) or heard >= _MOST_READINGS:
            del self._cold[sensor]

    def is_cold(self, sensor: ChannelId) -> bool:
        """Tell whether a sensor is not believed yet."""
        return sensor in self._cold

    def doubts_of(self, sensor: ChannelId) -> tuple[int, float | None] | None:
        """Return how many readings of a sensor that is not believed yet were heard, and the last; None for a warm one."""
        heard = self._cold.get(sensor)
        return None if heard is None else (heard, self._before.get(sensor))

    @override
    def fresh_reading(self, channel: ChannelId, now: Instant) -> Reading | None:
        return None if channel in self._cold else self._fleet.fresh_reading(channel, now)


class Traces:
    """What some sensors have said lately: no longer than anybody looks back, and nothing before a gap."""

    def __init__(self) -> None:
        """Keep nothing."""
        self._spans: dict[ChannelId, float] = {}
        self._samples: dict[ChannelId, deque[tuple[float, float]]] = {}

    def want(self, wanted: Iterable[tuple[ChannelId, float]]) -> None:
        """Keep what these sensors say, and so far back."""
        self._spans = {}
        for sensor, span in wanted:
            self._spans[sensor] = max(span, self._spans.get(sensor, 0.0))
        self._samples = {sensor: self._samples.get(sensor, deque()) for sensor in self._spans}

    def hear(self, sensor: ChannelId, value: float | None, now: Instant) -> None:
        """Keep a value; one that nobody knows is a gap."""
        if (samples := self._samples.get(sensor)) is None:
            return
        if value is None:
            samples.clear()
            return
        samples.append((now.monotonic, value))
        begin = now.monotonic - self._spans[sensor]
        # The last one before the span tells what was so when it began.
        while len(samples) > 1 and samples[1][0] <= begin:
            samples.popleft()

    def values_of(self, sensor: ChannelId) -> list[tuple[float, float]]:
        """Return what a sensor has said lately, and since when each time, the oldest first."""
        values: list[tuple[float, float]] = []
        for moment, value in self._samples.get(sensor, ()):
            if not values or values[-1][1] != value:
                values.append((moment, value))
        return values

    def change(self, sensor: ChannelId, seconds: float, now: Instant) -> float | None:
        """Return by how much a value has changed within so many seconds."""
        samples = self._samples.get(sensor)
        begin = now.monotonic - seconds
        if not samples or samples[0][0] > begin:
            return None
        then = next(value for moment, value in reversed(samples) if moment <= begin)
        return samples[-1][1] - then


class RuleWorld(Remembering, ConditionView, RuleView):
    """The world as one rule after the other sees it."""

    def __init__(self, world: World, fleet: Fleet) -> None:
        """Connect to the world; what Home Assistant knows is read through functions that it gives."""
        super().__init__()
        self.warm = WarmFleet(fleet)
        self.traces = Traces()
        self.answers: dict[str, Truth] = {}
        self.sun_at: Callable[[SunEvent, date], datetime | None] = _unknown
        self.statuses_of: Callable[[str], frozenset[str]] = _none
        self.outputs_of: Callable[[StartSequence], frozenset[ChannelId]] = _nothing
        self._world = world

    @property
    @override
    def fleet(self) -> FleetView:
        return self.warm

    @property
    @override
    def zone(self) -> tzinfo:
        return self._world.zone

    @property
    @override
    def rules(self) -> RuleView:
        return self

    @override
    def entity(self, entity_id: str, attribute: str) -> str | float | None:
        return self._world.entity(entity_id, attribute)

    @override
    def change(self, sensor: ChannelId, seconds: float, now: Instant) -> float | None:
        return None if self.warm.is_cold(sensor) else self.traces.change(sensor, seconds, now)

    @override
    def sun(self, event: SunEvent, day: date) -> datetime | None:
        return self.sun_at(event, day)

    @override
    def answer(self, question: str) -> Truth:
        return self.answers.get(question, Truth.UNKNOWN)

    @override
    def statuses(self, sequence: str) -> frozenset[str]:
        return self.statuses_of(sequence)


def _unknown(_event: SunEvent, _day: date) -> None:
    return None


def _none(_sequence: str) -> frozenset[str]:
    return frozenset()


def _nothing(_start: StartSequence) -> frozenset[ChannelId]:
    return frozenset()

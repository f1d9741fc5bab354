"""A world in which outputs do what a rehearsal has told them, and everything else stays as it is now."""

from datetime import tzinfo
from typing import override

from ..conditions.view import ConditionView
from ..devices.model import ActuatorChannel, ActuatorKind, ActuatorReport, Reading, SensorChannel
from ..fleet.session import Link
from ..fleet.view import FleetView
from ..ids import ChannelId, DeviceId
from ..instant import Instant
from ..requests import REST


class ImaginedFleet(FleetView):
    """The real devices, seen at one moment, with other reports of the outputs that were told something."""

    def __init__(self, fleet: FleetView, seen_at: Instant) -> None:
        """Begin with what is so: what was fresh at that moment stays fresh."""
        self.levels: dict[ChannelId, float | None] = {}
        self._fleet = fleet
        self._seen_at = seen_at
        self._ends: dict[ChannelId, float] = {}

    def obey(self, channel: ChannelId, level: float, until: float | None = None) -> None:
        """Let an output be at a level, until a moment or until it is told something else."""
        self.levels[channel] = level
        self._ends.pop(channel, None)
        if until is not None:
            self._ends[channel] = until

    def next_end(self) -> float | None:
        """Return when the time of an output is over next."""
        return min(self._ends.values(), default=None)

    def rest_due(self, moment: float) -> tuple[ChannelId, ...]:
        """Rest every output whose time is over, and return them."""
        over = tuple(channel for channel, end in self._ends.items() if end <= moment)
        for channel in over:
            self.obey(channel, REST)
        return over

    @property
    @override
    def broker_connected(self) -> bool:
        return self._fleet.broker_connected

    @override
    def link(self, device: DeviceId) -> Link:
        return self._fleet.link(device)

    @override
    def actuator(self, channel: ChannelId) -> ActuatorChannel | None:
        return self._fleet.actuator(channel)

    @override
    def sensor(self, channel: ChannelId) -> SensorChannel | None:
        return self._fleet.sensor(channel)

    @override
    def report(self, channel: ChannelId) -> ActuatorReport | None:
        if channel not in self.levels:
            return self._fleet.report(channel)
        actuator = self._fleet.actuator(channel)
        kind = actuator.kind if actuator is not None else ActuatorKind.RELAY
        return ActuatorReport(
            channel=channel, kind=kind, level=self.levels[channel], stopped=False, at=self._seen_at, source="rehearsal"
        )

    @override
    def reading(self, channel: ChannelId) -> Reading | None:
        return self._fleet.reading(channel)

    @override
    def fresh_reading(self, channel: ChannelId, now: Instant) -> Reading | None:
        return self._fleet.fresh_reading(channel, self._seen_at)

    @override
    def sensor_on_pin(self, device: DeviceId, gpio: int) -> SensorChannel | None:
        return self._fleet.sensor_on_pin(device, gpio)

    @override
    def is_astray(self, channel: ChannelId) -> bool:
        return channel not in self.levels and self._fleet.is_astray(channel)

    @override
    def settles_at(self, channel: ChannelId) -> float | None:
        return None if channel in self.levels else self._fleet.settles_at(channel)


class ImaginedWorld(ConditionView):
    """The real world around imagined devices."""

    def __init__(self, world: ConditionView, seen_at: Instant) -> None:
        """Look at the world as it is at a moment."""
        self.devices = ImaginedFleet(world.fleet, seen_at)
        self._world = world

    @property
    @override
    def fleet(self) -> FleetView:
        return self.devices

    @property
    @override
    def zone(self) -> tzinfo:
        return self._world.zone

    @override
    def entity(self, entity_id: str, attribute: str) -> str | float | None:
        return self._world.entity(entity_id, attribute)

"""A world in which outputs do what a rehearsal has told them, and everything else stays as it is now."""

from datetime import tzinfo
from typing import override

from ..conditions.view import ConditionView, RuleView
from ..devices.model import ActuatorKind, ActuatorReport, Reading
from ..fleet.lens import FleetLens
from ..fleet.view import FleetView
from ..ids import ChannelId
from ..instant import Instant


class ImaginedFleet(FleetLens):
    """The real devices, seen at one moment, with other reports of the outputs that were told something."""

    def __init__(self, fleet: FleetView, seen_at: Instant) -> None:
        """Begin with what is so: what was fresh at that moment stays fresh."""
        super().__init__(fleet)
        self.levels: dict[ChannelId, float | None] = {}
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

    def ends_by(self, moment: float) -> tuple[ChannelId, ...]:
        """Return every output whose time is over; it rests when it is told to."""
        over = tuple(channel for channel, end in self._ends.items() if end <= moment)
        for channel in over:
            del self._ends[channel]
        return over

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
    def fresh_reading(self, channel: ChannelId, now: Instant) -> Reading | None:
        return self._fleet.fresh_reading(channel, self._seen_at)

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

    @property
    @override
    def rules(self) -> RuleView | None:
        return None

    @override
    def entity(self, entity_id: str, attribute: str) -> str | float | None:
        return self._world.entity(entity_id, attribute)

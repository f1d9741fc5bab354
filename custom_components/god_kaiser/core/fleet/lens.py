"""The devices seen through something that changes a little of what they say."""

from typing import override

from ..devices.model import ActuatorChannel, ActuatorReport, Reading, SensorChannel, Vitals
from ..ids import ChannelId, DeviceId, device_of
from ..instant import Instant
from .session import Link
from .view import FleetView


class FleetLens(FleetView):
    """Shows everything as it is; who looks differently at something overrides that alone."""

    def __init__(self, fleet: FleetView) -> None:
        """Look at the devices."""
        self._fleet = fleet

    @property
    @override
    def broker_connected(self) -> bool:
        return self._fleet.broker_connected

    @override
    def link(self, device: DeviceId) -> Link:
        return self._fleet.link(device)

    @override
    def vitals(self, device: DeviceId) -> Vitals:
        return self._fleet.vitals(device)

    @override
    def actuator(self, channel: ChannelId) -> ActuatorChannel | None:
        return self._fleet.actuator(channel)

    @override
    def sensor(self, channel: ChannelId) -> SensorChannel | None:
        return self._fleet.sensor(channel)

    @override
    def report(self, channel: ChannelId) -> ActuatorReport | None:
        return self._fleet.report(channel)

    @override
    def present_report(self, channel: ChannelId) -> ActuatorReport | None:
        return self.report(channel) if self.link(device_of(channel)).is_online else None

    @override
    def reading(self, channel: ChannelId) -> Reading | None:
        return self._fleet.reading(channel)

    @override
    def fresh_reading(self, channel: ChannelId, now: Instant) -> Reading | None:
        return self._fleet.fresh_reading(channel, now)

    @override
    def sensor_on_pin(self, device: DeviceId, gpio: int) -> SensorChannel | None:
        return self._fleet.sensor_on_pin(device, gpio)

    @override
    def is_astray(self, channel: ChannelId) -> bool:
        return self._fleet.is_astray(channel)

    @override
    def settles_at(self, channel: ChannelId) -> float | None:
        return self._fleet.settles_at(channel)

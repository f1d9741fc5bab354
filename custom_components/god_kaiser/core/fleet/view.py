"""The read-only face of the fleet that interlocks and conditions see."""

from typing import Protocol

from ..devices.model import ActuatorChannel, ActuatorReport, Reading, SensorChannel, Vitals
from ..ids import ChannelId, DeviceId
from ..instant import Instant
from .session import Link


class FleetView(Protocol):
    """What may be asked about devices while a decision is made."""

    @property
    def broker_connected(self) -> bool:
        """Tell whether anything we send can arrive."""

    def link(self, device: DeviceId) -> Link:
        """Return the link to a device; an unknown device has an empty one."""

    def vitals(self, device: DeviceId) -> Vitals:
        """Return what a device says about its health; an unknown device has said nothing."""

    def actuator(self, channel: ChannelId) -> ActuatorChannel | None:
        """Return a known actuator."""

    def sensor(self, channel: ChannelId) -> SensorChannel | None:
        """Return a known sensor."""

    def report(self, channel: ChannelId) -> ActuatorReport | None:
        """Return what an actuator last said about itself."""

    def present_report(self, channel: ChannelId) -> ActuatorReport | None:
        """Return what an actuator says whose device is online."""

    def reading(self, channel: ChannelId) -> Reading | None:
        """Return what a sensor last said, however long ago."""

    def fresh_reading(self, channel: ChannelId, now: Instant) -> Reading | None:
        """Return a reading that is neither missing, stale nor without a value."""

    def sensor_on_pin(self, device: DeviceId, gpio: int) -> SensorChannel | None:
        """Return the sensor that owns a pin; buses are shared and own nothing."""

    def is_astray(self, channel: ChannelId) -> bool:
        """Tell whether nobody knows where a valve stands, whatever its device says."""

    def settles_at(self, channel: ChannelId) -> float | None:
        """Return when the last movement of a slow actuator ends."""

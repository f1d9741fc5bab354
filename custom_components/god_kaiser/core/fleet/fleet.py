"""All devices: takes what they say and answers what is known."""

from msgspec.structs import replace

from ..deadlines import Deadlines
from ..devices.actuator_types import ACTUATOR_TYPES
from ..devices.boards import I2C_PSEUDO_PINS
from ..devices.model import (
    ActuatorChannel,
    ActuatorKind,
    ActuatorReport,
    Channel,
    LastKnown,
    Quality,
    Reading,
    SensorChannel,
    Vitals,
)
from ..devices.plan import DevicePlan
from ..facts import ActuatorReported
from ..ids import ChannelId, DeviceId, actuator_channel, device_of
from ..instant import Instant
from ..requests import FULL
from .channels import matches, observed_actuator, planned_actuator, planned_sensors
from .device import Device
from .session import Link

MAX_UNAPPROVED = 50
MAX_SENSORS = 64
MAX_ACTUATORS = 40
# A device reports each output every 30 seconds.
TIME_TO_SAY = 35.0
_REMOVAL_ECHO = 120.0
_NO_LINK = Link()
_NO_VITALS = Vitals()


class Fleet:
    """Everything known about the devices, kept by key; nothing here copies a table."""

    def __init__(self) -> None:
        """Start knowing nothing."""
        self.broker_connected = False
        self.devices: dict[DeviceId, Device] = {}
        self.readings: dict[ChannelId, Reading] = {}
        self.reports: dict[ChannelId, ActuatorReport] = {}
        # What outputs did when they were last heard, for as long as they say nothing themselves.
        self.last_known: dict[ChannelId, LastKnown] = {}
        self.freshness: Deadlines[ChannelId] = Deadlines()
        self._astray: set[ChannelId] = set()
        self._settles: dict[ChannelId, float] = {}
        self._removed: dict[ChannelId, float] = {}

    def link(self, device: DeviceId) -> Link:
        """Return the link to a device; an unknown device has an empty one."""
        return known.link if (known := self.devices.get(device)) else _NO_LINK

    def vitals(self, device: DeviceId) -> Vitals:
        """Return what a device says about its health; an unknown device has said nothing."""
        return known.vitals if (known := self.devices.get(device)) else _NO_VITALS

    def actuator(self, channel: ChannelId) -> ActuatorChannel | None:
        """Return a known actuator."""
        known = self.devices.get(device_of(channel))
        return known.actuators.get(channel) if known else None

    def sensor(self, channel: ChannelId) -> SensorChannel | None:
        """Return a known sensor."""
        known = self.devices.get(device_of(channel))
        return known.sensors.get(channel) if known else None

    def channel(self, channel: ChannelId) -> Channel | None:
        """Return a known channel of either kind."""
        if (known := self.devices.get(device_of(channel))) is None:
            return None
        return known.actuators.get(channel) or known.sensors.get(channel)

    def report(self, channel: ChannelId) -> ActuatorReport | None:
        """Return what an actuator last said about itself."""
        return self.reports.get(channel)

    def present_report(self, channel: ChannelId) -> ActuatorReport | None:
        """Return what an actuator says whose device is online."""
        return self.report(channel) if self.link(device_of(channel)).is_online else None

    def reading(self, channel: ChannelId) -> Reading | None:
        """Return what a sensor last said, however long ago."""
        return self.readings.get(channel)

    def fresh_reading(self, channel: ChannelId, now: Instant) -> Reading | None:
        """Return a reading that is neither missing, stale nor without a value."""
        reading = self.readings.get(channel)
        due = self.freshness.due(channel)
        if reading is None or reading.value is None or due is None or due <= now.monotonic:
            return None
        return reading

    def sensor_on_pin(self, device: DeviceId, gpio: int) -> SensorChannel | None:
        """Return the sensor that owns a pin; buses are shared and own nothing."""
        if (known := self.devices.get(device)) is None:
            return None
        return next((s for s in known.sensors.values() if s.gpio == gpio and not is_on_bus(s)), None)

    def last_heard_of(self, channel: ChannelId) -> LastKnown | None:
        """Return what an output did when it was last heard."""
        if (report := self.reports.get(channel)) is None:
            return self.last_known.get(channel)
        return LastKnown(level=report.level, at=report.at.utc.timestamp())

    def settles_at(self, channel: ChannelId) -> float | None:
        """Return when the last movement of a slow actuator ends."""
        return self._settles.get(channel)

    def is_astray(self, channel: ChannelId) -> bool:
        """Tell whether nobody knows where a valve stands, whatever its device says."""
        return channel in self._astray

    def lose_track(self, channel: ChannelId) -> None:
        """Remember that nobody knows where a valve stands."""
        self._astray.add(channel)

    def stands_at(self, channel: ChannelId, level: float) -> bool:
        """Tell whether an output has said since its last movement that it is at a level; the same again moves nothing."""
        report, settles_at = self.reports.get(channel), self._settles.get(channel)
        if report is None or report.level != level:
            return False
        return settles_at is None or self._spoke_since(report, settles_at)

    def is_moving(self, channel: ChannelId, now: Instant) -> bool:
        """Tell whether a slow actuator is still on its way."""
        return self._settles.get(channel, now.monotonic) > now.monotonic

    def is_under_way(self, channel: ChannelId, now: Instant) -> bool:
        """Tell whether a slow actuator moves, or has not had the time to say where that has led it."""
        settles_at = self._settles.get(channel)
        if settles_at is None or self._spoke_since(self.reports.get(channel), settles_at):
            return False
        return now.monotonic < settles_at + TIME_TO_SAY

    def meet(self, device: DeviceId) -> Device | None:
        """Return the record of a device; None when too many strangers are knocking."""
        if (known := self.devices.get(device)) is not None:
            return known
        strangers = sum(1 for other in self.devices.values() if not other.is_approved)
        if strangers >= MAX_UNAPPROVED:
            return None
        known = self.devices[device] = Device(id=device)
        return known

    def set_plan(self, plan: DevicePlan, now: Instant) -> tuple[list[Channel], list[Channel]]:
        """Take over a plan and return the channels that appear and those that vanish."""
        known = self.devices.setdefault(plan.device, Device(id=plan.device))
        before: dict[ChannelId, Channel] = {**known.sensors, **known.actuators}
        sensors = {channel.id: channel for channel in planned_sensors(plan)}
        actuators = {a.id: a for a in (planned_actuator(plan.device, item) for item in plan.actuators)}
        observed = {key: s for key, s in known.sensors.items() if not s.planned and not _is_covered(s, sensors)}
        known.sensors = observed | sensors
        known.actuators = {k: a for k, a in known.actuators.items() if not a.planned and k not in actuators} | actuators
        known.plan = plan
        known.routes.clear()
        after: dict[ChannelId, Channel] = {**known.sensors, **known.actuators}
        appeared = [channel for key, channel in after.items() if looks_different(before.get(key), channel)]
        vanished = [channel for key, channel in before.items() if looks_different(after.get(key), channel)]
        for channel in vanished:
            self._drop(channel.id)
            if channel.id not in after:
                self._removed[channel.id] = now.monotonic + _REMOVAL_ECHO
        for channel in appeared:
            self._removed.pop(channel.id, None)
        return appeared, vanished

    def remove_channel(self, channel: Channel, now: Instant) -> None:
        """Forget a channel that nobody planned; late messages do not bring it back."""
        known = self.devices[channel.device]
        known.sensors.pop(channel.id, None)
        known.actuators.pop(channel.id, None)
        known.routes.clear()
        self._drop(channel.id)
        self._removed[channel.id] = now.monotonic + _REMOVAL_ECHO

    def forget(self, device: DeviceId) -> list[Channel]:
        """Drop a device and return the channels that vanish with it."""
        if (known := self.devices.pop(device, None)) is None:
            return []
        gone: list[Channel] = [*known.sensors.values(), *known.actuators.values()]
        for channel in gone:
            self._drop(channel.id)
        return gone

    def was_removed(self, channel: ChannelId, now: Instant) -> bool:
        """Tell whether a message is the echo of a channel that was just removed."""
        if (until := self._removed.get(channel)) is None:
            return False
        if until > now.monotonic:
            return True
        del self._removed[channel]
        return False

    def keep_reading(self, channel: SensorChannel, reading: Reading, now: Instant) -> None:
        """Store a reading and move its freshness."""
        self.readings[channel.id] = reading
        self.freshness.touch(channel.id, now.monotonic + channel.fresh_for)

    def expire_readings(self, now: Instant) -> list[ChannelId]:
        """Turn every reading that has become too old into an unknown one."""
        expired = self.freshness.pop_due(now.monotonic)
        for channel in expired:
            self.readings[channel] = replace(self.readings[channel], value=None, quality=Quality.STALE)
        return expired

    def keep_report(self, fact: ActuatorReported, now: Instant) -> tuple[ActuatorChannel, bool, bool] | None:
        """Store a report; return the channel, whether it is a newcomer and whether anything changed."""
        known = self.devices[fact.device]
        key = actuator_channel(fact.device, fact.gpio)
        if (channel := known.actuators.get(key)) is None:
            if self.was_removed(key, now) or len(known.actuators) >= MAX_ACTUATORS:
                return None
            channel = observed_actuator(fact.device, fact.gpio, fact.kind or ActuatorKind.RELAY)
        appeared = key not in known.actuators
        known.actuators[key] = channel
        if fact.stopped and channel.kind is ActuatorKind.VALVE:
            # A stopped motor stays where it is, but its device starts to count from closed.
            self.lose_track(key)
        elif fact.level == FULL or channel.kind is not ActuatorKind.VALVE:
            # Only a valve that was really driven fully open says so; then it knows again where it is.
            self._astray.discard(key)
        report = ActuatorReport(
            channel=key,
            kind=channel.kind,
            level=None if self.is_astray(key) else fact.level,
            stopped=fact.stopped,
            at=now,
            source=fact.source,
            runtime_ms=fact.runtime_ms,
        )
        before = self.reports.get(key)
        self.reports[key] = report
        self.last_known.pop(key, None)
        is_other = before is None or (before.level, before.stopped) != (report.level, report.stopped)
        return channel, appeared, is_other or self._has_arrived(key, before, now)

    def _has_arrived(self, channel: ChannelId, before: ActuatorReport | None, now: Instant) -> bool:
        """Tell whether this is the first word of a slow actuator since its movement has ended: the same is certain now."""
        settles_at = self._settles.get(channel)
        return settles_at is not None and settles_at <= now.monotonic and not self._spoke_since(before, settles_at)

    @staticmethod
    def _spoke_since(report: ActuatorReport | None, moment: float) -> bool:
        return report is not None and moment <= report.at.monotonic

    def note_driven(self, channel: ChannelId, kind: ActuatorKind, now: Instant) -> None:
        """Remember that a slow actuator has started to move; what it is told on its way does not turn it round."""
        if (travel := ACTUATOR_TYPES[kind].travel) and not self.is_moving(channel, now):
            self._settles[channel] = now.monotonic + travel

    def unlearn_reports(self, device: DeviceId) -> None:
        """Forget what the outputs of a device did; it must say so itself."""
        for channel in self.devices[device].actuators:
            if (report := self.reports.pop(channel, None)) is not None:
                self.last_known[channel] = LastKnown(level=report.level, at=report.at.utc.timestamp())

    def note_cleared(self, device: DeviceId) -> None:
        """Take outputs of a device that has left its emergency for off, as its firmware leaves them."""
        for channel in self.devices[device].actuators:
            if (report := self.reports.get(channel)) is not None and report.stopped:
                level = None if self.is_astray(channel) else 0.0
                self.reports[channel] = replace(report, stopped=False, level=level)

    def _drop(self, channel: ChannelId) -> None:
        self.readings.pop(channel, None)
        self.reports.pop(channel, None)
        self.last_known.pop(channel, None)
        self.freshness.drop(channel)
        self._settles.pop(channel, None)
        self._astray.discard(channel)


def _is_covered(observed: SensorChannel, planned: dict[ChannelId, SensorChannel]) -> bool:
    """Tell whether a channel that showed itself is one that is now planned."""
    wanted = (observed.gpio, observed.sensor_type, observed.address)
    return any(matches(channel, *wanted) for channel in planned.values())


def is_on_bus(sensor: SensorChannel) -> bool:
    """Tell whether a sensor shares its pin: I2C and OneWire do, an analog input does not."""
    return bool(sensor.address) or sensor.gpio in I2C_PSEUDO_PINS


def looks_different(before: Channel | None, channel: Channel) -> bool:
    """Tell whether people would meet a channel in another shape."""
    match before, channel:
        case ActuatorChannel(), ActuatorChannel():
            return (before.kind, before.appears_as) != (channel.kind, channel.appears_as)
        case SensorChannel(), SensorChannel():
            return False
        case _:
            return True

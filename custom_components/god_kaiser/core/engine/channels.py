"""What the channels of approved devices say: readings, reports, errors, vitals."""

from msgspec.structs import replace

from ..devices.model import DeviceError
from ..effects import Effect, Introduce, Occasion, Show, Tell
from ..facts import (
    ActuatorReported,
    AlertRaised,
    DiagnosticsReceived,
    ErrorReported,
    LifecycleReported,
    MetricsReceived,
    PressureReported,
    ReadingArrived,
    SystemAnswered,
    ZoneAnswered,
)
from ..fleet.device import Device
from ..fleet.intake import take_reading
from ..ids import actuator_channel
from ..instant import Instant
from .links import merged
from .state import EngineState
from .supervision import Supervision

_CONFIG_PENDING = "CONFIG_PENDING_AFTER_RESET"


class Channels:
    """Takes in what an approved device measures and does."""

    def __init__(self, state: EngineState, supervision: Supervision) -> None:
        """Connect to the shared state."""
        self._state = state
        self._supervision = supervision

    def reading(self, device: Device, fact: ReadingArrived, now: Instant) -> list[Effect]:
        """Store a reading and wake who watches it; a newcomer is introduced."""
        effects: list[Effect] = []
        for taken in take_reading(self._state.fleet, device, fact, now):
            if taken.appeared:
                effects.append(Introduce(taken.channel))
            effects.append(Show(taken.channel.id))
        return effects

    def report(self, device: Device, fact: ActuatorReported, now: Instant) -> list[Effect]:
        """Store what an output does; the latest command may be confirmed by it."""
        was_astray = self._state.fleet.is_astray(actuator_channel(fact.device, fact.gpio))
        if (kept := self._state.fleet.keep_report(fact, now)) is None:
            return []
        channel, appeared, changed = kept
        if was_astray != self._state.fleet.is_astray(channel.id):
            self._state.unsaved.add(channel.id)
        # What is kept, not what was said: a valve that has lost its position says that it is closed.
        report = self._state.fleet.reports[channel.id]
        effects: list[Effect] = list(self._state.ledger.match_report(channel.id, report.level, now))
        self._supervision.reported(channel, report, now)
        if appeared:
            effects.append(Introduce(channel))
        if changed:
            effects.append(Show(channel.id))
        return effects

    def alert(self, _device: Device, fact: AlertRaised, _now: Instant) -> list[Effect]:
        """Pass a safety alert on to people."""
        # Of a release that somebody else has asked for, only the name of its order is told: no words for people.
        message = "" if fact.is_about_clearing else fact.message
        details: dict[str, str | int | float] = {"alert": fact.alert, "message": message}
        if fact.gpio is not None:
            details["gpio"] = fact.gpio
        return [Tell(occasion=Occasion.ALERT, device=fact.device, details=details)]

    def error(self, device: Device, fact: ErrorReported, now: Instant) -> list[Effect]:
        """Remember the last error and pass it on."""
        device.last_error = DeviceError(code=fact.code, severity=fact.severity, message=fact.message, at=now)
        details: dict[str, str | int | float] = {"code": fact.code, "severity": fact.severity, "message": fact.message}
        return [Tell(occasion=Occasion.DEVICE_ERROR, device=device.id, details=details), Show(device.id)]

    def diagnostics(self, device: Device, fact: DiagnosticsReceived, _now: Instant) -> list[Effect]:
        """Take over what a device says about itself at length."""
        device.vitals = merged(device.vitals, fact.vitals)
        if fact.system_state:
            device.system_state = fact.system_state
            device.config_pending = fact.system_state == _CONFIG_PENDING
        return [Show(device.id)]

    def system_answer(self, device: Device, fact: SystemAnswered, _now: Instant) -> list[Effect]:
        """Take over the vitals that come with the answer to a system command."""
        if fact.vitals is not None:
            device.vitals = merged(device.vitals, fact.vitals)
        return [Show(device.id)]

    def lifecycle(self, device: Device, fact: LifecycleReported, _now: Instant) -> list[Effect]:
        """Note whether a device waits for its configuration."""
        if fact.config_pending is None:
            return []
        device.config_pending = fact.config_pending
        return [Show(device.id)]

    def metrics(self, device: Device, fact: MetricsReceived, _now: Instant) -> list[Effect]:
        """Keep the counters of a device."""
        device.counters = fact.counters
        return [Show(device.id)]

    def pressure(self, device: Device, fact: PressureReported, _now: Instant) -> list[Effect]:
        """Note that the outbound queue of a device is full."""
        device.under_pressure = fact.under_pressure
        return [Show(device.id)]

    def zone(self, device: Device, fact: ZoneAnswered, _now: Instant) -> list[Effect]:
        """Take over the zone that a device confirms."""
        if fact.subzone or not fact.success:
            return []
        device.vitals = replace(device.vitals, zone_id=fact.zone_id)
        return [Show(device.id)]

    def wake(self, now: Instant) -> list[Effect]:
        """Show every reading that has become too old."""
        return [Show(channel) for channel in self._state.fleet.expire_readings(now)]

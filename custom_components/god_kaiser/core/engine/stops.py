"""The emergency stop: latch first, then the wire, then the disk."""

from ..devices.notices import EmergencyClear, EmergencyStop, EmergencyStopAll
from ..effects import Effect, Occasion, Persist, SendNotice, Show, Tell
from ..events import StopPressed, StopReleased
from ..facts import StopAcknowledged, StopCleared, StopRefused
from ..ids import DeviceId, device_of
from ..instant import Instant
from ..requests import BY_PERSON
from .state import EngineState

CLEAR_TIMEOUT = 15.0
# The firmware refuses to be released in the first five seconds after a stop.
CLEAR_AGAIN = 5.5
_TOO_EARLY = "clear_failed"


class Stops:
    """Presses and releases the latch and follows what the devices answer."""

    def __init__(self, state: EngineState) -> None:
        """Connect to the shared state."""
        self._state = state

    def press(self, event: StopPressed, now: Instant) -> list[Effect]:
        """Stop: from the first line on, the gate objects to all energising."""
        self._state.latch.press(event.devices, by=event.by, reason=event.reason, since=now.utc.isoformat())
        effects: list[Effect] = []
        if event.devices is None:
            broadcast = EmergencyStopAll(
                correlation_id=self._state.next_id("es"),
                reason=event.reason,
                issued_by=BY_PERSON,
                at=now.utc.isoformat(),
            )
            effects.append(SendNotice(broadcast))
        targets = self._approved(event.devices)
        for device in targets:
            # An earlier release that is still on its way must not undo this stop.
            self._drop_release(device)
            stop = EmergencyStop(device=device, correlation_id=self._state.next_id("es"), reason=event.reason)
            effects.append(SendNotice(stop))
        effects.append(Persist(self._state.latch.memory))
        scope = "all" if event.devices is None else ", ".join(sorted(event.devices))
        details: dict[str, str | int] = {"by": event.by, "reason": event.reason, "scope": scope}
        effects.append(Tell(occasion=Occasion.EMERGENCY_STOP, details=details))
        return effects + [Show(device) for device in targets]

    def release(self, event: StopReleased, now: Instant) -> list[Effect]:
        """Permit again: who is there must confirm first, who is away is simply let go."""
        self._state.latch.spell_out(self._approved(None))
        wanted = self._stopped() if event.devices is None else event.devices
        present = [device for device in self._approved(wanted) if self._state.fleet.link(device).is_present]
        for absent in wanted - frozenset(present):
            self._state.latch.release(absent)
        effects: list[Effect] = []
        for device in present:
            self._state.clears.touch(device, now.monotonic + CLEAR_TIMEOUT)
            clear = EmergencyClear(device=device, correlation_id=self._state.next_id("ec"), reason=event.reason)
            effects.append(SendNotice(clear))
        return [*effects, Persist(self._state.latch.memory), *(Show(device) for device in sorted(wanted))]

    def cleared(self, fact: StopCleared, _now: Instant) -> list[Effect]:
        """Let go of a device that says it has left its emergency because we asked it to."""
        if self._state.clears.due(fact.device) is None:
            return []
        self._drop_release(fact.device)
        self._state.latch.release(fact.device)
        self._state.fleet.note_cleared(fact.device)
        channels = self._state.fleet.devices[fact.device].actuators
        tell = Tell(occasion=Occasion.EMERGENCY_CLEARED, device=fact.device)
        return [Persist(self._state.latch.memory), tell, Show(fact.device), *(Show(channel) for channel in channels)]

    def acknowledged(self, fact: StopAcknowledged, _now: Instant) -> list[Effect]:
        """Tell people that a device has carried out its stop."""
        return [Tell(occasion=Occasion.EMERGENCY_CONFIRMED, device=fact.device)]

    def refused(self, fact: StopRefused, now: Instant) -> list[Effect]:
        """Ask again where a release came too early; tell people of everything else that is not obeyed."""
        if fact.error == _TOO_EARLY and self._state.clears.due(fact.device) is not None:
            self._state.clear_repeats.touch(fact.device, now.monotonic + CLEAR_AGAIN)
            return []
        details: dict[str, str | int] = {"error": fact.error, "message": fact.message}
        return [Tell(occasion=Occasion.EMERGENCY_REFUSED, device=fact.device, details=details)]

    def wake(self, now: Instant) -> list[Effect]:
        """Ask again, and tell people which devices have not confirmed their release; those stay stopped."""
        again: list[Effect] = [
            SendNotice(EmergencyClear(device=device, correlation_id=self._state.next_id("ec")))
            for device in self._state.clear_repeats.pop_due(now.monotonic)
            if self._state.clears.due(device) is not None
        ]
        return again + [
            Tell(occasion=Occasion.EMERGENCY_REFUSED, device=device, details={"error": "not_confirmed"})
            for device in self._state.clears.pop_due(now.monotonic)
        ]

    def forget(self, device: DeviceId) -> list[Effect]:
        """Let go of a device that was removed."""
        self._drop_release(device)
        if device not in self._state.latch.memory.devices:
            return []
        self._state.latch.release(device)
        return [Persist(self._state.latch.memory)]

    def _drop_release(self, device: DeviceId) -> None:
        self._state.clears.drop(device)
        self._state.clear_repeats.drop(device)

    def _stopped(self) -> frozenset[DeviceId]:
        """Return the devices that we hold, and those that say themselves that they are stopped."""
        reports = self._state.fleet.reports.values()
        return self._state.latch.memory.devices | {device_of(report.channel) for report in reports if report.stopped}

    def _approved(self, wanted: frozenset[DeviceId] | None) -> list[DeviceId]:
        return [
            device.id
            for device in self._state.fleet.devices.values()
            if device.is_approved and (wanted is None or device.id in wanted)
        ]

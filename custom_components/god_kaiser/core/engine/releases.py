"""The way out of a stop: asked by a person, confirmed by each device, and nothing starts by itself."""

from ..devices.notices import EmergencyClear
from ..effects import Effect, Keep, Occasion, SendNotice, Show, ShowHub, Tell
from ..events import StopReleased
from ..facts import AlertRaised, StopAcknowledged, StopCleared, StopRefused
from ..ids import DeviceId
from ..instant import Instant
from ..safety.estop import ReleaseStage
from .state import EngineState

CLEAR_TIMEOUT = 15.0
# The firmware refuses to be released in the first five seconds after it has stopped.
CLEAR_AFTER = 5.5
NOT_CLEARED = "clear_failed"
# What people are told of a device that has answered every release of ours like that.
STILL_REFUSED = "still_refused"
NOT_CONFIRMED = "not_confirmed"
STOPPED_ANEW = "stopped_anew"


class Releases:
    """Follows each release until its device has confirmed it; until then the latch holds.

    A release of a device that is away waits for its return, in memory only: after a restart of Home Assistant a person
    has to ask again. A device that returns is stopped before it is released. It may never have heard of the stop, and
    the firmware confirms a release also while its outputs run: without the stop they would go on running released.
    A device is not asked before it may be released, so it has no reason to refuse; one that does is asked again.
    """

    def __init__(self, state: EngineState) -> None:
        """Connect to the shared state."""
        self._state = state
        self._wanted: dict[DeviceId, StopReleased] = {}
        self._asked: dict[DeviceId, set[str]] = {}
        self._refused: set[DeviceId] = set()

    def is_wanted(self, device: DeviceId) -> bool:
        """Tell whether a person has released a device that has not confirmed it yet."""
        return device in self._wanted

    def stage_of(self, device: DeviceId) -> ReleaseStage | None:
        """Return what the release of a device waits for; None where nobody wants it, or where it is over."""
        if device not in self._wanted:
            return None
        if not self._is_there(device):
            return ReleaseStage.AWAY
        is_waiting = self._state.clear_repeats.due(device) is not None
        return ReleaseStage.TOO_EARLY if is_waiting else ReleaseStage.ASKED

    def call_of(self, device: DeviceId) -> str:
        """Return the click or call by which a device is to be released, empty where none is known."""
        event = self._wanted.get(device)
        return "" if event is None else event.call

    def begin(self, device: DeviceId, event: StopReleased, now: Instant) -> list[Effect]:
        """Ask a device that is there; who is away is asked after its return."""
        self.drop(device)
        self._wanted[device] = event
        return self._ask(device, now)

    def drop(self, device: DeviceId) -> None:
        """Forget a release: a stop that came after it must not be undone by it."""
        self._wanted.pop(device, None)
        self._withdraw(device)
        self._state.clear_repeats.drop(device)

    def stopped_again(self, device: DeviceId, now: Instant) -> None:
        """Ask a device anew that was just stopped because it has joined, as soon as it listens to that."""
        if device in self._wanted:
            self._withdraw(device)
            self._state.clear_repeats.touch(device, now.monotonic + CLEAR_AFTER)

    def beaten(self, device: DeviceId, now: Instant) -> list[Effect]:
        """Ask a device that shows itself, if that is still to be done."""
        if device not in self._wanted or self._state.clear_repeats.due(device) is not None:
            return []
        return [] if self._state.clears.due(device) is not None else self._ask(device, now)

    def cleared(self, fact: StopCleared) -> list[Effect]:
        """Let go of a device that says it has left its emergency because we asked it to."""
        device = fact.device
        is_ours = fact.correlation_id == "" or fact.correlation_id in self._asked.get(device, ())
        if (event := self._wanted.get(device)) is None or self._state.clears.due(device) is None or not is_ours:
            return []
        if self._state.latch.holds(device):
            # A release of what was never stopped takes nothing away from whoever has it.
            self.drop_demands(device)
        self.let_go(device)
        self._state.fleet.note_cleared(device)
        channels = self._state.fleet.devices[device].actuators
        details: dict[str, str | int | float] = {"by": event.by, "reason": event.reason}
        occasion = Occasion.EMERGENCY_CLEARED
        tell = Tell(occasion=occasion, device=device, details=details, call=event.call, user=event.user)
        return [self.keep(), tell, Show(device), *(Show(channel) for channel in channels), ShowHub()]

    def overtaken(self, fact: StopAcknowledged) -> list[Effect]:
        """Give up the release of a device that was stopped by somebody else meanwhile: a person has to ask again.

        The firmware names the order that it has carried out, and makes up a name for one that has none.
        """
        is_ours = fact.correlation_id == "" or self._state.has_issued(fact.correlation_id)
        return [] if is_ours or fact.device not in self._wanted else self._give_up(fact.device, STOPPED_ANEW)

    def refused(self, fact: StopRefused, now: Instant) -> bool:
        """Take note of a release that came too early, to ask again; tell whether it was one."""
        if fact.error != NOT_CLEARED or self._state.clears.due(fact.device) is None:
            return False
        self._refused.add(fact.device)
        self._state.clear_repeats.touch(fact.device, now.monotonic + CLEAR_AFTER)
        return True

    def takes(self, fact: AlertRaised) -> bool:
        """Tell whether an alert says once more that a release of ours was refused; people are told when it is given up."""
        return fact.is_about_clearing and self._state.clears.due(fact.device) is not None

    def wake(self, now: Instant) -> list[Effect]:
        """Ask again, and tell people which devices have not confirmed their release; those stay stopped."""
        effects: list[Effect] = []
        for device in self._state.clears.pop_due(now.monotonic):
            self._withdraw(device)
            # Who has gone meanwhile is asked after its return.
            if self._is_there(device):
                effects += self._give_up(device, STILL_REFUSED if device in self._refused else NOT_CONFIRMED)
        for device in self._state.clear_repeats.pop_due(now.monotonic):
            effects += [*self._ask(device, now), Show(device), ShowHub()]
        return effects

    def _give_up(self, device: DeviceId, error: str) -> list[Effect]:
        call = self.call_of(device)
        self.drop(device)
        details: dict[str, str | int | float] = {"error": error}
        tell = Tell(occasion=Occasion.EMERGENCY_REFUSED, device=device, details=details, call=call)
        return [tell, Show(device), ShowHub()]

    def _withdraw(self, device: DeviceId) -> None:
        """Take no word of a device for an answer to what it was asked so far."""
        self._asked.pop(device, None)
        self._state.clears.drop(device)

    def let_go(self, device: DeviceId) -> None:
        """Drop the latch of one device, and everything that was to be proven or confirmed about it."""
        self.drop(device)
        self._state.latch.release(device)
        self._state.proofs.drop(device)

    def drop_demands(self, device: DeviceId) -> None:
        """Forget what anybody wants of a device: no demand to run survives a stop, nor one that was made while it held."""
        for channel in self._state.fleet.devices[device].actuators:
            if self._state.demands.stop(channel):
                self._state.unsaved.add(channel)

    def keep(self) -> Keep:
        """Return the order to write the latch down."""
        return Keep(row="stop", content=self._state.latch.memory, is_urgent=True)

    def _ask(self, device: DeviceId, now: Instant) -> list[Effect]:
        if (event := self._wanted.get(device)) is None or not self._is_there(device):
            return []
        asking = self._state.proofs.asking_of(device)
        if asking is not None and (allowed := asking.entered_at + CLEAR_AFTER) > now.monotonic:
            self._state.clear_repeats.touch(device, allowed)
            return []
        # From now on a repeated stop would undo the release.
        self._state.proofs.repeats.drop(device)
        clear_id = self._state.next_id(event.call or "ec")
        self._asked.setdefault(device, set()).add(clear_id)
        self._refused.discard(device)
        if self._state.clears.due(device) is None:
            self._state.clears.touch(device, now.monotonic + CLEAR_TIMEOUT)
        return [SendNotice(EmergencyClear(device=device, correlation_id=clear_id, reason=event.reason))]

    def _is_there(self, device: DeviceId) -> bool:
        link = self._state.fleet.link(device)
        return self._state.fleet.broker_connected and link.is_present and not link.is_awaited

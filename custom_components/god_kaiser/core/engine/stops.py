"""The emergency stop: latch first, then the wire, then the disk."""

from itertools import islice

from ..devices.notices import EmergencyStopAll
from ..effects import Effect, Occasion, Record, SendNotice, Show, ShowHub, Tell
from ..events import StopPressed, StopReleased
from ..facts import ActuatorReported, AlertRaised, StopAcknowledged, StopCleared, StopRefused
from ..ids import CommandId, DeviceId, device_of
from ..instant import Instant
from ..journal.decision import Decision
from ..requests import BY_PERSON, REST, Origin
from ..safety.estop import StopScope, may_release
from .ordered_stops import OrderedStops
from .proving import Proving
from .releases import CLEAR_AFTER, NOT_CLEARED, Releases
from .state import EngineState

# In a large fleet the first order must not wait for the last; the latch holds for all of them at once.
_AT_ONCE = 25
_NEXT = "next"


class Stops:
    """Presses and releases the latch; each device proves its stop and confirms its release."""

    def __init__(self, state: EngineState) -> None:
        """Connect to the shared state."""
        self._state = state
        self._proving = Proving(state)
        self._ordered = OrderedStops(state, self._proving)
        self.releases = Releases(state)
        # Who has still to be ordered to stop, and the reason.
        self._due: dict[DeviceId, str] = {}
        # The reason of a stop of everything whose broadcast would cut a controlled stop short.
        self._postponed: str | None = None

    def press(self, event: StopPressed, now: Instant) -> list[Effect]:
        """Stop: from the first line on, the gate objects to all energising."""
        scope = StopScope(by=event.by, user=event.user, reason=event.reason, since=now.utc.isoformat(), call=event.call)
        targets = self._approved(event.devices)
        stepwise = [d for d in targets if not self._state.latch.holds(d) and self._ordered.is_wanted(d)]
        self._state.latch.press(event.devices, scope)
        # An earlier release that is still on its way must not undo this stop.
        for device in filter(self.releases.is_wanted, targets):
            self.releases.drop(device)
        for device in () if self._ordered.is_idle else targets:
            self._ordered.cancel(device)
        self._state.proofs.expect(targets, now)
        self._due |= dict.fromkeys(targets, event.reason)
        steps = self._begin_steps(stepwise, now)
        if event.devices is None:
            self._postponed = event.reason
        wire, after = self._order_next(now)
        stopped = "all" if event.devices is None else ", ".join(sorted(event.devices))
        details: dict[str, str | int | float] = {"by": event.by, "reason": event.reason, "scope": stopped}
        tell = Tell(occasion=Occasion.EMERGENCY_STOP, details=details, call=event.call, user=event.user)
        # Also where no device has anything else to show, there is one more who has pressed.
        hub = [] if ShowHub() in after or ShowHub() in steps else [ShowHub()]
        return [*self._broadcast(now), *wire, *steps, self.releases.keep(), tell, *after, *hub]

    def _begin_steps(self, devices: list[DeviceId], now: Instant) -> list[Effect]:
        effects: list[Effect] = []
        for device in devices:
            del self._due[device]
            unconfirmed = self._clear_desk(device)
            effects += [*self._ordered.begin(device, now), *unconfirmed]
        return effects + self._proving.look_at(devices, now)

    def _order_next(self, now: Instant) -> tuple[list[Effect], list[Effect]]:
        """Order the next devices to stop; return what goes on the wire, and what follows after it."""
        devices = list(islice(self._due, _AT_ONCE))
        wire: list[Effect] = []
        after: list[Effect] = []
        for device in devices:
            after += [*self._taken(device, now), *self._clear_desk(device)]
            wire += self._proving.ask(device, now, self._due.pop(device))
        if self._due:
            self._state.stop_orders.touch(_NEXT, now.monotonic)
        judged = self._proving.look_at(devices, now)
        pressed = [Show(device) for device in devices if Show(device) not in judged]
        return wire, after + judged + pressed

    def _taken(self, device: DeviceId, now: Instant) -> list[Effect]:
        """Record of every output that runs, or that somebody wants, that the stop has taken it."""
        scope, effects = self._state.latch.scope_of(device), list[Effect]()
        for output in self._state.fleet.devices[device].actuators:
            owners = tuple(demand.owner for demand in self._state.demands.of(output))
            if owners or self._state.around.is_running(output):
                decision = Decision(
                    at=now.utc,
                    command=CommandId(self._state.next_id("es")),
                    channel=output,
                    level=REST,
                    origin=Origin.EMERGENCY,
                    asked_by="emergency_stop",
                    call="" if scope is None else scope.call,
                    owner=Origin.EMERGENCY.name.lower(),
                    outranked=owners,
                )
                effects.append(Record(decision))
        return effects

    def _clear_desk(self, device: DeviceId) -> list[Effect]:
        """Forget what anybody wants of a device, and give up on what was on its way to it."""
        self._state.proofs.rearm(device)
        self.releases.drop_demands(device)
        entries = [self._state.ledger.entry_of(output) for output in self._state.fleet.devices[device].actuators]
        ledger = self._state.ledger
        return [settle for entry in entries if entry is not None for settle in ledger.give_up(entry.request.id)]

    def release(self, event: StopReleased, now: Instant) -> list[Effect]:
        """Permit again: each device must confirm first, and who is away does so after its return."""
        problem = may_release(
            self._state.latch.memory,
            event.devices,
            user=event.user,
            is_admin=event.is_admin,
            allow_automatic=event.allow_automatic,
        )
        if problem is not None:
            details: dict[str, str | int | float] = {"error": problem, "by": event.by}
            return [Tell(occasion=Occasion.EMERGENCY_REFUSED, details=details, call=event.call, user=event.user)]
        if event.devices is None:
            self._postponed = None
            self._state.latch.spell_out(self._approved(None))
        wanted = sorted(self._stopped(event) if event.devices is None else event.devices)
        effects = [effect for device in wanted for effect in self._release_one(device, event, now)]
        effects += self._broadcast(now)
        return [*effects, self.releases.keep(), *(Show(device) for device in wanted), ShowHub()]

    def joined(self, device: DeviceId, now: Instant) -> list[Effect]:
        """Stop a device that joins while it is held, before it is told anything else: it may have rebooted."""
        if not self._state.latch.holds(device):
            return []
        self._ordered.cancel(device)
        self._due.pop(device, None)
        stop = self._proving.ask(device, now)
        self.releases.stopped_again(device, now)
        return stop + self._broadcast(now)

    def beaten(self, device: DeviceId, now: Instant) -> list[Effect]:
        """Show what has become of a device that has joined, and go on with a release that waits for it."""
        return self.releases.beaten(device, now) + self._proving.look_at([device], now)

    def broker_connected(self, now: Instant) -> list[Effect]:
        """Repeat every stop: nobody knows who has heard it."""
        everybody = self._approved(None)
        stops = [effect for device in everybody for effect in self.joined(device, now)]
        return [*self._broadcast(now), *stops, *self._proving.look_at(everybody, now)]

    def broker_lost(self, now: Instant) -> list[Effect]:
        """Give up controlled stops, which need to be heard, and judge everybody anew."""
        stopped = [proof.device for proof in self._state.proofs.all()]
        for device in stopped:
            self._ordered.cancel(device)
        return self._proving.look_at(stopped, now)

    def reported(self, fact: ActuatorReported, now: Instant) -> list[Effect]:
        """Take what an output says about itself."""
        if not self._state.proofs.is_open(fact.device):
            return []
        proven = self._proving.reported(fact, now)
        # A step that ends by this report asks for a stop, which the report does not prove.
        return [*self._ordered.reported(fact.device, now), *self._broadcast(now), *proven]

    def takes(self, fact: AlertRaised) -> bool:
        """Tell whether an alert is nothing but the answer to a stop, or to its release."""
        return self._proving.takes(fact) or self.releases.takes(fact)

    def listen(self, fact: StopAcknowledged | StopCleared | StopRefused, now: Instant) -> list[Effect]:
        """Take what a device says about its emergency."""
        match fact:
            case StopAcknowledged():
                return [*self._proving.acknowledged(fact, now), *self.releases.overtaken(fact)]
            case StopCleared():
                return self._cleared(fact, now)
            case StopRefused():
                return self._refused(fact, now)

    def _cleared(self, fact: StopCleared, now: Instant) -> list[Effect]:
        """Let go of a device that confirms its release; one that was released by somebody else is stopped again."""
        if (effects := self.releases.cleared(fact)) or not self._state.latch.holds(fact.device):
            return effects
        asking = self._state.proofs.asking_of(fact.device)
        # No device can be released so soon after a stop: this belongs to an earlier one.
        if asking is not None and now.monotonic < asking.asked.monotonic + CLEAR_AFTER:
            return []
        return self.joined(fact.device, now) + self._proving.look_at([fact.device], now)

    def _refused(self, fact: StopRefused, now: Instant) -> list[Effect]:
        """Ask again where a release came too early; tell people of everything else that is not obeyed."""
        if self.releases.refused(fact, now):
            return [Show(fact.device), ShowHub()]
        if fact.error != NOT_CLEARED:
            # One about a release says nothing about the stop.
            self._proving.refused(fact.device, now)
        details: dict[str, str | int | float] = {"error": fact.error, "message": fact.message}
        call = self.releases.call_of(fact.device) or self._proving.call_of(fact.device)
        return [Tell(occasion=Occasion.EMERGENCY_REFUSED, device=fact.device, details=details, call=call)]

    def wake(self, now: Instant) -> list[Effect]:
        """Do what has become due."""
        wire, after = self._order_next(now) if self._state.stop_orders.pop_due(now.monotonic) else ([], [])
        effects = [*wire, *after, *self._ordered.wake(now)]
        return [*effects, *self._broadcast(now), *self._proving.wake(now), *self.releases.wake(now)]

    def forget(self, device: DeviceId, now: Instant) -> list[Effect]:
        """Let go of a device that was removed."""
        was_held = device in self._state.latch.memory.devices
        self._ordered.cancel(device)
        self._due.pop(device, None)
        self.releases.let_go(device)
        self._state.latch.forget(device)
        self._state.proofs.forget(device)
        self._state.around.limits.drop_device(device)
        return [*self._broadcast(now), *([self.releases.keep()] if was_held else []), ShowHub()]

    def restore(self, now: Instant) -> None:
        """Ask everybody for a proof whom the latch of an earlier run of Home Assistant holds."""
        for device in self._approved(None):
            if self._state.latch.holds(device) and not self._state.proofs.is_open(device):
                self._state.proofs.ask(device, now, patience=0.0)
                self._proving.look_at([device], now)

    def _release_one(self, device: DeviceId, event: StopReleased, now: Instant) -> list[Effect]:
        known = self._state.fleet.devices.get(device)
        if known is None or not known.is_approved:
            self.releases.let_go(device)
            return []
        if self._state.latch.memory.everything is not None:
            # Its own stop is over, but it is held by another one, which covers everybody.
            self._state.latch.release(device)
            return []
        is_unordered = self._due.pop(device, None) is not None
        hurried = self._proving.ask(device, now) if self._ordered.cancel(device) or is_unordered else []
        return hurried + self.releases.begin(device, event, now)

    def _broadcast(self, now: Instant) -> list[Effect]:
        """Stop everybody at one stroke, strangers too; not before the last controlled stop is over."""
        if self._postponed is None or not self._ordered.is_idle:
            return []
        reason, self._postponed = self._postponed, None
        everything = self._state.latch.memory.everything
        prefix = (everything.call if everything is not None else "") or "es"
        # Everybody on the broker reads it, so no person is named.
        broadcast = EmergencyStopAll(
            correlation_id=self._state.next_id(prefix), reason=reason, issued_by=BY_PERSON, at=now.utc.isoformat()
        )
        return [SendNotice(broadcast)]

    def _stopped(self, event: StopReleased) -> frozenset[DeviceId]:
        """Return the devices that we hold, and those that have stopped by themselves: these are nobody's own."""
        held = frozenset(self._state.latch.memory.devices)
        if event.user and not event.is_admin:
            return held
        reports = self._state.fleet.reports.values()
        return held | {device_of(report.channel) for report in reports if report.stopped}

    def _approved(self, wanted: frozenset[DeviceId] | None) -> list[DeviceId]:
        return [
            device.id
            for device in self._state.fleet.devices.values()
            if device.is_approved and (wanted is None or device.id in wanted)
        ]

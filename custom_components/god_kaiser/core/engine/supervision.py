"""What was approved can become wrong later: everything energised is watched until it rests."""

from collections.abc import Iterable

from ..devices.model import ActuatorChannel, ActuatorReport
from ..effects import Effect, Occasion, Retire, Send, Show, Tell
from ..events import DeviceSafetyChanged, SafetyChanged
from ..fleet.device import Device
from ..ids import ChannelId, CommandId, DeviceId, device_of
from ..instant import Instant
from ..requests import FULL, CommandRequest, Origin, is_rest
from ..safety.limits import ShutdownPolicy
from ..safety.objections import Ground, Objection
from .runs import Runs
from .state import EngineState

SWEEP = 60.0
ORPHAN_GRACE = 30.0
_SWEEP = "sweep"
# Whatever these end does not begin again by itself when they are over.
_ENDS_FOR_GOOD = frozenset({Ground.EMERGENCY_STOP_ACTIVE, Ground.LOCKED_OUT})


class Supervision:
    """Re-asks the interlocks of whatever runs, and looks after outputs without an owner."""

    def __init__(self, state: EngineState, runs: Runs) -> None:
        """Connect to the shared state, and to who ends a run."""
        self._state = state
        self._runs = runs

    def watch(self, now: Instant) -> None:
        """See to it that everything is looked at again in a while."""
        if self._state.sweeps.due(_SWEEP) is None:
            self._state.sweeps.touch(_SWEEP, now.monotonic + SWEEP)

    def reported(self, channel: ActuatorChannel, report: ActuatorReport, now: Instant) -> None:
        """Keep the books by what an output says about itself."""
        key, level = channel.id, report.level
        granted = self._state.leases.granted_at(key)
        if report.stopped and self._state.demands.stop(key):
            # No demand to run survives a stop, whoever has pressed it.
            self._state.unsaved.add(key)
        if level is not None and not is_rest(level):
            self._state.leases.see(key)
        if level is None or self._state.ledger.is_in_flight(key) or self._state.fleet.is_moving(key, now):
            return
        if is_rest(level):
            self._state.orphans.drop(key)
            if granted is not None or self._state.around.usage.of(key).on_since is not None:
                self._runs.rested(key, now)
            if self._state.leases.was_cut_short(key) and self._state.demands.revive(key):
                # Whoever wants it still has not had its longest run.
                self._state.unsaved.add(key)
            return
        self._state.around.usage.of(key).found_running(now, self._state.around.zone)
        self.watch(now)
        if granted is not None or not channel.planned or channel.default_on:
            return
        outcome = self._state.demands.effective(key, now)
        if outcome is not None and not is_rest(outcome.winner.level):
            until = outcome.winner.until
            limit = float(channel.max_runtime)
            self._state.leases.adopt(key, limit if until is None else min(limit, until - now.monotonic), now)
        elif self._state.orphans.due(key) is None:
            self._state.orphans.touch(key, now.monotonic + ORPHAN_GRACE)

    def lay_down(self, event: SafetyChanged | DeviceSafetyChanged, _now: Instant) -> list[Effect]:
        """Take over the safety settings of an output or a device; whatever runs is judged by them at once."""
        if isinstance(event, DeviceSafetyChanged):
            self._state.around.limits.lay_down_device(event.safety)
            return [Show(event.safety.device)]
        self._state.around.limits.lay_down(event.safety)
        return [Show(event.safety.channel)]

    def shut_down(self, now: Instant) -> list[Effect]:
        """Rest what runs before Home Assistant ends, unless its owner wants its lease to run out; nothing starts now.

        Outputs that nobody has planned and that somebody else has switched on are left alone, as always.
        """
        self._state.around.is_ending = True
        effects: list[Effect] = []
        for device in self._state.fleet.devices.values():
            for channel, actuator in device.actuators.items():
                policy = self._state.around.limits.of(channel).on_shutdown
                is_ours = actuator.planned or self._state.leases.is_live(channel)
                if self._state.around.is_running(channel) and policy is ShutdownPolicy.REST and is_ours:
                    self._state.demands.drop_all(channel)
                    effects += self._runs.rest(channel, now, "shutdown")
        return effects

    def replanned(self, device: Device, now: Instant) -> list[Effect]:
        """Let no run go on for longer than the longest run that has just been laid down for its output."""
        for channel, actuator in device.actuators.items():
            if self._state.leases.shorten(channel, now.monotonic + actuator.max_runtime):
                self._state.unsaved.add(channel)
        return []

    def tell_crash(self, lost: int | None) -> list[Effect]:
        """Tell people that Home Assistant did not end on purpose, what was running then, and how many events are missing."""
        leases = self._state.leases
        running = [c for d in self._state.fleet.devices.values() for c in d.actuators if leases.is_live(c)]
        details: dict[str, str | int | float] = {"running": ", ".join(running), "count": len(running)}
        if lost is not None:
            details["events_lost"] = lost
        return [Tell(occasion=Occasion.CRASH_FOUND, details=details)]

    def look_at(self, channel: ChannelId, now: Instant) -> list[Effect]:
        """Rest an output that runs although something speaks against it by now."""
        self._state.looks.drop(channel)
        # A stop rests its outputs itself, in its own order.
        if self._state.proofs.is_open(device_of(channel)):
            return []
        if self._runs.is_resting(channel):
            return []
        if not self._state.around.is_running(channel):
            # What the gate has refused may be allowed by now; whom a device has refused waits for the next sweep.
            is_back = self._is_back(channel)
            return self._runs.go_on(channel, now) if is_back or self._state.funnel.has_refused(channel) else []
        self._state.returned.discard(channel)
        request = self._picture_of(channel, now)
        reasons = self._state.gate.lasting_objections(request, self._state.around, now)
        if reasons:
            self._end_demands(channel, {reason.ground for reason in reasons})
            return self._force(channel, reasons, now)
        moments = [
            moment
            for interlock in self._state.around.limits.interlocks_of(channel)
            if (moment := interlock.looks_again_at(channel, self._state.around, now)) is not None
        ]
        if moments:
            self._state.looks.touch(channel, max(min(moments), now.monotonic + 0.001))
        return []

    def _is_back(self, channel: ChannelId) -> bool:
        """Tell once whether an output may be had again: its device is back and configured, and says that it rests."""
        if channel not in self._state.returned or not self._state.is_ready(device_of(channel)):
            return False
        if self._state.fleet.report(channel) is not None or self._state.leases.granted_at(channel) is None:
            self._state.returned.discard(channel)
        return True

    def follow_up(self, effects: Iterable[Effect], now: Instant) -> list[Effect]:
        """Re-ask everything that depends on what an event has changed."""
        forced: list[Effect] = []
        # What is forced to rest changes something as well: who needs a valve rests together with it.
        while touched := self._touched(effects):
            effects = [effect for channel in touched for effect in self.look_at(channel, now)]
            forced += effects
        return forced

    def _touched(self, effects: Iterable[Effect]) -> dict[ChannelId, None]:
        touched: dict[ChannelId, None] = {}
        for effect in effects:
            match effect:
                case Show(key=key):
                    touched |= dict.fromkeys(self._concerned(key))
                case Send(command=command):
                    # Whoever needs an output does not wait for its device's word that it closes.
                    touched |= dict.fromkeys(self._concerned(command.request.channel))
                case Retire(channel=ActuatorChannel(id=key)) if self._state.fleet.actuator(key) is None:
                    self._forget(key)
        return touched

    def wake(self, now: Instant) -> list[Effect]:
        """Do what has become due."""
        effects: list[Effect] = []
        for channel in self._state.orphans.pop_due(now.monotonic):
            effects += self._end_orphan(channel, now)
        for channel in self._state.looks.pop_due(now.monotonic):
            effects += self.look_at(channel, now)
        if self._state.sweeps.pop_due(now.monotonic):
            effects += self.sweep(now)
        return effects

    def sweep(self, now: Instant) -> list[Effect]:
        """Look at everything that runs, and at every demand that waits for its turn."""
        effects: list[Effect] = []
        outputs = [channel for device in self._state.fleet.devices.values() for channel in device.actuators]
        for channel in outputs:
            effects += self.look_at(channel, now)
        for channel in self._state.demands.channels():
            effects += self._runs.go_on(channel, now)
        if self._state.demands.channels() or any(map(self._state.around.is_running, outputs)):
            self.watch(now)
        return effects

    def _end_demands(self, channel: ChannelId, grounds: set[Ground]) -> None:
        if not _ENDS_FOR_GOOD.isdisjoint(grounds):
            self._state.demands.stop(channel)
        elif Ground.RUN_TOO_LONG in grounds:
            self._state.demands.spend(channel)
        self._state.demands.interrupt(channel)

    def _forget(self, channel: ChannelId) -> None:
        """Drop the books about an output that is gone; one that we have energised still gets its end."""
        self._state.demands.drop_all(channel)
        self._state.funnel.forget(channel)
        self._state.returned.discard(channel)
        self._state.around.usage.drop(channel)
        self._state.around.limits.drop(channel)
        self._state.orphans.drop(channel)
        self._state.looks.drop(channel)
        self._state.unsaved.add(channel)

    def _concerned(self, key: ChannelId | DeviceId) -> Iterable[ChannelId]:
        channel = ChannelId(key)
        if channel in self._state.fleet.readings:
            return self._state.around.limits.dependents(channel)
        device = self._state.fleet.devices.get(DeviceId(key))
        if device is None:
            return (channel, *self._state.around.limits.dependents(channel))
        dependents = [d for own in device.actuators for d in self._state.around.limits.dependents(own)]
        return (*device.actuators, *dependents)

    def _end_orphan(self, channel: ChannelId, now: Instant) -> list[Effect]:
        if not self._state.around.is_running(channel) or self._state.leases.is_live(channel):
            return []
        if not self._state.rests_orphans:
            self._leave(channel, now)
            return []
        tell = Tell(
            occasion=Occasion.FORCED_TO_REST,
            device=device_of(channel),
            details={"channel": channel, "reasons": "orphan"},
        )
        return [*self._runs.rest(channel, now, "orphan"), tell]

    def _leave(self, channel: ChannelId, now: Instant) -> None:
        """Give an output that runs for nobody the end that any run has."""
        if (actuator := self._state.fleet.actuator(channel)) is not None:
            self._state.leases.adopt(channel, float(actuator.max_runtime), now, is_owned=False)
            self._state.unsaved.add(channel)

    def _picture_of(self, channel: ChannelId, now: Instant) -> CommandRequest:
        """Return the request that would keep an output as it is."""
        outcome = self._state.demands.effective(channel, now)
        report = self._state.fleet.report(channel)
        reported = report.level if report is not None else None
        return CommandRequest(
            id=CommandId(""),
            channel=channel,
            level=self._state.ledger.level_in_flight(channel) or reported or FULL,
            origin=outcome.winner.origin if outcome is not None else Origin.RULE,
            is_renewal=True,
        )

    def _force(self, channel: ChannelId, reasons: tuple[Objection, ...], now: Instant) -> list[Effect]:
        grounds = ", ".join(reason.ground for reason in reasons)
        tell = Tell(
            occasion=Occasion.FORCED_TO_REST,
            device=device_of(channel),
            details={"channel": channel, "reasons": grounds},
        )
        return [*self._runs.rest(channel, now, grounds, reasons), tell]

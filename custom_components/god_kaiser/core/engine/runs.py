"""Runs begin, go on and end as those who want them wish."""

from math import floor

from ..commands.entry import is_same_level
from ..effects import Effect, Send, Show
from ..events import DemandReleased
from ..ids import ChannelId, CommandId, device_of
from ..instant import Instant
from ..requests import REST, CommandRequest, Origin, is_rest
from ..safety.demands import Demand, request_of
from ..safety.leases import DEVICE_FIRST
from ..safety.objections import Objection
from .lingering import lingering
from .state import EngineState

# A renewal that does not get through is tried again while the device still has time.
_RENEW_AGAIN = 20.0


class Runs:
    """Gives each output to whom it belongs now, renews runs that are longer than a lease, and ends them."""

    def __init__(self, state: EngineState) -> None:
        """Connect to the shared state."""
        self._state = state

    def release(self, event: DemandReleased, now: Instant) -> list[Effect]:
        """Let go of an output; whoever comes next may have it."""
        rest_of_run = lingering(self._state, event, now)
        if self._state.demands.withdraw(event.channel, event.owner) is None:
            return []
        self._state.unsaved.add(event.channel)
        if rest_of_run is not None:
            self._state.demands.put(rest_of_run)
            return [Show(event.channel)]
        return [Show(event.channel), *self.follow(event.channel, now, freed_by=event.owner)]

    def follow(self, channel: ChannelId, now: Instant, *, freed_by: str = "") -> list[Effect]:
        """Bring an output to what its demands want now; who ran gets its end from its lease."""
        if self._state.proofs.is_open(device_of(channel)):
            return []
        outcome = self._state.demands.effective(channel, now)
        if outcome is not None and not is_rest(outcome.winner.level):
            # After a restart nobody runs for a program that may be gone.
            is_wanted = self._state.demands.is_claimed(outcome.winner) and not self._is_applied(outcome.winner)
            return self._engage(outcome.winner, now) if is_wanted else []
        is_told = self.is_resting(channel) or self._state.ledger.unrested.due(channel) is not None
        if is_told or not self._state.leases.is_live(channel):
            return []
        return self.rest(channel, now, "demand_ended", freed_by=freed_by)

    def go_on(self, channel: ChannelId, now: Instant) -> list[Effect]:
        """Try again what waits for better times; nothing else is energised without a hand on it."""
        outcome = self._state.demands.effective(channel, now)
        if outcome is not None and not outcome.winner.is_standing and not is_rest(outcome.winner.level):
            return []
        return self.follow(channel, now)

    def wake(self, now: Instant) -> list[Effect]:
        """Do what has become due."""
        effects: list[Effect] = []
        for channel in self._state.demands.ended(now, self._is_there):
            self._state.unsaved.add(channel)
            effects += self._succeed(channel, now)
        for channel in self._state.leases.renewals.pop_due(now.monotonic):
            effects += self._renew(channel, now)
        for channel, granted in self._state.leases.ended(now):
            effects += self._end_lease(channel, granted, now)
        return effects

    def rested(self, channel: ChannelId, now: Instant) -> None:
        """Close the books about a run whose output was seen at rest."""
        outcome = self._state.demands.effective(channel, now)
        # Its device has ended a run that was wanted; who waits behind somebody who wants rest goes on waiting.
        if outcome is not None and not is_rest(outcome.winner.level):
            if self._state.leases.has_run_out(channel, now):
                # It has lasted as long as it may: nobody has it again without asking again.
                self._state.demands.spend(channel)
            self._state.demands.interrupt(channel)
        self._state.leases.settle(channel)
        self._state.around.usage.of(channel).rest(now, self._state.around.zone)
        self._state.unsaved.add(channel)

    def is_resting(self, channel: ChannelId) -> bool:
        """Tell whether a rest is on its way already."""
        level = self._state.ledger.level_in_flight(channel)
        return level is not None and is_rest(level)

    def rest(
        self, channel: ChannelId, now: Instant, cause: str, reasons: tuple[Objection, ...] = (), *, freed_by: str = ""
    ) -> list[Effect]:
        """Rest an output, with what it was found out by, or with who has let go of it."""
        request = CommandRequest(
            id=CommandId(self._state.next_id("rest")),
            channel=channel,
            level=REST,
            origin=Origin.SUPERVISOR,
            asked_by=cause,
            freed_by=freed_by,
        )
        return self._state.funnel.submit(request, now, because=reasons)

    def _is_applied(self, demand: Demand) -> bool:
        """Tell whether an output does what a demand wants, for as long as that wants it."""
        channel = demand.channel
        granted = self._state.leases.granted_at(channel)
        if granted is None or not self._state.leases.is_held_by(channel, demand.owner):
            return False
        level = self._state.ledger.level_in_flight(channel)
        if level is None:
            report = self._state.fleet.report(channel)
            if report is None or report.at.monotonic <= granted:
                # Nobody knows whether it has been obeyed; what may run is not energised twice.
                return True
            level = report.level
        return level is not None and is_same_level(level, demand.level)

    def _engage(self, demand: Demand, now: Instant) -> list[Effect]:
        seconds = None if demand.until is None else max(1, floor(demand.until - now.monotonic))
        actuator = self._state.fleet.actuator(demand.channel)
        if actuator is not None and seconds is not None:
            seconds = min(seconds, actuator.max_runtime)
        request = request_of(demand, CommandId(self._state.next_id("demand")), seconds)
        return self._state.funnel.resume(request, demand, now)

    def _is_there(self, channel: ChannelId) -> bool:
        return self._state.fleet.link(device_of(channel)).is_online

    def _succeed(self, channel: ChannelId, now: Instant) -> list[Effect]:
        """Let the next demand have an output whose last one is over; without one the lease ends the run."""
        outcome = self._state.demands.effective(channel, now)
        is_ending = outcome is None and self._state.leases.has_run_out(channel, now)
        return [Show(channel), *([] if is_ending else self.follow(channel, now))]

    def _renew(self, channel: ChannelId, now: Instant) -> list[Effect]:
        """Go on with a run that is longer than a lease; what is left of it never grows."""
        outcome = self._state.demands.effective(channel, now)
        ends_at = self._state.leases.ends.due(channel)
        left = 0 if ends_at is None else floor(ends_at - now.monotonic) - DEVICE_FIRST
        if outcome is None or is_rest(outcome.winner.level) or left < 1 or not self._state.is_seen_running(channel):
            return []
        if not self._state.demands.is_claimed(outcome.winner):
            self._state.leases.renewals.touch(channel, now.monotonic + _RENEW_AGAIN)
            return []
        request = request_of(outcome.winner, CommandId(self._state.next_id("renew")), left, is_renewal=True)
        effects = self._state.funnel.resume(request, outcome.winner, now)
        device_ends_at = self._state.leases.device_ends_at(channel)
        is_sent = any(isinstance(effect, Send) for effect in effects)
        if not is_sent and device_ends_at is not None and now.monotonic + _RENEW_AGAIN < device_ends_at:
            self._state.leases.renewals.touch(channel, now.monotonic + _RENEW_AGAIN)
        return effects

    def _end_lease(self, channel: ChannelId, granted: float, now: Instant) -> list[Effect]:
        self._state.demands.spend(channel)
        self._state.unsaved.add(channel)
        report = self._state.fleet.report(channel)
        # What was reported before it was energised proves nothing.
        if report and report.at.monotonic > granted and report.level is not None and is_rest(report.level):
            self.rested(channel, now)
            return []
        return self.rest(channel, now, "lease_ended")

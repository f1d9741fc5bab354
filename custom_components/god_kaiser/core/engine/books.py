"""What of the books about outputs goes to disk, and comes back from there."""

from ..devices.model import LastKnown
from ..effects import Effect, Keep
from ..ids import ChannelId, device_of
from ..instant import Instant
from ..requests import is_rest
from ..safety.memory import ChannelMemory
from .state import EngineState


class Books:
    """Writes down what has changed about an output, and takes it over after a restart."""

    def __init__(self, state: EngineState) -> None:
        """Connect to the shared state."""
        self._state = state

    def everything(self, now: Instant) -> tuple[ChannelMemory, ...]:
        """Return what must be known about all outputs after a restart."""
        channels = [channel for device in self._state.fleet.devices.values() for channel in device.actuators]
        memories = (self.memory_of(channel, now) for channel in channels)
        return tuple(memory for memory in memories if memory.is_worth_keeping)

    def memories(self, now: Instant) -> list[Effect]:
        """Return what is to be written to disk about the outputs whose books have changed."""
        changed = sorted(self._state.unsaved)
        self._state.unsaved.clear()
        return [self._keep(self.memory_of(channel, now)) for channel in changed]

    def memory_of(self, channel: ChannelId, now: Instant) -> ChannelMemory:
        """Return what must be known about an output after a restart."""
        leases = self._state.leases
        heard = self._state.fleet.last_heard_of(channel)
        lease_until, device_until = leases.ends.due(channel), leases.device_ends_at(channel)
        return ChannelMemory(
            channel=channel,
            demands=self._state.demands.memory(channel, now),
            usage=self._state.around.usage.of(channel).memory(now),
            lease_until=None if lease_until is None else now.utc_of(lease_until).timestamp(),
            device_until=None if device_until is None else now.utc_of(device_until).timestamp(),
            level=heard.level if heard else None,
            reported_at=heard.at if heard else None,
            is_astray=self._state.fleet.is_astray(channel),
        )

    def restore(self, memory: ChannelMemory, now: Instant) -> None:
        """Take over what an earlier run of Home Assistant knew about an output."""
        self._state.demands.restore(memory.channel, memory.demands, now)
        if self._state.latch.holds(device_of(memory.channel)) or self._state.around.lock_outs.on(memory.channel):
            # A crash has come between a stop or a tag and the runs that it ends.
            self._state.demands.drop_runs(memory.channel)
        self._state.around.usage.of(memory.channel).restore(memory.usage, now)
        if memory.reported_at is not None:
            self._state.fleet.last_known[memory.channel] = LastKnown(level=memory.level, at=memory.reported_at)
        if memory.is_astray:
            self._state.fleet.lose_track(memory.channel)
        offset = now.monotonic - now.utc.timestamp()
        if memory.lease_until is not None:
            device_until = None if memory.device_until is None else memory.device_until + offset
            self._state.leases.restore(memory.channel, memory.lease_until + offset, device_until, now)
            if all(is_rest(demand.level) for demand in self._state.demands.of(memory.channel)):
                # It was told to rest and not seen at rest, or nobody wants it to run any longer: that is asked for from now on.
                self._state.ledger.unrested.touch(memory.channel, now.monotonic)

    @staticmethod
    def _keep(memory: ChannelMemory) -> Keep:
        return Keep(row=f"channel/{memory.channel}", content=memory if memory.is_worth_keeping else None)

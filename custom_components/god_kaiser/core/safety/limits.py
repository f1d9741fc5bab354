"""What a person has laid down about the safety of outputs, and who depends on whom."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from ..ids import ChannelId, DeviceId
from .interlocks import Interlock
from .interlocks.budget import Budget
from .interlocks.exclusion import Exclusion
from .interlocks.max_on_time import MaxOnTime
from .interlocks.min_times import MinTimes
from .interlocks.time_window import TimeWindow

DEFAULT_HOLD = 900


class ShutdownPolicy(StrEnum):
    """What becomes of a running output when Home Assistant is shut down."""

    REST = "rest"
    LEASE = "lease"


class StopMode(StrEnum):
    """How a device is brought to rest by the emergency stop: all at once, or one step after the other."""

    IMMEDIATE = "immediate"
    CONTROLLED = "controlled"


class DeviceSafety(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The safety settings of one device."""

    device: DeviceId
    stop_mode: StopMode = StopMode.IMMEDIATE


class ChannelSafety(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The safety settings of one output.

    ``hold`` is for how many seconds a person's "off" keeps rules away, ``stop_step`` its turn in a controlled stop.
    """

    channel: ChannelId
    interlocks: tuple[Interlock, ...] = ()
    hold: int = DEFAULT_HOLD
    on_shutdown: ShutdownPolicy = ShutdownPolicy.REST
    stop_step: int = 0


class Limits:
    """The settings by output, indexed by what they mention: an event asks only those whom it concerns."""

    def __init__(self) -> None:
        """Start without limits."""
        self._of: dict[ChannelId, ChannelSafety] = {}
        self._modes: dict[DeviceId, StopMode] = {}
        self._interlocks: dict[ChannelId, tuple[Interlock, ...]] = {}
        self._dependents: dict[ChannelId, set[ChannelId]] = {}
        self._shares: dict[str, dict[ChannelId, Budget]] = {}
        self._timed: dict[ChannelId, tuple[MaxOnTime | TimeWindow, ...]] = {}
        # Outputs for which their device has a rule of its own, and whether they may go on by it without a timer.
        self.ruled: dict[ChannelId, bool] = {}

    def of(self, channel: ChannelId) -> ChannelSafety:
        """Return the settings of an output; the defaults where nobody has laid down anything."""
        return self._of.get(channel) or ChannelSafety(channel=channel)

    def all(self) -> list[ChannelSafety]:
        """Return everything that was laid down."""
        return list(self._of.values())

    def lay_down(self, *safeties: ChannelSafety) -> None:
        """Take over the settings of outputs."""
        self._of.update((safety.channel, safety) for safety in safeties)
        self._index()

    def lay_down_device(self, safety: DeviceSafety) -> None:
        """Take over the settings of a device."""
        self._modes[safety.device] = safety.stop_mode

    def drop_device(self, device: DeviceId) -> None:
        """Forget the settings of a device."""
        self._modes.pop(device, None)

    def mode_of(self, device: DeviceId) -> StopMode:
        """Return how a device is stopped; at once where nobody has laid down anything."""
        return self._modes.get(device, StopMode.IMMEDIATE)

    def drop(self, channel: ChannelId) -> None:
        """Forget the settings of an output."""
        if self._of.pop(channel, None) is not None:
            self._index()

    def interlocks_of(self, channel: ChannelId) -> tuple[Interlock, ...]:
        """Return the interlocks of an output, with the exclusions that others have declared."""
        return self._interlocks.get(channel, ())

    def timed_of(self, channel: ChannelId) -> tuple[MaxOnTime | TimeWindow, ...]:
        """Return the interlocks of an output that know when they will end its run."""
        return self._timed.get(channel, ())

    def dependents(self, source: ChannelId) -> frozenset[ChannelId]:
        """Return the outputs whose interlocks mention a channel."""
        return frozenset(self._dependents.get(source, ()))

    def shares_of(self, budget: str) -> Mapping[ChannelId, Budget]:
        """Return what each output draws on a budget."""
        return self._shares.get(budget, {})

    def least_run(self, channel: ChannelId) -> int:
        """Return for how many seconds an output runs at least, once it has begun."""
        return max((i.on for i in self.interlocks_of(channel) if isinstance(i, MinTimes)), default=0)

    def _index(self) -> None:
        # Settings change rarely: everything is indexed anew rather than mended.
        partners: dict[ChannelId, set[ChannelId]] = {}
        own: dict[ChannelId, list[Interlock]] = {}
        for safety in self._of.values():
            for interlock in safety.interlocks:
                if not isinstance(interlock, Exclusion):
                    own.setdefault(safety.channel, []).append(interlock)
                    continue
                for other in interlock.others:
                    partners.setdefault(safety.channel, set()).add(other)
                    partners.setdefault(other, set()).add(safety.channel)
        for channel, others in partners.items():
            own.setdefault(channel, []).append(Exclusion(others=tuple(sorted(others))))
        self._interlocks = {channel: tuple(interlocks) for channel, interlocks in own.items()}
        self._timed = {
            channel: tuple(i for i in interlocks if isinstance(i, (MaxOnTime, TimeWindow)))
            for channel, interlocks in self._interlocks.items()
        }
        self._dependents = {}
        self._shares = {}
        for channel, interlocks in self._interlocks.items():
            for interlock in interlocks:
                if isinstance(interlock, Budget):
                    self._shares.setdefault(interlock.budget, {})[channel] = interlock
                for source in interlock.sources:
                    self._dependents.setdefault(source, set()).add(channel)

"""Everything about safety that must survive a crash."""

from msgspec import Struct

from ..ids import ChannelId
from .demands import DemandMemory
from .estop import StopMemory
from .lockouts import LockOut
from .usage import UsageMemory


class ChannelMemory(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must be known about one output after a restart; moments are seconds since 1970."""

    channel: ChannelId
    demands: tuple[DemandMemory, ...] = ()
    usage: UsageMemory = UsageMemory()
    lease_until: float | None = None
    device_until: float | None = None
    level: float | None = None
    reported_at: float | None = None

    @property
    def is_worth_keeping(self) -> bool:
        """Tell whether there is anything to remember."""
        return self != ChannelMemory(channel=self.channel)


class Memory(Struct, frozen=True, kw_only=True):
    """What an earlier run of Home Assistant has left behind; unclean means that it did not end on purpose."""

    stop: StopMemory = StopMemory()
    lock_outs: tuple[LockOut, ...] = ()
    channels: tuple[ChannelMemory, ...] = ()
    is_clean: bool = True


type Remembered = StopMemory | LockOut | ChannelMemory

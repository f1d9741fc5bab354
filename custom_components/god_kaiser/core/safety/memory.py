"""Everything about safety that must survive a crash."""

from msgspec import Struct
from msgspec.structs import replace

from ..ids import ChannelId, DeviceId
from ..instant import Epoch
from .demands import DemandMemory
from .estop import StopMemory
from .lockouts import LockOut
from .usage import UsageMemory


class ChannelMemory(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """What must be known about one output after a restart; moments are seconds since 1970."""

    channel: ChannelId
    demands: tuple[DemandMemory, ...] = ()
    usage: UsageMemory = UsageMemory()
    lease_until: Epoch | None = None
    device_until: Epoch | None = None
    level: float | None = None
    reported_at: Epoch | None = None
    is_astray: bool = False

    @property
    def is_worth_keeping(self) -> bool:
        """Tell whether there is anything to remember."""
        return self != ChannelMemory(channel=self.channel)


class DeviceMemory(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What must be known about one device before it speaks: the zone that it last said it is in."""

    device: DeviceId
    zone: str


class Memory(Struct, frozen=True, kw_only=True):
    """What an earlier run of Home Assistant has left behind; unclean means that it did not end on purpose."""

    stop: StopMemory = StopMemory()
    lock_outs: tuple[LockOut, ...] = ()
    channels: tuple[ChannelMemory, ...] = ()
    devices: tuple[DeviceMemory, ...] = ()
    is_clean: bool = True

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing was left behind."""
        return replace(self, is_clean=True) == Memory()


type Remembered = StopMemory | LockOut | ChannelMemory | DeviceMemory

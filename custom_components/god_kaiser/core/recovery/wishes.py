"""What the hub asks of its engine to put something right; nothing of it can ever energise an output."""

from msgspec import Struct

from ..devices.notices import LeftoverCleared
from ..ids import ChannelId, DeviceId


class RecoveryWish(Struct, frozen=True):
    """Something that puts right what was found to be wrong."""


class DeviceAsked(RecoveryWish, frozen=True, kw_only=True):
    """A device is asked how it is, and to measure what it does not tell."""

    device: DeviceId
    channels: tuple[ChannelId, ...] = ()


class ConfigurationRepeated(RecoveryWish, frozen=True, kw_only=True):
    """A device is told once more everything that it should know."""

    device: DeviceId


class OwnerMissed(RecoveryWish, frozen=True, kw_only=True):
    """What somebody wants of an output who is not there any more is forgotten."""

    channel: ChannelId
    owner: str


class LeftoverFound(RecoveryWish, frozen=True, kw_only=True):
    """A retained message lies on the broker where nothing may be retained."""

    leftover: LeftoverCleared


class ReservationLifted(RecoveryWish, frozen=True, kw_only=True):
    """What a run has reserved that is not there any more is free again."""

    run: str

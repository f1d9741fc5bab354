"""What has happened in a house, as it was recorded, one thing after the other."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from ..ids import ChannelId, DeviceId


class SensorSaid(Struct, frozen=True, kw_only=True, gc=False):
    """A sensor measured a value, or from now on nobody knew what it measures; ``at`` is seconds since 1970."""

    at: float
    sensor: ChannelId
    value: float | None


class EntityTurned(Struct, frozen=True, kw_only=True, gc=False):
    """An entity, or one of its attributes, came to be in a state."""

    at: float
    entity_id: str
    state: str | float | None
    attribute: str = ""


class OutputTurned(Struct, frozen=True, kw_only=True, gc=False):
    """An output came to run at a level: in a story because somebody other than the rules wanted it."""

    at: float
    output: ChannelId
    level: float | None


class DeviceTurned(Struct, frozen=True, kw_only=True, gc=False):
    """A device was lost, or came back."""

    at: float
    device: DeviceId
    is_there: bool


type Sample = SensorSaid | EntityTurned | OutputTurned | DeviceTurned


class History(Struct, frozen=True, kw_only=True):
    """A stretch of time with everything that was recorded in it, in the order of time.

    What lies before its beginning is how things stood then. ``recorded`` is what outputs really did, to compare with. Where
    only changes are recorded (``is_sparse``), a value holds until the next one; otherwise it becomes too old as always.
    """

    begin: datetime
    end: datetime
    samples: Iterable[Sample]
    recorded: Iterable[OutputTurned] = ()
    is_sparse: bool = True

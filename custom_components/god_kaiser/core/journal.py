"""Why something happened: one entry for each decision."""

from datetime import datetime

from msgspec import Struct

from .ids import ChannelId, CommandId
from .requests import Origin
from .safety.interlocks import Objection


class Decision(Struct, frozen=True, kw_only=True):
    """A request and what became of it; no reasons means that it was let through."""

    at: datetime
    command: CommandId
    channel: ChannelId
    level: float
    origin: Origin
    asked_by: str
    reasons: tuple[Objection, ...] = ()

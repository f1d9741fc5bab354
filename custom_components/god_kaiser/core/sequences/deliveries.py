"""What a run remembers of its commands, and of what it has asked people."""

from typing import Final

from msgspec import Struct

from ..ids import ChannelId, CommandId

# Where the gate itself has answered, no device was told anything.
BY_GATE: Final = "gate"


class Counts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many commands of a run went out and what devices have said about them, and how many the gate has refused."""

    sent: int = 0
    confirmed: int = 0
    failed: int = 0
    refused: int = 0
    retries: int = 0


class Delivery(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A command of a run, what has become of it (sent, confirmed or failed), and what that is known by."""

    key: CommandId
    channel: ChannelId
    level: float
    state: str = "sent"
    reason: str = ""
    source: str = ""


class Signature(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An approval that was asked for: pending, approved, rejected or expired, and by whom."""

    key: CommandId
    place: str
    state: str = "pending"
    by: str = ""
    at: float = 0.0

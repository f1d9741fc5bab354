"""Wishes: what rules, sequences, people and the supervisor may ask for."""

from enum import IntEnum

from msgspec import Struct

from .ids import ChannelId, CommandId

FULL = 1.0
REST = 0.0
# Who asks, in the words that everybody on the broker may read: no person is named.
BY_PERSON = "user:ha"
BY_AUTOMATION = "automation"


class Origin(IntEnum):
    """Who asks; a larger number outranks a smaller one."""

    RULE = 1
    SEQUENCE = 2
    PERSON = 3
    SUPERVISOR = 4
    EMERGENCY = 5


class CommandRequest(Struct, frozen=True, kw_only=True, gc=False):
    """A wish to set one actuator to a level between 0 and 1; the name of a person goes into the record alone."""

    id: CommandId
    channel: ChannelId
    level: float
    origin: Origin = Origin.PERSON
    duration: int | None = None
    asked_by: str = ""
    person: str = ""


def is_rest(level: float) -> bool:
    """Tell whether a level means off; the safe direction, which is never refused."""
    return type(level) is not bool and level == REST

"""Wishes: what rules, sequences, people and the supervisor may ask for."""

from enum import IntEnum

from msgspec import Struct

from .ids import ChannelId, CommandId

FULL = 1.0
REST = 0.0
# Who asks, in the words that everybody on the broker may read: no person is named.
BY_PERSON = "user:ha"
BY_AUTOMATION = "automation"
# The same where people of the house read it.
BY_HAND = "user"


class Origin(IntEnum):
    """Who asks; a larger number outranks a smaller one."""

    RULE = 1
    SEQUENCE = 2
    PERSON = 3
    LOCK_OUT = 4
    SUPERVISOR = 5
    EMERGENCY = 6


class Priority(IntEnum):
    """The named levels within one origin; a smaller number is more important, as in the former server."""

    SAFETY = 100
    HIGH = 200
    NORMAL = 300
    LOW = 400


class CommandRequest(Struct, frozen=True, kw_only=True, gc=False):
    """A wish to set one actuator to a level between 0 and 1.

    ``owner`` is whose demand it is, ``duration`` how long it lasts, ``epoch`` the stop that the wish has seen, and a
    standing wish waits for its turn when it is refused now. The name of a person and the account (``user``) go into the record alone, and so do
    the ``call`` to which a command belongs that has an id of its own, and who has let go of an output that rests (``freed_by``).
    """

    id: CommandId
    channel: ChannelId
    level: float
    origin: Origin = Origin.PERSON
    priority: int = Priority.NORMAL
    owner: str = ""
    duration: int | None = None
    asked_by: str = ""
    person: str = ""
    user: str = ""
    call: str = ""
    freed_by: str = ""
    epoch: int | None = None
    is_standing: bool = False
    is_renewal: bool = False

    @property
    def holder(self) -> str:
        """Return whose demand this is; all people share one, because the last hand on a switch counts."""
        return self.owner or self.origin.name.lower()


def is_rest(level: float) -> bool:
    """Tell whether a level means off; the safe direction, which is never refused."""
    return type(level) is not bool and level == REST

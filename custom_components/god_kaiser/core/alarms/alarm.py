"""One alarm, and in which of the states of ISA-18.2 it is."""

from enum import StrEnum

from msgspec import Struct

from ..ids import ChannelId
from ..instant import Epoch
from .kinds import AlarmKind, Traits, traits_of


class AlarmState(StrEnum):
    """The states of the life cycle; suppressed comes before shelved, and both before everything else."""

    NORMAL = "normal"
    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"
    LATCHED_UNACKNOWLEDGED = "latched_unacknowledged"
    LATCHED = "latched"
    SHELVED = "shelved"
    SUPPRESSED = "suppressed"


# Nobody has said yet that they have seen it.
UNSEEN = frozenset({AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED, AlarmState.LATCHED_UNACKNOWLEDGED})
# It stands for something that needs somebody now.
ACTIVE = frozenset(
    {AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED, AlarmState.LATCHED_UNACKNOWLEDGED, AlarmState.LATCHED}
)


class Shelf(Struct, frozen=True, kw_only=True):
    """Who has set an alarm aside, why, and until when; moments of alarms are seconds since 1970."""

    until: Epoch
    reason: str
    by: str = ""


class Alarm(Struct, frozen=True, kw_only=True):
    """One occurrence of something that needs a person.

    ``subject`` is what it is about, ``device`` the device of that; a ``cause`` is the key of the alarm behind which it
    hides. ``told_at`` is when people were last told, and ``told`` how often.
    """

    id: str
    kind: AlarmKind
    raised_at: Epoch
    subject: str = ""
    device: str = ""
    details: dict[str, str | int | float] = {}
    is_present: bool = True
    is_acknowledged: bool = False
    is_held: bool = False
    was_shown: bool = False
    returned_at: Epoch | None = None
    acknowledged_at: Epoch | None = None
    acknowledged_by: str = ""
    shelf: Shelf | None = None
    cause: str = ""
    times: int = 1
    told_at: Epoch | None = None
    told: int = 0

    @property
    def key(self) -> str:
        """Return by what the same alarm is known when it comes again."""
        return key_of(self.kind, self.subject)

    @property
    def channel(self) -> ChannelId | None:
        """Return which sensor or output it is about, if any; what was found out about one names it among its details."""
        named = str(self.details.get("channel", self.subject))
        return ChannelId(named) if "/" in named else None

    @property
    def traits(self) -> Traits:
        """Return how it is treated."""
        return traits_of(self.kind)

    @property
    def state(self) -> AlarmState:
        """Return where it stands."""
        if self.cause:
            return AlarmState.SUPPRESSED
        if self.shelf is not None:
            return AlarmState.SHELVED
        if self.is_present:
            return AlarmState.ACKNOWLEDGED if self.is_acknowledged else AlarmState.UNACKNOWLEDGED
        if self.is_held:
            return AlarmState.LATCHED if self.is_acknowledged else AlarmState.LATCHED_UNACKNOWLEDGED
        return AlarmState.NORMAL if self.is_acknowledged else AlarmState.RETURNED


def key_of(kind: AlarmKind, subject: str) -> str:
    """Return by what an alarm is known."""
    return f"{kind}/{subject}"

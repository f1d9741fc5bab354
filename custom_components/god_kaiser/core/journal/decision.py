"""Why something happened: one entry for each decision."""

from datetime import datetime

from msgspec import Struct

from ..ids import ChannelId, CommandId
from ..requests import Origin
from ..safety.objections import Objection


class Decision(Struct, frozen=True, kw_only=True, gc=False):
    """A request and what became of it; a rest that was let through may have reasons, too."""

    at: datetime
    command: CommandId
    channel: ChannelId
    level: float
    origin: Origin
    asked_by: str
    # The account of the person who has asked, where it was one.
    user: str = ""
    # The click or call that it belongs to, where the command has an id of its own.
    call: str = ""
    owner: str = ""
    # Who has let go of the output, where it rests because nobody else wants it.
    freed_by: str = ""
    reasons: tuple[Objection, ...] = ()
    # Whose demands lost against this one.
    outranked: tuple[str, ...] = ()
    is_allowed: bool = True
    # Only prolongs what was allowed before.
    is_renewal: bool = False

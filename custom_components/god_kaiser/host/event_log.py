"""Events as programs read them: noted in the journal, and put on the bus in one envelope."""

from collections.abc import Callable

from homeassistant.core import Context, callback

from ..core.journal.actors import ActorType
from ..core.journal.kinds import Nature, nature_of
from .bus_mirror import BusMirror
from .followers import Followers
from .journal.journal import Journal
from .journal.rows import Envelope


class EventLog:
    """Everything that is told under one name of an event."""

    def __init__(self, bus: BusMirror, journal: Journal, name: str) -> None:
        """Start with nothing told."""
        self.journal = journal
        self.bus = bus
        self._name = name
        self._followers = Followers[Envelope]()

    @callback
    def watch(self, watcher: Callable[[Envelope], None]) -> Callable[[], None]:
        """Call back for everything that is told."""
        return self._followers.add(watcher)

    @callback
    def put(
        self,
        kind: str,
        former: str,
        content: Envelope,
        context: Context | None,
        *,
        subject: str,
        actor: ActorType = ActorType.SYSTEM,
        nature: Nature | None = None,
        technical: str = "",
        is_silent: bool = False,
    ) -> None:
        """Tell something; what is silent is kept off the bus."""
        envelope = self.journal.note(
            kind, content, former=former, subject=subject, actor=actor, nature=nature, technical=technical
        )
        if not is_silent:
            self.bus.put(self._name, envelope, kind, nature or nature_of(kind), context)
        self._followers.tell(kind, envelope)

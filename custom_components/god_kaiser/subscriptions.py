"""Who listens, to whatever and over whichever way: never more than a hundred, and everybody can be told apart in the diagnostics."""

from typing import Any, Final, Protocol

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .core.health.streams import StreamTally
from .core.ids import DeviceId
from .host.engine_host import EngineHost
from .host.stream_tally import STREAMS
from .host.watchers import Key
from .stream_limits import MOST_SUBSCRIPTIONS
from .stream_refusals import ERR_TOO_MANY, Refusal, refused


class Subscriber(Protocol):
    """One who listens to every hub, or to one."""

    entry_id: str | None

    def record(self) -> dict[str, Any]:
        """Return what is heard, and how much waits."""


class Subscriptions:
    """All of one Home Assistant."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start with nobody."""
        self._hass = hass
        self._tally = hass.data[STREAMS] = StreamTally(MOST_SUBSCRIPTIONS)
        self._all: list[Subscriber] = []

    @property
    def is_full(self) -> bool:
        """Tell whether there is no room for one more."""
        return len(self._all) >= MOST_SUBSCRIPTIONS

    @property
    def refusal(self) -> Refusal | None:
        """Return what the next one is told where there is no room for it."""
        return refused(ERR_TOO_MANY, ERR_TOO_MANY, most=str(MOST_SUBSCRIPTIONS)) if self.is_full else None

    @callback
    def add(self, subscriber: Subscriber) -> None:
        """Count somebody."""
        self._all.append(subscriber)
        self._tally.listening = len(self._all)
        self._tell(subscriber)

    @callback
    def remove(self, subscriber: Subscriber) -> None:
        """Count somebody no more."""
        self._all.remove(subscriber)
        self._tally.listening = len(self._all)
        self._tell(subscriber)

    @callback
    def let_go(self) -> None:
        """Count a client that did not read what it was sent."""
        self._tally.let_go(EngineHost.now().monotonic)

    @callback
    def broke(self, technical: str) -> None:
        """Count a client to which what it had missed could not be told."""
        self._tally.broke(EngineHost.now().monotonic, technical)

    def of(self, entry_id: str) -> list[Subscriber]:
        """Return who listens to a hub."""
        return [each for each in self._all if each.entry_id in (None, entry_id)]

    @callback
    def _tell(self, subscriber: Subscriber) -> None:
        """Let the hubs that somebody listens to tell how many that are."""
        for entry in self._hass.config_entries.async_loaded_entries(DOMAIN):
            if subscriber.entry_id in (None, entry.entry_id):
                host: EngineHost = entry.runtime_data
                host.watchers.wake(subscribers_key(host))


SUBSCRIPTIONS: Final[HassKey[Subscriptions]] = HassKey(f"{DOMAIN}_subscriptions")


@callback
def subscribers_of(host: EngineHost) -> list[Subscriber]:
    """Return who listens to a hub at the moment."""
    return host.hass.data[SUBSCRIPTIONS].of(host.journal.entry_id)


def subscribers_key(host: EngineHost) -> Key:
    """Return what those watch who want to know how many listen to a hub."""
    return DeviceId(f"{host.registry.hub_key}/subscribers")

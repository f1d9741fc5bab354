"""What runs and rules ask about entities of Home Assistant: their states, and being told when one changes."""

from collections.abc import Callable

from homeassistant.core import Event as HassEvent, HomeAssistant, callback
from homeassistant.helpers.event import EventStateChangedData, async_track_state_change_event

from ..core.events import EntityChanged, Event

_NOTHING = frozenset({"unknown", "unavailable"})


class EntityWatch:
    """Reads entities, and follows those that somebody waits for."""

    def __init__(self, hass: HomeAssistant, feed: Callable[[Event], None]) -> None:
        """Remember whom to tell."""
        self._hass = hass
        self._feed = feed
        self._unwatch: Callable[[], None] | None = None
        self._wanted: dict[str, frozenset[str]] = {}

    @callback
    def follow(self, entities: frozenset[str], wanted_by: str = "runs") -> None:
        """Follow these entities, and no others, for one who asks; what two ask about is told once."""
        before = self._everything
        self._wanted[wanted_by] = entities
        if (wanted := self._everything) == before:
            return
        self.stop()
        if wanted:
            self._unwatch = async_track_state_change_event(self._hass, wanted, self._changed)

    @property
    def _everything(self) -> frozenset[str]:
        return frozenset[str]().union(*self._wanted.values())

    @callback
    def stop(self) -> None:
        """Follow nothing any more."""
        if self._unwatch is not None:
            self._unwatch()
            self._unwatch = None

    @callback
    def read(self, entity_id: str, attribute: str) -> str | float | None:
        """Return the state of an entity or one of its attributes, None while that is not known."""
        state = self._hass.states.get(entity_id)
        if state is None or state.state in _NOTHING:
            return None
        value = state.attributes.get(attribute) if attribute else state.state
        return value if isinstance(value, str | float | int | None) else str(value)

    @callback
    def _changed(self, event: HassEvent[EventStateChangedData]) -> None:
        self._feed(EntityChanged(entity_id=event.data["entity_id"]))

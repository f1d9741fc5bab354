"""People are told which rules name what does not exist: an entity, a device, an output, an action or a sequence."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from homeassistant.const import EVENT_SERVICE_REGISTERED, EVENT_SERVICE_REMOVED
from homeassistant.core import Event, HassJob, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import EventStateChangedData, async_call_later, async_track_state_change_event
from homeassistant.helpers.start import async_at_started

from ..core.fleet.fleet import Fleet
from ..core.rules.model import Rule
from .announcer import Announcer
from .rule_demands import named_sequences, unknown
from .rule_desk import RuleDesk
from .sequence_desk import SequenceDesk
from .watchers import Watchers

# What appears after a start needs some time for that; later everything that changes is looked at together.
_AFTER_START = 120.0
_AFTER_CHANGE = 10.0
_CHANGES: Final[tuple[str, ...]] = (
    str(er.EVENT_ENTITY_REGISTRY_UPDATED),
    EVENT_SERVICE_REGISTERED,
    EVENT_SERVICE_REMOVED,
)


class RuleGaps:
    """Keeps the complaints about what is missing in step with the house."""

    def __init__(
        self,
        hass: HomeAssistant,
        desk: RuleDesk,
        announcer: Announcer,
        fleet: Fleet,
        sequences: SequenceDesk,
        watchers: Watchers,
    ) -> None:
        """Remember where everything is found that a rule may name."""
        self._hass = hass
        self._watchers = watchers
        self._desk = desk
        self._announcer = announcer
        self._fleet = fleet
        self._sequences = sequences
        self._missing: dict[str, list[str]] = {}
        self._ends: list[Callable[[], None]] = []
        self._end_timer: Callable[[], None] | None = None
        self._end_waiting: Callable[[], None] | None = None

    @callback
    def begin(self) -> None:
        """Look at all rules when everything has had time to appear, and again whenever something comes or goes."""
        self._ends = [
            async_at_started(self._hass, self._started),
            *(self._hass.bus.async_listen(change, self._changed) for change in _CHANGES),
            self._watchers.watch_channels(lambda _: self._changed()),
            self._desk.watch_library(lambda _: self._soon(_AFTER_CHANGE)),
            self._sequences.watch_library(lambda _: self._changed()),
        ]

    @callback
    def stop(self) -> None:
        """Look no more."""
        for end in (*self._ends, self._end_timer, self._end_waiting):
            if end is not None:
                end()
        self._ends, self._end_timer, self._end_waiting = [], None, None

    @callback
    def _started(self, _hass: HomeAssistant) -> None:
        if self._desk.rules:
            self._soon(_AFTER_START)

    @callback
    def _changed(self, _event: Event[Any] | None = None) -> None:
        if self._hass.is_running and self._desk.rules:
            self._soon(_AFTER_CHANGE)

    @callback
    def _soon(self, seconds: float) -> None:
        if self._end_timer is None:
            look = HassJob(self._look, cancel_on_shutdown=True)
            self._end_timer = async_call_later(self._hass, seconds, look)

    @callback
    def _look(self, _now: datetime) -> None:
        """Look what every rule that is switched on names and nobody knows, and wait for what may still come."""
        self._end_timer = None
        enabled = (rule for rule in self._desk.rules.values() if rule.enabled)
        found = {rule.id: missing for rule in enabled if (missing := self._missing_of(rule))}
        for gone in self._missing.keys() - found.keys():
            self._announcer.show_gaps(gone, gone, ())
        for key, missing in found.items():
            if self._missing.get(key) != missing:
                self._announcer.show_gaps(key, self._desk.rules[key].title, missing)
        self._missing = found
        self._wait_for(
            sorted({each for missing in found.values() for each in missing if "." in each and "/" not in each})
        )

    @callback
    def _wait_for(self, entities: list[str]) -> None:
        """Look again when an entity appears that is in no registry."""
        if self._end_waiting is not None:
            self._end_waiting()
            self._end_waiting = None
        if entities:
            self._end_waiting = async_track_state_change_event(self._hass, entities, self._appeared)

    @callback
    def _appeared(self, _event: Event[EventStateChangedData]) -> None:
        self._soon(_AFTER_CHANGE)

    def _missing_of(self, rule: Rule) -> list[str]:
        known = self._sequences.store.library.sequences
        missing = [remark.details["given"] for remark in unknown(self._hass, rule, self._fleet)]
        return [*dict.fromkeys([*missing, *(name for _, name in named_sequences(rule) if name not in known)])]

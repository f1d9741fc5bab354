"""Conditions of Home Assistant that rules ask: worked out when one of their entities changes, and every minute."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import timedelta
from functools import partial
import logging
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import condition, config_validation as cv
from homeassistant.helpers.event import async_track_state_change_event, async_track_time_interval
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.typing import ConfigType

from ..const import DOMAIN
from ..core.events import ConditionAnswered, Event
from ..core.rules.errors import RuleError
from ..core.truth import Truth
from .house_answers import REFUSALS, Tree, async_grow
from .run_templates import in_short

_LOGGER = logging.getLogger(__name__)
# Time and templates turn an answer without any entity that has changed.
_EVERY: Final = timedelta(seconds=60)


async def async_read(hass: HomeAssistant, config: Mapping[str, Any]) -> ConfigType:
    """Return a condition as Home Assistant wants it; raises a ``RuleError`` with what it says against it."""
    try:
        written: ConfigType = cv.CONDITION_SCHEMA(deepcopy(dict(config)))
        return await condition.async_validate_condition_config(hass, written)
    except REFUSALS as err:
        raise RuleError("rule_bad_condition", "when", given=in_short(err)) from err


class _Asked:
    """One condition: what works it out, what it has said last, and how to let go of it."""

    def __init__(self, tree: Tree) -> None:
        """Start without an answer."""
        self.tree = tree
        self.last: Truth | None = None
        self.unwatch: Callable[[], None] | None = None

    def end(self) -> None:
        """Let go of what it watches."""
        if self.unwatch is not None:
            self.unwatch()
        self.tree.end()


class HouseConditions:
    """Works out the conditions that rules ask, and tells the engine what has changed."""

    def __init__(self, hass: HomeAssistant, feed: Callable[[Event], None]) -> None:
        """Ask nothing so far."""
        self._hass = hass
        self._feed = feed
        self._wanted: Mapping[str, Mapping[str, Any]] = {}
        self._asked: dict[str, _Asked] = {}
        self._broken: set[str] = set()
        self._ends: list[Callable[[], None]] = []

    @callback
    def follow(self, conditions: Mapping[str, Mapping[str, Any]]) -> None:
        """Work out these conditions and no others."""
        self._wanted = conditions
        for key in [key for key in self._asked if key not in conditions]:
            self._asked.pop(key).end()
        if conditions and not self._ends:
            self._ends = [
                async_track_time_interval(self._hass, self._ask_all, _EVERY),
                async_at_started(self._hass, self._async_started),
            ]
        for key in [key for key in conditions if key not in self._asked]:
            self._hass.async_create_background_task(self._async_begin(key), f"{DOMAIN} {key}")

    @callback
    def stop(self) -> None:
        """Ask nothing any more."""
        self.follow({})
        while self._ends:
            self._ends.pop()()

    async def _async_begin(self, key: str) -> None:
        """Take up a condition; one that nobody can work out is unknown, and is tried again with the next minute."""
        config = self._wanted.get(key)
        if config is None or key in self._asked:
            return
        try:
            read = await async_read(self._hass, config)
            asked = _Asked(await async_grow(self._hass, read))
        except (RuleError, *REFUSALS) as err:
            if key not in self._broken:
                self._broken.add(key)
                _LOGGER.warning("A condition of a rule cannot be used and is unknown: %s", _said(err))
            return
        self._broken.discard(key)
        if key not in self._wanted or key in self._asked:
            asked.end()
            return
        self._asked[key] = asked
        if entities := condition.async_extract_entities(read):
            asked.unwatch = async_track_state_change_event(self._hass, entities, partial(self._ask, key))
        self._ask(key)

    async def _async_started(self, _hass: HomeAssistant) -> None:
        self._ask_all()

    @callback
    def _ask_all(self, _now: object = None) -> None:
        for key in self._wanted:
            if key in self._asked:
                self._ask(key)
            else:
                self._hass.async_create_background_task(self._async_begin(key), f"{DOMAIN} {key}")

    @callback
    def _ask(self, key: str, _event: object = None) -> None:
        if (asked := self._asked.get(key)) is None:
            return
        # One that is switched off says nothing.
        truth = asked.tree.answer() or Truth.UNKNOWN
        if truth is not asked.last:
            asked.last = truth
            self._feed(ConditionAnswered(question=key, truth=truth))


def _said(err: Exception) -> str:
    return str(err.details.get("given", "")) if isinstance(err, RuleError) else in_short(err)

"""What a condition of Home Assistant answers, with three answers: of an entity that says nothing, nothing is known."""

from collections.abc import Callable, Iterable
import logging
from typing import Any, Final

from homeassistant.const import (
    CONF_ABOVE,
    CONF_BELOW,
    CONF_CONDITION,
    CONF_ENABLED,
    CONF_ENTITY_ID,
    CONF_MATCH,
    CONF_OPTIONS,
    CONF_STATE,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import condition, entity_registry as er
from homeassistant.helpers.typing import ConfigType
import voluptuous as vol

from ..core.truth import Truth, conjunction, disjunction, negation, truth_of
from .run_templates import in_short

_LOGGER = logging.getLogger(__name__)
# Whatever a condition of somebody else's may raise about how it is written, and when it is asked.
REFUSALS = (vol.Invalid, HomeAssistantError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_SILENT: Final = frozenset({STATE_UNAVAILABLE, STATE_UNKNOWN})
# Which answer about one of several entities decides, whatever the others say.
_DECIDES: Final = {condition.BEHAVIOR_ANY: Truth.TRUE, condition.BEHAVIOR_ALL: Truth.FALSE}

type Tree = Joined | Single
type Join = Callable[[Iterable[Truth]], Truth]


class Joined:
    """Several conditions."""

    def __init__(self, join: Join, parts: tuple[Tree, ...]) -> None:
        """Remember how they are joined."""
        self._join = join
        self._parts = parts

    @callback
    def answer(self) -> Truth | None:
        """Return the answer; what is switched off is left out."""
        answers = (part.answer() for part in self._parts)
        return self._join(answer for answer in answers if answer is not None)

    @callback
    def end(self) -> None:
        """Let go of what all of them watch."""
        for part in self._parts:
            part.end()


class Single:
    """A condition that Home Assistant works out, and the entities that it cannot do without."""

    def __init__(
        self,
        hass: HomeAssistant,
        checker: condition.ConditionChecker,
        entities: frozenset[str] = frozenset(),
        decides: Truth | None = None,
    ) -> None:
        """Start without having failed."""
        self._hass = hass
        self._checker = checker
        self._entities = entities
        self._decides = decides
        self._has_failed = False

    @callback
    def answer(self) -> Truth | None:
        """Return the answer, None where it is switched off; of one that fails nothing is known, which is logged once."""
        silent = [entity for entity in self._entities if self._is_silent(entity)]
        if silent and (self._decides is None or len(silent) == len(self._entities)):
            return Truth.UNKNOWN
        try:
            said = self._checker.async_check(variables={})
        except REFUSALS as err:
            if not self._has_failed:
                self._has_failed = True
                _LOGGER.warning("A condition of a rule cannot be worked out: %s", in_short(err))
            return Truth.UNKNOWN
        self._has_failed = False
        if said is None:
            return None
        truth = truth_of(said)
        return Truth.UNKNOWN if silent and truth is not self._decides else truth

    @callback
    def end(self) -> None:
        """Let go of what it watches."""
        self._checker.async_unload()

    def _is_silent(self, entity: str) -> bool:
        state = self._hass.states.get(entity)
        return state is None or state.state in _SILENT


async def async_grow(hass: HomeAssistant, config: ConfigType) -> Tree:
    """Return a condition that was read, so that each part of it can be asked."""
    if CONF_ENABLED in config:
        checker = await condition.async_from_config(hass, config)
        if isinstance(checker, condition.DisabledConditionChecker):
            return Single(hass, checker)
        checker.async_unload()
        config = {key: value for key, value in config.items() if key != CONF_ENABLED}
    if (parts := _parts(config)) is not None:
        join, configs = parts
        return Joined(join, tuple([await async_grow(hass, each) for each in configs]))
    checker = await condition.async_from_config(hass, config)
    entities = frozenset() if _asks_for_silence(config) else frozenset(_entities(hass, config))
    behavior: str = (config.get(CONF_OPTIONS) or {}).get(condition.ATTR_BEHAVIOR, "")
    return Single(hass, checker, entities, _DECIDES.get(behavior))


def _parts(config: ConfigType) -> tuple[Join, list[ConfigType]] | None:
    """Return what a condition consists of and how that is joined; None where it is a single one."""
    match config:
        case {"condition": "and", "conditions": list(configs)}:
            return conjunction, configs
        case {"condition": "or", "conditions": list(configs)}:
            return disjunction, configs
        case {"condition": "not", "conditions": list(configs)}:
            return _none_of, configs
        case {"condition": "state" | "numeric_state", "entity_id": [_, _, *_] as entities}:
            join = disjunction if config.get(CONF_MATCH) == "any" else conjunction
            return join, [{**config, CONF_ENTITY_ID: [entity]} for entity in entities]
        case _:
            return None


def _none_of(truths: Iterable[Truth]) -> Truth:
    return negation(disjunction(truths))


def _asks_for_silence(config: ConfigType) -> bool:
    """Tell whether a condition asks itself whether an entity says nothing."""
    wanted: Any = config.get(CONF_STATE)
    return config[CONF_CONDITION] == "state" and not _SILENT.isdisjoint(
        wanted if isinstance(wanted, list) else [wanted]
    )


def _entities(hass: HomeAssistant, config: ConfigType) -> set[str]:
    """Return the entities that a condition names, by whatever it names them."""
    registry = er.async_get(hass)
    named = condition.async_extract_entities(config)
    named |= {bound for key in (CONF_ABOVE, CONF_BELOW) if isinstance(bound := config.get(key), str)}
    return {er.async_resolve_entity_id(registry, entity) or entity for entity in named}

"""What conditions of Home Assistant look at."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from homeassistant.const import CONF_ATTRIBUTE, CONF_CONDITION, CONF_CONDITIONS, CONF_ENTITY_ID, CONF_MATCH, CONF_STATE
from homeassistant.core import HomeAssistant, callback, valid_entity_id
from homeassistant.helpers import condition, entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
from homeassistant.helpers.template import Template
from homeassistant.helpers.typing import ConfigType

from ..core.errors import DefinitionError
from .entity_origins import entities_read
from .house_conditions import async_read

_OF_OTHERS: Final = ("and", "or", "not")


async def async_asked(hass: HomeAssistant, written: Mapping[str, Any]) -> dict[str, bool]:
    """Return the entities that a condition looks at, and whether its answer follows from their states alone."""
    try:
        read = await async_read(hass, written)
    except DefinitionError:
        # It was fine when it was saved, and is unknown until it is so again.
        return {}
    sure = set(_by_state(read))
    return {entity_id: entity_id in sure for entity_id in _looked_at(hass, read)}


@callback
def _looked_at(hass: HomeAssistant, read: ConfigType) -> set[str]:
    """Return every entity that a condition names, aims at or reads in a template."""
    targets = {
        "device_id": condition.async_extract_devices(read),
        "area_id": condition.async_extract_targets(read, "area_id"),
        "floor_id": condition.async_extract_targets(read, "floor_id"),
        "label_id": condition.async_extract_targets(read, "label_id"),
    }
    chosen = async_extract_referenced_entity_ids(hass, TargetSelection({key: [*ids] for key, ids in targets.items()}))
    found = chosen.indirectly_referenced
    registry = er.async_get(hass)
    for given in condition.async_extract_entities(read):
        if (entity_id := er.async_resolve_entity_id(registry, given)) is not None:
            found.add(entity_id)
    for template in _templates(read):
        found |= entities_read(hass, template)
    return found


def _by_state(read: ConfigType) -> Iterator[str]:
    """Yield the entities whose state gives the answer by itself."""
    if read.get(CONF_CONDITION) in _OF_OTHERS:
        for part in read[CONF_CONDITIONS]:
            if isinstance(part, Mapping):
                yield from _by_state(dict(part))
    elif read.get(CONF_CONDITION) == CONF_STATE and CONF_ATTRIBUTE not in read:
        entities = [each for each in read[CONF_ENTITY_ID] if valid_entity_id(each)]
        if len(entities) == 1 or read.get(CONF_MATCH) == "any":
            yield from entities


def _templates(read: object) -> Iterator[Template]:
    match read:
        case Template():
            yield read
        case Mapping():
            for part in read.values():
                yield from _templates(part)
        case list() | tuple():
            for part in read:
                yield from _templates(part)
        case _:
            pass

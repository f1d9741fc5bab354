"""What entities of others are made from: members of groups, sources of helpers, and what templates read."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant, callback, valid_entity_id
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity, entity_sources
from homeassistant.helpers.entity_component import DATA_INSTANCES
from homeassistant.helpers.template import Template, is_template_string

_GROUP: Final = "group"
_TEMPLATE: Final = "template"
# Shows another entity as something else, and nothing besides.
_MIRROR: Final = "switch_as_x"
_MEASURED: Final = "sensor."


@callback
def origins_of(hass: HomeAssistant, entity_id: str) -> dict[str, bool]:
    """Return the entities that one is made from, and whether each of them alone can turn its state for sure."""
    domain, entry = _source(hass, entity_id)
    if members := _members(hass, entity_id, domain):
        return dict.fromkeys(members, domain == _GROUP and _follows_one(hass, entity_id, members))
    return dict.fromkeys(() if entry is None else entities_named(hass, entry.options), domain == _MIRROR)


@callback
def parts_of(hass: HomeAssistant, entity_id: str) -> tuple[str, ...]:
    """Return what does the same as an entity when that is told something: the members of a group, what is mirrored."""
    domain, entry = _source(hass, entity_id)
    if domain == _MIRROR and entry is not None:
        return tuple(entities_named(hass, entry.options))
    return _members(hass, entity_id, domain) if domain == _GROUP else ()


@callback
def is_unseen(hass: HomeAssistant, entity_id: str) -> bool:
    """Tell whether nobody can know what an entity is made from: a template in a file belongs to no entry."""
    domain, entry = _source(hass, entity_id)
    return domain == _TEMPLATE and entry is None


@callback
def entities_named(hass: HomeAssistant, written: object) -> set[str]:
    """Return every entity that a configuration names, by its id or in a template."""
    registry = er.async_get(hass)
    found: set[str] = set()
    for text in _texts(written):
        if is_template_string(text):
            found |= entities_read(hass, Template(text, hass))
        elif (entity_id := er.async_resolve_entity_id(registry, text)) is not None:
            found.add(entity_id)
    return found


@callback
def entities_read(hass: HomeAssistant, template: Template) -> set[str]:
    """Return the entities that a template reads as things are; of one that fails, those that it has read until then."""
    read = template.async_render_to_info()
    found = set(read.entities)
    if read.all_states:
        found.update(hass.states.async_entity_ids())
    elif read.domains:
        found.update(hass.states.async_entity_ids(read.domains))
    return found


def _texts(written: object) -> Iterator[str]:
    match written:
        case str():
            yield written
        case Template(template=text):
            yield text
        case Mapping():
            for value in written.values():
                yield from _texts(value)
        case list() | tuple() | set():
            for value in written:
                yield from _texts(value)
        case _:
            pass


def _source(hass: HomeAssistant, entity_id: str) -> tuple[str, ConfigEntry | None]:
    """Return who has made an entity, and from which entry."""
    if (source := entity_sources(hass).get(entity_id)) is None:
        return "", None
    return source["domain"], hass.config_entries.async_get_entry(source.get("config_entry", ""))


def _members(hass: HomeAssistant, entity_id: str, domain: str) -> tuple[str, ...]:
    """Return what belongs to a group; one that is unavailable says that no more, but still knows it."""
    state = hass.states.get(entity_id)
    told: Mapping[str, Any] = {} if state is None else state.attributes
    if ATTR_ENTITY_ID not in told and domain == _GROUP and (entity := entity_behind(hass, entity_id)) is not None:
        told = entity.extra_state_attributes or {}
    members = told.get(ATTR_ENTITY_ID)
    known = members if isinstance(members, list | tuple | set | frozenset) else ()
    return tuple(each for each in known if isinstance(each, str) and valid_entity_id(each))


def _follows_one(hass: HomeAssistant, entity_id: str, members: tuple[str, ...]) -> bool:
    """Tell whether a group is on as soon as one of its members is; a mean, a sum and the like are not."""
    is_any = getattr(entity_behind(hass, entity_id), "mode", any) is not all
    return not entity_id.startswith(_MEASURED) and (is_any or len(members) == 1)


@callback
def entity_behind(hass: HomeAssistant, entity_id: str) -> Entity | None:
    """Return what stands behind an entity id in Home Assistant, None where that is not loaded."""
    component = hass.data.get(DATA_INSTANCES, {}).get(entity_id.partition(".")[0])
    return None if component is None else component.get_entity(entity_id)

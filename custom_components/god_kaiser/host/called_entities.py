"""What an action of Home Assistant changes: the entities that it is aimed at, and those that follow from them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from homeassistant.components import automation, script
from homeassistant.components.homeassistant import scene
from homeassistant.const import ATTR_ENTITY_ID, CONF_ACTION, CONF_SERVICE_DATA, ENTITY_MATCH_ALL, ENTITY_MATCH_NONE
from homeassistant.core import HomeAssistant, callback, split_entity_id, valid_entity_id
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids

from ..const import DOMAIN
from ..core.rules.actions import CallAction
from .entity_origins import entities_named, entity_behind, origins_of, parts_of

# Programs start others; nobody follows them for ever.
_MOST_STEPS: Final = 200
_WAYS: Final = ("entity_id", "device_id", "area_id", "floor_id", "label_id")
# Actions of these are aimed at entities of any kind.
_FOR_ALL: Final = frozenset({"homeassistant", DOMAIN, "scene"})
_SWITCHES_ON: Final = frozenset({"turn_on", "open_valve", "set_output"})
# Whatever else they do, these leave nothing running.
_TO_NOTHING: Final = ("brightness", "brightness_pct", "percentage", "level", "position", "value")
# Entities that only tell something.
_TELL_ONLY: Final = frozenset(
    {"binary_sensor", "calendar", "device_tracker", "event", "person", "sensor", "sun", "zone"}
)
# What a program may name, as targets are written.
_PARTS: Final = ("entities", "devices", "areas", "floors", "labels")


@callback
def aimed_at(hass: HomeAssistant, action: CallAction) -> set[str]:
    """Return the entities that an action is aimed at, groups among them and their members."""
    domain = action.action.partition(".")[0]
    given = _aim(action)
    chosen = async_extract_referenced_entity_ids(hass, TargetSelection(given))
    found = chosen.referenced | chosen.indirectly_referenced
    if ENTITY_MATCH_ALL in given.get(ATTR_ENTITY_ID, ()):
        found.update(hass.states.async_entity_ids())
    if domain not in _FOR_ALL:
        found = {each for each in found if each.startswith(f"{domain}.")}
    if action.action == "scene.apply":
        found |= entities_named(hass, list(_mapping(action.fields.get("entities"))))
    if domain == "script" and valid_entity_id(action.action):
        found.add(action.action)
    return _with_parts(hass, found)


def named_by(action: CallAction) -> list[str]:
    """Return the entities that an action names one by one."""
    return [each for each in _aim(action)[ATTR_ENTITY_ID] if each not in (ENTITY_MATCH_ALL, ENTITY_MATCH_NONE)]


@callback
def follows_from(hass: HomeAssistant, entities: Iterable[str]) -> set[str]:
    """Return what may change when something is done to entities, over automations, scripts and scenes."""
    seen, waiting = set[str](), list(entities)
    while waiting and len(seen) < _MOST_STEPS:
        entity_id = waiting.pop()
        for each in {*_programs(hass, entity_id), *_named_in(hass, entity_id), *origins_of(hass, entity_id)}:
            if each not in seen and split_entity_id(each)[0] not in _TELL_ONLY:
                seen.add(each)
                waiting.append(each)
    return _with_parts(hass, seen)


@callback
def calls_in(hass: HomeAssistant, entities: Iterable[str]) -> Iterator[CallAction]:
    """Yield what automations and scripts call, wherever in them that stands; their targets are found another way."""
    for entity_id in entities:
        match entity_behind(hass, entity_id):
            case automation.AutomationEntity(action_script=program) | script.ScriptEntity(script=program):
                yield from _calls(program.sequence)
            case _:
                pass


@callback
def switches_on(action: CallAction) -> bool:
    """Tell whether an action lets what it is aimed at run, whatever that does at present."""
    name = action.action.partition(".")[2]
    return name in _SWITCHES_ON and not any(action.fields.get(field) == 0 for field in _TO_NOTHING)


def _scripts_called(hass: HomeAssistant, entity_id: str) -> Iterator[str]:
    """Yield the scripts that a program calls by their names, which Home Assistant does not count among its entities."""
    return (call.action for call in calls_in(hass, [entity_id]) if call.action.startswith("script."))


def _calls(written: object) -> Iterator[CallAction]:
    match written:
        case Mapping():
            name, fields = written.get(CONF_ACTION), written.get(CONF_SERVICE_DATA)
            if isinstance(name, str):
                yield CallAction(action=name, fields=dict(_mapping(fields)))
            for inner in written.values():
                yield from _calls(inner)
        case list() | tuple():
            for inner in written:
                yield from _calls(inner)
        case _:
            pass


def _aim(action: CallAction) -> dict[str, list[str]]:
    """Return a target as lists of words; what is a template, or no word at all, is known to nobody before it is called."""
    both = {**action.fields, **action.target}
    return {way: _listed(both.get(way)) for way in _WAYS}


def _listed(given: object) -> list[str]:
    if isinstance(given, str):
        return [] if "{" in given else [each.strip() for each in given.split(",")]
    return [each for one in given for each in _listed(one)] if isinstance(given, list | tuple) else []


def _mapping(given: object) -> Mapping[str, Any]:
    return given if isinstance(given, Mapping) else {}


def _programs(hass: HomeAssistant, entity_id: str) -> set[str]:
    """Return the automations that an entity may set off."""
    return set(automation.automations_with_entity(hass, entity_id))


def _named_in(hass: HomeAssistant, entity_id: str) -> set[str]:
    """Return the entities that a program names."""
    match split_entity_id(entity_id)[0]:
        case "scene":
            return set(scene.entities_in_scene(hass, entity_id))
        case "script":
            parts = [getattr(script, f"{part}_in_script")(hass, entity_id) for part in _PARTS]
        case "automation":
            parts = [getattr(automation, f"{part}_in_automation")(hass, entity_id) for part in _PARTS]
        case _:
            return set()
    chosen = async_extract_referenced_entity_ids(hass, TargetSelection(dict(zip(_WAYS, parts, strict=True))))
    found = {*chosen.referenced, *chosen.indirectly_referenced, *_scripts_called(hass, entity_id)}
    return {each for each in found if valid_entity_id(each)}


def _with_parts(hass: HomeAssistant, entities: Iterable[str]) -> set[str]:
    """Return entities, and whatever does the same as they do."""
    found, waiting = set[str](), list(entities)
    while waiting:
        if (entity_id := waiting.pop()) not in found:
            found.add(entity_id)
            waiting.extend(parts_of(hass, entity_id))
    return found

"""Who has called which action, and what came of it: one entry in the trail for each call that changes something."""

from collections.abc import Iterable, Iterator, Mapping
import logging
from typing import Any, Final, NamedTuple

from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
import voluptuous as vol

from .action import Action
from .called_about import about, names_in, names_read
from .core.journal.actors import Actor, ActorType
from .core.journal.kinds import Noted
from .core.mistakes import LONGEST_TECHNICAL, without_secrets
from .host.at_work import Worker
from .host.engine_host import EngineHost
from .people import async_asker
from .targets import loaded_entries

_LOGGER = logging.getLogger(__name__)
_LONGEST_TEXT: Final = 200
_MOST_VALUES: Final = 20
_MOST_NAMES: Final = 10
_DEEPEST: Final = 5
# What people have written at length is kept with its revisions; here it would only be said again.
_WRITTEN: Final = frozenset({"definition", "definitions", "document", "yaml", "values", "rules", "interlocks"})

type Content = dict[str, Any]


class Called(NamedTuple):
    """A call of an action, who has made it, and the names of what it is about."""

    call: ServiceCall
    worker: Worker
    about: list[str]


def changes_something(action: Action) -> bool:
    """Tell whether an action does something; one that only answers leaves no trace."""
    return action.response is not SupportsResponse.ONLY


async def async_called(call: ServiceCall) -> Called:
    """Return what is known of a call before it is carried out."""
    worker = await _async_worker(call)
    try:
        return Called(call, worker, about(call))
    except Exception:
        _LOGGER.exception("What the action %s is about could not be found out", call.service)
        return Called(call, worker, [])


async def _async_worker(call: ServiceCall) -> Worker:
    """Return who has called; an automation has no name, only what has set it off."""
    asker = await async_asker(call.hass, call.context)
    if asker.user:
        return Worker(Actor(type=ActorType.USER, id=asker.user, name=asker.name), call.context.id)
    return Worker(Actor(type=ActorType.WEBHOOK, id=call.context.parent_id or ""), call.context.id)


@callback
def note_action(name: str, called: Called, fault: BaseException | None, answer: ServiceResponse = None) -> None:
    """Note a call in the journal of each hub that it was meant for; what came of the call is never changed by that."""
    try:
        _note(name, called, fault, answer or {})
    except Exception:
        _LOGGER.exception("The action %s could not be noted in the trail", name)


def _note(name: str, called: Called, fault: BaseException | None, answer: Mapping[str, Any]) -> None:
    call, actor = called.call, called.worker.actor
    if not (hosts := _hosts_of(call)):
        return
    # What was given as a text, or made of a template, tells only afterwards how it is called.
    names = called.about or names_in(answer) or names_read(call.data)
    named = _texts(call.data.get("run_id"))
    # The runs that were begun, or meant by the name of their sequence: the way from the click to what they do.
    runs = {} if named else _runs_in(answer)
    content: Content = {
        "correlation_id": call.context.id,
        "actor": actor.record,
        "data": {
            "action": name,
            "about": _named_first(names),
            "fields": _fields_of(call.data),
            **runs,
            **_fault_of(fault),
        },
    }
    for host in hosts:
        kind = Noted.ACTION_DONE if fault is None else Noted.ACTION_REFUSED
        # Who names several runs has done something to each.
        for about_run in [{"execution_id": run} for run in named if run] or [{}]:
            host.journal.note(kind, {**about_run, **content}, subject=name, actor=actor.type)


def _runs_in(answer: Mapping[str, object]) -> Content:
    """Return which runs an action answers with, nothing where there are none."""
    several = answer.get("runs")
    records = several if isinstance(several, list) else [answer]
    runs = [run for each in records if isinstance(each, Mapping) for run in _texts(each.get("run_id"))]
    return {"runs": runs} if runs else {}


@callback
def _hosts_of(call: ServiceCall) -> list[EngineHost]:
    """Return the hubs that a call names, by itself or by what belongs to them; all of them where it names none."""
    entries = {entry.entry_id: entry.runtime_data for entry in loaded_entries(call.hass)}
    named = [entry_id for entry_id in _entries_named(call) if entry_id in entries]
    return [entries[entry_id] for entry_id in dict.fromkeys(named)] or list(entries.values())


def _entries_named(call: ServiceCall) -> Iterator[str]:
    yield from _texts(call.data.get("config_entry_id"))
    devices, entities = dr.async_get(call.hass), er.async_get(call.hass)
    for device_id in _texts(call.data.get("device_id")):
        if (device := devices.async_get(device_id)) is not None:
            yield device.config_entry_id
    for entity_id in _texts(call.data.get("entity_id")):
        if (entity := entities.async_get(entity_id)) is not None and entity.config_entry_id is not None:
            yield entity.config_entry_id


def _texts(value: object) -> list[str]:
    match value:
        case str():
            return [value]
        case list():
            return [each for each in value if isinstance(each, str)]
        case _:
            return []


def _fields_of(given: Mapping[str, Any]) -> Content:
    return {name: _named(value) if name in _WRITTEN else _short(value) for name, value in given.items()}


def _named(written: object) -> object:
    """Return of what was written at length only what it is about."""
    name = written.get("id") if isinstance(written, Mapping) else None
    return {"id": _short(name)} if isinstance(name, str) else "…"


def _named_first(names: list[str]) -> list[str]:
    """Return the first names, and how many more there are."""
    more = len(names) - _MOST_NAMES
    return [*map(_harmless, names[:_MOST_NAMES]), *([f"+{more}"] if more > 0 else [])]


def _short(value: object, depth: int = _DEEPEST) -> object:
    """Return a value as far as one line of a trail has room for it."""
    if not depth:
        return "…"
    match value:
        case str():
            return _harmless(value)
        case bool() | int() | float() | None:
            return value
        case Mapping():
            return {_harmless(str(name)): _short(each, depth - 1) for name, each in _first(value.items())}
        case list() | tuple():
            return [_short(each, depth - 1) for each in _first(value)]
        case _:
            return _harmless(str(value))


def _harmless(words: str) -> str:
    """Return words so that they can be kept: they may be of a device, or whatever somebody has given."""
    seen = "".join(letter if letter.isprintable() else " " for letter in words[:LONGEST_TECHNICAL])
    kept = without_secrets(seen)
    return kept if len(kept) <= _LONGEST_TEXT else f"{kept[: _LONGEST_TEXT - 1]}…"


def _first[Item](items: Iterable[Item]) -> list[Item]:
    return list(items)[:_MOST_VALUES]


def _fault_of(fault: BaseException | None) -> Content:
    match fault:
        case None:
            return {}
        case HomeAssistantError(translation_key=str(key)):
            words = _first((fault.translation_placeholders or {}).items())
            return {"refused": key, "placeholders": {name: _harmless(str(word)) for name, word in words}}
        case vol.Invalid():
            return {"refused": "invalid"}
        case _:
            return {"refused": type(fault).__name__}

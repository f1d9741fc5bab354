"""Definitions name entities of ours; kept are the channels behind them, and what is unknown is told with its step."""

from collections.abc import Mapping
import re
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback

from .core.errors import NotFoundError
from .core.ids import ChannelId
from .core.sequences.codes import SequenceCode as Code
from .core.sequences.errors import SequenceError
from .host.engine_host import EngineHost
from .targets import output_of, sensor_of

_ENTITY: Final = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")
# Where a definition names an output or a sensor of ours.
_OUTPUTS: Final = frozenset({"output"})
_SENSORS: Final = frozenset({"sensor", "meter", "observe"})
# What other integrations are told is theirs, and what variables are called and hold is the writer's.
_OTHERS: Final = frozenset({"fields", "target", "variables"})
# Lists of steps that have a name of their own in places.
_NAMED_LISTS: Final = frozenset({"then", "otherwise", "finally"})
_PHASES: Final = "phases"


@callback
def with_channels(hass: HomeAssistant, host: EngineHost, written: Any, place: str = "") -> Any:
    """Return a definition in which entities of ours are named as the channels behind them."""
    match written:
        case Mapping():
            return {key: _replaced(hass, host, key, value, place) for key, value in written.items()}
        case list() | tuple():
            return [
                with_channels(hass, host, each, _counted(place, number, each)) for number, each in enumerate(written, 1)
            ]
        case _:
            return written


@callback
def channel_of(hass: HomeAssistant, host: EngineHost, name: str, *, is_output: bool) -> ChannelId:
    """Return the channel that is named, by an entity or as such."""
    if not _ENTITY.fullmatch(name):
        return ChannelId(name)
    channel = output_of(hass, name).channel if is_output else sensor_of(hass, name)[1]
    if host.fleet.channel(channel.id) is None:
        raise NotFoundError("actuator" if is_output else "sensor", name)
    return channel.id


def _replaced(hass: HomeAssistant, host: EngineHost, key: str, value: Any, place: str) -> Any:
    if key in _OTHERS:
        return value
    if isinstance(value, str) and key in _OUTPUTS | _SENSORS:
        return _channel(hass, host, value, place or key, is_output=key in _OUTPUTS)
    if key == "roles" and isinstance(value, Mapping):
        return {role: _role(hass, host, named, _in(place, f"roles / {role}")) for role, named in value.items()}
    if key == "of" and isinstance(value, list | tuple):
        # The parts of a condition have no number of their own.
        return [with_channels(hass, host, each, place) for each in value]
    is_named = key in _NAMED_LISTS or key == _PHASES
    return with_channels(hass, host, value, _in(place, key) if is_named else place)


def _role(hass: HomeAssistant, host: EngineHost, named: Any, place: str) -> Any:
    """A role of a sequence has a default; a role that a step binds is the name of an output."""
    if isinstance(named, Mapping) and isinstance(default := named.get("default"), str):
        return {**named, "default": _channel(hass, host, default, place, is_output=True)}
    return _channel(hass, host, named, place, is_output=True) if isinstance(named, str) else named


def _channel(hass: HomeAssistant, host: EngineHost, name: str, place: str, *, is_output: bool) -> ChannelId:
    try:
        return channel_of(hass, host, name, is_output=is_output)
    except NotFoundError as err:
        why = "unknown_output" if is_output else "unknown_sensor"
        raise SequenceError(Code.INVALID_STEP, place, why=why, given=name) from err


def _counted(place: str, number: int, each: object) -> str:
    """Return the place of one of several, as people count: a phase by its name, a step by its number and name."""
    name = str(each.get("name") or "") if isinstance(each, Mapping) else ""
    if place == _PHASES:
        return name or str(number)
    if isinstance(each, list | tuple):
        return _in(place, f"branch {number}")
    # Without phases there is one that is called so.
    return _in(place or "act", f"{number} {name}".strip())


def _in(place: str, part: str) -> str:
    return f"{place} / {part}" if place else part

"""The one way in which people change the safety settings of an output: read the wish, check it, save it."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from homeassistant.const import WEEKDAYS
from homeassistant.core import HomeAssistant, valid_entity_id
from homeassistant.util import dt as dt_util
import msgspec
from msgspec.structs import replace

from .core.errors import DefinitionError, NotFoundError
from .core.ids import ChannelId
from .core.safety.interlocks import Interlock
from .core.safety.limits import ChannelSafety, ShutdownPolicy
from .host.engine_host import EngineHost
from .host.naming import entity_of
from .plan_edits import plan_lock
from .safety_checks import demand_consistent
from .targets import output_of, sensor_of

type Given = Mapping[str, Any]

# Fields that name other channels, and whether those are outputs.
_OUTPUTS: Final = frozenset({"any_of", "others"})
_SENSORS: Final = frozenset({"sensor"})
_TIMES: Final = frozenset({"start", "end"})


async def async_edit_safety(
    host: EngineHost, channel: ChannelId, change: Callable[[ChannelSafety], ChannelSafety]
) -> None:
    """Change the safety settings of an output; raises before anything is saved."""
    async with plan_lock(host):
        if host.fleet.actuator(channel) is None:
            raise NotFoundError("channel", channel)
        settings = change(host.engine.around.limits.of(channel))
        demand_consistent(host, settings)
        await host.async_change_safety(settings)


def settings_from(settings: ChannelSafety, given: Given) -> ChannelSafety:
    """Return settings with everything changed that a form or an action gives, except for the interlocks."""
    return replace(
        settings,
        hold=int(given.get("hold", settings.hold)),
        on_shutdown=ShutdownPolicy(given.get("on_shutdown", settings.on_shutdown)),
        stop_step=int(given.get("stop_step", settings.stop_step)),
    )


def interlock_from(host: EngineHost, given: Given) -> Interlock:
    """Return the interlock that a form or an action describes; entities stand for their channels."""
    fields = {str(key): _read(host, str(key), value) for key, value in given.items()}
    try:
        interlock: Interlock = msgspec.convert(fields, Interlock)
    except msgspec.ValidationError as err:
        raise DefinitionError("interlock_unreadable", reason=str(err)) from err
    return interlock


def as_given(host: EngineHost, interlock: Interlock) -> dict[str, Any]:
    """Return an interlock as people write it."""
    fields: dict[str, Any] = msgspec.to_builtins(interlock)
    return {key: _shown(host, value) if key in _OUTPUTS | _SENSORS else value for key, value in fields.items()}


def _shown(host: EngineHost, value: str | list[str]) -> str | list[str]:
    if not isinstance(value, str):
        return [str(_shown(host, each)) for each in value]
    channel = host.fleet.channel(ChannelId(value))
    return (entity_of(host.hass, channel) if channel else None) or value


def _read(host: EngineHost, key: str, value: Any) -> Any:
    if key in _OUTPUTS:
        named = [value] if isinstance(value, str) else value
        return [_channel(host, key, each) for each in named] if isinstance(named, list) else value
    if key in _SENSORS:
        return _channel(host, key, value)
    if key in _TIMES and isinstance(value, str) and (clock := dt_util.parse_time(value)) is not None:
        return clock.isoformat()
    if key == "weekdays" and isinstance(value, list):
        return [WEEKDAYS.index(day) if day in WEEKDAYS else day for day in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _channel(host: EngineHost, key: str, named: Any) -> Any:
    if not isinstance(named, str):
        return named
    if not valid_entity_id(named):
        if host.fleet.channel(ChannelId(named)) is None:
            raise NotFoundError("channel", named)
        return named
    owner, channel = _entity(host.hass, key, named)
    if owner is not host:
        raise DefinitionError("channel_of_other_hub", channel=named)
    return channel


def _entity(hass: HomeAssistant, key: str, entity_id: str) -> tuple[EngineHost, ChannelId]:
    found = output_of(hass, entity_id) if key in _OUTPUTS else sensor_of(hass, entity_id)
    return found[0], found[1].id

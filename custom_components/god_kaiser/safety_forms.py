"""The forms in which interlocks are entered, one for each kind, and the way from their fields to an interlock."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from homeassistant.const import PERCENTAGE, WEEKDAYS
from homeassistant.helpers.selector import (
    EntitySelector,
    EntitySelectorConfig,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TimeSelector,
)
import voluptuous as vol

from .channel_forms import select
from .core.devices.model import ActuatorChannel, Channel
from .core.ids import ChannelId
from .core.safety.interlocks import Interlock
from .core.safety.interlocks.rate_limit import Scope
from .core.safety.limits import ChannelSafety, ShutdownPolicy
from .host.engine_host import EngineHost
from .host.naming import entity_of
from .safety_edits import as_given

type Fields = dict[vol.Marker, object]

# Without limits of their own: what a selector refuses, Home Assistant tells in English only, and above the form.
_SECONDS: Final = NumberSelector(NumberSelectorConfig(step=1, unit_of_measurement="s", mode=NumberSelectorMode.BOX))
_COUNT: Final = NumberSelector(NumberSelectorConfig(step=1, mode=NumberSelectorMode.BOX))
_NUMBER: Final = NumberSelector(NumberSelectorConfig(step="any", mode=NumberSelectorMode.BOX))
_LEVEL: Final = NumberSelector(
    NumberSelectorConfig(step="any", unit_of_measurement=PERCENTAGE, mode=NumberSelectorMode.BOX)
)
_WEEKDAYS: Final = SelectSelector(SelectSelectorConfig(options=WEEKDAYS, translation_key="weekday", multiple=True))
# Levels, which are parts of one in the core.
PERCENT: Final = {"level_limit": ("low", "high"), "requirement": ("level",)}


def settings_form() -> vol.Schema:
    """Return the form for everything that is no interlock."""
    return vol.Schema(
        {
            vol.Required("hold"): _SECONDS,
            vol.Required("on_shutdown"): select("on_shutdown", ShutdownPolicy),
            vol.Required("stop_step"): _COUNT,
        }
    )


def settings_in_form(settings: ChannelSafety) -> dict[str, Any]:
    """Return what that form holds."""
    return {"hold": settings.hold, "on_shutdown": settings.on_shutdown.value, "stop_step": settings.stop_step}


def interlock_form(host: EngineHost, output: ChannelId, kind: str) -> vol.Schema | None:
    """Return the form for one kind of interlock, None where there is nothing that it could mention."""
    fields = _FORMS[kind](host, output)
    return vol.Schema(fields) if fields else None


def interlock_in_form(host: EngineHost, interlock: Interlock) -> dict[str, Any]:
    """Return what the form of an interlock holds."""
    given = as_given(host, interlock)
    kind: str = given.pop("kind")
    for key in PERCENT.get(kind, ()):
        given[key] = round(given[key] * 100, 6)
    if "weekdays" in given:
        given["weekdays"] = [WEEKDAYS[day] for day in given["weekdays"]]
    return {key: value for key, value in given.items() if value not in (None, "")}


def interlock_out_of_form(kind: str, entered: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a form as actions give an interlock."""
    levels = {key: entered[key] / 100 for key in PERCENT.get(kind, ()) if key in entered}
    return {"kind": kind, **entered, **levels}


def _level_limit(_host: EngineHost, _output: ChannelId) -> Fields:
    return {vol.Required("low", default=0): _LEVEL, vol.Required("high", default=100): _LEVEL}


def _max_on_time(_host: EngineHost, _output: ChannelId) -> Fields:
    return {vol.Optional("per_run"): _SECONDS, vol.Optional("per_day"): _SECONDS}


def _min_times(_host: EngineHost, _output: ChannelId) -> Fields:
    return {vol.Required("off", default=60): _SECONDS, vol.Required("on", default=0): _SECONDS}


def _starts_per_hour(_host: EngineHost, _output: ChannelId) -> Fields:
    return {vol.Required("limit", default=6): _COUNT}


def _rate_limit(_host: EngineHost, _output: ChannelId) -> Fields:
    return {
        vol.Required("count", default=10): _COUNT,
        vol.Required("seconds", default=60): _SECONDS,
        vol.Required("scope", default=Scope.CHANNEL.value): select("rate_scope", Scope),
    }


def _requirement(host: EngineHost, output: ChannelId) -> Fields:
    others = _other_outputs(host, output)
    return {} if not others else {vol.Required("any_of"): _chosen(others), vol.Required("level", default=100): _LEVEL}


def _exclusion(host: EngineHost, output: ChannelId) -> Fields:
    others = _other_outputs(host, output)
    return {} if not others else {vol.Required("others"): _chosen(others)}


def _fresh_sensor(host: EngineHost, _output: ChannelId) -> Fields:
    sensors = _entities(host, lambda channel: not isinstance(channel, ActuatorChannel))
    return (
        {}
        if not sensors
        else {
            vol.Required("sensor"): EntitySelector(EntitySelectorConfig(include_entities=sensors)),
            vol.Required("max_age", default=300): _SECONDS,
            vol.Optional("low"): _NUMBER,
            vol.Optional("high"): _NUMBER,
        }
    )


def _budget(_host: EngineHost, _output: ChannelId) -> Fields:
    return {
        vol.Required("budget"): TextSelector(),
        vol.Required("uses"): _NUMBER,
        vol.Required("limit"): _NUMBER,
        vol.Optional("unit"): TextSelector(),
    }


def _time_window(_host: EngineHost, _output: ChannelId) -> Fields:
    return {
        vol.Required("start"): TimeSelector(),
        vol.Required("end"): TimeSelector(),
        vol.Required("weekdays", default=WEEKDAYS): _WEEKDAYS,
    }


_FORMS: Final[dict[str, Callable[[EngineHost, ChannelId], Fields]]] = {
    "max_on_time": _max_on_time,
    "min_times": _min_times,
    "starts_per_hour": _starts_per_hour,
    "rate_limit": _rate_limit,
    "level_limit": _level_limit,
    "requirement": _requirement,
    "exclusion": _exclusion,
    "fresh_sensor": _fresh_sensor,
    "budget": _budget,
    "time_window": _time_window,
}
KINDS: Final = tuple(_FORMS)


def _other_outputs(host: EngineHost, output: ChannelId) -> list[str]:
    return _entities(host, lambda channel: isinstance(channel, ActuatorChannel) and channel.id != output)


def _entities(host: EngineHost, is_wanted: Callable[[Channel], bool]) -> list[str]:
    found = [channel for known in host.fleet.devices for channel in host.channels_of(known) if is_wanted(channel)]
    return [entity_id for channel in found if (entity_id := entity_of(host.hass, channel)) is not None]


def _chosen(entities: list[str]) -> EntitySelector:
    return EntitySelector(EntitySelectorConfig(include_entities=entities, multiple=True))

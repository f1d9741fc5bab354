"""The forms in which people choose whom to tell of alarms, and at which values of a sensor."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TimeSelector,
)
import voluptuous as vol

from .channel_forms import select
from .core.alarms.kinds import Priority
from .core.alarms.limits import BOUNDS
from .core.alarms.quiet import quiet_hours
from .core.errors import DefinitionError
from .host.alarm_options import LIMITS, AlarmOptions
from .host.notify_targets import is_known

_ANY: Final = NumberSelector(NumberSelectorConfig(step="any", mode=NumberSelectorMode.BOX))
_NUMBER: Final = NumberSelector(NumberSelectorConfig(step=1, mode=NumberSelectorMode.BOX))
_SECONDS: Final = NumberSelector(NumberSelectorConfig(step=1, unit_of_measurement="s", mode=NumberSelectorMode.BOX))
_MINUTES: Final = NumberSelector(NumberSelectorConfig(step=1, unit_of_measurement="min", mode=NumberSelectorMode.BOX))
# From when to when it is quiet.
QUIET: Final = ("alarm_quiet_from", "alarm_quiet_until")

ALARM_LIMIT_TEXTS: Final = {f"{key}_low": str(limits[0]) for key, limits in LIMITS.items()} | {
    f"{key}_high": str(limits[-1]) for key, limits in LIMITS.items()
}


def notices_form(hass: HomeAssistant) -> vol.Schema:
    """Return the form; ``problems_in_notices`` judges what comes back."""
    usual = AlarmOptions()
    actions = (f"notify.{name}" for name in hass.services.async_services_for_domain("notify") if name != "send_message")
    targets = SelectSelector(
        SelectSelectorConfig(
            options=sorted({*hass.states.async_entity_ids("notify"), *actions}),
            multiple=True,
            custom_value=True,
            mode=SelectSelectorMode.DROPDOWN,
        )
    )
    return vol.Schema(
        {
            vol.Optional("alarm_targets"): targets,
            vol.Optional("alarm_action"): TextSelector(),
            vol.Required("alarm_priority", default=usual.alarm_priority.value): select("alarm_priority", Priority),
            vol.Required("alarm_repeat_minutes", default=usual.alarm_repeat_minutes): _MINUTES,
            vol.Required("alarm_repeats", default=usual.alarm_repeats): _NUMBER,
            vol.Optional("alarm_quiet_from"): TimeSelector(),
            vol.Optional("alarm_quiet_until"): TimeSelector(),
            vol.Required("alarm_flood", default=usual.alarm_flood): _NUMBER,
            vol.Required("alarm_flood_minutes", default=usual.alarm_flood_minutes): _MINUTES,
        }
    )


def problems_in_notices(hass: HomeAssistant, given: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with what was entered, by its place."""
    problems = {
        key: f"{key}_out_of_range"
        for key, limits in LIMITS.items()
        if not limits.start <= given.get(key, limits.start) < limits.stop
    }
    if unknown_target(hass, given):
        problems["alarm_targets"] = "alarm_target_unknown"
    if (action := given.get("alarm_action")) and not hass.services.has_service(*_parts_of(action)):
        problems["alarm_action"] = "alarm_action_unknown"
    try:
        quiet_hours(*(given.get(key) for key in QUIET))
    except DefinitionError as err:
        problems["alarm_quiet_until"] = err.problem
    return problems


def unknown_target(hass: HomeAssistant, given: Mapping[str, Any]) -> str:
    """Return the first of those who are to be told that does not exist."""
    return next((target for target in given.get("alarm_targets", ()) if not is_known(hass, target)), "")


def notices_as_kept(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was entered as options are kept; what is empty is not kept at all."""
    kept = {key: int(value) if key in LIMITS else value for key, value in given.items()}
    return {key: value for key, value in kept.items() if value or key in LIMITS}


def limits_form() -> vol.Schema:
    """Return the form for the limits of one sensor."""
    return vol.Schema(
        {
            **{vol.Optional(name): _ANY for name in reversed(BOUNDS)},
            vol.Required("dead_band", default=0): _ANY,
            vol.Required("on_delay", default=0): _SECONDS,
            vol.Required("off_delay", default=0): _SECONDS,
        }
    )


def _parts_of(action: str) -> tuple[str, str]:
    domain, _, name = action.strip().partition(".")
    return domain, name

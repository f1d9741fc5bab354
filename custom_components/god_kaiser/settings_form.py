"""The form in which a hub itself is set up, and the judgement of what was entered."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import BooleanSelector, NumberSelector, NumberSelectorConfig, NumberSelectorMode
import voluptuous as vol

from .const import (
    CONF_ALLOW_AUTOMATIC_RELEASE,
    CONF_ANSWER_TIMEOUT,
    CONF_ARCHIVED_RUNS,
    CONF_AUTO_ARCHIVE,
    CONF_AUTO_RECOVERY,
    CONF_CLEAN_UP,
    CONF_CLEANUP_ORPHANED,
    CONF_COMPLETION_TIMEOUT,
    CONF_DEFAULT_INTERVAL,
    CONF_DEFAULT_MAX_RUNTIME,
    CONF_DEVICE_TIMEOUT,
    CONF_EMERGENCY_HANDLERS,
    CONF_EMERGENCY_TIMEOUT,
    CONF_ENDED_RUNS,
    CONF_EVALUATION_INTERVAL,
    CONF_HEALTH_CHECK_INTERVAL,
    CONF_JOURNAL_MEGABYTES,
    CONF_KEEP_DAYS,
    CONF_KEEP_DECISIONS,
    CONF_KEEP_RUNS,
    CONF_LONGEST_SEQUENCE,
    CONF_MAX_RETRIES,
    CONF_MOST_RUNS,
    CONF_MOST_STEPS,
    CONF_OFFLINE_AFTER,
    CONF_RECOVERY_ATTEMPTS,
    CONF_REPLAY_EVENTS,
    CONF_REPLAY_HOURS,
    CONF_ROBUST_COMPLETION,
    CONF_RUN_HEARTBEAT,
    CONF_STORAGE_TIMEOUT,
)
from .host.hub_options import LIMITS, HubOptions

NEW_CHANNELS: Final = "new_channels"
SEQUENCES: Final = "sequences"
RETENTION: Final = "retention"
RECOVERY: Final = "recovery"
_SECTIONS: Final = {
    NEW_CHANNELS: (CONF_DEFAULT_MAX_RUNTIME, CONF_DEFAULT_INTERVAL),
    SEQUENCES: (CONF_MOST_RUNS, CONF_MOST_STEPS, CONF_LONGEST_SEQUENCE, CONF_RUN_HEARTBEAT, CONF_CLEAN_UP),
    RETENTION: (
        CONF_KEEP_DAYS,
        CONF_JOURNAL_MEGABYTES,
        CONF_KEEP_DECISIONS,
        CONF_KEEP_RUNS,
        CONF_ENDED_RUNS,
        CONF_AUTO_ARCHIVE,
        CONF_ARCHIVED_RUNS,
        CONF_REPLAY_EVENTS,
        CONF_REPLAY_HOURS,
    ),
    RECOVERY: (
        CONF_AUTO_RECOVERY,
        CONF_RECOVERY_ATTEMPTS,
        CONF_CLEANUP_ORPHANED,
        CONF_ROBUST_COMPLETION,
        CONF_EMERGENCY_HANDLERS,
        CONF_COMPLETION_TIMEOUT,
        CONF_EMERGENCY_TIMEOUT,
        CONF_MAX_RETRIES,
        CONF_STORAGE_TIMEOUT,
        CONF_DEVICE_TIMEOUT,
    ),
}
_PLACES: Final = {key: name for name, keys in _SECTIONS.items() for key in keys}

# Without limits of their own: what a selector refuses, Home Assistant tells in English only, and above the form.
_NUMBER: Final = NumberSelector(NumberSelectorConfig(step=1, mode=NumberSelectorMode.BOX))
_HOURS: Final = NumberSelector(NumberSelectorConfig(step=1, unit_of_measurement="h", mode=NumberSelectorMode.BOX))
_SECONDS: Final = NumberSelector(NumberSelectorConfig(step=1, unit_of_measurement="s", mode=NumberSelectorMode.BOX))

LIMIT_TEXTS: Final = {f"{key}_low": str(limits[0]) for key, limits in LIMITS.items()} | {
    f"{key}_high": str(limits[-1]) for key, limits in LIMITS.items()
}


def settings_form() -> vol.Schema:
    """Return the form; ``problems_in`` judges what comes back."""
    usual = HubOptions()
    new_channels: dict[vol.Marker, object] = {
        vol.Required(CONF_DEFAULT_MAX_RUNTIME, default=usual.default_max_runtime): _SECONDS,
        vol.Optional(CONF_DEFAULT_INTERVAL): _SECONDS,
    }
    sequences: dict[vol.Marker, object] = {
        vol.Required(CONF_MOST_RUNS, default=usual.most_runs): _NUMBER,
        vol.Required(CONF_MOST_STEPS, default=usual.most_steps): _NUMBER,
        vol.Required(CONF_LONGEST_SEQUENCE, default=usual.longest_sequence): _SECONDS,
        vol.Required(CONF_RUN_HEARTBEAT, default=usual.run_heartbeat): _SECONDS,
        vol.Required(CONF_CLEAN_UP, default=usual.clean_up): _SECONDS,
    }
    retention: dict[vol.Marker, object] = {
        vol.Required(CONF_KEEP_DAYS, default=usual.keep_days): _NUMBER,
        vol.Required(CONF_JOURNAL_MEGABYTES, default=usual.journal_megabytes): _NUMBER,
        vol.Required(CONF_KEEP_DECISIONS, default=usual.keep_decisions): _NUMBER,
        vol.Required(CONF_KEEP_RUNS, default=usual.keep_runs): _SECONDS,
        vol.Required(CONF_ENDED_RUNS, default=usual.ended_runs): _NUMBER,
        vol.Required(CONF_AUTO_ARCHIVE, default=usual.auto_archive): BooleanSelector(),
        vol.Required(CONF_ARCHIVED_RUNS, default=usual.archived_runs): _NUMBER,
        vol.Required(CONF_REPLAY_EVENTS, default=usual.replay_events): _NUMBER,
        vol.Required(CONF_REPLAY_HOURS, default=usual.replay_hours): _HOURS,
    }
    return vol.Schema(
        {
            vol.Required(CONF_OFFLINE_AFTER, default=usual.offline_after): _SECONDS,
            vol.Required(CONF_ANSWER_TIMEOUT, default=usual.answer_timeout): _SECONDS,
            vol.Required(CONF_EVALUATION_INTERVAL, default=usual.evaluation_interval): _SECONDS,
            vol.Required(CONF_HEALTH_CHECK_INTERVAL, default=usual.health_check_interval): _SECONDS,
            vol.Required(CONF_ALLOW_AUTOMATIC_RELEASE, default=usual.allow_automatic_release): BooleanSelector(),
            vol.Required(NEW_CHANNELS): section(vol.Schema(new_channels)),
            vol.Required(SEQUENCES): section(vol.Schema(sequences)),
            vol.Required(RETENTION): section(vol.Schema(retention)),
            vol.Required(RECOVERY): section(vol.Schema(_recovery(usual))),
        }
    )


def _recovery(usual: HubOptions) -> dict[vol.Marker, object]:
    return {
        vol.Required(CONF_AUTO_RECOVERY, default=usual.auto_recovery): BooleanSelector(),
        vol.Required(CONF_RECOVERY_ATTEMPTS, default=usual.recovery_attempts): _NUMBER,
        vol.Required(CONF_CLEANUP_ORPHANED, default=usual.cleanup_orphaned): BooleanSelector(),
        vol.Required(CONF_ROBUST_COMPLETION, default=usual.enable_robust_completion): BooleanSelector(),
        vol.Required(CONF_EMERGENCY_HANDLERS, default=usual.enable_emergency_handlers): BooleanSelector(),
        vol.Required(CONF_COMPLETION_TIMEOUT, default=usual.completion_timeout): _SECONDS,
        vol.Required(CONF_EMERGENCY_TIMEOUT, default=usual.emergency_timeout): _SECONDS,
        vol.Required(CONF_MAX_RETRIES, default=usual.max_retries): _NUMBER,
        vol.Required(CONF_STORAGE_TIMEOUT, default=usual.storage_timeout): _SECONDS,
        vol.Required(CONF_DEVICE_TIMEOUT, default=usual.device_timeout): _SECONDS,
    }


def in_sections(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options as the form holds them."""
    inside = {name: {key: options[key] for key in keys if key in options} for name, keys in _SECTIONS.items()}
    return {**options, **inside}


def out_of_sections(given: Mapping[str, Any]) -> dict[str, float]:
    """Return the content of the form as options are kept."""
    outside = {key: value for key, value in given.items() if key not in _SECTIONS}
    return outside | {key: value for name in _SECTIONS for key, value in given[name].items()}


def problems_in(entered: Mapping[str, float]) -> dict[str, str]:
    """Return what is wrong, by its place; Home Assistant shows nothing at a field that is in a section."""
    problems = {
        _PLACES.get(key, key): f"{key}_out_of_range"
        for key, value in entered.items()
        if key in LIMITS and not LIMITS[key].start <= value < LIMITS[key].stop
    }
    if RECOVERY not in problems and entered[CONF_EMERGENCY_TIMEOUT] <= entered[CONF_COMPLETION_TIMEOUT]:
        problems[RECOVERY] = "emergency_before_completion"
    return problems


def as_kept(entered: Mapping[str, float]) -> dict[str, int]:
    """Return options as they are kept: whole numbers, and yes or no."""
    return {key: value if isinstance(value, bool) else int(value) for key, value in entered.items()}

"""What automations can react to and ask about runs: the one table behind the triggers and the conditions."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .const import DOMAIN
from .core.sequences.happenings import Happening
from .core.sequences.status import RunStatus
from .host.engine_host import EngineHost
from .sequence_controls import STANDING
from .sequence_sensors import LAST_RESULT, STATUS


class Question(NamedTuple):
    """Which sensor of a sequence or a rule answers a question, and the states in which the answer is yes."""

    sensor: str
    states: frozenset[StrEnum]


HAPPENINGS: Final[dict[str, Happening]] = {
    "run_started": Happening.RUN_STARTED,
    "run_completed": Happening.RUN_COMPLETED,
    "run_failed": Happening.RUN_FAILED,
    "run_refused": Happening.PREFLIGHT_REFUSED,
    "run_cancelled": Happening.RUN_CANCELLED,
    "run_timed_out": Happening.RUN_TIMED_OUT,
    "run_interrupted": Happening.RUN_INTERRUPTED,
    "approval_requested": Happening.APPROVAL_REQUESTED,
}
QUESTIONS: Final[dict[str, Question]] = {
    "is_running": Question(
        STATUS,
        frozenset(
            {RunStatus.QUEUED, RunStatus.PREFLIGHT, RunStatus.RUNNING, RunStatus.WAITING, RunStatus.STOPPING},
        ),
    ),
    "is_paused": Question(STATUS, STANDING),
    "last_run_succeeded": Question(LAST_RESULT, frozenset({RunStatus.COMPLETED})),
}


@callback
def sensors_behind(hass: HomeAssistant, entities: set[str], wanted: str) -> set[str]:
    """Return the sensors of one kind of all sequences or rules that any of these entities belongs to."""
    registry = er.async_get(hass)
    named = [entry for entity_id in entities if (entry := registry.async_get(entity_id)) is not None]
    devices = {entry.device_id for entry in named if entry.platform == DOMAIN and entry.device_id is not None}
    return {
        entry.entity_id
        for device in devices
        for entry in er.async_entries_for_device(registry, device)
        if entry.translation_key == wanted
    }


@callback
def entities_about(hass: HomeAssistant, told: Mapping[str, Any], key_of: Callable[[EngineHost], str]) -> set[str]:
    """Return the entities of the device that an event is about."""
    entry = hass.config_entries.async_get_entry(str(told.get("entry_id")))
    host = getattr(entry, "runtime_data", None)
    # A run may be interrupted because its hub is being unloaded.
    if entry is None or not isinstance(host, EngineHost):
        return set()
    device = dr.async_get(hass).async_get_child_device_by_identifier((DOMAIN, key_of(host)), entry.entry_id)
    if device is None:
        return set()
    return {known.entity_id for known in er.async_entries_for_device(er.async_get(hass), device.id)}

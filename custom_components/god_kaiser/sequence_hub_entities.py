"""What the runs of all sequences of a hub come to, and what happens to them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.event import EventEntity
from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfTime
from homeassistant.core import callback

from .core.sequences.happenings import FORMER_NAMES
from .entity import HubEntity
from .host.engine_host import EngineHost
from .host.journal.rows import Envelope
from .host.run_wishes import sequence_key
from .host.sequence_desk import SequenceDesk

EVENT_TYPES: Final = list(dict.fromkeys(FORMER_NAMES.values()))
# Reasons may be words of the code, which belong into the diagnostics.
_TOLD: Final = ("execution_id", "sequence_id", "sequence_name", "status", "progress")
_TOLD_OF_DETAILS: Final = ("step_name", "attempts", "code", "duration_seconds")


@dataclass(frozen=True, kw_only=True)
class RunSensorDescription(SensorEntityDescription):
    """One number about all runs of a hub."""

    value_of: Callable[[SequenceDesk], float | None]


RUN_SENSORS: Final = (
    RunSensorDescription(
        key="sequence_active_runs",
        translation_key="sequence_active_runs",
        state_class=SensorStateClass.MEASUREMENT,
        value_of=lambda desk: sum(not run.is_over for run in desk.runs()),
    ),
    RunSensorDescription(
        key="sequence_executions",
        translation_key="sequence_executions",
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_of=lambda desk: desk.totals.executions,
    ),
    RunSensorDescription(
        key="sequence_failures",
        translation_key="sequence_failures",
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_of=lambda desk: desk.totals.failures,
    ),
    RunSensorDescription(
        key="sequence_average_duration",
        translation_key="sequence_average_duration",
        device_class=SensorDeviceClass.DURATION,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_display_precision=1,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_of=lambda desk: desk.totals.average,
    ),
)


class HubRunSensor(HubEntity, SensorEntity):
    """One number about all runs; what was counted survives every restart."""

    entity_description: RunSensorDescription

    def __init__(self, host: EngineHost, description: RunSensorDescription) -> None:
        """Belong to the hub."""
        super().__init__(host, description.key)
        self.entity_description = description
        self._followed: set[str] = set()

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        desk = self.host.sequences
        self._followed.clear()
        self.async_on_remove(desk.watch_library(self._follow))
        # A run may outlive its sequence.
        for sequence in {*desk.store.library.sequences, *(run.program.id for run in desk.runs())}:
            self._follow(sequence)

    @callback
    def _follow(self, sequence: str) -> None:
        if sequence not in self._followed:
            self._followed.add(sequence)
            self.async_on_remove(self.host.watchers.watch(sequence_key(sequence), self.look))

    @property
    @override
    def native_value(self) -> float | None:
        return self.entity_description.value_of(self.host.sequences)


class SequenceEvent(HubEntity, EventEntity):
    """The last thing that has happened to a run of this hub, by the names of the former server."""

    _attr_translation_key = "sequence"
    _attr_event_types = EVENT_TYPES

    def __init__(self, host: EngineHost) -> None:
        """Belong to the hub."""
        super().__init__(host, "sequence")

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self.async_on_remove(self.host.sequences.events.watch(self._follow))

    @callback
    def _follow(self, told: Envelope) -> None:
        if told["type"] not in EVENT_TYPES:
            return
        details: dict[str, Any] = told["data"]
        found = {key: told[key] for key in _TOLD} | {
            key: details[key] for key in _TOLD_OF_DETAILS if details.get(key) is not None
        }
        self._trigger_event(told["type"], {"happening": told["event_type"], **found})
        self.async_write_ha_state()

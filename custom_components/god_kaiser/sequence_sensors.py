"""How far the runs of a sequence are, and how its last one has ended."""

from typing import Any, Final, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfTime

from .core.sequences.findings import verdict_of
from .core.sequences.status import ENDED, RunStatus
from .run_records import moment, run_record
from .sequence_entities import SequenceEntity

STATUS: Final = "sequence_status"
LAST_RESULT: Final = "sequence_last_result"


class StatusSensor(SequenceEntity, SensorEntity):
    """The status of the run that goes on, or of the last one."""

    part = "status"
    _attr_translation_key = STATUS
    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = [status.value for status in RunStatus]
    _unrecorded_attributes = frozenset({"phase", "step", "seconds_left"})

    @property
    @override
    def native_value(self) -> str | None:
        if self.run is not None:
            return self.run.status.value
        # How it has ended is known for longer than the run itself.
        return self.host.sequences.totals.of(self.sequence).last_status or None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        if (run := self.run) is None:
            return None
        record = run_record(self.hass, self.host, run)
        step, error = record["current_step"] or {}, record["error"] or {}
        return {
            "run_id": run.id,
            "phase": record["phase"],
            "step": step.get("name") or step.get("kind"),
            "seconds_left": record["seconds_left"],
            "reason": record["reason"],
            "ended_by": record["ended_by"],
            "error": error.get("text"),
            "error_code": error.get("code"),
            "preflight": verdict_of(run.findings).value,
            "retry_of": record["retry_of"],
        }


class ProgressSensor(SequenceEntity, SensorEntity):
    """How much of the run that goes on, or of the last one, is finished."""

    part = "progress"
    _attr_translation_key = "sequence_progress"
    _attr_native_unit_of_measurement = PERCENTAGE

    @property
    @override
    def native_value(self) -> int | None:
        return None if self.run is None else self.run.progress


class LastDurationSensor(SequenceEntity, SensorEntity):
    """How long the last run has lasted, pauses not counted."""

    part = "last_duration"
    _attr_translation_key = "sequence_last_duration"
    _attr_device_class = SensorDeviceClass.DURATION
    _attr_native_unit_of_measurement = UnitOfTime.SECONDS
    _attr_suggested_display_precision = 0
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    @property
    @override
    def native_value(self) -> float | None:
        totals = self.host.sequences.totals.of(self.sequence)
        return totals.last_seconds if totals.executions else None


class LastResultSensor(SequenceEntity, SensorEntity):
    """How the last run has ended that had begun."""

    part = "last_result"
    _attr_translation_key = LAST_RESULT
    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = [status.value for status in RunStatus if status in ENDED]

    @property
    @override
    def native_value(self) -> str | None:
        return self.host.sequences.totals.of(self.sequence).last_status or None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        totals = self.host.sequences.totals.of(self.sequence)
        return {
            "ended_at": moment(totals.last_ended_at or None),
            "executions": totals.executions,
            "failures": totals.failures,
        }

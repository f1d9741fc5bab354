"""Where a rule stands, and when it has acted last."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, override

from homeassistant.components.sensor import RestoreSensor, SensorDeviceClass, SensorEntity

from .core.rules.executions import Execution, Outcome
from .core.rules.model import Rule
from .host.engine_host import EngineHost
from .host.rule_standing import Standing, standing_of
from .rule_entities import OutputFollowingEntity, RuleEntity

STATE: Final = "rule_state"
# What has run, though not for as long as it should have.
_DONE_SOME: Final = frozenset({Outcome.CONFIRMED, Outcome.DONE, Outcome.CUT_SHORT})


class Result(StrEnum):
    """What has become of the last time that a rule has acted."""

    PENDING = "pending"
    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"


def result_of(execution: Execution) -> Result:
    """Return what has become of everything that a rule wanted at one time."""
    if not execution.is_over:
        return Result.PENDING
    if execution.success:
        return Result.DONE
    has_done_some = any(record.outcome in _DONE_SOME for record in execution.actions_executed)
    return Result.PARTIAL if has_done_some else Result.FAILED


class StandingSensor(OutputFollowingEntity, SensorEntity):
    """Where the rule stands."""

    part = "state"
    _attr_translation_key = STATE
    _attr_device_class = SensorDeviceClass.ENUM
    _attr_options = [each.value for each in Standing]

    @override
    def picture(self) -> object:
        return self.native_value

    @property
    @override
    def native_value(self) -> str:
        return standing_of(self.host, self.rule).value


class LastTriggeredSensor(RuleEntity, RestoreSensor):
    """When the rule has acted last, also where so much has happened since that its record is gone."""

    part = "last_triggered"
    _attr_translation_key = "rule_last_triggered"
    _attr_device_class = SensorDeviceClass.TIMESTAMP

    def __init__(self, host: EngineHost, rule: Rule) -> None:
        """Belong to a rule."""
        super().__init__(host, rule)
        self._before: datetime | None = None

    @override
    async def async_added_to_hass(self) -> None:
        kept = await self.async_get_last_sensor_data()
        if kept is not None and isinstance(kept.native_value, datetime):
            self._before = kept.native_value
        await super().async_added_to_hass()

    @property
    def _last(self) -> Execution | None:
        return self.host.rules.history.last_act(self.rule)

    @override
    def picture(self) -> object:
        return self._last

    @property
    @override
    def native_value(self) -> datetime | None:
        return self._before if (last := self._last) is None else last.at

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any] | None:
        if (last := self._last) is None:
            return None
        return {
            "outcome": result_of(last).value,
            "reason": last.error_message or None,
            "execution_id": last.key,
        }

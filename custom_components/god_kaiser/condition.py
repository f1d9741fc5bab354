"""Conditions of automations: how runs of sequences are and how the last one has ended, and where rules stand."""

from typing import Any, ClassVar, Final, override

from homeassistant.components.sensor import DATA_COMPONENT
from homeassistant.components.sensor.const import DOMAIN as SENSOR_DOMAIN
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.condition import Condition, EntityStateConditionBase

from .rule_automation import RULE_QUESTIONS
from .rule_sensors import StandingSensor
from .sequence_automation import QUESTIONS, Question, sensors_behind

_SENSORS: Final = {SENSOR_DOMAIN: DomainSpec()}


class SensorCondition(EntityStateConditionBase):
    """Asks one sensor of each sequence or rule that is meant; a sequence that has never run answers no."""

    _domain_specs = _SENSORS
    sensor: ClassVar[str]

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        return sensors_behind(self._hass, entities, self.sensor)

    @override
    def _should_include(self, _state: State) -> bool:
        return True


class RuleCondition(SensorCondition):
    """Asks where rules stand now: a trigger is told before their sensors are shown anew."""

    @override
    def _get_tracked_value(self, entity_state: State) -> Any:
        entity = self._hass.data[DATA_COMPONENT].get_entity(entity_state.entity_id)
        return entity.native_value if isinstance(entity, StandingSensor) else super()._get_tracked_value(entity_state)


def _of(kind: type[SensorCondition], name: str, question: Question) -> type[Condition]:
    states = {status.value for status in question.states}
    return type(name, (kind,), {"sensor": question.sensor, "_states": states})


CONDITIONS = {
    **{name: _of(SensorCondition, name, question) for name, question in QUESTIONS.items()},
    **{name: _of(RuleCondition, name, question) for name, question in RULE_QUESTIONS.items()},
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return all conditions by their names."""
    return CONDITIONS

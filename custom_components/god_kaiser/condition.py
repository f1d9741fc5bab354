"""Conditions of automations: how runs of sequences are and how the last one has ended, and where rules stand."""

from typing import ClassVar, Final, override

from homeassistant.components.sensor.const import DOMAIN as SENSOR_DOMAIN
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.condition import Condition, EntityStateConditionBase

from .rule_automation import RULE_QUESTIONS
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


def _of(name: str, question: Question) -> type[Condition]:
    states = {status.value for status in question.states}
    return type(name, (SensorCondition,), {"sensor": question.sensor, "_states": states})


CONDITIONS = {name: _of(name, question) for name, question in {**QUESTIONS, **RULE_QUESTIONS}.items()}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return all conditions by their names."""
    return CONDITIONS

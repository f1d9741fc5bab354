"""Triggers of automations: what happens to the runs of sequences."""

from typing import Any, ClassVar, override

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
from homeassistant.helpers.trigger import Trigger, TriggerActionRunner, TriggerConfig, TriggerNotTriggeredReporter
from homeassistant.helpers.typing import ConfigType
import voluptuous as vol

from .const import EVENT_RUN
from .core.sequences.happenings import Happening
from .sequence_automation import HAPPENINGS, entities_about

_SCHEMA = vol.Schema({vol.Required(CONF_TARGET): cv.TARGET_FIELDS, vol.Optional(CONF_OPTIONS): {}})


class RunTrigger(Trigger):
    """Fires when one thing happens to a run of the sequences that are meant."""

    happening: ClassVar[Happening]

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        checked: ConfigType = _SCHEMA(config)
        return checked

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Remember whose runs are meant."""
        super().__init__(hass, config)
        self._target = TargetSelection(config.target or {})

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        @callback
        def follow(event: Event[dict[str, Any]]) -> None:
            if event.data.get("event_type") == self.happening and self._is_meant(event.data):
                name = event.data.get("sequence_name")
                run_action(_payload(event.data), f"{self.happening} of {name}", event.context)

        return self._hass.bus.async_listen(EVENT_RUN, follow)

    def _is_meant(self, told: dict[str, Any]) -> bool:
        # An area or a label may have other sequences by now.
        selected = async_extract_referenced_entity_ids(self._hass, self._target)
        meant = selected.referenced | selected.indirectly_referenced
        return not meant.isdisjoint(entities_about(self._hass, told))


def _payload(told: dict[str, Any]) -> dict[str, Any]:
    """Return what an automation can read in ``trigger``."""
    words = ("sequence_id", "sequence_name", "status", "progress", "current_step", "event_type", "entry_id")
    return {"run_id": told.get("execution_id"), "details": told.get("data"), **{key: told.get(key) for key in words}}


def _of(name: str, happening: Happening) -> type[Trigger]:
    return type(name, (RunTrigger,), {"happening": happening})


TRIGGERS = {name: _of(name, happening) for name, happening in HAPPENINGS.items()}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return all triggers by their names."""
    return TRIGGERS

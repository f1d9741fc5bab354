"""Triggers of automations: what happens to the runs of sequences, to rules and to alarms."""

from collections.abc import Callable
from typing import Any, ClassVar, Final, NamedTuple, override

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
from homeassistant.helpers.trigger import Trigger, TriggerActionRunner, TriggerConfig, TriggerNotTriggeredReporter
from homeassistant.helpers.typing import ConfigType
import voluptuous as vol

from .alarm_triggers import ALARM_TRIGGERS
from .const import EVENT_RULE, EVENT_RUN
from .core.rules.happenings import RuleHappening
from .core.sequences.happenings import Happening
from .host.engine_host import EngineHost
from .rule_automation import RULE_HAPPENINGS
from .rule_entities import device_key as rule_device_key
from .sequence_automation import HAPPENINGS, entities_about
from .sequence_targets import device_key

_SCHEMA = vol.Schema({vol.Required(CONF_TARGET): cv.TARGET_FIELDS, vol.Optional(CONF_OPTIONS): {}})


class Subject(NamedTuple):
    """Of what an event tells: under which name it is on the bus, whose device is meant, and what is passed on."""

    event: str
    kind: str
    device_key: Callable[[EngineHost, str], str]
    words: tuple[str, ...] = ()


_RUNS: Final = Subject(EVENT_RUN, "sequence", device_key, ("status", "progress", "current_step"))
_RULES: Final = Subject(EVENT_RULE, "rule", rule_device_key)


class HappeningTrigger(Trigger):
    """Fires when one thing happens to the sequences or to the rules that are meant."""

    happening: ClassVar[Happening | RuleHappening]
    subject: ClassVar[Subject]

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        checked: ConfigType = _SCHEMA(config)
        return checked

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Remember who is meant."""
        super().__init__(hass, config)
        self._target = TargetSelection(config.target or {})

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        @callback
        def follow(event: Event[dict[str, Any]]) -> None:
            if event.data.get("event_type") == self.happening and self._is_meant(event.data):
                name = event.data.get(f"{self.subject.kind}_name")
                run_action(self._payload(event.data), f"{self.happening} of {name}", event.context)

        return self._hass.bus.async_listen(self.subject.event, follow)

    def _is_meant(self, told: dict[str, Any]) -> bool:
        # An area or a label may have other sequences and rules by now.
        selected = async_extract_referenced_entity_ids(self._hass, self._target)
        meant = selected.referenced | selected.indirectly_referenced
        named = str(told.get(f"{self.subject.kind}_id"))
        about = entities_about(self._hass, told, lambda host: self.subject.device_key(host, named))
        return not meant.isdisjoint(about)

    def _payload(self, told: dict[str, Any]) -> dict[str, Any]:
        """Return what an automation can read in ``trigger``."""
        kind = self.subject.kind
        words = (f"{kind}_id", f"{kind}_name", *self.subject.words, "event_type", "entry_id")
        key = "run_id" if self.subject is _RUNS else "execution_id"
        return {key: told.get("execution_id"), "details": told.get("data"), **{word: told.get(word) for word in words}}


def _of(name: str, happening: Happening | RuleHappening, subject: Subject) -> type[Trigger]:
    return type(name, (HappeningTrigger,), {"happening": happening, "subject": subject})


TRIGGERS = {
    **{name: _of(name, happening, _RUNS) for name, happening in HAPPENINGS.items()},
    **{name: _of(name, happening, _RULES) for name, happening in RULE_HAPPENINGS.items()},
    **ALARM_TRIGGERS,
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return all triggers by their names."""
    return TRIGGERS

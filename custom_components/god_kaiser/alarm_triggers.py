"""Triggers of automations about alarms: raised, over, acknowledged, of what is meant and from a priority on."""

from typing import Any, ClassVar, Final, override

from homeassistant.const import CONF_OPTIONS, CONF_TARGET
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, device_registry as dr, entity_registry as er
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
from homeassistant.helpers.trigger import Trigger, TriggerActionRunner, TriggerConfig, TriggerNotTriggeredReporter
from homeassistant.helpers.typing import ConfigType
import voluptuous as vol

from .const import DOMAIN, EVENT_ALARM
from .core.alarms.alarm import AlarmState
from .core.alarms.kinds import Priority
from .core.ids import ChannelId, DeviceId
from .core.journal.kinds import Noted
from .host.engine_host import EngineHost
from .host.registry_sync import unit_key

CONF_PRIORITY: Final = "priority"
_SCHEMA: Final = vol.Schema(
    {
        vol.Required(CONF_TARGET): cv.TARGET_FIELDS,
        vol.Optional(CONF_OPTIONS, default=dict): {
            vol.Optional(CONF_PRIORITY, default=Priority.LOW.value): vol.In([each.value for each in Priority])
        },
    }
)
# What comes from a shelf or from behind its cause is as good as raised.
_RAISED: Final = frozenset({Noted.ALARM_RAISED, Noted.ALARM_RELEASED, Noted.ALARM_UNSHELVED})
_WORDS: Final = ("alarm_id", "alarm", "priority", "class", "state", "text", "esp_id")


class AlarmTrigger(Trigger):
    """Fires when something happens to an alarm about one of the entities that are meant; those of the hub mean every alarm."""

    kinds: ClassVar[frozenset[Noted]]
    state: ClassVar[AlarmState | None] = None

    @override
    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        checked: ConfigType = _SCHEMA(config)
        return checked

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Remember what is meant."""
        super().__init__(hass, config)
        self._target = TargetSelection(config.target or {})
        self._least = Priority((config.options or {}).get(CONF_PRIORITY, Priority.LOW))

    @override
    async def async_attach_runner(
        self, run_action: TriggerActionRunner, did_not_trigger: TriggerNotTriggeredReporter | None = None
    ) -> CALLBACK_TYPE:
        @callback
        def follow(event: Event[dict[str, Any]]) -> None:
            kind, told = event.data.get("event_type"), event.data.get("data")
            if kind in self.kinds and isinstance(told, dict) and self._is_meant(event.data, told):
                payload = {word: told.get(word) for word in _WORDS}
                payload |= {"event_type": kind, "entry_id": event.data.get("entry_id")}
                run_action(payload, f"{kind}: {told.get('text')}", event.context)

        return self._hass.bus.async_listen(EVENT_ALARM, follow)

    def _is_meant(self, event: dict[str, Any], told: dict[str, Any]) -> bool:
        if self.state is not None and told.get("state") != self.state:
            return False
        if told.get("priority") not in set(Priority) or not Priority(told["priority"]).is_at_least(self._least):
            return False
        selected = async_extract_referenced_entity_ids(self._hass, self._target)
        meant = selected.referenced | selected.indirectly_referenced
        return not meant.isdisjoint(_entities_about(self._hass, event, told))


@callback
def _entities_about(hass: HomeAssistant, event: dict[str, Any], told: dict[str, Any]) -> set[str]:
    """Return the entities of the hub, and of the device and the channel that an alarm is about."""
    entry = hass.config_entries.async_get_entry(str(event.get("entry_id")))
    host = getattr(entry, "runtime_data", None)
    if entry is None or not isinstance(host, EngineHost):
        return set()
    devices: set[str | None] = {host.registry.hub_id}
    if (esp := told.get("esp_id")) is not None:
        devices.add(host.registry.device_id(DeviceId(str(esp))))
    if (channel := host.fleet.channel(ChannelId(str(told.get("channel"))))) is not None:
        unit = dr.async_get(hass).async_get_child_device_by_identifier((DOMAIN, unit_key(channel)), entry.entry_id)
        devices.add(unit.id if unit is not None else None)
    entities = er.async_get(hass)
    return {
        known.entity_id
        for device in devices
        if device is not None
        for known in er.async_entries_for_device(entities, device)
    }


def _of(name: str, kinds: frozenset[Noted], state: AlarmState | None = None) -> type[Trigger]:
    return type(name, (AlarmTrigger,), {"kinds": kinds, "state": state})


ALARM_TRIGGERS: Final = {
    "alarm_raised": _of("alarm_raised", _RAISED, AlarmState.UNACKNOWLEDGED),
    "alarm_over": _of("alarm_over", frozenset({Noted.ALARM_RETURNED})),
    "alarm_acknowledged": _of("alarm_acknowledged", frozenset({Noted.ALARM_ACKNOWLEDGED})),
}

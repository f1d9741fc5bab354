"""Outputs that are shown as switches, the pause of sequences, and rules that are switched on and off."""

from homeassistant.components.switch import SwitchEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .core.devices.model import Appearance
from .entity import BinaryActuatorEntity, populate_outputs
from .health_switch import HealthWatchSwitch, RecoverySwitch
from .rule_controls import RuleSwitch
from .rule_entities import populate_rules
from .runtime import GodKaiserConfigEntry
from .sequence_controls import PauseSwitch
from .sequence_entities import populate_sequences

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: GodKaiserConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Show switches."""
    populate_outputs(entry, async_add_entities, Appearance.SWITCH, OutputSwitch)
    populate_sequences(entry, async_add_entities, PauseSwitch)
    populate_rules(entry, async_add_entities, RuleSwitch)
    async_add_entities([HealthWatchSwitch(entry.runtime_data), RecoverySwitch(entry)])


class OutputSwitch(BinaryActuatorEntity, SwitchEntity):
    """A pump, a relay, or a valve whose owner wants a switch."""

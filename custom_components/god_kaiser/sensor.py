"""What devices measure, and how they are."""

from typing import Any, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorStateClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alarm_entities import AlarmCountSensor
from .core.devices.model import Channel, Reading, SensorChannel
from .core.devices.sensor_types import Quantity, Unit, type_of, values_of
from .core.fleet.channels import VPD
from .core.fleet.device import Device
from .core.ids import DeviceId
from .device_sensors import DEVICE_SENSORS, DeviceSensor
from .entity import ChannelEntity, HubEntity, populate
from .health_sensor import HealthSensor
from .host.engine_host import EngineHost
from .host.hub_bell import refusals_of
from .rule_entities import populate_rules
from .rule_hub_entities import RULE_COUNTS, RuleCountSensor
from .rule_sensors import LastTriggeredSensor, StandingSensor
from .runtime import GodKaiserConfigEntry
from .sequence_entities import populate_sequences
from .sequence_hub_entities import RUN_SENSORS, HubRunSensor
from .sequence_sensors import LastDurationSensor, LastResultSensor, ProgressSensor, StatusSensor
from .stop_sensors import StopLatencySensor
from .subscription_sensors import SubscriptionSensor

PARALLEL_UPDATES = 0

# The vapour pressure deficit has no class on purpose: the class of pressures would turn kPa into psi for some people.
DEVICE_CLASSES: dict[Quantity, SensorDeviceClass] = {
    Quantity.TEMPERATURE: SensorDeviceClass.TEMPERATURE,
    Quantity.HUMIDITY: SensorDeviceClass.HUMIDITY,
    Quantity.PRESSURE: SensorDeviceClass.ATMOSPHERIC_PRESSURE,
    Quantity.PH: SensorDeviceClass.PH,
    Quantity.CONDUCTIVITY: SensorDeviceClass.CONDUCTIVITY,
    Quantity.MOISTURE: SensorDeviceClass.MOISTURE,
    Quantity.CARBON_DIOXIDE: SensorDeviceClass.CO2,
    Quantity.ILLUMINANCE: SensorDeviceClass.ILLUMINANCE,
    Quantity.FLOW: SensorDeviceClass.VOLUME_FLOW_RATE,
}
_WITHOUT_UNIT = (Unit.PH, Unit.NONE)
# An unchanged value is shown anew so often that its age does not mislead.
_RENEW_EVERY = 300.0


async def async_setup_entry(
    hass: HomeAssistant, entry: GodKaiserConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Show readings, diagnostics, and how sequences and rules are getting on."""
    populate(entry, async_add_entities, hub=_of_hub, device=_of_device, channel=_of_channel)
    populate_sequences(entry, async_add_entities, StatusSensor, ProgressSensor, LastDurationSensor, LastResultSensor)
    populate_rules(entry, async_add_entities, StandingSensor, LastTriggeredSensor)


def _of_hub(host: EngineHost) -> list[HubEntity]:
    runs = [HubRunSensor(host, description) for description in RUN_SENSORS]
    rules = [RuleCountSensor(host, description) for description in RULE_COUNTS]
    stream = [StopLatencySensor(host), SubscriptionSensor(host)]
    return [AlarmCountSensor(host), HealthSensor(host), RejectionSensor(host), *stream, *runs, *rules]


def _of_device(host: EngineHost, device: Device) -> list[DeviceSensor]:
    return [DeviceSensor(host, device, description) for description in DEVICE_SENSORS]


def _of_channel(host: EngineHost, channel: Channel) -> list[SensorEntity]:
    return [ReadingSensor(host, channel)] if isinstance(channel, SensorChannel) else []


class RejectionSensor(HubEntity, SensorEntity):
    """How many commands were refused since the start."""

    _attr_translation_key = "rejected_commands"
    _attr_state_class = SensorStateClass.TOTAL_INCREASING
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, host: EngineHost) -> None:
        """Belong to the hub."""
        super().__init__(host, "rejected_commands", refusals_of(DeviceId(host.registry.hub_key)))

    @property
    @override
    def native_value(self) -> int:
        return self.host.health.tally.rejected


class ReadingSensor(ChannelEntity, SensorEntity):
    """One measured value."""

    _attr_state_class = SensorStateClass.MEASUREMENT
    _unrecorded_attributes = frozenset({"measured_at", "raw"})

    def __init__(self, host: EngineHost, channel: SensorChannel) -> None:
        """Dress the value according to its quantity."""
        super().__init__(host, channel)
        self.channel = channel
        self._renewed_at = -_RENEW_EVERY
        row = type_of(channel.sensor_type)
        self._attr_translation_key = row.quantity.value
        self._attr_device_class = DEVICE_CLASSES.get(row.quantity)
        self._attr_native_unit_of_measurement = None if row.unit in _WITHOUT_UNIT else row.unit.value
        self._attr_suggested_display_precision = row.decimals
        if len(values_of(channel.sensor_type)) == 1 and channel.sensor_type != VPD:
            # The only value of a chip bears the name of the chip.
            self._attr_name = None

    @property
    def reading(self) -> Reading | None:
        """Return the last reading."""
        return self.host.fleet.readings.get(self.channel.id)

    @property
    @override
    def native_value(self) -> float | None:
        return reading.value if (reading := self.reading) else None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        if (reading := self.reading) is None:
            return None
        return {
            "quality": reading.quality.value,
            "fault": reading.fault.value if reading.fault else None,
            "measured_at": reading.measured_at or reading.at.utc,
            "raw": reading.raw,
        }

    @override
    def picture(self) -> object:
        if (reading := self.reading) is None:
            return self.available
        if reading.at.monotonic - self._renewed_at >= _RENEW_EVERY:
            self._renewed_at = reading.at.monotonic
        return (self.available, reading.value, reading.quality, reading.fault, self._renewed_at)

"""Whether devices are there and well, and whether an emergency stop holds."""

from typing import override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .core.devices.model import Channel
from .core.fleet.device import Device
from .entity import DeviceEntity, HubEntity, populate
from .host.engine_host import EngineHost
from .runtime import GodKaiserConfigEntry

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: GodKaiserConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Show links, problems and stops."""
    populate(entry, async_add_entities, hub=_of_hub, device=_of_device)


def _of_hub(host: EngineHost) -> list[HubEntity]:
    return [BrokerSensor(host), StopSensor(host)]


def _of_device(host: EngineHost, device: Device) -> list[DeviceEntity]:
    return [ConnectionSensor(host, device), ProblemSensor(host, device), DeviceStopSensor(host, device)]


class BrokerSensor(HubEntity, BinarySensorEntity):
    """Whether Home Assistant reaches the broker."""

    _attr_translation_key = "broker"
    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, host: EngineHost) -> None:
        """Belong to the hub."""
        super().__init__(host, "broker")

    @property
    @override
    def is_on(self) -> bool:
        return self.host.fleet.broker_connected


class StopSensor(HubEntity, BinarySensorEntity):
    """Whether an emergency stop holds anything."""

    _attr_translation_key = "emergency_stop"
    _attr_device_class = BinarySensorDeviceClass.SAFETY

    def __init__(self, host: EngineHost) -> None:
        """Belong to the hub."""
        super().__init__(host, "emergency_stop")

    @property
    @override
    def is_on(self) -> bool:
        return self.host.engine.latch.is_latched


class ConnectionSensor(DeviceEntity, BinarySensorEntity):
    """Whether a device is there; without the broker nobody can tell."""

    _attr_translation_key = "connection"
    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, host: EngineHost, device: Device) -> None:
        """Belong to a device."""
        super().__init__(host, device, "connection")

    @property
    @override
    def available(self) -> bool:
        return self.host.fleet.broker_connected

    @property
    @override
    def is_on(self) -> bool:
        return self.device.link.is_present


class ProblemSensor(DeviceEntity, BinarySensorEntity):
    """Whether a device admits that something is wrong with it."""

    _attr_translation_key = "problem"
    _attr_device_class = BinarySensorDeviceClass.PROBLEM
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, host: EngineHost, device: Device) -> None:
        """Belong to a device."""
        super().__init__(host, device, "problem")

    @property
    @override
    def is_on(self) -> bool:
        return any(self.extra_state_attributes.values())

    @property
    @override
    def extra_state_attributes(self) -> dict[str, bool]:
        vitals = self.device.vitals
        return {
            "persistence_degraded": vitals.persistence_degraded is True,
            "runtime_degraded": vitals.runtime_degraded is True,
            "network_degraded": vitals.network_degraded is True,
            "config_pending": self.device.config_pending,
            "under_pressure": self.device.under_pressure,
        }


class DeviceStopSensor(DeviceEntity, BinarySensorEntity):
    """Whether a device must rest: by our latch, or by its own emergency."""

    _attr_translation_key = "emergency_stop"
    _attr_device_class = BinarySensorDeviceClass.SAFETY

    def __init__(self, host: EngineHost, device: Device) -> None:
        """Belong to a device."""
        super().__init__(host, device, "emergency_stop")

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        for channel in self.device.actuators.values():
            self._attend(channel)
        self.async_on_remove(self.host.watchers.watch_channels(self._attend))

    @callback
    def _attend(self, channel: Channel) -> None:
        if channel.id in self.device.actuators:
            self.async_on_remove(self.host.watchers.watch(channel.id, self.look))

    @property
    @override
    def available(self) -> bool:
        # What is latched must be seen, also while the device is away.
        return True

    @property
    @override
    def is_on(self) -> bool:
        reports = (self.host.fleet.report(channel) for channel in self.device.actuators)
        return self.host.engine.latch.holds(self.device.id) or any(report and report.stopped for report in reports)

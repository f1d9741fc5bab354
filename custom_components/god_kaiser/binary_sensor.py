"""Whether devices are there and well, and whether an emergency stop holds."""

from typing import Any, Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .alarm_entities import AlarmSensor
from .core.fleet.device import Device
from .core.ids import ChannelId
from .entity import DeviceEntity, HubEntity, approved, populate
from .host.engine_host import EngineHost
from .output_facts import still_running, tag_record
from .runtime import GodKaiserConfigEntry
from .stop_binary_sensors import AnyStopSensor, DeviceStopSensor, HubStop, StopSensor

PARALLEL_UPDATES = 0
OUTPUTS_THAT_MAY_RUN: Final = "outputs_that_may_run"


async def async_setup_entry(
    hass: HomeAssistant, entry: GodKaiserConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Show links, problems and stops."""
    populate(entry, async_add_entities, hub=_of_hub, device=_of_device)


def _of_hub(host: EngineHost) -> list[HubEntity]:
    stop = HubStop(host)
    return [AlarmSensor(host), BrokerSensor(host), StopSensor(host, stop), AnyStopSensor(host, stop)]


def _of_device(host: EngineHost, device: Device) -> list[DeviceEntity]:
    return [
        ConnectionSensor(host, device),
        ProblemSensor(host, device),
        DeviceStopSensor(host, device),
        LockOutSensor(host, device),
    ]


class BrokerSensor(HubEntity, BinarySensorEntity):
    """Whether Home Assistant reaches the broker."""

    _attr_translation_key = "broker"
    _unrecorded_attributes = frozenset({OUTPUTS_THAT_MAY_RUN})
    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, host: EngineHost) -> None:
        """Belong to the hub."""
        super().__init__(host, "broker")

    @property
    @override
    def is_on(self) -> bool:
        return self.host.fleet.broker_connected

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        if self.is_on:
            return None
        outputs = [channel for known in approved(self.host) for channel in known.actuators.values()]
        return {OUTPUTS_THAT_MAY_RUN: still_running(self.host, outputs)}


class ConnectionSensor(DeviceEntity, BinarySensorEntity):
    """Whether a device is there; without the broker nobody can tell."""

    _attr_translation_key = "connection"
    _unrecorded_attributes = frozenset({OUTPUTS_THAT_MAY_RUN})
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

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any] | None:
        # The outputs themselves are unavailable now and show no attributes.
        if self.is_on:
            return None
        return {OUTPUTS_THAT_MAY_RUN: still_running(self.host, list(self.device.actuators.values()))}


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


class LockOutSensor(DeviceEntity, BinarySensorEntity):
    """Whether somebody works on a device or on one of its outputs."""

    _attr_translation_key = "locked_out"
    _attr_device_class = BinarySensorDeviceClass.PROBLEM

    def __init__(self, host: EngineHost, device: Device) -> None:
        """Belong to a device."""
        super().__init__(host, device, "locked_out")

    @property
    @override
    def available(self) -> bool:
        # A tag holds, and must be seen, also while the device is away.
        return True

    @property
    def _locked(self) -> list[ChannelId]:
        return [channel for channel in self.device.actuators if self.host.engine.around.lock_outs.on(channel)]

    @property
    @override
    def is_on(self) -> bool:
        return bool(self._locked) or self.device.id in self.host.engine.around.lock_outs.tags

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        lock_outs = self.host.engine.around.lock_outs
        of_output = next((lock_outs.on(channel) for channel in self._locked), None)
        tag = lock_outs.tags.get(self.device.id, of_output)
        return tag_record(tag) | {"outputs": [self.host.names.of_channel(channel) for channel in self._locked]}

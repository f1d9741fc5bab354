"""The emergency stop, for everything and for each device; measuring on demand; starting and ending sequences."""

from typing import override

from homeassistant.components.button import ButtonEntity
from homeassistant.components.button.const import DOMAIN as BUTTON_DOMAIN
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .core.devices.model import SamplingMode, SensorChannel
from .core.devices.plan import DevicePlan
from .core.fleet.channels import sensor_channels
from .core.fleet.device import Device
from .core.ids import DeviceId
from .entity import ChannelEntity, DeviceEntity, HubEntity, approved, populate
from .host.engine_host import EngineHost
from .host.registry_sync import unique_id
from .people import async_asker
from .runtime import GodKaiserConfigEntry
from .sequence_controls import CancelButton, RunButton
from .sequence_entities import populate_sequences

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: GodKaiserConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Show buttons."""
    host = entry.runtime_data
    populate(entry, async_add_entities, hub=_of_hub, device=_of_device)
    populate_sequences(entry, async_add_entities, RunButton, CancelButton)

    @callback
    def follow(key: DeviceId) -> None:
        measuring = Measuring(host, host.fleet.devices[key], async_add_entities)
        measuring.follow_plan()
        entry.async_on_unload(host.watchers.watch(key, measuring.follow_plan))

    for device in approved(host):
        follow(device.id)
    entry.async_on_unload(host.watchers.watch_devices(follow))


def _of_hub(host: EngineHost) -> list[HubEntity]:
    return [StopButton(host)]


def _of_device(host: EngineHost, device: Device) -> list[DeviceEntity]:
    return [DeviceStopButton(host, device)]


class StopButton(HubEntity, ButtonEntity):
    """Stops everything; it can be pressed even while the broker is away."""

    _attr_translation_key = "emergency_stop"

    def __init__(self, host: EngineHost) -> None:
        """Belong to the hub."""
        super().__init__(host, "emergency_stop")

    @override
    async def async_press(self) -> None:
        await _async_stop(self.host, None, self._context)


class DeviceStopButton(DeviceEntity, ButtonEntity):
    """Stops one device."""

    _attr_translation_key = "emergency_stop_device"

    def __init__(self, host: EngineHost, device: Device) -> None:
        """Belong to a device."""
        super().__init__(host, device, "emergency_stop")

    @property
    @override
    def available(self) -> bool:
        # A stop that is not heard now is latched, and sent when the device returns.
        return True

    @override
    async def async_press(self) -> None:
        await _async_stop(self.host, frozenset({self.device.id}), self._context)


async def _async_stop(host: EngineHost, devices: frozenset[DeviceId] | None, context: Context | None) -> None:
    called = host.now()
    asker = await async_asker(host.hass, context)
    call = context.id if context else ""
    host.stops.press(devices, by=asker.name, user=asker.user, reason="button", call=call, called=called)


class MeasureButton(ChannelEntity, ButtonEntity):
    """Reads a sensor that is silent until asked."""

    _attr_translation_key = "measure"

    def __init__(self, host: EngineHost, channel: SensorChannel) -> None:
        """Belong to a chip; its first value lends its identity, so both leave together."""
        super().__init__(host, channel)
        self.channel = channel

    @override
    async def async_press(self) -> None:
        await self.host.async_measure(self.channel.device, self.channel.gpio)


class Measuring:
    """Keeps one button for each sensor of a device that is read only when asked."""

    def __init__(self, host: EngineHost, device: Device, add: AddConfigEntryEntitiesCallback) -> None:
        """Start without buttons."""
        self._host = host
        self._device = device
        self._add = add
        self._plan: DevicePlan | None = None
        self._shown: dict[str, SensorChannel] = {}

    @callback
    def follow_plan(self) -> None:
        """Add and remove buttons when the plan has changed."""
        if (plan := self._device.plan) is None or plan is self._plan:
            return
        self._plan = plan
        on_demand = [sensor for sensor in plan.sensors if sensor.mode is SamplingMode.ON_DEMAND]
        channels = [sensor_channels(plan.device, sensor)[0] for sensor in on_demand]
        before, self._shown = self._shown, {unique_id(channel): channel for channel in channels}
        registry = er.async_get(self._host.hass)
        for gone in before.keys() - self._shown.keys():
            if entity_id := registry.async_get_entity_id(BUTTON_DOMAIN, DOMAIN, gone):
                registry.async_remove(entity_id)
        newcomers = [channel for key, channel in self._shown.items() if key not in before]
        self._add([MeasureButton(self._host, channel) for channel in newcomers])

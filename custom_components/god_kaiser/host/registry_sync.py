"""Devices and channels in Home Assistant's registries: parents first, removed ones gone."""

from homeassistant.config_entries import SOURCE_INTEGRATION_DISCOVERY, ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, discovery_flow, entity_registry as er

from ..const import DOMAIN
from ..core.devices.model import ActuatorChannel, Channel, SensorChannel
from ..core.devices.plan import DevicePlan
from ..core.fleet.device import Device
from ..core.ids import DeviceId

MANUFACTURER = "AutomationOne"


def unit_key(channel: Channel) -> str:
    """Return the key of the physical thing behind a channel: an output, or a chip with all its values."""
    match channel:
        case ActuatorChannel():
            return f"{channel.device}_actuator_{channel.gpio}"
        case SensorChannel():
            return f"{channel.device}_sensor_{channel.gpio}_{channel.address or channel.sensor_type}"


def unit_name(channel: Channel) -> str:
    """Return what that thing is called."""
    if channel.name:
        return channel.name
    kind = channel.kind.value if isinstance(channel, ActuatorChannel) else channel.sensor_type.partition("_")[0]
    return f"{kind.upper() if any(map(str.isdigit, kind)) else kind.capitalize()} (GPIO {channel.gpio})"


def unique_id(channel: Channel) -> str:
    """Return the identity of the entity that shows a channel."""
    return channel.id.replace("/", "_")


class RegistrySync:
    """Keeps the device registry in step with the fleet."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, kaiser_id: str) -> None:
        """Remember whose devices these are."""
        self._hass = hass
        self._entry = entry
        self._kaiser_id = kaiser_id
        self._registry = dr.async_get(hass)
        self.hub_id = ""

    @callback
    def offer(self, device: DeviceId) -> None:
        """Offer a device that nobody has approved yet in Home Assistant's own list."""
        discovery_flow.async_create_flow(
            self._hass,
            DOMAIN,
            context={"source": SOURCE_INTEGRATION_DISCOVERY},
            data={"entry_id": self._entry.entry_id, "kaiser_id": self._kaiser_id, "device": device},
        )

    @callback
    def create_hub(self) -> None:
        """Create the service device that stands for the whole namespace."""
        hub = self._registry.async_get_or_create(
            config_entry_id=self._entry.entry_id,
            identifiers={(DOMAIN, self.hub_key)},
            entry_type=dr.DeviceEntryType.SERVICE,
            manufacturer="god_kaiser",
            model="Kaiser",
            name=f"Kaiser {self._kaiser_id}",
        )
        self.hub_id = hub.id

    @property
    def hub_key(self) -> str:
        """Return the identifier of the hub."""
        return f"kaiser_{self._kaiser_id}"

    @callback
    def create_device(self, plan: DevicePlan) -> None:
        """Create or rename the device of one ESP32."""
        known = self._registry.async_get_device_by_identifier((DOMAIN, plan.device), self._entry.entry_id)
        created = self._registry.async_get_or_create(
            config_entry_id=self._entry.entry_id,
            identifiers={(DOMAIN, plan.device)},
            manufacturer=MANUFACTURER,
            model="ESP32" if plan.board == "esp32_dev" else "XIAO ESP32-C3",
            name=plan.name,
            serial_number=plan.device,
            via_device_id=self.hub_id,
        )
        if known is not None and known.name != plan.name:
            self._registry.async_update_device(created.id, name=plan.name)

    @callback
    def describe(self, device: Device) -> None:
        """Pass on what a device says about its firmware."""
        if device.firmware and (registry_id := self.device_id(device.id)):
            self._registry.async_update_device(registry_id, sw_version=device.firmware)

    @callback
    def create_unit(self, channel: Channel) -> None:
        """Create or rename the child device that a channel belongs to."""
        if (parent := self.device_id(channel.device)) is None:
            return
        self._registry.async_get_or_create_child(
            config_entry_id=self._entry.entry_id,
            identifiers={(DOMAIN, unit_key(channel))},
            name=unit_name(channel),
            parent_device_id=parent,
        )

    @callback
    def remove_channel(self, channel: Channel) -> None:
        """Remove a channel's entities, and its child device when nothing is left of it."""
        child = self._registry.async_get_child_device_by_identifier((DOMAIN, unit_key(channel)), self._entry.entry_id)
        if child is None:
            return
        entities = er.async_get(self._hass)
        left = 0
        for entity in er.async_entries_for_device(entities, child.id, include_disabled_entities=True):
            if entity.unique_id == unique_id(channel):
                entities.async_remove(entity.entity_id)
            else:
                left += 1
        if not left:
            self._registry.async_remove_device(child.id)

    @callback
    def remove_device(self, device: DeviceId) -> None:
        """Remove an ESP32 with everything below it."""
        if (registry_id := self.device_id(device)) is not None:
            self._registry.async_remove_device(registry_id)

    def device_id(self, device: DeviceId) -> str | None:
        """Return the registry id of an ESP32."""
        known = self._registry.async_get_device_by_identifier((DOMAIN, device), self._entry.entry_id)
        return known.id if known else None

    def is_alive(self, keys: set[str], channels: list[Channel]) -> bool:
        """Tell whether any of these identifiers stands for the hub or for a channel that exists."""
        return self.hub_key in keys or any(unit_key(channel) in keys for channel in channels)

"""Whether an emergency stop holds: everything, anything, or one device; and what the devices have shown of it."""

from functools import partial
from typing import Any, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.core import callback

from .core.devices.model import Channel
from .core.fleet.device import Device
from .core.ids import ChannelId
from .entity import DeviceEntity, HubEntity
from .host.engine_host import EngineHost
from .stop_records import hub_record, proof_record, release_of, scope_record

_ATTRIBUTES = ("by", "reason", "since", "pressed_by", "devices")


class HubStop:
    """What both sensors of a hub show of its stop, put together once for each time that its bell rings."""

    def __init__(self, host: EngineHost) -> None:
        """Look at a hub when somebody asks."""
        self._host = host
        self._rings = -1
        self._attributes: dict[str, Any] = {}

    @property
    def attributes(self) -> dict[str, Any]:
        """Return who has stopped what, and what the devices have shown of it."""
        if self._rings != self._host.stops.rings:
            self._rings = self._host.stops.rings
            record = hub_record(self._host)
            self._attributes = {name: record[name] for name in _ATTRIBUTES if name in record}
        return self._attributes


class AnyStopSensor(HubEntity, BinarySensorEntity):
    """Whether an emergency stop holds anything of a hub."""

    _attr_translation_key = "any_stopped"
    _attr_device_class = BinarySensorDeviceClass.SAFETY
    _unrecorded_attributes = frozenset({"devices"})

    def __init__(self, host: EngineHost, stop: HubStop, key: str = "any_stopped") -> None:
        """Belong to the hub, and show what is known of its stop."""
        super().__init__(host, key)
        self._stop = stop

    @property
    @override
    def is_on(self) -> bool:
        return self.host.engine.latch.is_latched

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        return self._stop.attributes


class StopSensor(AnyStopSensor):
    """Whether everything is stopped; a stop of single devices is none of everything."""

    _attr_translation_key = "emergency_stop"

    def __init__(self, host: EngineHost, stop: HubStop) -> None:
        """Belong to the hub, and show what is known of its stop."""
        super().__init__(host, stop, "emergency_stop")

    @property
    @override
    def is_on(self) -> bool:
        return self.host.engine.latch.memory.everything is not None


class DeviceStopSensor(DeviceEntity, BinarySensorEntity):
    """Whether a device must rest: by our latch, or by its own emergency."""

    _attr_translation_key = "emergency_stop"
    _attr_device_class = BinarySensorDeviceClass.SAFETY
    _unrecorded_attributes = frozenset({"not_at_rest"})

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
            self.async_on_remove(self.host.watchers.watch(channel.id, partial(self._hear, channel.id)))

    @callback
    def _hear(self, output: ChannelId) -> None:
        """Look when an output has news that concern a stop: most of them do not, and a device has many outputs."""
        report = self.host.fleet.report(output)
        is_stopped = report is not None and report.stopped
        if is_stopped or self._shown is not None or self.host.engine.latch.holds(self.device.id):
            self.look()

    @property
    @override
    def available(self) -> bool:
        # What is latched must be seen, also while the device is away.
        return True

    @override
    def picture(self) -> object:
        return super().picture() if self.is_on else None

    @property
    @override
    def is_on(self) -> bool:
        return self.host.stops.is_stopped(self.device.id)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        latch = self.host.engine.latch
        scope = latch.scope_of(self.device.id) if latch.holds(self.device.id) else None
        proof = proof_record(self.host, self.device.id) if scope else None
        shown = {name: proof[name] if proof else None for name in ("answered_at", "rested_at", "not_at_rest")}
        state = proof["state"] if proof else None
        return {**scope_record(scope), "proof": state, **shown, "release": release_of(self.host, self.device.id)}

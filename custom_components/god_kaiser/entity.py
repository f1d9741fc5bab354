"""What all entities share: whom they listen to, where they belong, and the one way to ask for something."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, override

from homeassistant.core import callback
from homeassistant.helpers.device_registry import ChildDeviceInfo, DeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .core.devices.actuator_types import ACTUATOR_TYPES, Levels
from .core.devices.model import ActuatorChannel, ActuatorReport, Appearance, Channel
from .core.fleet.device import Device
from .core.ids import CommandId, DeviceId
from .core.requests import FULL, REST, CommandRequest
from .host.engine_host import EngineHost
from .host.registry_sync import unique_id, unit_key, unit_name
from .host.watchers import Key
from .output_facts import hold_of, hold_picture, tag_of
from .runtime import GodKaiserConfigEntry


class KaiserEntity(Entity):
    """An entity that is woken by key and writes its state only when that looks different."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, host: EngineHost, *keys: Key) -> None:
        """Remember whose news matter."""
        self.host = host
        self._keys = keys
        self._shown: object = None
        self._is_due = self._is_gone = False

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self._is_gone = False
        self.async_on_remove(self._leave)
        for key in self._keys:
            self.async_on_remove(self.host.watchers.watch(key, self.look))
        self._shown = self.picture()

    @callback
    def look(self) -> None:
        """Write the state if it has changed."""
        if (picture := self.picture()) != self._shown:
            self._shown = picture
            self.async_write_ha_state()

    @callback
    def look_soon(self) -> None:
        """Look once for everything that happens within a moment: one reading may move many rules."""
        if not self._is_due:
            self._is_due = True
            self.host.patience.call(self._look_late)

    def picture(self) -> object:
        """Return everything whose change is worth a new state."""
        return (self.available, self.state, self.extra_state_attributes)

    @callback
    def _look_late(self) -> None:
        self._is_due = False
        if not self._is_gone:
            KaiserEntity.look(self)

    @callback
    def _leave(self) -> None:
        self._is_gone = True


class HubEntity(KaiserEntity):
    """An entity of the whole namespace; it stays available, whatever is lost."""

    def __init__(self, host: EngineHost, key: str, watched: Key | None = None) -> None:
        """Belong to the hub, and watch all of it unless told what."""
        super().__init__(host, watched or DeviceId(host.registry.hub_key))
        self._attr_unique_id = f"{host.registry.hub_key}_{key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, host.registry.hub_key)})


class DeviceEntity(KaiserEntity):
    """An entity about one ESP32."""

    def __init__(self, host: EngineHost, device: Device, key: str) -> None:
        """Belong to a device."""
        super().__init__(host, device.id)
        self.device = device
        self._attr_unique_id = f"{device.id}_{key}"
        self._attr_device_info = DeviceInfo(identifiers={(DOMAIN, device.id)})

    @property
    @override
    def available(self) -> bool:
        return self.host.fleet.broker_connected and self.device.link.is_present


class ChannelEntity(KaiserEntity):
    """An entity that shows one channel."""

    def __init__(self, host: EngineHost, channel: Channel) -> None:
        """Belong to the chip or output behind a channel."""
        super().__init__(host, channel.id, channel.device)
        self.device = host.fleet.devices[channel.device]
        self._attr_unique_id = unique_id(channel)
        self._attr_device_info = ChildDeviceInfo(
            identifiers={(DOMAIN, unit_key(channel))},
            name=unit_name(channel),
            parent_device_id=host.registry.device_id(channel.device) or "",
        )

    @property
    @override
    def available(self) -> bool:
        return self.host.fleet.broker_connected and self.device.link.is_present


class _Doing(NamedTuple):
    """What of an output is shown at once."""

    level: float | None = None
    is_available: bool = False
    is_stopped: bool = False
    tag: object = None


class ActuatorEntity(ChannelEntity):
    """An output: shows what the device reports, and only asks."""

    _attr_name = None
    _unrecorded_attributes = frozenset({"runtime", "held_until", "runs_until", "device_ends_at"})

    def __init__(self, host: EngineHost, channel: ActuatorChannel) -> None:
        """Show an output."""
        super().__init__(host, channel)
        self.channel = channel
        self._attr_translation_key = channel.kind.value
        self._does = _Doing()

    @override
    async def async_added_to_hass(self) -> None:
        await super().async_added_to_hass()
        self._does = self._doing()

    @property
    def report(self) -> ActuatorReport | None:
        """Return what the output last said about itself."""
        return self.host.fleet.report(self.channel.id)

    @property
    def level(self) -> float | None:
        """Return the reported level; None while the device has not spoken."""
        return report.level if (report := self.report) else None

    @property
    def is_continuous(self) -> bool:
        """Tell whether the output knows anything between rest and full power."""
        return ACTUATOR_TYPES[self.channel.kind].levels is Levels.CONTINUOUS

    @property
    def is_energised(self) -> bool | None:
        """Tell whether the output does anything; None while the device has not spoken."""
        return None if (level := self.level) is None else level > REST

    @property
    def is_stopped(self) -> bool:
        """Tell whether an emergency stop holds the output."""
        report = self.report
        return self.host.engine.latch.holds(self.device.id) or (report is not None and report.stopped)

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        report = self.report
        return {
            "command_source": report.source or None if report else None,
            "runtime": report.runtime_ms // 1000 if report else None,
            "emergency_stopped": self.is_stopped,
            **hold_of(self.host, self.channel.id),
            **tag_of(self.host, self.channel.id),
        }

    @callback
    @override
    def look(self) -> None:
        """Show at once what the output does and who locks it out, a moment later who has it: by then it has answered."""
        if (before := self._does) == (does := self._doing()):
            self.look_soon()
            return
        self._does = does
        if before.level == does.level:
            super().look()
        else:
            self._show(does.level)

    def _doing(self) -> _Doing:
        tag = self.host.engine.around.lock_outs.on(self.channel.id)
        return _Doing(self.level if self.available else None, self.available, self.is_stopped, tag)

    @callback
    def _show(self, level: float | None) -> None:
        """Show a new level as what somebody has asked for, if it is that."""
        self._context = self.host.watchers.clicks.answered(self.channel.id, level)
        super().look()
        if self._context is not None and level is not None:
            self.host.notes.changed_to(self.channel.id, level, self._context)
        self._context = None

    @override
    def picture(self) -> object:
        return (self.available, self.level, self.is_stopped, hold_picture(self.host, self.channel.id))

    async def async_request(self, level: float, duration: int | None = None) -> None:
        """Ask for a level and wait for the device's word; an output that runs already is renewed.

        Who asks is behind that change alone, not behind whatever the output does next.
        """
        context, self._context = self._context, None

        def build(key: CommandId) -> CommandRequest:
            return CommandRequest(id=key, channel=self.channel.id, level=level, duration=duration)

        await self.host.async_command(build, context)

    async def async_turn_off(self, **kwargs: Any) -> None:
        """Ask for rest."""
        await self.async_request(REST)


class BinaryActuatorEntity(ActuatorEntity):
    """An output that is on or off, whatever else it can."""

    @property
    def is_on(self) -> bool | None:
        """Tell whether the device reports the output as running."""
        return self.is_energised

    async def async_turn_on(self, **kwargs: Any) -> None:
        """Ask for full power."""
        await self.async_request(FULL)


def approved(host: EngineHost) -> list[Device]:
    """Return the devices that people have accepted."""
    return [device for device in host.fleet.devices.values() if device.is_approved]


def _nothing(*_: object) -> Sequence[Entity]:
    return ()


@callback
def populate(
    entry: GodKaiserConfigEntry,
    add: AddConfigEntryEntitiesCallback,
    *,
    hub: Callable[[EngineHost], Sequence[Entity]] = _nothing,
    device: Callable[[EngineHost, Device], Sequence[Entity]] = _nothing,
    channel: Callable[[EngineHost, Channel], Sequence[Entity]] = _nothing,
) -> None:
    """Add the entities of everything that exists, and of everything that appears later."""
    host = entry.runtime_data
    channels = [each for known in approved(host) for each in host.channels_of(known.id)]
    add(
        [
            *hub(host),
            *(entity for known in approved(host) for entity in device(host, known)),
            *(entity for each in channels for entity in channel(host, each)),
        ]
    )
    entry.async_on_unload(host.watchers.watch_devices(lambda key: add(device(host, host.fleet.devices[key]))))
    entry.async_on_unload(host.watchers.watch_channels(lambda newcomer: add(channel(host, newcomer))))


@callback
def populate_outputs(
    entry: GodKaiserConfigEntry,
    add: AddConfigEntryEntitiesCallback,
    appearance: Appearance,
    make: Callable[[EngineHost, ActuatorChannel], Entity],
) -> None:
    """Add an entity for every output whose owner says that it is such a thing."""

    def of_channel(host: EngineHost, channel: Channel) -> Sequence[Entity]:
        match channel:
            case ActuatorChannel(appears_as=shown) if shown is appearance:
                return [make(host, channel)]
            case _:
                return []

    populate(entry, add, channel=of_channel)

"""What people have decided, on disk: the plans of approved devices and what those have confirmed."""

from collections.abc import Iterable
import logging
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ..core.alarms.limits import AlarmLimits
from ..core.devices.plan import DevicePlan
from ..core.fleet.sync import Mark
from ..core.ids import ChannelId, DeviceId, actuator_channel, device_of
from ..core.safety.limits import ChannelSafety, DeviceSafety, StopMode
from .endurance import Endurance
from .record_store import Content, RecordStore
from .together import Batch

_LOGGER = logging.getLogger(__name__)


class StoredDevice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One device as it is kept."""

    plan: DevicePlan
    mark: Mark | None = None
    safety: tuple[ChannelSafety, ...] = ()
    stop_mode: StopMode = StopMode.IMMEDIATE
    limits: tuple[AlarmLimits, ...] = ()


class PlanStore:
    """Keeps plans; a record that no longer validates is set aside, never dropped."""

    def __init__(self, hass: HomeAssistant, entry_id: str, endurance: Endurance = Endurance()) -> None:
        """Open the store of one entry."""
        self._file = RecordStore(hass, entry_id, {"devices": list, "unreadable": list}, endurance)
        self._devices: dict[DeviceId, StoredDevice] = {}
        self._unreadable: list[Any] = []
        self._file.current = self._content

    @property
    def file(self) -> RecordStore:
        """Return the file, as the self-check looks at it."""
        return self._file

    @property
    def unreadable(self) -> int:
        """Return how many devices were set aside because they no longer validate."""
        return len(self._unreadable)

    async def async_load(self) -> list[StoredDevice]:
        """Read all devices."""
        content = await self._file.async_load()
        for record in content.get("devices", []):
            try:
                stored = msgspec.convert(record, StoredDevice)
            except msgspec.ValidationError as err:
                _LOGGER.error("A stored device cannot be used and is set aside: %s", err)
                self._unreadable.append(record)
            else:
                self._devices[stored.plan.device] = stored
        self._unreadable.extend(content.get("unreadable", []))
        return list(self._devices.values())

    async def async_put(self, plan: DevicePlan) -> None:
        """Keep a plan, and make sure that it is on disk."""
        known = self._devices.get(plan.device)
        if known is None:
            self._devices[plan.device] = StoredDevice(plan=plan)
        else:
            # What was never planned stays: its device alone knows about it.
            gone = _outputs(known.plan) - _outputs(plan)
            kept = tuple(each for each in known.safety if each.channel not in gone)
            self._devices[plan.device] = replace(known, plan=plan, safety=kept)
        await self._async_save(plan.device, known)

    async def async_put_safety(self, device: DeviceId, safety: ChannelSafety) -> None:
        """Keep the safety settings of one output, and make sure that they are on disk."""
        known = self._devices[device]
        others = tuple(each for each in known.safety if each.channel != safety.channel)
        self._devices[device] = replace(known, safety=(*others, safety))
        await self._async_save(device, known)

    @property
    def limits(self) -> dict[ChannelId, AlarmLimits]:
        """Return the values of sensors at which people want to be called."""
        return {each.channel: each for known in self._devices.values() for each in known.limits}

    def limits_of(self, channel: ChannelId) -> AlarmLimits | None:
        """Return those values of one sensor; every reading asks for them."""
        known = self._devices.get(device_of(channel))
        if known is None or not known.limits:
            return None
        return next((each for each in known.limits if each.channel == channel), None)

    async def async_put_limits(self, limits: AlarmLimits) -> None:
        """Keep the limits of one sensor, and make sure that they are on disk; without any bound they are forgotten."""
        device = device_of(limits.channel)
        known = self._devices[device]
        others = tuple(each for each in known.limits if each.channel != limits.channel)
        self._devices[device] = replace(known, limits=(*others, limits) if limits.bounds() else others)
        await self._async_save(device, known)

    def drop_channel(self, channel: ChannelId) -> None:
        """Forget, in a moment, what people have laid down for a channel that is gone."""
        device = device_of(channel)
        if (known := self._devices.get(device)) is None:
            return
        safety = tuple(each for each in known.safety if each.channel != channel)
        limits = tuple(each for each in known.limits if each.channel != channel)
        if (safety, limits) != (known.safety, known.limits):
            self._devices[device] = replace(known, safety=safety, limits=limits)
            self._file.save_soon()

    async def async_put_device_safety(self, safety: DeviceSafety) -> None:
        """Keep the safety settings of a device, and make sure that they are on disk."""
        known = self._devices[safety.device]
        self._devices[safety.device] = replace(known, stop_mode=safety.stop_mode)
        await self._async_save(safety.device, known)

    async def async_drop(self, device: DeviceId) -> None:
        """Forget a device."""
        known = self._devices.pop(device, None)
        await self._async_save(device, known)

    def stored(self) -> dict[DeviceId, StoredDevice]:
        """Return everything that is kept."""
        return dict(self._devices)

    def batch(self, devices: dict[DeviceId, StoredDevice]) -> Batch:
        """Return what it takes to keep these devices and no others; what has been set aside stays so."""

        def adopt() -> None:
            marks = {key: known.mark for key, known in self._devices.items()}
            self._devices = {key: replace(each, mark=marks.get(key, each.mark)) for key, each in devices.items()}

        after = {"devices": _as_records(devices.values()), "unreadable": list(self._unreadable)}
        return Batch(self._file, after, self._content, adopt)

    def keep_mark(self, device: DeviceId, mark: Mark) -> None:
        """Keep, in a moment, what a device has confirmed."""
        if (known := self._devices.get(device)) is not None:
            self._devices[device] = replace(known, mark=mark)
            self._file.save_soon()

    async def async_flush(self) -> None:
        """Write what waits to be written, so that no timer is left behind."""
        await self._file.async_flush()

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._file.async_remove()

    async def _async_save(self, device: DeviceId, before: StoredDevice | None) -> None:
        """Write everything; what is not on disk does not count. Marks may move on meanwhile."""
        try:
            await self._file.async_save(self._content(), _definitions)
        except HomeAssistantError:
            self._devices.pop(device, None)
            if before is not None:
                self._devices[device] = before
            raise

    def _content(self) -> Content:
        return {"devices": _as_records(self._devices.values()), "unreadable": list(self._unreadable)}


def _as_records(devices: Iterable[StoredDevice]) -> list[Any]:
    """Return devices as they are on the disk: what is read back has lists where a plan has tuples."""
    return [msgspec.json.decode(msgspec.json.encode(stored)) for stored in devices]


def safety_of(stored: Iterable[StoredDevice]) -> tuple[list[ChannelSafety], list[DeviceSafety]]:
    """Return what is laid down for the outputs, and for the devices."""
    devices = list(stored)
    modes = [DeviceSafety(device=device.plan.device, stop_mode=device.stop_mode) for device in devices]
    return [safety for device in devices for safety in device.safety], modes


def _outputs(plan: DevicePlan) -> set[ChannelId]:
    return {actuator_channel(plan.device, actuator.gpio) for actuator in plan.actuators}


def _definitions(content: Content) -> list[Any]:
    devices = content.get("devices", [])
    kept = ([device[part] for part in ("plan", "safety", "stop_mode", "limits")] for device in devices)
    return sorted(kept, key=lambda each: str(each[0]["device"]))

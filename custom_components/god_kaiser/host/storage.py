"""What people have decided, on disk: the plans of approved devices and what those have confirmed."""

import logging
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store
import msgspec
from msgspec import Struct

from ..const import DOMAIN
from ..core.devices.plan import DevicePlan
from ..core.fleet.sync import Mark
from ..core.ids import DeviceId

_LOGGER = logging.getLogger(__name__)
_VERSION = 1
_SAVE_DELAY = 2.0


class StoredDevice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One device as it is kept."""

    plan: DevicePlan
    mark: Mark | None = None


class PlanStore:
    """Keeps plans; a record that no longer validates is set aside, never dropped."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Open the store of one entry."""
        self._hass = hass
        self._key = f"{DOMAIN}.{entry_id}"
        self._store = self._open()
        self._devices: dict[DeviceId, StoredDevice] = {}
        self._unreadable: list[Any] = []

    async def async_load(self) -> list[StoredDevice]:
        """Read all devices."""
        content = await self._store.async_load() or {}
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
        self._devices[plan.device] = StoredDevice(plan=plan, mark=known.mark if known else None)
        await self._async_save(plan.device, known)

    async def async_drop(self, device: DeviceId) -> None:
        """Forget a device."""
        known = self._devices.pop(device, None)
        await self._async_save(device, known)

    def keep_mark(self, device: DeviceId, mark: Mark) -> None:
        """Keep, in a moment, what a device has confirmed."""
        if (known := self._devices.get(device)) is not None:
            self._devices[device] = StoredDevice(plan=known.plan, mark=mark)
            self._store.async_delay_save(self._content, _SAVE_DELAY)

    async def async_flush(self) -> None:
        """Write what waits to be written, so that no timer is left behind."""
        if self._devices or self._unreadable:
            await self._store.async_save(self._content())

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()

    async def _async_save(self, device: DeviceId, before: StoredDevice | None) -> None:
        """Home Assistant only logs a failed write, so the plans are read back; marks may move on meanwhile."""
        written = self._content()
        await self._store.async_save(written)
        # A store that waits to write a mark would answer from its memory, a second one reads the disk.
        if _plans(await self._open().async_load() or {}) == _plans(written):
            return
        self._devices.pop(device, None)
        if before is not None:
            self._devices[device] = before
        raise HomeAssistantError(translation_domain=DOMAIN, translation_key="not_saved")

    def _open(self) -> Store[dict[str, Any]]:
        return Store(self._hass, _VERSION, self._key, private=True)

    def _content(self) -> dict[str, Any]:
        # By way of JSON, because what is read back has lists where a plan has tuples.
        devices = [msgspec.json.decode(msgspec.json.encode(stored)) for stored in self._devices.values()]
        return {"devices": devices, "unreadable": list(self._unreadable)}


def _plans(content: dict[str, Any]) -> list[Any]:
    return sorted((device["plan"] for device in content.get("devices", [])), key=lambda plan: str(plan["device"]))

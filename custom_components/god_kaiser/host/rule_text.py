"""Rules name entities and pins of ours; kept are the channels behind them."""

from collections.abc import Mapping
import re
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..const import DOMAIN
from ..core.devices.model import ActuatorChannel, SensorChannel
from ..core.devices.sensor_types import canonical_type
from ..core.fleet.fleet import Fleet
from ..core.ids import ChannelId, DeviceId, sensor_channel
from ..core.rules.errors import RuleError
from .naming import shown_by

_ENTITY: Final = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")
_OUTPUTS: Final = frozenset({"output"})
_SENSORS: Final = frozenset({"sensor", "less"})
_DEVICES: Final = frozenset({"device"})
# What other integrations are told, and what they are asked, is theirs.
_OTHERS: Final = frozenset({"fields", "target", "condition", "variables"})


class RuleNames:
    """Finds what a rule means in the devices of one hub."""

    def __init__(self, hass: HomeAssistant, fleet: Fleet) -> None:
        """Remember where entities and channels are found."""
        self._hass = hass
        self._fleet = fleet

    def find(self, device: str, gpio: int, kind: str) -> ChannelId | None:
        """Return the sensor on a pin; where several are there, it takes the kind to tell which one is meant.

        Of a device that is not there yet, it is the one that has no address.
        """
        kind = canonical_type(kind)
        known = self._fleet.devices.get(DeviceId(device))
        if known is None:
            return sensor_channel(DeviceId(device), gpio, kind, "") if kind and "/" not in device else None
        on_pin = [each for each in known.sensors.values() if each.gpio == gpio]
        meant = [each.id for each in on_pin if kind in ("", each.sensor_type)]
        return meant[0] if len(meant) == 1 else None

    @callback
    def with_channels(self, written: Any, place: str = "") -> Any:
        """Return a definition in which entities and devices of Home Assistant are named as what is behind them."""
        match written:
            case Mapping():
                return {key: self._replaced(key, value, place) for key, value in written.items()}
            case list() | tuple():
                return [self.with_channels(each, f"{place} / {number}") for number, each in enumerate(written, 1)]
            case _:
                return written

    def _replaced(self, key: str, value: Any, place: str) -> Any:
        inside = f"{place} / {key}" if place else key
        if key in _OTHERS:
            return value
        if isinstance(value, str) and key in _OUTPUTS | _SENSORS:
            return self._channel(value, inside, is_output=key in _OUTPUTS)
        if isinstance(value, str) and key in _DEVICES:
            return self._device(value, inside)
        if key == "roles" and isinstance(value, Mapping):
            return {role: self._named(name, inside, is_output=True) for role, name in value.items()}
        if key == "influences" and isinstance(value, list | tuple):
            return [self._named(name, inside, is_output=False) for name in value]
        return self.with_channels(value, inside)

    def _named(self, name: object, place: str, *, is_output: bool) -> object:
        """Return the channel that is named; what is no name is refused where definitions are read."""
        return self._channel(name, place, is_output=is_output) if isinstance(name, str) else name

    def _channel(self, name: str, place: str, *, is_output: bool) -> str:
        if not _ENTITY.fullmatch(name):
            return name
        channel = shown_by(self._hass, self._fleet, name)
        if not isinstance(channel, ActuatorChannel if is_output else SensorChannel):
            raise RuleError("rule_unknown_output" if is_output else "rule_unknown_sensor", place, given=name)
        return channel.id

    def _device(self, name: str, place: str) -> str:
        """Return the device behind an entity or behind an id of Home Assistant; our own ids stay."""
        entity = er.async_get(self._hass).async_get(name)
        registry = dr.async_get(self._hass)
        device = registry.async_get(name if entity is None else entity.device_id or "")
        while isinstance(device, dr.ChildDeviceEntry):
            device = registry.async_get(device.parent_device_id)
        if device is None:
            if _ENTITY.fullmatch(name):
                raise RuleError("rule_unknown_device", place, given=name)
            return name
        for domain, key in device.identifiers:
            if domain == DOMAIN and DeviceId(key) in self._fleet.devices:
                return key
        raise RuleError("rule_unknown_device", place, given=name)

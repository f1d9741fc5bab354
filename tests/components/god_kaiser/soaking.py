"""A fleet that speaks for a day, and how large everything has become that a hub keeps."""

from collections import deque
from collections.abc import Collection, Iterator
from types import MappingProxyType
from typing import Any
from unittest.mock import MagicMock

from homeassistant.core import HomeAssistant, callback
from msgspec import Struct, json
from msgspec.structs import fields

from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.host.engine_host import EngineHost

from .wire import FirmwareVoice, recorded

_OURS = "custom_components.god_kaiser"
_STRANGERS = 20


class SoakedFleet:
    """Many devices with one probe each; every hour another one is silent for ten minutes, and strangers talk in between."""

    def __init__(self, hass: HomeAssistant, host: EngineHost, mqtt_mock: MagicMock, devices: int) -> None:
        """Let every device accept what it is told."""
        self.devices = [DeviceId(f"ESP_{number:06X}") for number in range(devices)]
        self._host = host
        self._voices = {device: FirmwareVoice(hass, device) for device in self.devices}
        self._beat = recorded("heartbeat", boot_sequence_id="ESP_EA5484-b3-r1").payload or {}
        self._reading = recorded("sensor_data", sensor_type="moisture").payload or {}
        self._loop = hass.loop
        mqtt_mock.async_publish = self._hear

    async def _hear(self, topic: str, payload: bytes, *_: Any, **__: Any) -> None:
        # The client behind it would remember every message of the day.
        if topic.endswith("/config") and (voice := self._voices.get(DeviceId(topic.split("/")[3]))) is not None:
            self._loop.call_soon(voice.configured, json.decode(payload))

    @callback
    def beat(self, device: str) -> None:
        """Ask whether the server is there."""
        self._say(device, "system/heartbeat", {**self._beat, "esp_id": device, "active_handover_epoch": 2})

    @callback
    def speak(self, minute: int) -> None:
        """Say what the fleet says in a minute: half of it beats and measures."""
        for number, device in enumerate(self.devices):
            is_silent = number == minute // 60 % len(self.devices) and minute % 60 < 10
            if (number + minute) % 2 or is_silent:
                continue
            self.beat(device)
            raw = 1_500 + (minute * 37 + number * 11) % 1_600
            own = {"esp_id": device, "gpio": 34, "seq": minute, "raw": raw, "value": float(raw)}
            self._say(device, "sensor/34/data", {**self._reading, **own})
        self.beat(f"ESP_FF{minute % _STRANGERS:04X}")
        self._host.receive(f"kaiser/god/esp/{self.devices[0]}/sensor/34/data", b'{"raw": [', retained=False)

    def _say(self, device: str, place: str, payload: dict[str, Any]) -> None:
        self._host.receive(f"kaiser/god/esp/{device}/{place}", json.encode(payload), retained=False)


def sizes(root: object) -> dict[str, int]:
    """Return how much is in every container that can be reached through objects of ours, by where it hangs.

    One that bounds itself is left out: it is as large as it may become. Abstract types are not asked: they would remember every
    class that they are asked about, and what is measured would grow by the measuring.
    """
    found: dict[str, int] = {}
    seen: set[int] = set()
    waiting: list[tuple[str, object]] = [(type(root).__name__, root)]
    while waiting:
        place, value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, dict | MappingProxyType | list | tuple | set | frozenset | deque):
            if isinstance(value, deque) and value.maxlen is not None:
                continue
            found[place] = found.get(place, 0) + len(value)
            waiting += [(f"{place}[]", each) for each in _content(value)]
        elif type(value).__module__.startswith(_OURS):
            waiting += [(f"{type(value).__name__}.{name}", each) for name, each in _parts(value)]
    return found


def _content(value: Collection[object]) -> Iterator[object]:
    yield from value.values() if isinstance(value, dict | MappingProxyType) else value


def _parts(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Struct):
        yield from ((field.name, getattr(value, field.name)) for field in fields(value))
        return
    yield from getattr(value, "__dict__", {}).items()
    for kind in type(value).__mro__:
        for name in getattr(kind, "__slots__", ()):
            if hasattr(value, name):
                yield name, getattr(value, name)

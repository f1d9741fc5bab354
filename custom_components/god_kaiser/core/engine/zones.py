"""In which zone each device is: kept over a restart, because a stop of that zone must not wait for a heartbeat."""

from collections.abc import Iterable

from msgspec.structs import replace

from ..effects import Effect, Keep
from ..ids import DeviceId
from ..safety.memory import DeviceMemory
from .state import EngineState


class Zones:
    """Writes down what approved devices last said about their zone, and takes it over after a restart."""

    def __init__(self, state: EngineState) -> None:
        """Connect to the shared state."""
        self._state = state
        self._kept: dict[DeviceId, str] = {}

    def restore(self, memories: Iterable[DeviceMemory]) -> None:
        """Take over what devices said to an earlier run of Home Assistant."""
        for memory in memories:
            if (device := self._state.fleet.devices.get(memory.device)) is not None:
                device.vitals = replace(device.vitals, zone_id=memory.zone)
                self._kept[memory.device] = memory.zone

    def everything(self) -> tuple[DeviceMemory, ...]:
        """Return what must be known about all devices after a restart."""
        return tuple(DeviceMemory(device=device, zone=zone) for device, zone in self._kept.items())

    def follow(self, device: DeviceId) -> list[Effect]:
        """Return what is to be written to disk about a device that has spoken, was approved or was removed."""
        known = self._state.fleet.devices.get(device)
        zone = known.vitals.zone_id if known is not None and known.is_approved else None
        if (zone or None) == self._kept.get(device):
            return []
        row = f"device/{device}"
        if not zone:
            del self._kept[device]
            return [Keep(row=row, content=None)]
        self._kept[device] = zone
        return [Keep(row=row, content=DeviceMemory(device=device, zone=zone))]

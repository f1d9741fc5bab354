"""The memory of the emergency stop: which devices must rest until a person releases them."""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from ..ids import DeviceId


class StopMemory(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of the latch survives a restart."""

    everything: bool = False
    devices: frozenset[DeviceId] = frozenset()
    by: str = ""
    reason: str = ""
    since: str = ""


class StopLatch:
    """Holds until it is released; pressing again widens it and never narrows it."""

    def __init__(self) -> None:
        """Start released."""
        self.memory = StopMemory()

    def holds(self, device: DeviceId) -> bool:
        """Tell whether a device must rest."""
        return self.memory.everything or device in self.memory.devices

    @property
    def is_latched(self) -> bool:
        """Tell whether anything is stopped."""
        return self.memory.everything or bool(self.memory.devices)

    def press(self, devices: frozenset[DeviceId] | None, *, by: str, reason: str, since: str) -> None:
        """Stop the given devices, or all of them."""
        held = self.memory
        self.memory = replace(
            held,
            everything=held.everything or devices is None,
            devices=held.devices | (devices or frozenset()),
            by=by,
            reason=reason,
            since=held.since or since,
        )

    def spell_out(self, devices: Iterable[DeviceId]) -> None:
        """Turn the latch for everything into one for each known device, so that they can be released singly."""
        if self.memory.everything:
            held = self.memory.devices | frozenset(devices)
            self.memory = replace(self.memory, everything=False, devices=held) if held else StopMemory()

    def release(self, device: DeviceId) -> None:
        """Let one device go."""
        left = self.memory.devices - {device}
        if not left and not self.memory.everything:
            self.memory = StopMemory()
        else:
            self.memory = replace(self.memory, devices=left)

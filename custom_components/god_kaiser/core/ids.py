"""Identities: a plain ``str`` never crosses a module border."""

from functools import lru_cache
from typing import NewType

DeviceId = NewType("DeviceId", str)
ChannelId = NewType("ChannelId", str)
CommandId = NewType("CommandId", str)


def sensor_channel(device: DeviceId, gpio: int, sensor_type: str, address: str) -> ChannelId:
    """Return the identity of one measured value; several may share a pin or a bus."""
    suffix = f"/{address}" if address else ""
    return ChannelId(f"{device}/sensor/{gpio}/{sensor_type}{suffix}")


def actuator_channel(device: DeviceId, gpio: int) -> ChannelId:
    """Return the identity of the actuator on a pin."""
    return ChannelId(f"{device}/actuator/{gpio}")


# Every event asks for it many times over, and of few channels.
@lru_cache(maxsize=4096)
def device_of(channel: ChannelId) -> DeviceId:
    """Return the device that a channel belongs to."""
    return DeviceId(channel.partition("/")[0])

"""Retained messages that lie on the broker where nothing may be retained: each reaches every device that connects."""

import re
from typing import Final

from ..devices.notices import LeftoverCleared, LeftoverPlace
from ..ids import DeviceId
from .topics import Kind, Subscription, build

_KINDS: Final[dict[LeftoverPlace, Kind]] = {
    LeftoverPlace.STOP_ALL: Kind.STOP_ALL,
    LeftoverPlace.STOP: Kind.STOP,
    LeftoverPlace.CONFIG: Kind.CONFIG,
    LeftoverPlace.SYSTEM: Kind.SYSTEM_COMMAND,
    LeftoverPlace.ACTUATOR: Kind.ACTUATOR_COMMAND,
    LeftoverPlace.SENSOR: Kind.SENSOR_COMMAND,
}
_STOP_ALL: Final = "kaiser/broadcast/emergency"
_DEVICE: Final = r"kaiser/{kaiser}/esp/([A-Za-z0-9_-]{{1,64}})/{ending}"


def filters(kaiser_id: str) -> tuple[Subscription, ...]:
    """Return where to listen for them."""
    of_devices = [f"kaiser/{kaiser_id}/esp/+/{kind.value}" for kind in _KINDS.values() if kind is not Kind.STOP_ALL]
    return tuple(Subscription(topic, qos=0) for topic in (_STOP_ALL, *of_devices))


def leftover_at(topic: str, kaiser_id: str) -> LeftoverCleared | None:
    """Return what removes a retained message at a topic, None where it may lie."""
    if topic == _STOP_ALL:
        return LeftoverCleared(place=LeftoverPlace.STOP_ALL)
    for place, kind in _KINDS.items():
        ending = re.escape(kind.value).replace(r"\+", r"(\d{1,3})")
        if found := re.fullmatch(_DEVICE.format(kaiser=re.escape(kaiser_id), ending=ending), topic):
            gpio = int(found[2]) if "+" in kind.value else None
            return LeftoverCleared(place=place, device=DeviceId(found[1]), gpio=gpio)
    return None


def topic_of(leftover: LeftoverCleared, kaiser_id: str) -> str:
    """Return where a leftover lies."""
    gpio = {} if leftover.gpio is None else {"gpio": leftover.gpio}
    return build(_KINDS[leftover.place], kaiser_id, leftover.device, **gpio)

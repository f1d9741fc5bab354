"""Everything that may happen to a house, one Struct each; the union is the alphabet that a check is spelled with."""

from datetime import time

from msgspec import Struct

from ..ids import ChannelId, DeviceId
from ..truth import Truth
from .obedient import Health


class Move(Struct, frozen=True, kw_only=True, tag_field="kind"):
    """Anything that may happen."""


class SensorSays(Move, frozen=True, kw_only=True, tag="sensor_says"):
    """A sensor measures a value, or does not know any more what it measures."""

    sensor: ChannelId
    value: float | None


class EntityTurns(Move, frozen=True, kw_only=True, tag="entity_turns"):
    """An entity comes to be in a state."""

    entity_id: str
    attribute: str
    state: str | float | None


class ConditionTurns(Move, frozen=True, kw_only=True, tag="condition_turns"):
    """A condition of Home Assistant has another answer."""

    question: str
    truth: Truth


class TimePasses(Move, frozen=True, kw_only=True, tag="time_passes"):
    """Nothing happens until something becomes due by itself."""


class ClockStrikes(Move, frozen=True, kw_only=True, tag="clock_strikes"):
    """Nothing happens until the clock shows a time."""

    clock: time


class OutputTurns(Move, frozen=True, kw_only=True, tag="output_turns"):
    """Somebody switches an output at the device itself."""

    output: ChannelId
    level: float


class PersonSwitches(Move, frozen=True, kw_only=True, tag="person_switches"):
    """A person switches an output in Home Assistant."""

    output: ChannelId
    level: float


class DeviceTurns(Move, frozen=True, kw_only=True, tag="device_turns"):
    """A device is well again, loses its answers or its orders, or is lost."""

    device: DeviceId
    health: Health


class DeviceReboots(Move, frozen=True, kw_only=True, tag="device_reboots"):
    """A device starts anew."""

    device: DeviceId


class StopIsPressed(Move, frozen=True, kw_only=True, tag="stop_is_pressed"):
    """A person presses the emergency stop of everything."""


class StopIsReleased(Move, frozen=True, kw_only=True, tag="stop_is_released"):
    """A person releases it."""


class HomeAssistantRestarts(Move, frozen=True, kw_only=True, tag="home_assistant_restarts"):
    """Home Assistant crashes and comes back."""


type AnyMove = (
    SensorSays
    | EntityTurns
    | ConditionTurns
    | TimePasses
    | ClockStrikes
    | OutputTurns
    | PersonSwitches
    | DeviceTurns
    | DeviceReboots
    | StopIsPressed
    | StopIsReleased
    | HomeAssistantRestarts
)

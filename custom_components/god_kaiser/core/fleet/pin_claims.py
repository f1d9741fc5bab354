"""Pins that belong to what a device says it has, although no plan describes it."""

from collections.abc import Iterator
from typing import NamedTuple

from ..devices.plan import ActuatorPlan, DevicePlan, SensorPlan
from ..ids import ChannelId
from .device import Device
from .fleet import is_on_bus
from .planning import actuator_pins


class Claim(NamedTuple):
    """A pin that a plan wants for something and that already belongs to a channel."""

    gpio: int
    wanted: str
    owner: ChannelId


def claims_against(known: Device, before: DevicePlan, after: DevicePlan) -> Iterator[Claim]:
    """Yield what keeps the new channels of a plan from ever working."""
    had = {_place(item) for item in _items(before)}
    wanted = [item for item in _items(after) if _place(item) not in had]
    return (Claim(gpio, item.name, owner) for item in wanted for gpio, owner in _claims(known, item))


def _items(plan: DevicePlan) -> Iterator[SensorPlan | ActuatorPlan]:
    yield from plan.sensors
    yield from plan.actuators


def _place(item: SensorPlan | ActuatorPlan) -> tuple[bool, tuple[int, ...]]:
    return (True, (item.gpio,)) if isinstance(item, SensorPlan) else (False, actuator_pins(item))


def _claims(known: Device, wanted: SensorPlan | ActuatorPlan) -> Iterator[tuple[int, ChannelId]]:
    """Yield the pins that are wanted and belong to what nobody has planned, each with its owner."""
    if isinstance(wanted, SensorPlan):
        outputs = (each for each in known.actuators.values() if not each.planned)
        yield from ((each.gpio, each.id) for each in outputs if each.gpio == wanted.gpio)
        return
    pins = actuator_pins(wanted)
    sensors = (each for each in known.sensors.values() if not each.planned and not is_on_bus(each))
    yield from ((each.gpio, each.id) for each in sensors if each.gpio in pins)
    others = (each for each in known.actuators.values() if not each.planned and each.gpio != wanted.gpio)
    yield from ((each.gpio, each.id) for each in others if each.gpio in pins)

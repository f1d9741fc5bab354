"""Simulated AutomationOne devices: the firmware's behaviour, defects included, without a chip."""

from .esp import SimulatedEsp
from .nvs import Nvs
from .physics import World
from .wire import Publish, Subscription
from .wiring import DeviceSpec, WiredActuator, WiredSensor

__all__ = [
    "DeviceSpec",
    "Nvs",
    "Publish",
    "SimulatedEsp",
    "Subscription",
    "WiredActuator",
    "WiredSensor",
    "World",
]

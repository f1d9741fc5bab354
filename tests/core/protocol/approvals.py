"""Approved commands, made by the real gate."""

from datetime import UTC, datetime
from typing import override

from custom_components.god_kaiser.core.devices.model import ActuatorChannel, ActuatorKind, Appearance
from custom_components.god_kaiser.core.fleet.fleet import Fleet
from custom_components.god_kaiser.core.ids import ChannelId, CommandId, DeviceId, actuator_channel
from custom_components.god_kaiser.core.instant import Instant
from custom_components.god_kaiser.core.requests import CommandRequest, Origin
from custom_components.god_kaiser.core.safety.gate import ApprovedCommand, SafetyGate
from custom_components.god_kaiser.core.safety.limits import Limits
from custom_components.god_kaiser.core.safety.surroundings import Surroundings

DEVICE = DeviceId("ESP_EA5484")
NOW = Instant(utc=datetime(2026, 4, 30, 9, tzinfo=UTC), monotonic=1.0)


class OneActuator(Fleet):
    """A fleet that knows one actuator, whatever it is asked for."""

    def __init__(self, actuator: ActuatorChannel | None) -> None:
        """Remember the actuator."""
        super().__init__()
        self._actuator = actuator

    @override
    def actuator(self, channel: ChannelId) -> ActuatorChannel | None:
        """Return the actuator whatever is asked for."""
        return self._actuator


def approve(
    level: float,
    kind: ActuatorKind = ActuatorKind.PUMP,
    *,
    gpio: int = 16,
    inverted: bool = False,
    max_runtime: int = 3600,
    duration: int | None = None,
    correlation: str = "5b7e",
    asked_by: str = "user:ha",
    origin: Origin = Origin.PERSON,
    channel: ChannelId | None = None,
) -> ApprovedCommand:
    """Return the command of a gate that nothing objects to, so that the wire form is on its own."""
    channel = actuator_channel(DEVICE, gpio) if channel is None else channel
    actuator = ActuatorChannel(
        id=channel,
        device=DEVICE,
        gpio=gpio,
        kind=kind,
        appears_as=Appearance.SWITCH,
        inverted=inverted,
        max_runtime=max_runtime,
    )
    request = CommandRequest(
        id=CommandId(correlation), channel=channel, level=level, origin=origin, duration=duration, asked_by=asked_by
    )
    verdict = SafetyGate((), Limits()).judge(request, Surroundings(OneActuator(actuator)), NOW)
    assert isinstance(verdict, ApprovedCommand)
    return verdict


def approve_unknown(level: float) -> ApprovedCommand:
    """Return the command for an actuator that nobody knows."""
    request = CommandRequest(id=CommandId("5b7e"), channel=actuator_channel(DEVICE, 25), level=level)
    verdict = SafetyGate((), Limits()).judge(request, Surroundings(OneActuator(None)), NOW)
    assert isinstance(verdict, ApprovedCommand)
    return verdict

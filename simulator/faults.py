"""Fault switches: a device whose connection, sensors or power misbehave on purpose."""

from collections import deque
from dataclasses import dataclass, field
import math
import random

from .esp import SimulatedEsp
from .physics import World
from .states import ResetReason
from .wire import Publish
from .wiring import Fault

ALL_SENSORS = "*"
SENSOR_KINDS = frozenset({"unplugged", "stuck", "noisy", "corrupt", "power_on"})
LINK_KINDS = frozenset({"drop_acks", "delay", "silent", "garbage", "congested", "slow_config", "lose_power", "freeze"})
ONE_SHOT_KINDS = frozenset({"reboot", "brownout"})
OTHER_KINDS = frozenset({"jammed", "welded", "leak"})
KINDS = SENSOR_KINDS | LINK_KINDS | ONE_SHOT_KINDS | OTHER_KINDS


class UnknownFault(Exception):
    """There is no such fault switch."""


@dataclass(slots=True)
class Switched:
    """A fault that is on."""

    fault: Fault
    until: float


@dataclass(slots=True)
class Planned:
    """A fault that will come."""

    fault: Fault
    at: float


@dataclass(slots=True)
class Unit:
    """A simulated device together with what is wrong with it."""

    esp: SimulatedEsp
    world: World
    rng: random.Random
    active: dict[str, Switched] = field(default_factory=dict)
    timeline: list[Planned] = field(default_factory=list)
    delayed: deque[tuple[float, Publish]] = field(default_factory=deque)

    @classmethod
    def wrap(cls, esp: SimulatedEsp, start: float, seed: int = 0) -> Unit:
        """Return a unit with the fault timeline of its scenario."""
        timeline = [Planned(fault, start + fault.at) for fault in esp.spec.faults]
        return cls(esp, esp.world, random.Random(f"{seed}/{esp.spec.id}/faults"), timeline=timeline)

    # -- switches ------------------------------------------------------------------------------------------------

    def switch_on(self, fault: Fault, now: float) -> None:
        """Begin a fault."""
        if fault.kind not in KINDS:
            raise UnknownFault(fault.kind)
        if fault.kind in ONE_SHOT_KINDS:
            reason = ResetReason.BROWNOUT if fault.kind == "brownout" else ResetReason.SW
            self.esp.reboot(now, reason)
            return
        self.active[_key(fault)] = Switched(fault, now + fault.lasts if fault.lasts else math.inf)
        self._apply(fault, now, on=True)

    def switch_off(self, kind: str, now: float) -> None:
        """End every fault of a kind."""
        for key in [key for key, switched in self.active.items() if switched.fault.kind == kind]:
            self._apply(self.active.pop(key).fault, now, on=False)

    def _apply(self, fault: Fault, now: float, *, on: bool) -> None:
        match fault.kind:
            case "lose_power" if on:
                self.esp.power_off(now)
            case "lose_power":
                self.esp.reboot(now, ResetReason.POWERON)
            case "freeze" if not on:
                self.esp.reboot(now, ResetReason.TASK_WDT)
            case "congested":
                self.esp.congest((fault.value or 2.0) if on else None)
            case "slow_config":
                self.esp.slow_down_config((fault.value or 5.0) if on else 0.0)
            case "leak":
                self.world.leaks[fault.target] = (fault.value or 0.2) if on else 0.0
            case "jammed":
                (self.esp.condition.jammed.add if on else self.esp.condition.jammed.discard)(fault.gpio)
            case "welded":
                (self.esp.condition.welded.add if on else self.esp.condition.welded.discard)(fault.gpio)
            case kind if kind in SENSOR_KINDS:
                self._apply_sensor(fault, on=on)

    def _apply_sensor(self, fault: Fault, *, on: bool) -> None:
        for sensor in self.esp.spec.sensors:
            if fault.target in {"", ALL_SENSORS, sensor.name} and fault.gpio in {-1, sensor.gpio}:
                kinds = self.esp.condition.broken.setdefault(sensor.name, set())
                (kinds.add if on else kinds.discard)(fault.kind)

    def _is_on(self, kind: str) -> bool:
        return any(switched.fault.kind == kind for switched in self.active.values())

    def _value(self, kind: str, default: float) -> float:
        found = next((one.fault.value for one in self.active.values() if one.fault.kind == kind), 0.0)
        return found or default

    @property
    def frozen(self) -> bool:
        """Return whether the chip hangs with its connection open."""
        return self._is_on("freeze")

    def advance(self, now: float) -> None:
        """Begin and end faults whose time has come."""
        for planned in [planned for planned in self.timeline if now >= planned.at]:
            self.switch_on(planned.fault, now)
            if planned.fault.every:
                planned.at += planned.fault.every
            else:
                self.timeline.remove(planned)
        for key in [key for key, switched in self.active.items() if now >= switched.until]:
            self._apply(self.active.pop(key).fault, now, on=False)

    # -- the device, seen through its faults ---------------------------------------------------------------------

    def receive(self, topic: str, payload: bytes, now: float) -> list[Publish]:
        """Hand a message to the device unless a fault swallows it."""
        deaf = self._is_on("silent") or self.frozen
        if deaf or (self._is_on("drop_acks") and topic.endswith("/heartbeat/ack")):
            return []
        return self.filtered(self.esp.receive(topic, payload, now), now)

    def tick(self, now: float) -> list[Publish]:
        """Let time pass for faults and device."""
        self.advance(now)
        sent = [] if self.frozen else self.filtered(self.esp.tick(now), now)
        due = []
        while self.delayed and self.delayed[0][0] <= now:
            due.append(self.delayed.popleft()[1])
        return due + sent

    def filtered(self, messages: list[Publish], now: float) -> list[Publish]:
        """Return what really leaves."""
        if not self.active:
            return messages
        if self._is_on("silent") or self.frozen:
            return []
        if self._is_on("garbage"):
            messages = [self._spoilt(message) for message in messages]
        if self._is_on("delay"):
            due = now + self._value("delay", 5.0)
            self.delayed.extend((due, message) for message in messages)
            return []
        return messages

    def _spoilt(self, message: Publish) -> Publish:
        if self.rng.random() >= self._value("garbage", 1.0):
            return message
        choices = (
            self.rng.randbytes(self.rng.randrange(40)),
            message.payload[: len(message.payload) // 2],
            b'{"raw":NaN,"value":Infinity}',
            b"[" * 64,
            b"null",
            message.payload.replace(b'":', b'":"', 1),
            b"\xb0" + message.payload,
        )
        return Publish(topic=message.topic, payload=self.rng.choice(choices), qos=message.qos)


def _key(fault: Fault) -> str:
    return f"{fault.kind}/{fault.target}/{fault.gpio}"

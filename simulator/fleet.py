"""All devices of a run, found by name, driven by one clock."""

from collections.abc import Iterator
from dataclasses import dataclass, field
import random

import msgspec

from .esp import SimulatedEsp
from .faults import KINDS, Unit, UnknownFault
from .nvs import Nvs
from .physics import World
from .scenario import Scenario, configured_nvs, sites
from .wiring import Fault

EVERYONE = "*"


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fault switch thrown while the simulator runs."""

    device: str = EVERYONE
    fault: str = ""
    on: bool = True
    value: float = 0.0
    lasts: float = 0.0
    gpio: int = -1
    target: str = ""


class OrderError(Exception):
    """An order cannot be followed."""


@dataclass(slots=True)
class Fleet:
    """Devices and their worlds."""

    units: list[Unit]
    worlds: list[World]
    speed: float = 1.0
    advanced_at: float | None = None
    by_id: dict[str, Unit] = field(default_factory=dict)

    def advance(self, now: float) -> None:
        """Let physics go on, faster than the clock when asked."""
        if self.advanced_at is not None:
            for world in self.worlds:
                world.advance((now - self.advanced_at) * self.speed)
        self.advanced_at = now

    def follow(self, order: Order, now: float) -> int:
        """Throw a switch and return on how many devices."""
        if order.fault not in KINDS:
            raise OrderError(f"no fault {order.fault!r}; there are {', '.join(sorted(KINDS))}")
        units = list(self._named(order.device))
        if not units:
            raise OrderError(f"no device {order.device!r}")
        fault = Fault(kind=order.fault, value=order.value, lasts=order.lasts, gpio=order.gpio, target=order.target)
        for unit in units:
            if order.on:
                unit.switch_on(fault, now)
            else:
                unit.switch_off(order.fault, now)
        return len(units)

    def _named(self, device: str) -> Iterator[Unit]:
        if device == EVERYONE:
            yield from self.units
        elif device in self.by_id:
            yield self.by_id[device]


def parse_order(line: str) -> Order:
    """Read `DEVICE FAULT [on|off] [key=value ...]`, or the same as a JSON object."""
    try:
        if line.lstrip().startswith("{"):
            return msgspec.json.decode(line, type=Order)
        device, fault, *rest = line.split()
        fields: dict[str, object] = {"device": device, "fault": fault}
        for word in rest:
            key, equals, value = word.partition("=")
            fields |= {key: value} if equals else {"on": key != "off"}
        return msgspec.convert(fields, Order, strict=False)
    except (ValueError, UnknownFault) as error:
        raise OrderError(f"not understood: {line.strip()!r} ({error})") from error


def build(
    scenario: Scenario,
    *,
    devices: int = 0,
    now: float = 0.0,
    seed: int = 0,
    speed: float = 1.0,
    clock_rate: float = 1.0,
    kaiser_id: str = "god",
    configured: bool = False,
    suback_needed: bool = False,
) -> Fleet:
    """Set up the devices of a scenario, factory-new unless asked otherwise."""
    units, worlds = [], []
    for site in sites(scenario, devices):
        worlds.append(site.world)
        for spec in site.devices:
            nvs = configured_nvs(spec, kaiser_id) if configured else Nvs(kaiser_id=kaiser_id)
            esp = SimulatedEsp(
                spec, site.world, nvs=nvs, now=now, seed=seed, clock_rate=clock_rate, suback_needed=suback_needed
            )
            esp.next_attempt = now + random.Random(f"{seed}/{spec.id}/start").random() * min(10.0, devices / 100)
            units.append(Unit.wrap(esp, now, seed))
    return Fleet(units, worlds, speed, by_id={unit.esp.spec.id: unit for unit in units})

"""What a device has to be told: the difference between its plan and what it has confirmed."""

from collections.abc import Iterator
from hashlib import sha256

from msgspec import UNSET, Struct, json
from msgspec.structs import replace

from ..devices.boards import PINS
from ..devices.model import ActuatorChannel, Appearance, Channel, SamplingMode, SensorChannel
from ..devices.offline_rule import OfflineRule
from ..devices.plan import ActuatorPlan, DevicePlan, SensorPlan
from .planning import is_same_sensor, sensor_identity

# Eight items stay below the 4352 bytes of a push even with the longest names.
ITEMS_PER_PUSH = 8
COMPANION_NAME = "idle"
_ROM_LENGTH = 16


class Batch(Struct, frozen=True, kw_only=True):
    """The items of one push, or the rules; without rules it takes away those that the device has."""

    sensors: tuple[SensorPlan, ...] = ()
    actuators: tuple[ActuatorPlan, ...] = ()
    removed_sensors: tuple[SensorPlan, ...] = ()
    removed_actuators: tuple[ActuatorPlan, ...] = ()
    rules: tuple[OfflineRule, ...] = ()

    @property
    def scopes(self) -> frozenset[str]:
        """Return the parts that the device answers one by one."""
        scopes = set()
        if self.sensors or self.removed_sensors:
            scopes.add("sensor")
        if self.actuators or self.removed_actuators:
            scopes.add("actuator")
        return frozenset(scopes)


def wire_view(plan: DevicePlan) -> DevicePlan:
    """Return the part of a plan that the device is told, with the companion that it may need."""
    sensors = [replace(sensor, calibrations={}) for sensor in plan.sensors]
    actuators = [replace(actuator, appears_as=Appearance.SWITCH, load=UNSET) for actuator in plan.actuators]
    return DevicePlan(
        device=plan.device,
        name="",
        sensors=tuple(sorted([*sensors, *_companion(plan)], key=sensor_identity)),
        actuators=tuple(sorted(actuators, key=lambda actuator: actuator.gpio)),
        rules=plan.rules or (UNSET if plan.rules is not None else None),
    )


def counts_of(plan: DevicePlan) -> tuple[int, int]:
    """Return how many sensors and actuators a device is told."""
    return len(plan.sensors) or len(_companion(plan)), len(plan.actuators)


def _companion(plan: DevicePlan) -> tuple[SensorPlan, ...]:
    """A device with actuators alone refuses commands after each reboot; a paused sensor prevents that."""
    if plan.sensors or not plan.actuators:
        return ()
    taken = {gpio for item in plan.actuators for gpio in (item.gpio, item.gpio + 1, item.aux_gpio)}
    pins = PINS[plan.board]
    free = sorted((pins.analog & pins.usable) - pins.i2c - taken, reverse=True)
    if not free:
        return ()
    return (SensorPlan(gpio=free[0], sensor_type="moisture", name=COMPANION_NAME, mode=SamplingMode.PAUSED),)


def fingerprint(plan: DevicePlan) -> str:
    """Return a short mark of what the device is told, names apart."""
    view = wire_view(plan)
    view = replace(
        view,
        sensors=tuple(map(_nameless, view.sensors)),
        actuators=tuple(map(_nameless, view.actuators)),
    )
    return sha256(json.encode(view)).hexdigest()[:16]


def _nameless[Item: (SensorPlan, ActuatorPlan)](item: Item) -> Item:
    """Names are for people: a running pump is not stopped and set up again because of one."""
    return replace(item, name="")


def batches(wanted: DevicePlan, confirmed: DevicePlan | None) -> list[Batch]:
    """Return the pushes that bring a device from what it knows to its plan; all of it if it knows nothing."""
    goal = wire_view(wanted)
    known = wire_view(confirmed) if confirmed else replace(goal, sensors=(), actuators=())
    removed_sensors = [s for s in known.sensors if not any(is_same_sensor(s, other) for other in goal.sensors)]
    sensors = [s for s in goal.sensors if _nameless(s) not in map(_nameless, known.sensors)]
    before = {actuator.gpio: actuator for actuator in known.actuators}
    wanted_pins = {actuator.gpio for actuator in goal.actuators}
    removed_actuators = [actuator for actuator in known.actuators if actuator.gpio not in wanted_pins]
    changed = [
        actuator for actuator in goal.actuators if _nameless(before.get(actuator.gpio, actuator)) != _nameless(actuator)
    ]
    added = [actuator for actuator in goal.actuators if actuator.gpio not in before]
    removals = [
        *(Batch(removed_sensors=part) for part in _parts(removed_sensors)),
        *(Batch(removed_actuators=part) for part in _parts(removed_actuators)),
    ]
    additions = [
        *(Batch(sensors=part) for part in _parts(sensors)),
        *(_replacement(before, part) for part in _parts(changed, ITEMS_PER_PUSH // 2)),
        *(Batch(actuators=part) for part in _parts(added)),
    ]
    if removed_actuators and sensors:
        # A device reads the sensors of a push before its actuators: a pin has to be given up one push earlier.
        merged = _merge(removals) + _merge(additions)
    else:
        merged = _merge(removals + additions)
    return merged + _rules(goal, known if confirmed else None, is_alone=not merged)


def _rules(goal: DevicePlan, known: DevicePlan | None, *, is_alone: bool) -> list[Batch]:
    """Return the push of the rules: they come last, because every other push takes them away."""
    if goal.rules:
        return [] if is_alone and known is not None and known.rules == goal.rules else [Batch(rules=goal.rules)]
    # Whoever served the device before may have left rules on it: they go, also when there is nothing else to tell.
    return [Batch()] if is_alone and (known is None or known.rules is not UNSET) else []


def removal_of(channel: Channel) -> Batch:
    """Return the push that removes a channel which no plan describes."""
    match channel:
        case ActuatorChannel():
            actuator = ActuatorPlan(gpio=channel.gpio, kind=channel.kind, name="-", appears_as=channel.appears_as)
            return Batch(removed_actuators=(actuator,))
        case SensorChannel():
            is_rom = len(channel.address) == _ROM_LENGTH
            sensor = SensorPlan(
                gpio=channel.gpio,
                sensor_type=channel.sensor_type,
                name="-",
                onewire_address=channel.address if is_rom else "",
                i2c_address=int(channel.address, 16) if channel.address and not is_rom else 0,
            )
            return Batch(removed_sensors=(sensor,))


def _replacement(before: dict[int, ActuatorPlan], changed: tuple[ActuatorPlan, ...]) -> Batch:
    """The firmware applies changed properties only after a reboot: a changed item is removed and added again."""
    return Batch(removed_actuators=tuple(before[actuator.gpio] for actuator in changed), actuators=changed)


def _parts[Item](items: list[Item], size: int = ITEMS_PER_PUSH) -> Iterator[tuple[Item, ...]]:
    for start in range(0, len(items), size):
        yield tuple(items[start : start + size])


def _merge(parts: list[Batch]) -> list[Batch]:
    merged: list[Batch] = []
    for part in parts:
        together = _together(merged[-1], part) if merged else part
        if merged and _size(together) <= ITEMS_PER_PUSH:
            merged[-1] = together
        else:
            merged.append(part)
    return merged


def _together(one: Batch, other: Batch) -> Batch:
    return Batch(
        sensors=one.sensors + other.sensors,
        actuators=one.actuators + other.actuators,
        removed_sensors=one.removed_sensors + other.removed_sensors,
        removed_actuators=one.removed_actuators + other.removed_actuators,
    )


def _size(batch: Batch) -> int:
    return len(batch.sensors) + len(batch.actuators) + len(batch.removed_sensors) + len(batch.removed_actuators)

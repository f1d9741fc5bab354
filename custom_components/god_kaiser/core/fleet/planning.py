"""Changes to a plan, checked as a whole before anything is saved or sent."""

import re

from msgspec.structs import replace

from ..devices.actuator_types import ACTUATOR_TYPES, MAY_STAY_ON, load_of, longest_run
from ..devices.boards import I2C_PSEUDO_PINS, NO_PIN, PINS, Pins
from ..devices.calibration import fits
from ..devices.model import ActuatorKind
from ..devices.plan import INTERVALS, ActuatorPlan, DevicePlan, SensorPlan
from ..devices.sensor_types import CONFIGURABLE, chip_of, default_address, values_of
from ..errors import DefinitionError
from .channels import address_of

MAX_NAME = 32
_ROM = re.compile(r"[0-9A-F]{16}")
_I2C_ADDRESSES = range(8, 120)
_ONEWIRE = "ds18b20"
_I2C_CHIPS = frozenset(kind for kind in CONFIGURABLE if default_address(kind))
_BUSES = (frozenset({_ONEWIRE}), _I2C_CHIPS)


def with_sensor(plan: DevicePlan, sensor: SensorPlan) -> DevicePlan:
    """Return the plan with a sensor added or replaced."""
    sensor = _tidy_sensor(sensor)
    others = tuple(known for known in plan.sensors if not is_same_sensor(known, sensor))
    changed = replace(plan, sensors=(*others, sensor))
    _check_sensor(changed, sensor)
    return changed


def with_actuator(plan: DevicePlan, actuator: ActuatorPlan) -> DevicePlan:
    """Return the plan with an actuator added or replaced."""
    aux_gpio = actuator.aux_gpio if actuator.kind is ActuatorKind.VALVE else NO_PIN
    actuator = replace(actuator, name=tidy_name(actuator.name), aux_gpio=aux_gpio)
    others = tuple(known for known in plan.actuators if known.gpio != actuator.gpio)
    changed = replace(plan, actuators=(*others, actuator))
    _check_actuator(changed, actuator)
    return changed


def is_same_sensor(one: SensorPlan, other: SensorPlan) -> bool:
    """Tell whether two entries mean the same sensor."""
    return sensor_identity(one) == sensor_identity(other)


def sensor_identity(sensor: SensorPlan) -> tuple[int, str, str]:
    """Return what makes a sensor the one it is: pin, chip and address."""
    return sensor.gpio, chip_of(sensor.sensor_type), address_of(sensor)


def tidy_name(name: str) -> str:
    """Return a name as it is kept: no stray spaces, printable, not too long for a device."""
    tidy = " ".join(name.split())
    if not tidy or len(tidy) > MAX_NAME or not tidy.isprintable():
        raise DefinitionError("name_invalid", limit=MAX_NAME)
    return tidy


def _tidy_sensor(sensor: SensorPlan) -> SensorPlan:
    return replace(
        sensor,
        name=tidy_name(sensor.name),
        sensor_type=chip_of(sensor.sensor_type.strip().lower()),
        onewire_address=sensor.onewire_address.strip().upper(),
    )


def _check_sensor(plan: DevicePlan, sensor: SensorPlan) -> None:
    pins = PINS[plan.board]
    if len(plan.sensors) > pins.max_sensors:
        raise DefinitionError("too_many_sensors", limit=pins.max_sensors)
    if sensor.sensor_type not in CONFIGURABLE:
        raise DefinitionError("sensor_type_unknown", sensor_type=sensor.sensor_type)
    if sensor.interval not in INTERVALS:
        raise DefinitionError("interval_out_of_range", low=INTERVALS[0], high=INTERVALS[-1])
    for value, calibration in sensor.calibrations.items():
        if value not in values_of(sensor.sensor_type) or not fits(calibration, value):
            raise DefinitionError("calibration_does_not_fit", sensor_type=value)
    _check_sensor_pin(plan, sensor, pins)


def _check_sensor_pin(plan: DevicePlan, sensor: SensorPlan, pins: Pins) -> None:
    if sensor.sensor_type in _I2C_CHIPS:
        if sensor.gpio not in I2C_PSEUDO_PINS | pins.i2c:
            raise DefinitionError("pin_not_i2c", gpio=sensor.gpio)
        if sensor.i2c_address and sensor.i2c_address not in _I2C_ADDRESSES:
            raise DefinitionError("i2c_address_invalid", address=sensor.i2c_address)
        if sensor.onewire_address:
            raise DefinitionError("address_not_used", sensor_type=sensor.sensor_type)
        _check_pin_free(plan, sensor.gpio, sensor)
        return
    _check_pin_usable(sensor.gpio, pins)
    if sensor.sensor_type == _ONEWIRE:
        _check_onewire(plan, sensor, pins)
        return
    if sensor.onewire_address or sensor.i2c_address:
        raise DefinitionError("address_not_used", sensor_type=sensor.sensor_type)
    if sensor.gpio not in pins.analog:
        raise DefinitionError("pin_not_analog", gpio=sensor.gpio)
    _check_pin_free(plan, sensor.gpio, sensor)


def _check_onewire(plan: DevicePlan, sensor: SensorPlan, pins: Pins) -> None:
    if not _ROM.fullmatch(sensor.onewire_address):
        raise DefinitionError("onewire_address_invalid")
    if sensor.i2c_address:
        raise DefinitionError("address_not_used", sensor_type=sensor.sensor_type)
    if sensor.gpio in pins.input_only:
        raise DefinitionError("pin_input_only", gpio=sensor.gpio)
    twins = [known for known in plan.sensors if known.onewire_address == sensor.onewire_address]
    if len(twins) > 1:
        raise DefinitionError("onewire_address_taken", address=sensor.onewire_address)
    buses = {known.gpio for known in plan.sensors if known.sensor_type == _ONEWIRE}
    if len(buses) > 1:
        raise DefinitionError("onewire_one_bus", gpio=min(buses - {sensor.gpio}))
    _check_pin_free(plan, sensor.gpio, sensor)


def _check_actuator(plan: DevicePlan, actuator: ActuatorPlan) -> None:
    pins = PINS[plan.board]
    kind = ACTUATOR_TYPES[actuator.kind]
    if len(plan.actuators) > pins.max_actuators:
        raise DefinitionError("too_many_actuators", limit=pins.max_actuators)
    if actuator.appears_as not in kind.appearances:
        raise DefinitionError("appearance_does_not_fit", kind=actuator.kind, appears_as=actuator.appears_as)
    if actuator.inverted and actuator.kind in (ActuatorKind.VALVE, ActuatorKind.PWM):
        raise DefinitionError("inverted_not_supported", kind=actuator.kind)
    _check_load(actuator)
    for gpio in actuator_pins(actuator):
        _check_pin_usable(gpio, pins)
        if gpio in pins.input_only:
            raise DefinitionError("pin_input_only", gpio=gpio)
        _check_pin_free(plan, gpio, actuator)
    if actuator.gpio == actuator.aux_gpio:
        raise DefinitionError("pin_in_use", gpio=actuator.gpio, owner=actuator.name, wanted=actuator.name)


def _check_load(actuator: ActuatorPlan) -> None:
    load = load_of(actuator)
    if load not in ACTUATOR_TYPES[actuator.kind].loads:
        raise DefinitionError("load_does_not_fit", kind=actuator.kind, load=load)
    # Every output has a bound, so nothing that can flood, poison or burn is ever switched on for good.
    limit = longest_run(actuator.kind, load)
    if not 1 <= actuator.max_runtime <= limit:
        raise DefinitionError("max_runtime_out_of_range", limit=limit)
    if actuator.default_on and load not in MAY_STAY_ON:
        raise DefinitionError("default_on_not_safe", kind=actuator.kind)


def actuator_pins(actuator: ActuatorPlan) -> tuple[int, ...]:
    """Return the pins that an actuator drives; a valve without a second one takes the next."""
    if actuator.kind is not ActuatorKind.VALVE:
        return (actuator.gpio,)
    return (actuator.gpio, actuator.gpio + 1 if actuator.aux_gpio == NO_PIN else actuator.aux_gpio)


def _check_pin_usable(gpio: int, pins: Pins) -> None:
    if gpio not in pins.usable or gpio in pins.i2c:
        raise DefinitionError("pin_reserved", gpio=gpio)


def _check_pin_free(plan: DevicePlan, gpio: int, wanted: SensorPlan | ActuatorPlan) -> None:
    for sensor in plan.sensors:
        shares_bus = isinstance(wanted, SensorPlan) and any(
            {sensor.sensor_type, wanted.sensor_type} <= bus for bus in _BUSES
        )
        if sensor is not wanted and sensor.gpio == gpio and not shares_bus:
            raise DefinitionError("pin_in_use", gpio=gpio, owner=sensor.name, wanted=wanted.name)
    for actuator in plan.actuators:
        if actuator is not wanted and gpio in actuator_pins(actuator):
            raise DefinitionError("pin_in_use", gpio=gpio, owner=actuator.name, wanted=wanted.name)

"""The forms in which sensors and actuators are entered; they offer only what the board allows."""

from collections.abc import Iterable
from typing import Final

from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
import voluptuous as vol

from .core.devices.actuator_types import ACTUATOR_TYPES, MAY_STAY_ON
from .core.devices.defaults import ChannelDefaults
from .core.devices.model import ActuatorKind, SamplingMode
from .core.devices.plan import INTERVALS, ActuatorPlan, DevicePlan, SensorPlan
from .core.devices.sensor_types import default_address, type_of, values_of
from .core.errors import DefinitionError
from .core.fleet.planning import with_actuator, with_sensor
from .plan_edits import Fields

_PINS: Final = range(40)
_ONEWIRE: Final = "ds18b20"
_SOME_ROM: Final = "0" * 16
_INVERTIBLE: Final = (ActuatorKind.PUMP, ActuatorKind.RELAY)
_I2C_ADDRESSES: Final = {"sht31": ("0x44", "0x45"), "bmp280": ("0x76", "0x77"), "bme280": ("0x76", "0x77")}

# On which field of a form a problem is shown; everything else is shown above the form.
_PLACES: Final = {
    "name_invalid": "name",
    "interval_out_of_range": "interval",
    "i2c_address_invalid": "i2c_address",
    "onewire_address_invalid": "onewire_address",
    "onewire_address_taken": "onewire_address",
    "onewire_one_bus": "gpio",
    "appearance_does_not_fit": "appears_as",
    "load_does_not_fit": "load",
    "max_runtime_out_of_range": "max_runtime",
    "inverted_not_supported": "inverted",
    "default_on_not_safe": "default_on",
}


def select(translation_key: str, options: Iterable[str], *, custom: bool = False) -> SelectSelector:
    """Return a drop-down list whose entries are translated."""
    return SelectSelector(
        SelectSelectorConfig(
            options=[str(option) for option in options],
            translation_key=translation_key,
            custom_value=custom,
            mode=SelectSelectorMode.DROPDOWN,
        )
    )


def choice(labels: dict[str, str]) -> SelectSelector:
    """Return a drop-down list of things that have names of their own."""
    options = [SelectOptionDict(value=key, label=label) for key, label in labels.items()]
    return SelectSelector(SelectSelectorConfig(options=options, mode=SelectSelectorMode.DROPDOWN))


def seconds(limits: range) -> NumberSelector:
    """Return a field for whole seconds."""
    return NumberSelector(
        NumberSelectorConfig(
            min=limits[0], max=limits[-1], step=1, unit_of_measurement="s", mode=NumberSelectorMode.BOX
        )
    )


def sensor_form(plan: DevicePlan, kind: str, roms: Iterable[str], defaults: ChannelDefaults) -> vol.Schema | None:
    """Return the form for one kind of sensor, None if the device has no pin for it."""
    pins = [gpio for gpio in _PINS if _takes_sensor(plan, kind, gpio)]
    if not pins:
        return None
    row = type_of(values_of(kind)[0])
    fields: dict[vol.Marker, object] = {
        vol.Required("name"): TextSelector(),
        vol.Required("gpio", default=str(pins[0])): _pin_choice(pins),
    }
    if kind == _ONEWIRE:
        fields[vol.Required("onewire_address")] = select("onewire_address", roms, custom=True)
    if usual := default_address(kind):
        fields[vol.Required("i2c_address", default=usual)] = select("i2c_address", _I2C_ADDRESSES[kind], custom=True)
    fields[vol.Required("mode", default=row.mode.value)] = select("mode", SamplingMode)
    fields[vol.Required("interval", default=defaults.interval_of(kind))] = seconds(INTERVALS)
    return vol.Schema(fields)


def actuator_form(plan: DevicePlan, kind: ActuatorKind, defaults: ChannelDefaults) -> vol.Schema | None:
    """Return the form for one kind of actuator, None if the device has no pin for it."""
    pins = [gpio for gpio in _PINS if _takes_actuator(plan, gpio)]
    if not pins:
        return None
    row = ACTUATOR_TYPES[kind]
    fields: dict[vol.Marker, object] = {
        vol.Required("name"): TextSelector(),
        vol.Required("gpio", default=str(pins[0])): _pin_choice(pins),
    }
    if kind is ActuatorKind.VALVE:
        taken = {actuator.gpio for actuator in plan.actuators}
        fields[vol.Optional("aux_gpio")] = _pin_choice([gpio for gpio in pins if gpio not in taken])
    fields[vol.Required("appears_as", default=row.appearance.value)] = select("appears_as", row.appearances)
    fields[vol.Optional("load")] = select("load", row.loads)
    if kind in _INVERTIBLE:
        fields[vol.Required("inverted", default=False)] = BooleanSelector()
    if not MAY_STAY_ON.isdisjoint(row.loads):
        fields[vol.Required("default_on", default=False)] = BooleanSelector()
    runtimes = range(1, row.max_runtime_ceiling + 1)
    fields[vol.Required("max_runtime", default=defaults.max_runtime_of(kind))] = seconds(runtimes)
    return vol.Schema(fields)


def place_of(err: DefinitionError, fields: Fields) -> str:
    """Return the field of a form on which a problem is shown."""
    if "gpio" in err.details:
        second = str(fields.get("aux_gpio")) == str(err.details["gpio"])
        return "aux_gpio" if second else "gpio"
    return _PLACES.get(err.problem, "base")


def _takes_sensor(plan: DevicePlan, kind: str, gpio: int) -> bool:
    """Tell whether a pin is free: the form adds, and never writes over what is there."""
    rom = _SOME_ROM if kind == _ONEWIRE else ""
    try:
        changed = with_sensor(plan, SensorPlan(gpio=gpio, sensor_type=kind, name="-", onewire_address=rom))
    except DefinitionError:
        return False
    return len(changed.sensors) > len(plan.sensors)


def _takes_actuator(plan: DevicePlan, gpio: int) -> bool:
    kind = ActuatorKind.RELAY
    appearance = ACTUATOR_TYPES[kind].appearance
    try:
        changed = with_actuator(plan, ActuatorPlan(gpio=gpio, kind=kind, name="-", appears_as=appearance))
    except DefinitionError:
        return False
    return len(changed.actuators) > len(plan.actuators)


def _pin_choice(pins: Iterable[int]) -> SelectSelector:
    return choice({str(gpio): f"GPIO {gpio}" for gpio in pins})

"""What of a rule its device can follow by itself while Home Assistant is away, and if nothing, why not.

The one delegation: whatever is energised this way is not judged by the gate. So only a rule is handed over whose
interlocks the device keeps by itself, and of which nothing worse can come than an output that goes on for too long.
"""

from collections.abc import Iterable
from datetime import tzinfo
from math import isfinite

from msgspec import Struct
from msgspec.structs import replace

from ..conditions import AllOf, AnyOf, Condition, Lasting
from ..conditions.comparison import Operator
from ..conditions.hysteresis import Hysteresis
from ..conditions.reading_is import ReadingIs
from ..conditions.time_window import TimeWindow
from ..devices.actuator_types import MAY_STAY_ON
from ..devices.model import ActuatorChannel, Load, SensorChannel
from ..devices.offline_rule import OfflineRule, OfflineWindow
from ..devices.sensor_types import Encoding, Quantity, type_of
from ..fleet.channels import VPD
from ..fleet.device import Device
from ..ids import ChannelId, device_of
from ..requests import FULL
from ..safety.interlocks import Interlock
from ..safety.interlocks.level_limit import LevelLimit
from ..safety.interlocks.max_on_time import MaxOnTime
from ..safety.interlocks.time_window import TimeWindow as AllowedHours
from .actions import SetOutput
from .model import Offline, Rule
from .offline_hours import device_zone, hours_allowed, hours_of, length_of
from .why_not import WhyNot

# A threshold has no way back of its own: the output rests when the value has gone back by so much.
BANDS = {
    Quantity.TEMPERATURE: 2.0,
    Quantity.HUMIDITY: 5.0,
    Quantity.PRESSURE: 5.0,
    Quantity.CARBON_DIOXIDE: 50.0,
    Quantity.ILLUMINANCE: 100.0,
    Quantity.FLOW: 0.5,
}
OTHER_BAND = 2.0
# Of these the device has the value that we have; of all others it has a raw word (protocol, rule 10).
_SAME_VALUE = frozenset({Encoding.SHT_TEMPERATURE, Encoding.SHT_HUMIDITY, Encoding.SIXTEENTHS, Encoding.PLAIN})
_CALIBRATED = frozenset({Quantity.PH, Quantity.CONDUCTIVITY, Quantity.MOISTURE})
# A device forgets a value after 300 s, other builds after 60 s.
_SLOWEST = 60
_DAY = 86_400
_LIQUIDS = frozenset({Load.WATER, Load.DOSING})
_ABOVE = frozenset({Operator.ABOVE, Operator.AT_LEAST})
_BELOW = frozenset({Operator.BELOW, Operator.AT_MOST})

type Asked = Hysteresis | ReadingIs


class Surrounding(Struct, frozen=True, kw_only=True):
    """What a rule is looked at with: the device of its output, the interlocks of that, and where and when people live."""

    device: Device | None
    interlocks: tuple[Interlock, ...]
    zone: tzinfo
    year: int


class Form(Struct, frozen=True, kw_only=True):
    """The rule as its device follows it, or every reason why it does not.

    What ``may_go_on`` needs no timer on the device beside the rule. A timer that ends a run while nobody answers is not
    made good by the firmware: its rule takes the output for running, and the fan would rest in the greatest heat.
    """

    rule: OfflineRule | None = None
    reasons: tuple[WhyNot, ...] = ()
    may_go_on: bool = False


def offline_form(rule: Rule, around: Surrounding) -> Form:
    """Return what the device of a rule can do with it."""
    why = _faults_of_rule(rule)
    output = _output_of(rule, around, why)
    asked, window = _question_of(rule.when, why)
    hours = _hours_of(window, around, why)
    numbers = None if asked is None else _numbers_of(asked, around, output, why)
    bound = None if hours is None or length_of(hours) == _DAY else length_of(hours)
    if not all(_is_kept(interlock, window, bound) for interlock in _all_of(around)):
        why.append(WhyNot.INTERLOCK)
    has_end = output is not None and bound is not None and bound <= output.max_runtime
    may_go_on = output is not None and _may_go_on(output.load, rule, has_end=has_end)
    if output is not None and not (has_end or may_go_on):
        why.append(WhyNot.NO_END)
    if why or output is None:
        return Form(reasons=tuple(each for each in WhyNot if each in why))
    known = numbers or OfflineRule(gpio=output.gpio)
    return Form(rule=replace(known, window=hours), may_go_on=may_go_on)


def is_wished(rule: Rule) -> bool:
    """Tell whether people want that a device goes on with a rule at all."""
    return rule.enabled and rule.offline is not Offline.NEVER


def asked_by(rule: Rule) -> Hysteresis | None:
    """Return the question with a memory that a device answers as well."""
    asked, _ = _question_of(rule.when, [])
    return asked if isinstance(asked, Hysteresis) else None


def _faults_of_rule(rule: Rule) -> list[WhyNot]:
    faults = {
        WhyNot.DISABLED: not rule.enabled,
        WhyNot.NOT_WISHED: rule.offline is Offline.NEVER,
        WhyNot.SEVERAL_ACTIONS: len(rule.then) > 1,
        WhyNot.OTHERWISE: bool(rule.otherwise),
        WhyNot.LASTING: rule.lasting > 0,
        WhyNot.COOLDOWN: rule.cooldown > 0,
        WhyNot.HOW_OFTEN: rule.max_per_hour is not None or rule.max_per_day is not None,
    }
    return [fault for fault, is_one in faults.items() if is_one]


def _output_of(rule: Rule, around: Surrounding, why: list[WhyNot]) -> ActuatorChannel | None:
    action = next((each for each in rule.then if isinstance(each, SetOutput)), None)
    if action is None:
        why.append(WhyNot.NO_OUTPUT)
        return None
    if action.is_pulse:
        why.append(WhyNot.PULSE)
    if action.level != FULL:
        why.append(WhyNot.NOT_FULL)
    output = None if around.device is None else around.device.actuators.get(action.output)
    if output is None or not output.planned:
        why.append(WhyNot.OUTPUT_NOT_PLANNED)
    return output


def _question_of(condition: Condition, why: list[WhyNot]) -> tuple[Asked | None, TimeWindow | None]:
    """Return the sensor and the hours that a rule asks about, both or one of them; a device knows nothing else."""
    while isinstance(condition, AllOf | AnyOf) and len(condition.of) == 1:
        condition = condition.of[0]
    match condition:
        case Hysteresis() | ReadingIs():
            return condition, None
        case TimeWindow():
            return None, condition
        case AllOf(of=(Hysteresis() | ReadingIs() as asked, TimeWindow() as window)):
            return asked, window
        case AllOf(of=(TimeWindow() as window, Hysteresis() | ReadingIs() as asked)):
            return asked, window
        case Lasting():
            why.append(WhyNot.LASTING)
        case _:
            why.append(WhyNot.CONDITION)
    return None, None


def _hours_of(window: TimeWindow | None, around: Surrounding, why: list[WhyNot]) -> OfflineWindow | None:
    """Return when the rule counts: the hours that it asks for, else those in which its output may run."""
    allowed = next((each for each in around.interlocks if isinstance(each, AllowedHours)), None)
    wanted = allowed if window is None else window
    if wanted is None:
        return None
    if (zone := device_zone(around.zone, around.year)) is None:
        why.append(WhyNot.TIME_ZONE)
        return None
    hours = hours_of(wanted, zone) if isinstance(wanted, TimeWindow) else hours_allowed(wanted, zone)
    if isinstance(hours, WhyNot):
        why.append(hours)
        return None
    return hours


def _numbers_of(
    asked: Asked, around: Surrounding, output: ActuatorChannel | None, why: list[WhyNot]
) -> OfflineRule | None:
    sensor = None if around.device is None else around.device.sensors.get(asked.sensor)
    if around.device is not None:
        why += _faults_of_sensor(asked.sensor, sensor, around.device)
    kind = type_of("" if sensor is None else sensor.sensor_type)
    pair = _pair_of(asked, BANDS.get(kind.quantity, OTHER_BAND))
    if pair is None:
        why.append(WhyNot.OPERATOR)
        return None
    low, high, is_on_above = pair
    if sensor is not None and not (kind.low < (low if is_on_above else high) < kind.high):
        why.append(WhyNot.BAND_OUT_OF_RANGE)
    if sensor is None or output is None:
        return None
    plain = OfflineRule(gpio=output.gpio, sensor_gpio=sensor.gpio, value_type=sensor.sensor_type)
    if is_on_above:
        return replace(plain, on_above=high, off_below=low)
    return replace(plain, on_below=low, off_above=high)


def _pair_of(asked: Asked, band: float) -> tuple[float, float, bool] | None:
    """Return the lower and the upper value, and whether the output is on above the upper one."""
    if isinstance(asked, Hysteresis):
        return asked.below, asked.above, asked.cools
    if not isfinite(asked.value):
        return None
    if asked.operator in _ABOVE:
        return asked.value - band, asked.value, True
    return (asked.value, asked.value + band, False) if asked.operator in _BELOW else None


def _faults_of_sensor(wanted: ChannelId, sensor: SensorChannel | None, device: Device) -> list[WhyNot]:
    if device_of(wanted) != device.id:
        return [WhyNot.OTHER_DEVICE]
    if sensor is None or not sensor.planned:
        return [WhyNot.SENSOR_NOT_PLANNED]
    kind = type_of(sensor.sensor_type)
    alike = [each for each in device.sensors.values() if _key_of(each) == _key_of(sensor)]
    faults = {
        WhyNot.SENSOR_DERIVED: sensor.sensor_type == VPD,
        WhyNot.SENSOR_CALIBRATED: kind.quantity in _CALIBRATED or sensor.calibration is not None,
        WhyNot.SENSOR_CONVERTED: kind.encoding not in _SAME_VALUE and kind.quantity not in _CALIBRATED,
        # The device looks values up by pin and type alone.
        WhyNot.SENSOR_NOT_ALONE: len(alike) > 1,
        WhyNot.SENSOR_TOO_SLOW: sensor.interval is None or sensor.interval > _SLOWEST,
    }
    return [fault for fault, is_one in faults.items() if is_one]


def _key_of(sensor: SensorChannel) -> tuple[int, str]:
    return sensor.gpio, sensor.sensor_type


def _is_kept(interlock: Interlock | None, window: TimeWindow | None, bound: int | None) -> bool:
    """Tell whether a device keeps to an interlock without being asked."""
    match interlock:
        case LevelLimit(high=high):
            return high >= FULL
        case AllowedHours():
            # It becomes the hours of the rule, which can have no others.
            return window is None
        case MaxOnTime(per_run=longest, per_day=None):
            return longest is not None and bound is not None and bound <= longest
        case _:
            return False


def _all_of(around: Surrounding) -> Iterable[Interlock | None]:
    """Yield the interlocks of an output; of hours there is room for one, more of them nobody keeps."""
    hours = [each for each in around.interlocks if isinstance(each, AllowedHours)]
    return (None if isinstance(each, AllowedHours) and len(hours) > 1 else each for each in around.interlocks)


def _may_go_on(load: Load, rule: Rule, *, has_end: bool) -> bool:
    """Tell whether an output may go on without a timer until its rule, or its hours, end it; a dose never may."""
    if load in MAY_STAY_ON or (has_end and load not in _LIQUIDS):
        return True
    return rule.offline is Offline.ENDLESS and load is not Load.DOSING

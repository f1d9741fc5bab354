"""From the word of a sensor to a value that can be trusted, or to the reason why there is none."""

from collections.abc import Callable

from msgspec import Struct

from .calibration import Calibration, DryWet, Linear, Offset, fits
from .model import Fault, Quality
from .sensor_types import Encoding, Quantity, SensorType

ADC_TOP = 4095
ADC_VOLTS = 3.3
WIDE_ADC_TOP = 32_767
WIDE_ADC_VOLTS = 5.0
PULSES_PER_LITRE = 450
PULSE_WINDOWS_PER_MINUTE = 60

DEFAULT_PH = Linear(slope=-3.5, offset=12.25)
DEFAULT_EC = Linear(slope=6060.0, offset=0.0)
DEFAULT_MOISTURE = DryWet(dry=3200, wet=1500)


class Converted(Struct, frozen=True, kw_only=True, gc=False):
    """A value with its quality; without a value there is a fault that says why."""

    value: float | None
    quality: Quality
    fault: Fault | None = None


class _Word(Struct, frozen=True, kw_only=True):
    """The words that a sensor can send, those that look like a broken line, and their meaning."""

    low: float
    high: float
    suspect_below: float
    suspect_above: float
    decode: Callable[[float, Calibration | None, float | None], float]


def volts(raw: float) -> float:
    """Return the voltage behind an ADC word; larger words come from a 16-bit converter."""
    if raw > ADC_TOP:
        return raw / WIDE_ADC_TOP * WIDE_ADC_VOLTS
    return raw / ADC_TOP * ADC_VOLTS


def convert(
    sensor_type: SensorType,
    *,
    raw: float | None,
    value: float | None,
    raw_mode: bool,
    quality: Quality,
    calibration: Calibration | None,
    temperature: float | None = None,
) -> Converted:
    """Return what a reading means; ``temperature`` is that of the liquid a probe hangs in."""
    if quality in _FAULTY:
        return Converted(value=None, quality=quality, fault=Fault.SENSOR_FAULT)
    if raw is None or not raw_mode:
        measured = _ready_value(sensor_type, raw, value)
        return _judged(sensor_type, measured, quality, Quality.UNKNOWN, calibration)
    encoding = sensor_type.encoding
    if encoding is Encoding.PLAUSIBLE:
        if (measured := _plausible(sensor_type, raw, value)) is None:
            return _NOT_CONVERTIBLE
        return _judged(sensor_type, measured, quality, Quality.UNKNOWN, calibration)
    word = _WIDE if encoding is Encoding.EC and raw > ADC_TOP else _WORDS.get(encoding)
    if word is None or _is_ready(sensor_type, word, raw, value):
        return _judged(sensor_type, raw, quality, Quality.UNKNOWN, calibration)
    if not word.low <= raw <= word.high:
        return _OUT_OF_RANGE
    measured = word.decode(raw, calibration, temperature)
    objection = _objection(word, encoding, raw, calibration)
    return _judged(sensor_type, measured, _of_count(encoding, quality), objection, calibration)


def _ready_value(sensor_type: SensorType, raw: float | None, value: float | None) -> float | None:
    if value is not None or raw is None:
        return value
    # Small numbers are left alone: 130 is rather an impossible 130 degrees than 1.3 of them.
    in_hundredths = (
        sensor_type.quantity in _SENT_IN_HUNDREDTHS
        and raw.is_integer()
        and abs(raw) >= _LEAST_HUNDREDTHS
        and not sensor_type.low <= raw <= sensor_type.high
        and sensor_type.low * 100 <= raw <= sensor_type.high * 100
    )
    return raw / 100 if in_hundredths else raw


def _plausible(sensor_type: SensorType, raw: float, value: float | None) -> float | None:
    low, high = sensor_type.low, sensor_type.high
    if low <= raw <= high:
        return raw
    # The firmware divides an uncompensated humidity word by 1024, which looks like a percentage and is none.
    if value is not None and sensor_type.quantity is Quantity.HUMIDITY and abs(raw - value * 1024) < _WORD_NOISE:
        return None
    if low * 100 <= raw <= high * 100:
        return raw / 100
    return value if value is not None and low <= value <= high else None


def _is_ready(sensor_type: SensorType, word: _Word, raw: float, value: float | None) -> bool:
    """Tell whether a simulated device put the value itself where the word belongs."""
    if not raw.is_integer():
        return True
    return (
        raw == value
        and sensor_type.encoding in _CONVERTED_BY_FIRMWARE
        and sensor_type.low <= raw <= sensor_type.high
        and abs(word.decode(raw, None, None) - raw) > _AGREEMENT
    )


def _objection(word: _Word, encoding: Encoding, raw: float, calibration: Calibration | None) -> Quality:
    if raw < word.suspect_below or raw > word.suspect_above:
        return Quality.SUSPECT
    if encoding in _NEEDS_CALIBRATION and not isinstance(calibration, Linear):
        return Quality.FAIR
    return Quality.UNKNOWN


def _of_count(encoding: Encoding, quality: Quality) -> Quality:
    """Return what a device says about a word; it takes few pulses for a voltage that sticks to its lower end."""
    return Quality.GOOD if encoding is Encoding.PULSES and quality is Quality.SUSPECT else quality


def _judged(
    sensor_type: SensorType,
    measured: float | None,
    quality: Quality,
    objection: Quality,
    calibration: Calibration | None,
) -> Converted:
    if measured is None:
        return _NO_VALUE
    if sensor_type.encoding is Encoding.SIXTEENTHS and (sentinel := _SENTINELS.get(measured)) is not None:
        return sentinel
    if not sensor_type.low <= measured <= sensor_type.high:
        return _SUSPECT_OUT_OF_RANGE if objection is Quality.SUSPECT else _OUT_OF_RANGE
    if isinstance(calibration, Offset) and fits(calibration, sensor_type.key):
        measured = min(max(calibration.apply(measured), sensor_type.low), sensor_type.high)
    # Adding zero turns -0.0 into 0.0 and whole numbers into floats.
    rounded = round(measured, sensor_type.decimals) + 0.0
    if not sensor_type.good_low <= rounded <= sensor_type.good_high:
        is_poor = rounded < sensor_type.poor_below or rounded > sensor_type.poor_above
        objection = max(objection, Quality.POOR if is_poor else Quality.FAIR, key=_RANK.__getitem__)
    if _RANK[objection] > _RANK[quality]:
        quality = objection
    return Converted(value=rounded, quality=quality)


def _sht_temperature(raw: float, _calibration: Calibration | None, _temperature: float | None) -> float:
    return -45.0 + 175.0 * raw / 65_535.0


def _sht_humidity(raw: float, _calibration: Calibration | None, _temperature: float | None) -> float:
    return 100.0 * raw / 65_535.0


def _sixteenths(raw: float, _calibration: Calibration | None, _temperature: float | None) -> float:
    return raw * 0.0625


def _ph(raw: float, calibration: Calibration | None, temperature: float | None) -> float:
    line = calibration if isinstance(calibration, Linear) else DEFAULT_PH
    ph = line.apply(volts(raw))
    if temperature is not None and 0.0 <= temperature <= 100.0:
        ph += (temperature - 25.0) * 0.003 * (7.0 - ph)
    return min(max(ph, 0.0), 14.0)


def _ec(raw: float, calibration: Calibration | None, temperature: float | None) -> float:
    line = calibration if isinstance(calibration, Linear) else DEFAULT_EC
    conductivity = line.apply(volts(raw))
    if temperature is not None and 0.0 <= temperature <= 100.0:
        conductivity /= 1.0 + 0.02 * (temperature - 25.0)
    return conductivity


def _moisture(raw: float, calibration: Calibration | None, _temperature: float | None) -> float:
    scale = calibration if isinstance(calibration, DryWet) else DEFAULT_MOISTURE
    return min(max(scale.apply(raw), 0.0), 100.0)


def _pulses(raw: float, _calibration: Calibration | None, _temperature: float | None) -> float:
    return raw * PULSE_WINDOWS_PER_MINUTE / PULSES_PER_LITRE


def _adc(decode: Callable[[float, Calibration | None, float | None], float]) -> _Word:
    return _Word(low=0, high=ADC_TOP, suspect_below=50, suspect_above=4045, decode=decode)


def _sht(decode: Callable[[float, Calibration | None, float | None], float]) -> _Word:
    return _Word(low=0, high=65_535, suspect_below=1, suspect_above=65_534, decode=decode)


_WORDS: dict[Encoding, _Word] = {
    Encoding.SHT_TEMPERATURE: _sht(_sht_temperature),
    Encoding.SHT_HUMIDITY: _sht(_sht_humidity),
    Encoding.SIXTEENTHS: _Word(
        low=-32_768, high=32_767, suspect_below=-32_768, suspect_above=32_767, decode=_sixteenths
    ),
    Encoding.PH: _adc(_ph),
    Encoding.EC: _adc(_ec),
    Encoding.MOISTURE: _adc(_moisture),
    Encoding.PULSES: _Word(low=0, high=65_535, suspect_below=0, suspect_above=65_535, decode=_pulses),
}
_WIDE = _Word(low=0, high=WIDE_ADC_TOP, suspect_below=0, suspect_above=WIDE_ADC_TOP - 1, decode=_ec)

_FAULTY = frozenset({Quality.ERROR, Quality.BAD})
_CONVERTED_BY_FIRMWARE = frozenset({Encoding.SHT_TEMPERATURE, Encoding.SHT_HUMIDITY, Encoding.SIXTEENTHS})
_NEEDS_CALIBRATION = frozenset({Encoding.PH, Encoding.EC})
_SENT_IN_HUNDREDTHS = frozenset({Quantity.TEMPERATURE, Quantity.HUMIDITY, Quantity.PRESSURE})
_LEAST_HUNDREDTHS = 1000
_AGREEMENT = 0.5
# Half a hundredth, which is what the firmware rounds away, in 1024ths and a little more.
_WORD_NOISE = 6.0

# What a device did not judge gives way to any objection of ours.
_RANK = {quality: rank for rank, quality in enumerate((Quality.UNKNOWN, *Quality))}
_RANK[Quality.UNKNOWN] = 0

_NO_VALUE = Converted(value=None, quality=Quality.UNKNOWN, fault=Fault.NO_VALUE)
_NOT_CONVERTIBLE = Converted(value=None, quality=Quality.BAD, fault=Fault.NOT_CONVERTIBLE)
_OUT_OF_RANGE = Converted(value=None, quality=Quality.BAD, fault=Fault.OUT_OF_RANGE)
_SUSPECT_OUT_OF_RANGE = Converted(value=None, quality=Quality.SUSPECT, fault=Fault.OUT_OF_RANGE)
_SENTINELS: dict[float, Converted] = {
    -127.0: Converted(value=None, quality=Quality.ERROR, fault=Fault.SENSOR_FAULT),
    85.0: Converted(value=None, quality=Quality.SUSPECT, fault=Fault.POWER_ON_VALUE),
}

"""SENSOR_TYPES: one row per value that a device can measure, and how its names are spelled."""

from enum import StrEnum
from sys import float_info

from msgspec import Struct
from msgspec.structs import replace

from .model import SamplingMode

_DAY = 86_400.0


class Quantity(StrEnum):
    """What is measured."""

    TEMPERATURE = "temperature"
    HUMIDITY = "humidity"
    PRESSURE = "pressure"
    PH = "ph"
    CONDUCTIVITY = "conductivity"
    MOISTURE = "moisture"
    CARBON_DIOXIDE = "carbon_dioxide"
    ILLUMINANCE = "illuminance"
    FLOW = "flow"
    VAPOUR_PRESSURE_DEFICIT = "vapour_pressure_deficit"
    OTHER = "other"


class Unit(StrEnum):
    """The units that readings have, spelled as Home Assistant spells them."""

    CELSIUS = "°C"
    PERCENT = "%"
    HECTOPASCAL = "hPa"
    PH = "pH"
    MICROSIEMENS_PER_CM = "\u03bcS/cm"
    PARTS_PER_MILLION = "ppm"
    LUX = "lx"
    LITRES_PER_MINUTE = "L/min"
    KILOPASCAL = "kPa"
    NONE = ""


class Encoding(StrEnum):
    """How the raw word of a sensor carries its value; PLAUSIBLE ones need a guess."""

    SHT_TEMPERATURE = "sht_temperature"
    SHT_HUMIDITY = "sht_humidity"
    SIXTEENTHS = "sixteenths"
    PH = "ph"
    EC = "ec"
    MOISTURE = "moisture"
    PULSES = "pulses"
    PLAUSIBLE = "plausible"
    PLAIN = "plain"


class SensorType(Struct, frozen=True, kw_only=True):
    """One kind of value; outside low…high it is impossible, outside the good band it is doubtful."""

    key: str
    quantity: Quantity
    unit: Unit
    encoding: Encoding
    low: float
    high: float
    good_low: float
    good_high: float
    poor_below: float
    poor_above: float
    decimals: int
    fresh_for: float
    mode: SamplingMode
    interval: int


_UNITS = {
    Quantity.TEMPERATURE: Unit.CELSIUS,
    Quantity.HUMIDITY: Unit.PERCENT,
    Quantity.PRESSURE: Unit.HECTOPASCAL,
    Quantity.PH: Unit.PH,
    Quantity.CONDUCTIVITY: Unit.MICROSIEMENS_PER_CM,
    Quantity.MOISTURE: Unit.PERCENT,
    Quantity.CARBON_DIOXIDE: Unit.PARTS_PER_MILLION,
    Quantity.ILLUMINANCE: Unit.LUX,
    Quantity.FLOW: Unit.LITRES_PER_MINUTE,
    Quantity.VAPOUR_PRESSURE_DEFICIT: Unit.KILOPASCAL,
    Quantity.OTHER: Unit.NONE,
}
_ANY = (-float_info.max, float_info.max)


def _row(
    key: str,
    quantity: Quantity,
    encoding: Encoding,
    limits: tuple[float, float],
    *,
    good: tuple[float, float] = _ANY,
    poor: tuple[float, float] = _ANY,
    decimals: int = 1,
    fresh_for: float = 180.0,
    mode: SamplingMode = SamplingMode.CONTINUOUS,
    interval: int = 30,
) -> SensorType:
    return SensorType(
        key=key,
        quantity=quantity,
        unit=_UNITS[quantity],
        encoding=encoding,
        low=limits[0],
        high=limits[1],
        good_low=good[0],
        good_high=good[1],
        poor_below=poor[0],
        poor_above=poor[1],
        decimals=decimals,
        fresh_for=fresh_for,
        mode=mode,
        interval=interval,
    )


_ON_DEMAND = SamplingMode.ON_DEMAND
_ROWS = (
    _row("sht31_temp", Quantity.TEMPERATURE, Encoding.SHT_TEMPERATURE, (-40, 125), good=(0, 65)),
    _row("sht31_humidity", Quantity.HUMIDITY, Encoding.SHT_HUMIDITY, (0, 100), good=(20, 80)),
    _row("ds18b20", Quantity.TEMPERATURE, Encoding.SIXTEENTHS, (-55, 125), good=(-10, 85), decimals=2),
    _row("bmp280_pressure", Quantity.PRESSURE, Encoding.PLAUSIBLE, (300, 1100), fresh_for=300.0, interval=60),
    _row("bmp280_temp", Quantity.TEMPERATURE, Encoding.PLAUSIBLE, (-40, 85)),
    _row("bme280_temp", Quantity.TEMPERATURE, Encoding.PLAUSIBLE, (-40, 85)),
    _row("bme280_humidity", Quantity.HUMIDITY, Encoding.PLAUSIBLE, (0, 100)),
    _row("bme280_pressure", Quantity.PRESSURE, Encoding.PLAUSIBLE, (300, 1100), fresh_for=300.0, interval=60),
    _row("ph", Quantity.PH, Encoding.PH, (0, 14), good=(3, 11), decimals=2, fresh_for=_DAY, mode=_ON_DEMAND),
    _row("ec", Quantity.CONDUCTIVITY, Encoding.EC, (0, 20_000), good=(100, 15_000), fresh_for=_DAY, mode=_ON_DEMAND),
    _row(
        "moisture",
        Quantity.MOISTURE,
        Encoding.MOISTURE,
        (0, 100),
        good=(20, 80),
        poor=(10, 95),
        fresh_for=7200.0,
        interval=60,
    ),
    _row("co2", Quantity.CARBON_DIOXIDE, Encoding.PLAIN, (0, 10_000), good=(0, 999), poor=(0, 1499), decimals=0),
    _row("light", Quantity.ILLUMINANCE, Encoding.PLAIN, (0, 200_000), good=(0, 100_000), decimals=0, interval=60),
    _row("flow", Quantity.FLOW, Encoding.PULSES, (0, 1000), good=(1, 1000), decimals=2, interval=10),
    _row("vpd", Quantity.VAPOUR_PRESSURE_DEFICIT, Encoding.PLAIN, (0, 10), decimals=2),
)
SENSOR_TYPES: dict[str, SensorType] = {row.key: row for row in _ROWS}

_CHIP_VALUES: dict[str, tuple[str, ...]] = {
    "sht31": ("sht31_temp", "sht31_humidity"),
    "ds18b20": ("ds18b20",),
    "bmp280": ("bmp280_pressure", "bmp280_temp"),
    "bme280": ("bme280_pressure", "bme280_temp", "bme280_humidity"),
    "ph": ("ph",),
    "ec": ("ec",),
    "moisture": ("moisture",),
    "co2": ("co2",),
    "light": ("light",),
    "flow": ("flow",),
}
CONFIGURABLE = tuple(_CHIP_VALUES)
_CHIPS = {published: chip for chip, values in _CHIP_VALUES.items() for published in values}
_ADDRESSES = {"sht31": "0x44", "bmp280": "0x76", "bme280": "0x76"}

_PART_ALIASES = {"temperature": "temp", "hum": "humidity", "press": "pressure"}
_ALIASES: dict[str, str] = {
    "temperature_ds18b20": "ds18b20",
    "ds18b20_temp": "ds18b20",
    "ds18b20_temperature": "ds18b20",
    "ph_sensor": "ph",
    "ec_sensor": "ec",
    "soil_moisture": "moisture",
    "moisture_sensor": "moisture",
    "mhz19_co2": "co2",
    "co2_mhz19": "co2",
    "scd30_co2": "co2",
    "co2_scd30": "co2",
    "tsl2561": "light",
    "bh1750": "light",
    "yfs201": "flow",
}

# Devices of the simulation name a quantity where real ones name a chip; older builds mangle the degree sign.
_BARE_NAMES = {
    "temperature": Quantity.TEMPERATURE,
    "temp": Quantity.TEMPERATURE,
    "humidity": Quantity.HUMIDITY,
    "pressure": Quantity.PRESSURE,
}
_BARE_UNITS = {
    "°c": Quantity.TEMPERATURE,
    "â°c": Quantity.TEMPERATURE,
    "c": Quantity.TEMPERATURE,
    "%rh": Quantity.HUMIDITY,
    "hpa": Quantity.PRESSURE,
}
_BARE_ROWS = {
    Quantity.TEMPERATURE: _row("", Quantity.TEMPERATURE, Encoding.PLAUSIBLE, (-55, 125), good=(-10, 85), decimals=2),
    Quantity.HUMIDITY: _row("", Quantity.HUMIDITY, Encoding.PLAUSIBLE, (0, 100)),
    Quantity.PRESSURE: _row("", Quantity.PRESSURE, Encoding.PLAUSIBLE, (300, 1100), fresh_for=300.0, interval=60),
    Quantity.OTHER: _row("", Quantity.OTHER, Encoding.PLAIN, _ANY, decimals=2),
}
_CHIP_SUFFIXES = {"°c": "temp", "â°c": "temp", "c": "temp", "%": "humidity", "%rh": "humidity", "hpa": "pressure"}


def canonical_type(name: str, unit: str = "") -> str:
    """Return the one spelling of a value type; a chip's bare name is told apart by the unit."""
    if name in SENSOR_TYPES:
        return name
    lowered = name.strip().lower()
    known = _ALIASES.get(lowered, lowered)
    if known in SENSOR_TYPES:
        return known
    first, _, second = (_PART_ALIASES.get(part, part) for part in lowered.partition("_"))
    suffix = _CHIP_SUFFIXES.get(unit.strip().lower(), "")
    candidates = (f"{first}_{second}", f"{second}_{first}", f"{lowered}_{suffix}")
    return next((candidate for candidate in candidates if candidate in SENSOR_TYPES), lowered)


def type_of(name: str, unit: str = "") -> SensorType:
    """Return the row of a value type; an unknown one gets a row of its own that promises nothing."""
    if (row := SENSOR_TYPES.get(name)) is not None:
        return row
    key = canonical_type(name, unit)
    if (row := SENSOR_TYPES.get(key)) is not None:
        return row
    quantity = _BARE_NAMES.get(key) or _BARE_UNITS.get(unit.strip().lower(), Quantity.OTHER)
    return replace(_BARE_ROWS[quantity], key=key)


def chip_of(name: str) -> str:
    """Return what one configures to get a value; unknown names stand for themselves."""
    key = canonical_type(name)
    return _CHIPS.get(key, key)


def values_of(configured: str) -> tuple[str, ...]:
    """Return the value types that a configured chip publishes, however its name is spelled."""
    chip = chip_of(configured)
    return _CHIP_VALUES.get(chip, (chip,))


def default_address(configured: str) -> str:
    """Return the usual I2C address of a chip, empty for one without any."""
    return _ADDRESSES.get(chip_of(configured), "")

"""Raw words: what each sensor puts on its wire for a physical value."""

from dataclasses import dataclass

ADC_TOP = 4095
ADC_VOLTS = 3.3
RAIL_LOW = 50
RAIL_HIGH = 4045
DS18B20_FAULT = -2032
DS18B20_POWER_ON = 1360
MOISTURE_DRY = 3200
MOISTURE_WET = 1500

DEVICES = {
    "sht31": ("sht31_temp", "sht31_humidity"),
    "bmp280": ("bmp280_pressure", "bmp280_temp"),
    "bme280": ("bme280_pressure", "bme280_temp", "bme280_humidity"),
}
DEFAULT_ADDRESS = {"sht31": 0x44, "bmp280": 0x76, "bme280": 0x76}
SYNONYMS = {
    "temperature_ds18b20": "ds18b20",
    "ph_sensor": "ph",
    "ec_sensor": "ec",
    "soil_moisture": "moisture",
}
QUANTITIES = {"temp": "temperature", "humidity": "humidity", "pressure": "pressure"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """One value as the device reports it."""

    value_type: str
    raw: int
    value: float
    unit: str
    quality: str = "good"


def device_of(sensor_type: str) -> str:
    """Return the I2C device behind a configured type, or an empty string."""
    return next((device for device in DEVICES if device in sensor_type), "")


def value_types(sensor_type: str) -> tuple[str, ...]:
    """Return the value types a configured type publishes: a multi-value device gives all of them."""
    return DEVICES.get(device_of(sensor_type)) or (SYNONYMS.get(sensor_type, sensor_type),)


def quantity_of(value_type: str) -> str:
    """Return the physical quantity behind a value type."""
    if value_type == "ds18b20":
        return "temperature"
    chip, _, word = value_type.partition("_")
    return QUANTITIES.get(word, value_type) if chip in DEVICES else value_type


def dallas_checksum(code: bytes) -> int:
    """Return the checksum of OneWire bytes; over a whole intact address it is 0."""
    crc = 0
    for byte in code:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x8C if crc & 1 else 0)
    return crc


def bus_reading(value_type: str, physical: float) -> Reading:
    """Return what an I2C sensor reports; BMP and BME words are not compensated and their values mean nothing."""
    match value_type:
        case "sht31_temp":
            raw = _word((physical + 45) / 175 * 65535)
            return Reading(value_type=value_type, raw=raw, value=-45 + 175 * raw / 65535, unit="°C")
        case "sht31_humidity":
            raw = _word(physical / 100 * 65535)
            return Reading(value_type=value_type, raw=raw, value=100 * raw / 65535, unit="%")
        case "bmp280_pressure" | "bme280_pressure":
            raw = int(415_148 - (physical - 1006.5) * 155) << 4
            return Reading(value_type=value_type, raw=raw, value=raw / 100, unit="hPa")
        case "bme280_humidity":
            raw = _word(21_000 + physical * 160)
            return Reading(value_type=value_type, raw=raw, value=raw / 1024, unit="%")
        case _:
            raw = int(519_888 + (physical - 25.08) * 3200) << 4
            return Reading(value_type=value_type, raw=raw, value=raw / 100, unit="°C")


def onewire_reading(raw: int) -> Reading:
    """Return what a DS18B20 reports."""
    return Reading(value_type="ds18b20", raw=raw, value=raw * 0.0625, unit="°C")


def analog_reading(value_type: str, raw: int) -> Reading:
    """Return what an analog pin reports; near the rails it is suspect."""
    quality = "good" if RAIL_LOW <= raw <= RAIL_HIGH else "suspect"
    return Reading(value_type=value_type, raw=raw, value=float(raw), unit="raw", quality=quality)


def analog_word(value_type: str, physical: float) -> int:
    """Return the ADC word for a physical value."""
    match value_type:
        case "ph":
            word = (1.5 + (7 - physical) / 3.5) / ADC_VOLTS * ADC_TOP
        case "ec":
            word = physical / 6060 / ADC_VOLTS * ADC_TOP
        case "moisture":
            word = MOISTURE_DRY + (MOISTURE_WET - MOISTURE_DRY) * physical / 100
        case _:
            word = physical
    return round(min(ADC_TOP, max(0, word)))


def _word(value: float) -> int:
    return round(min(65535, max(0, value)))

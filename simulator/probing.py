"""Reaching for a sensor: bus addresses, pins, and everything that can be wrong with them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from .chip import Chip
from .nvs import SensorConfig
from .raw_words import (
    DEFAULT_ADDRESS,
    DS18B20_FAULT,
    DS18B20_POWER_ON,
    Reading,
    analog_reading,
    analog_word,
    bus_reading,
    device_of,
    onewire_reading,
    quantity_of,
    value_types,
)
from .states import Severity
from .wiring import WiredSensor

NOISE = {"temperature": 0.03, "humidity": 0.15, "pressure": 0.05, "moisture": 0.12, "ph": 0.01, "ec": 4.0}

type Physical = Callable[[str, str], float | None]


class ReadFailure(Exception):
    """A sensor gave no value; the code is the firmware's."""

    def __init__(self, code: int, message: str, severity: Severity = Severity.ERROR) -> None:
        """Keep what the error report needs."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.severity = severity


@dataclass(slots=True)
class Probe:
    """Reads what is physically connected."""

    chip: Chip
    wired: Iterable[WiredSensor]
    physical: Physical
    complain: Callable[[int, Severity, str], None]
    broken: dict[str, set[str]] = field(default_factory=dict)
    frozen: dict[tuple[str, str], float] = field(default_factory=dict)
    converted: set[str] = field(default_factory=set)

    def rom_codes(self, pin: int) -> list[str]:
        """Return the OneWire devices that answer on a pin."""
        return [
            wired.onewire_address
            for wired in self.wired
            if wired.onewire_address and wired.gpio == pin and not self._has(wired, "unplugged")
        ]

    def read(self, config: SensorConfig, bus_address: int) -> list[Reading]:
        """Return all values of a configured sensor."""
        if device_of(config.sensor_type):
            return self._read_bus(config, bus_address)
        if config.onewire_address:
            return [self._read_onewire(config)]
        return [self._read_analog(config)]

    def _has(self, wired: WiredSensor, fault: str) -> bool:
        return fault in self.broken.get(wired.name, ())

    def _value(self, wired: WiredSensor, value_type: str) -> float:
        quantity = quantity_of(value_type)
        value = self.physical(wired.feeds, quantity)
        value = 0.0 if value is None else value
        if self._has(wired, "stuck"):
            return self.frozen.setdefault((wired.name, value_type), value)
        self.frozen.pop((wired.name, value_type), None)
        noise = NOISE.get(quantity, 0.0) * (40 if self._has(wired, "noisy") else 1)
        return value + self.chip.rng.gauss(0.0, noise)

    def _read_bus(self, config: SensorConfig, address: int) -> list[Reading]:
        device = device_of(config.sensor_type)
        for wired in self.wired:
            if device_of(wired.sensor_type) == device and (wired.i2c_address or DEFAULT_ADDRESS[device]) == address:
                if self._has(wired, "unplugged"):
                    raise ReadFailure(1007, f"I2C timeout at 0x{address:02X}")
                if self._has(wired, "corrupt"):
                    raise ReadFailure(1009, f"I2C CRC failed at 0x{address:02X}", Severity.WARNING)
                return [bus_reading(kind, self._value(wired, kind)) for kind in value_types(config.sensor_type)]
        raise ReadFailure(1011, f"I2C device not found at 0x{address:02X}")

    def _read_onewire(self, config: SensorConfig) -> Reading:
        raw = self._onewire_word(config)
        first = config.onewire_address not in self.converted
        self.converted.add(config.onewire_address)
        if raw == DS18B20_FAULT:
            raise ReadFailure(1060, f"DS18B20 fault (-127°C) on GPIO {config.gpio}")
        if raw == DS18B20_POWER_ON and first:
            self.complain(1061, Severity.WARNING, f"DS18B20 power-on value (85°C) on GPIO {config.gpio}")
            raw = self._onewire_word(config)
        return onewire_reading(raw)

    def _onewire_word(self, config: SensorConfig) -> int:
        for wired in self.wired:
            if wired.onewire_address == config.onewire_address and wired.gpio == config.gpio:
                if self._has(wired, "unplugged"):
                    return DS18B20_FAULT
                if self._has(wired, "power_on"):
                    return DS18B20_POWER_ON
                return round(self._value(wired, "ds18b20") * 16)
        return DS18B20_FAULT

    def _read_analog(self, config: SensorConfig) -> Reading:
        value_type = value_types(config.sensor_type)[0]
        return analog_reading(value_type, self._analog_word(config.gpio, value_type))

    def _analog_word(self, gpio: int, value_type: str) -> int:
        if gpio in self.chip.pulled_up:
            return 4095
        if gpio not in self.chip.board.adc1:
            # The second converter is dead while WiFi is on.
            return 0
        for wired in self.wired:
            if wired.gpio == gpio and not self._has(wired, "unplugged"):
                return analog_word(value_type, self._value(wired, value_type))
        return self.chip.rng.randrange(60)

"""Setting sensors up from a config push, item by item."""

from dataclasses import dataclass

from .arduino import integer_or
from .boards import I2C_PSEUDO_PINS, PinTable
from .chip import Chip
from .config_answers import ConfigAnswers
from .config_items import ItemError, sensor_item
from .nvs import SensorConfig
from .raw_words import dallas_checksum, device_of
from .sensors import SensorBank, SensorSlot
from .states import Severity
from .wire import Json

ROM_DIGITS = 16
BUS = "OneWireBus"


@dataclass(slots=True)
class SensorSetup:
    """Adds, changes and removes sensors."""

    chip: Chip
    sensors: SensorBank
    pins: PinTable
    answers: ConfigAnswers

    def apply(self, items: list[Json], correlation: str) -> bool:
        """Follow the sensor scope of a push and report it; good items stay although others failed."""
        if not items:
            self.answers.success("sensor", 0, "No sensors configured", correlation)
            return True
        failures: list[tuple[int, ItemError]] = []
        for item in items:
            try:
                self._apply_sensor(item)
            except ItemError as error:
                failures.append((integer_or(item, "gpio"), error))
        self.chip.nvs.sensors = [slot.config for slot in self.sensors.slots]
        self.answers.sensors(len(items) - len(failures), failures, correlation)
        return len(failures) < len(items)

    def _apply_sensor(self, item: Json) -> None:
        config, active = sensor_item(item)
        slot = next((slot for slot in self.sensors.slots if _same_place(slot.config, config)), None)
        if not active:
            if slot is not None:
                self._remove_sensor(slot)
            return
        if slot is None:
            self._check_before_adding(config)
            self._claim(config)
            self.sensors.slots.append(SensorSlot(config))
            return
        if slot.config != config:
            slot.config = config
        slot.failures, slot.open_until = 0, 0.0

    def _check_before_adding(self, config: SensorConfig) -> None:
        if len(self.sensors.slots) >= self.chip.board.max_sensors:
            raise ItemError("CONFIG_FAILED", "Sensor slots exhausted")
        if config.sensor_type.endswith("ds18b20"):
            self._check_rom(config)
        elif device_of(config.sensor_type) and config.gpio not in I2C_PSEUDO_PINS:
            raise ItemError("VALIDATION_FAILED", f"GPIO {config.gpio} is not an I2C pin")

    def _check_rom(self, config: SensorConfig) -> None:
        rom = config.onewire_address
        if not rom:
            raise ItemError("MISSING_FIELD", "onewire_address is required for DS18B20")
        code = _rom_problem(rom)
        if code:
            self.sensors.health.track(code, Severity.ERROR, f"ROM code invalid: {rom}")
            raise ItemError("CONFIG_FAILED", f"ROM code invalid: {rom}")
        if dallas_checksum(bytes.fromhex(rom)):
            self.sensors.health.track(1025, Severity.WARNING, f"ROM CRC invalid: {rom}")
        if any(slot.config.onewire_address == rom for slot in self.sensors.slots):
            self.sensors.health.track(1029, Severity.ERROR, f"ROM code already configured: {rom}")
            raise ItemError("CONFIG_FAILED", f"ROM code already configured: {rom}")
        if rom not in self.sensors.probe.rom_codes(config.gpio):
            self.sensors.health.track(1026, Severity.ERROR, "OneWire device not found on bus")
            raise ItemError("CONFIG_FAILED", "DS18B20 not found on bus")

    def _claim(self, config: SensorConfig) -> None:
        if device_of(config.sensor_type):
            return
        onewire = bool(config.onewire_address)
        component = BUS if onewire else config.name
        refusal = self.pins.conflict(config.gpio, "sensor", component)
        if refusal is None and onewire:
            refusal = self._bus_refusal(config.gpio)
        if refusal is not None:
            self.sensors.health.track(1002, Severity.ERROR, "GPIO conflict for sensor")
            raise ItemError("GPIO_CONFLICT", refusal)
        self.pins.claim(config.gpio, "sensor", component)

    def _bus_refusal(self, gpio: int) -> str | None:
        if gpio in self.chip.board.input_only:
            return f"GPIO {gpio} is input only"
        other = next((pin for pin, owner in self.pins.owners.items() if owner == ("sensor", BUS)), gpio)
        return None if other == gpio else f"OneWire bus already active on GPIO {other}"

    def _remove_sensor(self, slot: SensorSlot) -> None:
        self.sensors.slots.remove(slot)
        gpio = slot.config.gpio
        still_used = any(other.config.gpio == gpio and other.config.onewire_address for other in self.sensors.slots)
        if not device_of(slot.config.sensor_type) and not still_used:
            self.pins.release(gpio)

    def claim_restored(self, config: SensorConfig) -> None:
        """Take the pin of a sensor that came back after a boot."""
        if not device_of(config.sensor_type):
            self.pins.claim(config.gpio, "sensor", BUS if config.onewire_address else config.name)


def _same_place(one: SensorConfig, other: SensorConfig) -> bool:
    if one.gpio != other.gpio or device_of(one.sensor_type) != device_of(other.sensor_type):
        return False
    return (one.onewire_address, one.i2c_address) == (other.onewire_address, other.i2c_address)


def _rom_problem(rom: str) -> int:
    if len(rom) != ROM_DIGITS:
        return 1023
    return 0 if all(digit in "0123456789ABCDEF" for digit in rom) else 1024

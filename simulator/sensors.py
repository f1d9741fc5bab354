"""The sensor table: sampling, publishing and measuring on demand."""

from dataclasses import dataclass, field
import math

from .chip import Chip
from .health import Health
from .nvs import SensorConfig
from .outbound import Outbound
from .probing import Probe, ReadFailure
from .raw_words import Reading, device_of
from .wire import Fixed, Json, concatenated

FAILURES_TO_OPEN = 10
PROBE_SECONDS = 300.0
CACHE_SECONDS = 300.0
CACHE_ENTRIES = 20


@dataclass(slots=True)
class SensorSlot:
    """One configured sensor and its circuit breaker."""

    config: SensorConfig
    measured_at: float = -math.inf
    failures: int = 0
    open_until: float = -math.inf


@dataclass(frozen=True, slots=True)
class Measurement:
    """The result of one attempt."""

    readings: tuple[Reading, ...] = ()
    published: bool = False


@dataclass(slots=True)
class SensorBank:
    """All sensors of one device."""

    chip: Chip
    out: Outbound
    health: Health
    probe: Probe
    slots: list[SensorSlot] = field(default_factory=list)
    cache: dict[tuple[int, str], tuple[float, float]] = field(default_factory=dict)

    def restore(self) -> None:
        """Bring back the stored sensors."""
        self.slots = [SensorSlot(config) for config in self.chip.nvs.restored_sensors()]
        self.cache.clear()
        self.probe.converted.clear()

    def at(self, gpio: int) -> SensorSlot | None:
        """Return the first sensor on a pin, which is all a command can reach."""
        return next((slot for slot in self.slots if slot.config.gpio == gpio), None)

    def tick(self) -> None:
        """Measure what is due; only continuous sensors measure by themselves."""
        now = self.chip.now
        for slot in self.slots:
            config = slot.config
            due = config.operating_mode == "continuous" and now - slot.measured_at >= config.interval
            if due and now >= slot.open_until:
                self.measure(slot)

    def measure(self, slot: SensorSlot) -> Measurement:
        """Read a sensor and publish all its values."""
        slot.measured_at = self.chip.now
        try:
            readings = self.probe.read(slot.config, self._bus_address(slot.config))
        except ReadFailure as failure:
            self.health.track(failure.code, failure.severity, failure.message)
            slot.failures += 1
            if slot.failures >= FAILURES_TO_OPEN:
                slot.open_until = self.chip.now + PROBE_SECONDS
            return Measurement()
        slot.failures = 0
        slot.open_until = -math.inf
        published = [self._publish(slot.config, reading) for reading in readings]
        return Measurement(tuple(readings), all(published))

    def _bus_address(self, config: SensorConfig) -> int:
        """Return the address the firmware uses: that of the first I2C sensor on the same pin."""
        for slot in self.slots:
            if device_of(slot.config.sensor_type) and slot.config.gpio == config.gpio:
                return slot.config.i2c_address
        return 0

    def _publish(self, config: SensorConfig, reading: Reading) -> bool:
        self._remember(config.gpio, reading)
        payload: Json = {
            "esp_id": self.chip.esp_id,
            "seq": self.chip.next_sequence(),
            "zone_id": self.chip.nvs.zone_id,
            "subzone_id": config.subzone_id,
            "gpio": config.gpio,
            "sensor_type": reading.value_type,
            "raw": reading.raw,
            "value": Fixed(reading.value, 2),
            "unit": reading.unit,
            "quality": reading.quality,
            "ts": self.chip.unix,
            "time_valid": self.chip.synced,
            "raw_mode": True,
        }
        if config.onewire_address:
            payload["onewire_address"] = config.onewire_address
        if device_of(config.sensor_type):
            payload["i2c_address"] = self._bus_address(config)
        return self.out.send(f"sensor/{config.gpio}/data", concatenated(payload), 1)

    def _remember(self, gpio: int, reading: Reading) -> None:
        if (gpio, reading.value_type) in self.cache or len(self.cache) < CACHE_ENTRIES:
            self.cache[gpio, reading.value_type] = (reading.value, self.chip.now)

    def cached(self, gpio: int, value_type: str) -> float:
        """Return the last value for offline rules, NaN when there is none or it is stale."""
        value, at = self.cache.get((gpio, value_type), (math.nan, -math.inf))
        return value if self.chip.now - at <= CACHE_SECONDS else math.nan

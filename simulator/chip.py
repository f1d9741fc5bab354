"""The chip itself: identity, clock, memory and counters, shared by every part of the firmware."""

from collections import Counter
from dataclasses import dataclass, field
import random

from .boards import Board
from .nvs import Nvs
from .states import ResetReason, SystemState

PLAUSIBLE_CLOCK = 1_577_836_800
HEAP_AT_REST = 208_000
HEAP_PER_SENSOR = 1_150
HEAP_PER_ACTUATOR = 1_600


@dataclass(kw_only=True, slots=True)
class Chip:
    """Everything that belongs to the chip and not to one task on it."""

    esp_id: str
    board: Board
    nvs: Nvs
    rng: random.Random
    ntp: bool = True
    origin: float = 0.0
    clock_rate: float = 1.0
    rssi: int = -58
    now: float = 0.0
    booted_at: float = 0.0
    reset_reason: ResetReason = ResetReason.POWERON
    state: SystemState = SystemState.BOOT
    state_at_boot: SystemState = SystemState.BOOT
    boot_sequence_id: str = ""
    segment_start: int = 0
    clock_offset: float | None = None
    kaiser_id: str = "god"
    sequence: int = 0
    generated_ids: int = 0
    safety_epoch: int = 1
    counters: Counter[str] = field(default_factory=Counter)
    pulled_up: set[int] = field(default_factory=set)

    def boot(self, now: float, reason: ResetReason) -> None:
        """Start again: everything that is not stored is forgotten."""
        self.now = self.booted_at = now
        self.reset_reason = reason
        self.nvs.boot_count += 1
        self.boot_sequence_id = f"{self.esp_id}-b{self.nvs.boot_count}-r{reason.value}"
        self.state_at_boot = self.nvs.saved_state
        self.segment_start = 0
        self.clock_offset = 0.0 if self.ntp else None
        self.kaiser_id = self.nvs.kaiser_id
        self.sequence = self.generated_ids = 0
        self.safety_epoch = 1
        self.counters.clear()
        self.pulled_up = {pin for zone in self.nvs.subzones if zone.safe_mode for pin in zone.gpios}

    @property
    def millis(self) -> int:
        """Return milliseconds since boot."""
        return max(0, round((self.now - self.booted_at) * 1000))

    @property
    def uptime(self) -> int:
        """Return whole seconds since boot."""
        return self.millis // 1000

    @property
    def wall(self) -> float:
        """Return Unix time as the world outside has it."""
        return self.origin + (self.now - self.origin) / self.clock_rate

    @property
    def synced(self) -> bool:
        """Return whether the device knows the time."""
        return self.clock_offset is not None and self.unix >= PLAUSIBLE_CLOCK

    @property
    def unix(self) -> int:
        """Return Unix seconds, 0 while the clock is not set."""
        if self.clock_offset is None:
            return 0
        seconds = int(self.wall + self.clock_offset)
        return seconds if seconds >= PLAUSIBLE_CLOCK else 0

    def seed_clock(self, server_time: int) -> None:
        """Take the server's time when the network gave none."""
        if self.clock_offset is None and server_time >= PLAUSIBLE_CLOCK:
            self.clock_offset = server_time - self.wall

    def start_segment(self) -> None:
        """Note when this boot first knew the time."""
        if not self.segment_start:
            self.segment_start = self.unix

    def next_sequence(self) -> int:
        """Return the next message number; numbers are spent even when the message is lost."""
        self.sequence += 1
        return self.sequence

    def generated_id(self) -> str:
        """Return a correlation id the device invents when none came."""
        self.generated_ids += 1
        return f"fw_{self.esp_id}_{self.millis}_{self.generated_ids}"

    def heap_free(self, sensors: int, actuators: int) -> int:
        """Return free memory as a plausible number."""
        return HEAP_AT_REST - sensors * HEAP_PER_SENSOR - actuators * HEAP_PER_ACTUATOR - self.rng.randrange(2_000)

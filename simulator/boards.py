"""Boards: which pins exist, what they can do, and who owns them."""

from dataclasses import dataclass, field

I2C_PSEUDO_PINS = frozenset({0, 21})
NO_PIN = 255


@dataclass(frozen=True, kw_only=True, slots=True)
class Board:
    """Capabilities of one build of the firmware."""

    name: str
    reserved: frozenset[int] = frozenset({0, 1, 2, 3, 12, 13})
    usable: frozenset[int] = frozenset({4, 5, *range(14, 20), 21, 22, 23, 25, 26, 27, *range(32, 37), 39})
    input_only: frozenset[int] = frozenset({34, 35, 36, 39})
    adc1: frozenset[int] = frozenset({*range(32, 37), 39})
    bus_pins: frozenset[int] = frozenset({21, 22})
    onewire_pin: int = 4
    max_sensors: int = 20
    max_actuators: int = 12
    pwm_channels: int = 16
    token_required: bool = False
    native_client: bool = True
    packet_limit: int = 8192

    @property
    def splits_metrics(self) -> bool:
        """Return whether counters travel apart from the heartbeat."""
        return self.native_client


BOARDS = {
    board.name: board
    for board in (
        Board(name="esp32_dev"),
        Board(name="esp32_prod", token_required=True),
        # The XIAO build misses its own pin table and runs with the one of the ESP32 development board.
        Board(name="xiao_esp32c3", native_client=False, packet_limit=2048),
    )
}


@dataclass(slots=True)
class PinTable:
    """Owners of the pins of one device."""

    board: Board
    owners: dict[int, tuple[str, str]] = field(default_factory=dict)

    def conflict(self, pin: int, kind: str, component: str) -> str | None:
        """Return why a pin cannot be claimed, or None."""
        if pin in self.board.reserved or pin in self.board.bus_pins or pin not in self.board.usable:
            return f"GPIO {pin} is reserved"
        owner = self.owners.get(pin)
        if owner is not None and owner != (kind, component):
            return f"GPIO {pin} already used by {owner[0]} ({owner[1]})"
        return None

    def claim(self, pin: int, kind: str, component: str) -> None:
        """Take a pin."""
        self.owners[pin] = (kind, component)

    def release(self, pin: int) -> None:
        """Give a pin back."""
        self.owners.pop(pin, None)

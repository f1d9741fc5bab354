"""Which pins a board has and what they may be used for (the stricter of firmware and former server)."""

from enum import StrEnum

from msgspec import Struct


class Board(StrEnum):
    """The boards that the firmware is built for."""

    ESP32_DEV = "esp32_dev"
    XIAO_ESP32C3 = "xiao_esp32c3"


class Pins(Struct, frozen=True, kw_only=True):
    """The pin map of one board."""

    usable: frozenset[int]
    input_only: frozenset[int]
    analog: frozenset[int]
    i2c: frozenset[int]
    max_sensors: int
    max_actuators: int


PINS: dict[Board, Pins] = {
    Board.ESP32_DEV: Pins(
        usable=frozenset({4, 5, 14, 15, 16, 17, 18, 19, 21, 22, 23, 25, 26, 27, 32, 33, 34, 35, 36, 39}),
        input_only=frozenset({34, 35, 36, 39}),
        analog=frozenset({32, 33, 34, 35, 36, 39}),
        i2c=frozenset({21, 22}),
        max_sensors=20,
        max_actuators=12,
    ),
    Board.XIAO_ESP32C3: Pins(
        usable=frozenset({2, 4, 5, 6, 7, 8, 9, 10, 21}),
        input_only=frozenset(),
        analog=frozenset({2, 3, 4}),
        i2c=frozenset({4, 5}),
        max_sensors=10,
        max_actuators=6,
    ),
}

# The pseudo pins under which I2C chips are configured; they belong to the bus, not to one sensor.
I2C_PSEUDO_PINS = frozenset({0, 21})
NO_PIN = 255

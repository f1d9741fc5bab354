"""A rule in the small form that a device can follow by itself while nobody answers it (protocol 2.22 and 4.7)."""

from msgspec import Struct

# A device has room for so many.
MOST_OFFLINE_RULES = 8
NO_SENSOR = 255
WINDOW_ON = "__twindow_on"


class OfflineWindow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hours in minutes after midnight, the end excluded; of ``days`` bit 0 is Sunday. The device knows two zones."""

    start: int
    end: int
    days: int = 0x7F
    zone: str = "UTC"


class OfflineRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one output does: on below one value and off above another, or the other way round, within its hours.

    The pair that is not used is nothing and nothing; a rule without a sensor is on within its hours.
    """

    gpio: int
    sensor_gpio: int = NO_SENSOR
    value_type: str = WINDOW_ON
    on_below: float = 0.0
    off_above: float = 0.0
    on_above: float = 0.0
    off_below: float = 0.0
    window: OfflineWindow | None = None

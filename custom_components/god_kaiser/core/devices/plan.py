"""What a person has decided about a device: which channels it has and how they behave."""

from msgspec import UNSET, Struct, UnsetType

from ..ids import DeviceId
from .boards import Board
from .calibration import Calibration
from .model import ActuatorKind, Appearance, Load, SamplingMode
from .offline_rule import OfflineRule

DEFAULT_MAX_RUNTIME = 3600
DEFAULT_INTERVAL = 30
INTERVALS = range(1, 301)


class SensorPlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One sensor as it is configured; a chip may publish several values."""

    gpio: int
    sensor_type: str
    name: str
    onewire_address: str = ""
    i2c_address: int = 0
    mode: SamplingMode = SamplingMode.CONTINUOUS
    interval: int = DEFAULT_INTERVAL
    calibrations: dict[str, Calibration] = {}


class ActuatorPlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One actuator as it is configured; without a load it has the one that its kind and appearance suggest."""

    gpio: int
    kind: ActuatorKind
    name: str
    appears_as: Appearance
    load: Load | UnsetType = UNSET
    aux_gpio: int = 255
    inverted: bool = False
    default_on: bool = False
    max_runtime: int = DEFAULT_MAX_RUNTIME


class DevicePlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An approved device and everything it should know.

    ``rules`` is what it should do while nobody answers it. A person plans none: they follow from the rules of the house,
    and in what a device has confirmed None says that nobody knows which it has.
    """

    device: DeviceId
    name: str
    board: Board = Board.ESP32_DEV
    sensors: tuple[SensorPlan, ...] = ()
    actuators: tuple[ActuatorPlan, ...] = ()
    rules: tuple[OfflineRule, ...] | UnsetType | None = UNSET

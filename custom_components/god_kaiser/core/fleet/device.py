"""One ESP32 with everything that is known about it."""

from msgspec import Struct, field

from ..devices.model import ActuatorChannel, DeviceError, SensorChannel, Vitals
from ..devices.plan import DevicePlan
from ..facts import FoundProbe
from ..ids import ChannelId, DeviceId
from .session import Link

# What a reading says about where it comes from: pin, type and bus address.
type Route = tuple[int, str, str]


class Device(Struct, kw_only=True):
    """The mutable record of one device; only the fleet and the engine write to it."""

    id: DeviceId
    plan: DevicePlan | None = None
    link: Link = field(default_factory=Link)
    vitals: Vitals = field(default_factory=Vitals)
    sensors: dict[ChannelId, SensorChannel] = {}
    actuators: dict[ChannelId, ActuatorChannel] = {}
    routes: dict[Route, SensorChannel] = {}
    last_error: DeviceError | None = None
    system_state: str = ""
    config_pending: bool = False
    under_pressure: bool = False
    counters: dict[str, int] = {}
    firmware: str = ""
    probes: tuple[FoundProbe, ...] = ()

    @property
    def is_approved(self) -> bool:
        """Tell whether a person has accepted this device."""
        return self.plan is not None

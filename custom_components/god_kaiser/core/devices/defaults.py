"""What a sensor or an actuator gets when it is added and nobody says otherwise."""

from msgspec import Struct

from .actuator_types import ACTUATOR_TYPES
from .model import ActuatorKind
from .plan import DEFAULT_MAX_RUNTIME
from .sensor_types import type_of, values_of


class ChannelDefaults(Struct, frozen=True, kw_only=True):
    """The wish of a hub for channels that are added from now on; without an interval each sensor type has its own."""

    max_runtime: int = DEFAULT_MAX_RUNTIME
    interval: int | None = None

    def max_runtime_of(self, kind: ActuatorKind) -> int:
        """Return the longest run of a new actuator; the ceiling of its kind always wins."""
        return min(self.max_runtime, ACTUATOR_TYPES[kind].max_runtime_ceiling)

    def interval_of(self, sensor_type: str) -> int:
        """Return the time between two readings of a new sensor."""
        return self.interval or type_of(values_of(sensor_type)[0]).interval

"""At which values of a sensor people want to be called, and when that is over again."""

from itertools import pairwise
from math import isfinite
from typing import Final

from msgspec import Struct

from ..errors import DefinitionError
from ..ids import ChannelId
from .kinds import AlarmKind

LONGEST_DELAY: Final = 86_400
# From the lowest to the highest.
BOUNDS: Final = {
    "low_low": AlarmKind.SENSOR_LOW_LOW,
    "low": AlarmKind.SENSOR_LOW,
    "high": AlarmKind.SENSOR_HIGH,
    "high_high": AlarmKind.SENSOR_HIGH_HIGH,
}
_BELOW: Final = frozenset({AlarmKind.SENSOR_LOW_LOW, AlarmKind.SENSOR_LOW})


class AlarmLimits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The limits of one sensor.

    An alarm that was raised is over only when the value is back inside by the dead band; either must have lasted for its
    delay in seconds.
    """

    channel: ChannelId
    low_low: float | None = None
    low: float | None = None
    high: float | None = None
    high_high: float | None = None
    dead_band: float = 0.0
    on_delay: int = 0
    off_delay: int = 0

    def bounds(self) -> dict[AlarmKind, float]:
        """Return what is laid down, from the lowest to the highest."""
        given = (self.low_low, self.low, self.high, self.high_high)
        return {kind: bound for kind, bound in zip(BOUNDS.values(), given, strict=True) if bound is not None}

    def crossed(self, value: float, before: frozenset[AlarmKind]) -> frozenset[AlarmKind]:
        """Return which bounds a value has crossed; one that was crossed stays so within the dead band."""
        return frozenset(
            kind for kind, bound in self.bounds().items() if self._is_over(kind, value, bound, kind in before)
        )

    def _is_over(self, kind: AlarmKind, value: float, bound: float, was_over: bool) -> bool:
        beyond = bound - value if kind in _BELOW else value - bound
        return beyond > -self.dead_band if was_over and self.dead_band else beyond > 0


def checked(limits: AlarmLimits) -> AlarmLimits:
    """Return limits that can be kept to, or say what is wrong with them."""
    bounds = list(limits.bounds().values())
    if not all(isfinite(number) for number in (*bounds, limits.dead_band)):
        raise DefinitionError("alarm_limits_not_finite")
    if any(lower >= higher for lower, higher in pairwise(bounds)):
        raise DefinitionError("alarm_limits_crossed")
    if limits.dead_band < 0 or _overlaps(limits):
        raise DefinitionError("alarm_dead_band_too_wide")
    if not all(0 <= delay <= LONGEST_DELAY for delay in (limits.on_delay, limits.off_delay)):
        raise DefinitionError("alarm_delay_out_of_range", limit=LONGEST_DELAY)
    return limits


def _overlaps(limits: AlarmLimits) -> bool:
    """Tell whether a value could be kept too low and too high at the same time."""
    lowest = max((bound for bound in (limits.low_low, limits.low) if bound is not None), default=None)
    highest = min((bound for bound in (limits.high, limits.high_high) if bound is not None), default=None)
    return lowest is not None and highest is not None and 2 * limits.dead_band >= highest - lowest

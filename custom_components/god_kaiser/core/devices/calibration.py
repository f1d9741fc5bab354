"""From a measured quantity to a physical value; each method owns both its fit and its use."""

from collections.abc import Sequence
from math import fsum, isfinite
from typing import Self

from msgspec import Struct

from ..errors import DefinitionError


class Linear(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="linear"):
    """A straight line through reference solutions, per volt (never per count)."""

    slope: float
    offset: float

    def __post_init__(self) -> None:
        """Refuse a line that would flatten or lose every value."""
        if not (isfinite(self.slope) and isfinite(self.offset)):
            raise ValueError("slope and offset must be finite")
        if self.slope == 0:
            raise ValueError("slope must not be zero")

    @classmethod
    def fit(cls, points: Sequence[tuple[float, float]]) -> Self:
        """Return the best line through (volts, reference) points; two points fix it exactly."""
        try:
            mean_volts = fsum(volts for volts, _ in points) / len(points)
            mean_reference = fsum(reference for _, reference in points) / len(points)
            spread = fsum((volts - mean_volts) ** 2 for volts, _ in points)
            slope = fsum((volts - mean_volts) * (reference - mean_reference) for volts, reference in points) / spread
            return cls(slope=slope, offset=mean_reference - slope * mean_volts)
        except (ArithmeticError, ValueError) as error:
            raise DefinitionError("calibration_impossible") from error

    def apply(self, volts: float) -> float:
        """Return the value that belongs to a voltage."""
        return self.slope * volts + self.offset


class DryWet(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="dry_wet"):
    """Moisture between two raw words that carry their role, so their order cannot invert the scale."""

    dry: float
    wet: float

    def __post_init__(self) -> None:
        """Refuse ends that leave nothing in between."""
        if not isfinite(self.dry - self.wet):
            raise ValueError("dry and wet must be finite")
        if self.dry == self.wet:
            raise ValueError("dry and wet must differ")

    @classmethod
    def fit(cls, *, dry: float, wet: float) -> Self:
        """Return the scale between the raw words of dry and of wet soil."""
        try:
            return cls(dry=dry, wet=wet)
        except ValueError as error:
            raise DefinitionError("calibration_impossible") from error

    def apply(self, raw: float) -> float:
        """Return the percentage that belongs to a raw word; beyond the ends it leaves 0…100."""
        return (raw - self.dry) / (self.wet - self.dry) * 100.0


class Offset(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="offset"):
    """A constant correction in the unit of the sensor."""

    offset: float

    def __post_init__(self) -> None:
        """Refuse a correction that would lose every value."""
        if not isfinite(self.offset):
            raise ValueError("offset must be finite")

    @classmethod
    def fit(cls, *, measured: float, reference: float) -> Self:
        """Return the correction that turns a measured value into its reference."""
        try:
            return cls(offset=reference - measured)
        except ValueError as error:
            raise DefinitionError("calibration_impossible") from error

    def apply(self, value: float) -> float:
        """Return the corrected value."""
        return value + self.offset


type Calibration = Linear | DryWet | Offset

_FITTING: dict[str, type[Linear | DryWet] | None] = {
    "ph": Linear,
    "ec": Linear,
    "moisture": DryWet,
    # Computed from calibrated values, so nothing is left to calibrate.
    "vpd": None,
}


def fits(calibration: Calibration, sensor_type: str) -> bool:
    """Tell whether a calibration belongs to a value type, named in its one spelling."""
    return type(calibration) is _FITTING.get(sensor_type, Offset)

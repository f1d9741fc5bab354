"""An output that depends on a measured value runs only while the value is known, fresh and in range."""

from math import ceil
from typing import ClassVar

from msgspec import Struct

from ...devices.model import DOUBTFUL
from ...ids import ChannelId
from ...instant import Instant
from ...requests import CommandRequest
from ..objections import Ground, Objection
from ..view import SafetyView
from .bounds import LONGEST, MOST, check_number, check_order

_JUST_AFTER = 0.001


class FreshSensor(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="fresh_sensor"):
    """Needs a reading that is no older than ``max_age`` seconds and lies between ``low`` and ``high``."""

    is_lasting: ClassVar[bool] = True

    sensor: ChannelId
    max_age: int = 300
    low: float | None = None
    high: float | None = None

    @property
    def sources(self) -> tuple[ChannelId, ...]:
        """Return the channels whose change matters."""
        return (self.sensor,)

    def check(self) -> None:
        """Refuse an age that no reading has, and a range that no value lies in."""
        check_number("max_age", self.max_age, 1, LONGEST)
        check_number("low", self.low, -MOST, MOST)
        check_number("high", self.high, -MOST, MOST)
        check_order("low", self.low, self.high, apart=True)

    def objection(self, _request: CommandRequest, view: SafetyView, now: Instant) -> Objection | None:
        """Object with the value and its age: what is not known is never good enough."""
        reading = view.fleet.fresh_reading(self.sensor, now)
        value = reading.value if reading is not None and reading.quality not in DOUBTFUL else None
        if reading is None or value is None or now.monotonic - reading.at.monotonic > self.max_age:
            return Objection(ground=Ground.SENSOR_UNKNOWN, details=self._age(view, now))
        is_enough = self.low is None or value >= self.low
        if is_enough and (self.high is None or value <= self.high):
            return None
        details: dict[str, str | int | float] = {
            "sensor": self.sensor,
            "value": value,
            "low": "" if self.low is None else self.low,
            "high": "" if self.high is None else self.high,
        }
        return Objection(ground=Ground.SENSOR_OUT_OF_RANGE, details=details)

    def looks_again_at(self, _channel: ChannelId, view: SafetyView, now: Instant) -> float | None:
        """Return when the reading becomes too old."""
        reading = view.fleet.fresh_reading(self.sensor, now)
        return None if reading is None else reading.at.monotonic + self.max_age + _JUST_AFTER

    def _age(self, view: SafetyView, now: Instant) -> dict[str, str | int | float]:
        """Return how old the last word of the sensor is, and how old it may be."""
        last, sensor = view.fleet.reading(self.sensor), view.fleet.sensor(self.sensor)
        return {
            "sensor": self.sensor,
            "age": "" if last is None else ceil(now.monotonic - last.at.monotonic),
            "limit": self.max_age if sensor is None else round(min(self.max_age, sensor.fresh_for)),
            "quality": "" if last is None else last.quality.value,
        }

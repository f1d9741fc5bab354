"""A house of which rules ask: two devices, a memory, and a clock that only the test moves."""

from datetime import UTC, date, datetime, tzinfo
from typing import Any

import msgspec

from custom_components.god_kaiser.core.conditions import Condition, check_condition
from custom_components.god_kaiser.core.conditions.view import SunEvent
from custom_components.god_kaiser.core.devices.model import Quality
from custom_components.god_kaiser.core.errors import DefinitionError
from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.instant import Instant
from custom_components.god_kaiser.core.rules.rulebook import named
from custom_components.god_kaiser.core.rules.state import RuleState
from custom_components.god_kaiser.core.truth import Truth
from tests.builders import ESP, ROM, EngineBench, a_plan, a_reading, a_sensor

TRUE, FALSE, UNKNOWN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
OTHER = "ESP_OTHER001"
SOIL = ChannelId(f"{ESP}/sensor/34/moisture")
AIR = ChannelId(f"{ESP}/sensor/4/ds18b20/{ROM}")
AIR_OUTSIDE = ChannelId(f"{OTHER}/sensor/4/ds18b20/{ROM}")
# Long enough for every reading to be too old.
LONG = 20_000.0


class Asker:
    """Asks as one rule does, and remembers what that rule remembers."""

    def __init__(self, zone: tzinfo = UTC) -> None:
        """Bring both devices online; no sensor has said anything."""
        self.bench = EngineBench(offline_after=1e6)
        self.bench.engine.around.zone = zone
        air = a_sensor("ds18b20", 4, name="Air", onewire=ROM)
        self.bench.online(plan=a_plan(sensors=[a_sensor(), air]))
        self.bench.online(plan=a_plan(OTHER, sensors=[air], actuators=[]))
        self.world = self.bench.engine.rules.world
        self.state = RuleState()
        self.sun: dict[tuple[SunEvent, date], datetime] = {}
        self.world.sun_at = lambda event, day: self.sun.get((event, day))

    @property
    def now(self) -> Instant:
        """Return this moment."""
        return self.bench.now

    def soil(self, percent: float, quality: Quality = Quality.GOOD) -> None:
        """Let the soil be as moist as this."""
        self._hear(SOIL, "moisture", 34, percent, quality)

    def air(self, degrees: float, quality: Quality = Quality.GOOD) -> None:
        """Let the air be as warm as this."""
        self._hear(AIR, "ds18b20", 4, degrees, quality)

    def outside(self, degrees: float, quality: Quality = Quality.GOOD) -> None:
        """Let the air at the other device be as warm as this."""
        self._hear(AIR_OUTSIDE, "ds18b20", 4, degrees, quality)

    def _hear(self, sensor: ChannelId, kind: str, gpio: int, value: float, quality: Quality) -> None:
        device, address = sensor.partition("/")[0], ROM if kind == "ds18b20" else ""
        self.bench.feed(
            a_reading(
                kind, gpio, raw=value, value=value, raw_mode=False, quality=quality, device=device, address=address
            )
        )
        fresh = self.world.fleet.fresh_reading(sensor, self.now)
        known = fresh is not None and quality not in (Quality.SUSPECT, Quality.ERROR)
        self.world.traces.hear(sensor, value if known else None, self.now)

    def ask(self, **written: Any) -> Truth:
        """Return the answer to a question."""
        return self.answer(named(asked(**written)))

    def answer(self, condition: Condition) -> Truth:
        """Return the answer, and remember what the question wants remembered."""
        self.world.look_as(self.state)
        truth = condition.truth(self.world, self.now)
        self.state = self.world.remembered(self.state)
        return truth


def asked(**written: Any) -> Condition:
    """Return the question of a rule that was written."""
    condition: Condition = msgspec.convert(written, Condition)
    check_condition(condition, in_rule=True)
    return condition


def problem_of(**written: Any) -> tuple[str, dict[str, str | float]]:
    """Return why something is no question of a rule, and what the sentence about it needs."""
    try:
        asked(**written)
    except DefinitionError as err:
        return err.problem, err.details
    raise AssertionError("nobody objects")

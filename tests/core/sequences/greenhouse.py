"""A house with a pump, a valve and a sensor, as runs and those who judge them see it."""

from collections.abc import Iterable
from datetime import UTC, tzinfo
from typing import Any

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.fleet.view import FleetView
from custom_components.god_kaiser.core.ids import ChannelId
from custom_components.god_kaiser.core.instant import Instant
from custom_components.god_kaiser.core.requests import Origin
from custom_components.god_kaiser.core.safety.gate import Refused
from custom_components.god_kaiser.core.safety.objections import Ground, Objection
from custom_components.god_kaiser.core.safety.surroundings import Surroundings
from tests.builders import EngineBench, a_plan, a_reading, a_request, a_sensor, an_actuator, an_instant


class Greenhouse:
    """One device that is online, with the real gate in front of it; ``says`` adds what else it objects to."""

    def __init__(self) -> None:
        """Bring the device online, with a reading."""
        self.bench = EngineBench(offline_after=1e6)
        actuators = [an_actuator(max_runtime=600), an_actuator(ActuatorKind.PWM, 17, name="Valve")]
        self.bench.online(plan=a_plan(sensors=[a_sensor()], actuators=actuators))
        self.bench.feed(a_reading(raw=2000))
        self.entities: dict[str, str | float] = {}
        self.says: dict[str, tuple[Ground, ...]] = {}
        self.details: dict[str, str | int | float] = {}
        self.asked: list[tuple[str, float, int | None]] = []

    @property
    def now(self) -> Instant:
        """Return this moment."""
        return an_instant(self.bench.seconds)

    @property
    def fleet(self) -> FleetView:
        """Return what is known about the device."""
        return self.bench.engine.fleet

    @property
    def around(self) -> Surroundings:
        """Return the books of the safety."""
        return self.bench.engine._state.around

    @property
    def zone(self) -> tzinfo:
        """Return where people live."""
        return UTC

    @property
    def rules(self) -> None:
        """Return what only rules know: nothing."""
        return None

    def entity(self, entity_id: str, attribute: str) -> str | float | None:
        """Return the state of an entity."""
        return self.entities.get(f"{entity_id}.{attribute}" if attribute else entity_id)

    def judge(self, channel: ChannelId, level: float, seconds: int | None) -> tuple[Objection, ...]:
        """Return what the gate says."""
        self.asked.append((channel, level, seconds))
        request = a_request(level, channel, duration=seconds, origin=Origin.SEQUENCE, owner="run:x")
        verdict = self.bench.engine._state.funnel.preview(request, self.now)
        given = verdict.reasons if isinstance(verdict, Refused) else ()
        return (*given, *(Objection(ground=ground, details=self.details) for ground in self.says.get(channel, ())))


def nobody(_channel: ChannelId) -> str:
    """Return that an output is free."""
    return ""


def codes(findings: Iterable[Any]) -> list[tuple[str, str, str]]:
    """Return what was found where, and how serious it is."""
    return [(finding.code, finding.severity.value, finding.place) for finding in findings]

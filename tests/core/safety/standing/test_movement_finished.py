"""A motor valve that is told something new while it travels ends up somewhere else."""

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.safety.objections import Ground, Objection
from custom_components.god_kaiser.core.safety.standing.movement_finished import MovementFinished
from tests.builders import PUMP, EngineBench, a_plan, a_request, an_actuator


def a_bench(kind: ActuatorKind) -> EngineBench:
    """Return an engine with one energised actuator."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(kind)]))
    bench.energise(PUMP)
    return bench


def objection(bench: EngineBench) -> Objection | None:
    """Return the objection to moving it to the half."""
    return MovementFinished().objection(a_request(0.5), bench.engine.around, bench.now)


@pytest.mark.parametrize(("passed", "left"), [(0.0, 6), (0.5, 6), (1.0, 5), (5.5, 1)])
def test_a_travelling_valve_takes_nothing_for_six_seconds(passed: float, left: int) -> None:
    """The objection says how long to wait, rounded up."""
    bench = a_bench(ActuatorKind.VALVE)
    bench.tick(passed)
    assert objection(bench) == Objection(ground=Ground.ACTUATOR_MOVING, details={"seconds": left})


def test_a_valve_that_has_arrived_takes_commands_again() -> None:
    """Serialised six seconds apart."""
    bench = a_bench(ActuatorKind.VALVE)
    bench.tick(6.0)
    assert objection(bench) is None


@pytest.mark.parametrize("kind", [ActuatorKind.PUMP, ActuatorKind.RELAY, ActuatorKind.PWM])
def test_everything_else_is_there_at_once(kind: ActuatorKind) -> None:
    """Only the motor valve travels."""
    assert objection(a_bench(kind)) is None

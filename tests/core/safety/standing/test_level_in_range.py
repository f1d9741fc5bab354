"""Levels are numbers from 0 to 1, and only some outputs know the ones in between."""

from typing import cast

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.ids import actuator_channel
from custom_components.god_kaiser.core.safety.objections import Ground
from custom_components.god_kaiser.core.safety.standing.level_in_range import LevelInRange
from tests.builders import ESP, PUMP, EngineBench, a_plan, a_request, an_actuator


def ground(level: object, kind: ActuatorKind = ActuatorKind.PWM) -> Ground | None:
    """Return the ground of the objection to a level, whatever somebody passes as one."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(kind)]))
    request = a_request(cast(float, level), PUMP)
    objection = LevelInRange().objection(request, bench.engine.around, bench.now)
    return objection.ground if objection else None


@pytest.mark.req("SAF-03", "SAF-22")
@pytest.mark.parametrize(
    ("level", "objection"),
    [
        (0.75, None),
        (0.0, None),
        (1.5, Ground.PWM_OUT_OF_RANGE),
        (-0.5, Ground.PWM_OUT_OF_RANGE),
        (0.0001, None),
        (1.0, None),
        (1, None),
        (1.0000001, Ground.PWM_OUT_OF_RANGE),
        (-0.0000001, Ground.PWM_OUT_OF_RANGE),
        (float("nan"), Ground.PWM_OUT_OF_RANGE),
        (float("inf"), Ground.PWM_OUT_OF_RANGE),
        (float("-inf"), Ground.PWM_OUT_OF_RANGE),
        (True, Ground.PWM_OUT_OF_RANGE),
        (False, Ground.PWM_OUT_OF_RANGE),
        ("0.5", Ground.PWM_OUT_OF_RANGE),
        ("", Ground.PWM_OUT_OF_RANGE),
        (None, Ground.PWM_OUT_OF_RANGE),
        (10**400, Ground.PWM_OUT_OF_RANGE),
    ],
)
def test_only_a_number_from_zero_to_one_is_a_level(level: object, objection: Ground | None) -> None:
    """A truth value is none, a text is none, and neither is what no number can be."""
    assert ground(level) is objection


@pytest.mark.parametrize(
    ("kind", "level", "objection"),
    [
        (ActuatorKind.PUMP, 0.5, Ground.LEVEL_NOT_SUPPORTED),
        (ActuatorKind.PUMP, 1.0, None),
        (ActuatorKind.RELAY, 0.99, Ground.LEVEL_NOT_SUPPORTED),
        (ActuatorKind.RELAY, 1.0, None),
        (ActuatorKind.VALVE, 0.5, None),
        (ActuatorKind.VALVE, 0.25, Ground.LEVEL_NOT_SUPPORTED),
        (ActuatorKind.PWM, 0.25, None),
    ],
)
def test_an_output_is_only_asked_for_what_it_can_hold(
    kind: ActuatorKind, level: float, objection: Ground | None
) -> None:
    """Half a relay would be rounded by the firmware to something that nobody asked for."""
    assert ground(level, kind) is objection


def test_the_level_is_part_of_the_objection() -> None:
    """People read what was refused, and what for."""
    bench = EngineBench()
    bench.online()
    objections = [LevelInRange().objection(a_request(level), bench.engine.around, bench.now) for level in (1.5, 0.5)]
    assert [found and found.details for found in objections] == [{"level": "1.5"}, {"level": 0.5, "kind": "pump"}]


def test_the_level_of_an_unknown_output_is_judged_by_the_range_alone() -> None:
    """Whether it exists is a question for somebody else."""
    bench = EngineBench()
    request = a_request(0.4, actuator_channel(ESP, 99))
    assert LevelInRange().objection(request, bench.engine.around, bench.now) is None

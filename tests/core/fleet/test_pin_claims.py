"""Pins that something on a device uses although nobody has planned it."""

from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.devices.plan import ActuatorPlan, SensorPlan
from custom_components.god_kaiser.core.fleet.pin_claims import claims_against
from tests.builders import ESP, EngineBench, a_plan, a_reading, a_report, a_sensor, an_actuator

OF = ("sensors", "actuators")
NOTHING = a_plan(sensors=[], actuators=[])
VALVE = an_actuator(ActuatorKind.VALVE, 16, aux=17)


@pytest.mark.parametrize(
    ("wanted", "pin"),
    [
        (an_actuator(gpio=34), 34),
        (a_sensor(gpio=17), 17),
        (VALVE, 17),
        (an_actuator(gpio=16), None),
        (an_actuator(gpio=17), None),
        (a_sensor(gpio=34), None),
        (a_sensor(gpio=35), None),
    ],
)
def test_a_pin_in_use_is_refused(wanted: ActuatorPlan | SensorPlan, pin: int | None) -> None:
    """A sensor that measures on it, or an output that reports on it; what is the same may be planned, and what is there changed."""
    bench = EngineBench(offline_after=1e6)
    bench.online(plan=NOTHING)
    bench.feed(a_reading(gpio=34))
    bench.feed(a_report(0.0, gpio=17))
    known = bench.engine.fleet.devices[ESP]
    assert {each.gpio for each in known.sensors.values()} == {34}
    assert {each.gpio for each in known.actuators.values()} == {17}
    sensors, actuators = ([wanted], []) if isinstance(wanted, SensorPlan) else ([], [wanted])
    after = a_plan(sensors=sensors, actuators=actuators)
    found = [(claim.gpio, claim.wanted) for claim in claims_against(known, NOTHING, after)]
    assert found == ([] if pin is None else [(pin, wanted.name)])
    renamed = replace(after, **{of: tuple(replace(each, name="X") for each in getattr(after, of)) for of in OF})
    assert [*claims_against(known, after, renamed)] == []

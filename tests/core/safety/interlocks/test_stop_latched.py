"""Nothing runs while an emergency stop holds."""

import pytest

from custom_components.god_kaiser.core.ids import DeviceId, actuator_channel
from custom_components.god_kaiser.core.safety.estop import StopLatch
from custom_components.god_kaiser.core.safety.interlocks import Ground, Objection
from custom_components.god_kaiser.core.safety.interlocks.stop_latched import StopLatched
from tests.builders import ESP, PUMP, EngineBench, a_plan, a_report, a_request, an_actuator

OTHER = DeviceId("ESP_0000FF")
STOPPED = Objection(ground=Ground.EMERGENCY_STOP_ACTIVE)


def a_latch(devices: frozenset[DeviceId] | None) -> StopLatch:
    """Return a latch that was pressed."""
    latch = StopLatch()
    latch.press(devices, by="anna", reason="test", since="now")
    return latch


@pytest.mark.req("SAF-02", "SAF-15")
@pytest.mark.parametrize(
    ("latch", "objection"),
    [
        (StopLatch(), None),
        (a_latch(None), STOPPED),
        (a_latch(frozenset({ESP})), STOPPED),
        (a_latch(frozenset({ESP, OTHER})), STOPPED),
        (a_latch(frozenset({OTHER})), None),
    ],
)
def test_the_latch_objects_for_its_own_devices_only(latch: StopLatch, objection: Objection | None) -> None:
    """Stopping one device does not stop its neighbour."""
    bench = EngineBench()
    bench.online()
    assert StopLatched(latch).objection(a_request(1.0), bench.engine.fleet, bench.now) == objection


@pytest.mark.req("SAF-02", "SAF-20")
def test_an_output_that_says_it_is_stopped_is_left_alone_without_any_latch() -> None:
    """The device's own protection counts as much as ours."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(), an_actuator(gpio=17, name="Second")]))
    bench.feed(a_report(0.0, stopped=True))
    interlock = StopLatched(StopLatch())
    second = actuator_channel(ESP, 17)
    assert interlock.objection(a_request(1.0), bench.engine.fleet, bench.now) == STOPPED
    assert interlock.objection(a_request(1.0, second), bench.engine.fleet, bench.now) is None
    bench.feed(a_report(0.0))
    assert interlock.objection(a_request(1.0, PUMP), bench.engine.fleet, bench.now) is None

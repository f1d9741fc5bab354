"""Nothing runs while an emergency stop holds, and nothing that was wished before it runs afterwards."""

import pytest

from custom_components.god_kaiser.core.ids import ChannelId, DeviceId, actuator_channel
from custom_components.god_kaiser.core.safety.objections import Ground, Objection
from custom_components.god_kaiser.core.safety.standing.stop_latched import StopLatched
from tests.builders import ESP, PUMP, EngineBench, a_plan, a_report, a_request, an_actuator

OTHER = DeviceId("ESP_0000FF")
STOPPED = Objection(ground=Ground.EMERGENCY_STOP_ACTIVE)


def objection(bench: EngineBench, channel: ChannelId = PUMP, *, epoch: int | None = None) -> Objection | None:
    """Return the objection to energising an output."""
    return StopLatched().objection(a_request(1.0, channel, epoch=epoch), bench.engine.around, bench.now)


@pytest.mark.req("SAF-02", "SAF-15", "INV-1")
@pytest.mark.parametrize(
    ("pressed", "expected"), [((), STOPPED), ((ESP,), STOPPED), ((ESP, OTHER), STOPPED), ((OTHER,), None)]
)
def test_the_latch_objects_for_its_own_devices_only(pressed: tuple[DeviceId, ...], expected: Objection | None) -> None:
    """Stopping one device does not stop its neighbour."""
    bench = EngineBench()
    bench.online()
    assert objection(bench) is None
    bench.press(*pressed)
    assert objection(bench) == expected


@pytest.mark.req("SAF-02", "SAF-20")
def test_an_output_that_says_it_is_stopped_is_left_alone_without_any_latch() -> None:
    """The device's own protection counts as much as ours."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[an_actuator(), an_actuator(gpio=17, name="Second")]))
    bench.feed(a_report(0.0, stopped=True))
    assert objection(bench) == STOPPED
    assert objection(bench, actuator_channel(ESP, 17)) is None
    bench.feed(a_report(0.0))
    assert objection(bench) is None


@pytest.mark.req("INV-7")
@pytest.mark.parametrize(("epoch", "expected"), [(0, Ground.OLDER_THAN_STOP), (1, None), (2, None), (None, None)])
def test_a_wish_that_is_older_than_the_last_stop_is_void(epoch: int | None, expected: Ground | None) -> None:
    """Also when the stop has been released long ago; who names no stop asks now."""
    bench = EngineBench()
    bench.online()
    bench.press(ESP)
    bench.engine.latch.release(ESP)
    found = objection(bench, epoch=epoch)
    assert (found and found.ground) == expected


@pytest.mark.req("INV-7", "INV-6")
def test_the_stop_of_another_device_makes_no_wish_old() -> None:
    """Each device counts its own stops."""
    bench = EngineBench()
    bench.online()
    bench.press(OTHER)
    assert objection(bench, epoch=0) is None


def test_a_stop_is_asked_about_again_while_an_output_runs() -> None:
    """Whatever runs when it is pressed goes to rest."""
    assert StopLatched.is_lasting

"""Outputs that are found running, and a latch that is found pressed."""

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance
from custom_components.god_kaiser.core.effects import Persist
from custom_components.god_kaiser.core.safety.estop import StopMemory
from tests.builders import BOOT, PUMP, EngineBench, a_heartbeat, a_plan, a_report, an_actuator, levels, of_kind

DIMMER = an_actuator(ActuatorKind.PWM, max_runtime=600)


def found_running(plan_kind: ActuatorKind = ActuatorKind.PWM, *, default_on: bool = False) -> EngineBench:
    """Return an engine after a restart, with an output that somebody has left half way up."""
    bench = EngineBench()
    output = an_actuator(plan_kind, appears_as=Appearance.LIGHT, max_runtime=600, default_on=default_on)
    bench.restore(a_plan(actuators=[output]), marked=BOOT)
    bench.feed(a_heartbeat())
    bench.tick(2)
    bench.feed(a_report(0.5))
    return bench


def beating(bench: EngineBench, seconds: int) -> list[tuple[str, float]]:
    """Let a device live on and return the levels that were sent meanwhile."""
    seen: list[tuple[str, float]] = []
    for _ in range(seconds // 60):
        seen += levels([*bench.tick(60), *bench.feed(a_heartbeat()), *bench.feed(a_report(0.5))])
    return seen


def test_an_output_that_is_found_running_after_a_restart_gets_an_end() -> None:
    """A partial level has no timer on the device, and our answers keep the device from resting."""
    bench = found_running()
    assert beating(bench, 540) == []
    assert (PUMP, 0.0) in beating(bench, 120)


def test_an_output_that_may_stay_on_is_left_alone() -> None:
    """A lamp whose default is on keeps it."""
    assert beating(found_running(default_on=True), 1200) == []


@pytest.mark.req("SAF-09")
def test_being_seen_running_does_not_move_the_end_that_was_asked_for() -> None:
    """Every report of a running output would otherwise begin its longest run anew."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[DIMMER]))
    bench.energise(level=0.5, duration=300)
    assert beating(bench, 240) == []
    assert (PUMP, 0.0) in beating(bench, 120)


def test_a_latch_that_was_restored_is_not_written_again_by_being_read() -> None:
    """Only a change of the latch goes to the disk."""
    bench = EngineBench()
    bench.restore(a_plan(), stop=StopMemory(everything=True))
    assert of_kind(bench.feed(a_heartbeat()), Persist) == []

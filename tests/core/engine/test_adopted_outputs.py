"""Outputs that are found running, and valves that are found nowhere in particular."""

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance
from custom_components.god_kaiser.core.effects import Persist
from custom_components.god_kaiser.core.protocol.outbound import encode
from custom_components.god_kaiser.core.safety.estop import StopMemory
from tests.builders import BOOT, PUMP, EngineBench, a_heartbeat, a_plan, a_report, an_actuator, levels, of_kind, sent

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
def test_an_output_that_ends_its_own_lease_is_not_rested_earlier() -> None:
    """Being seen running does not shorten what was asked for."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[DIMMER]))
    bench.energise(level=0.5, duration=300)
    assert beating(bench, 240) == []
    assert (PUMP, 0.0) in beating(bench, 120)


def stopped_valve() -> EngineBench:
    """Return an engine whose open valve has been stopped and released."""
    bench = EngineBench()
    valve = an_actuator(ActuatorKind.VALVE, appears_as=Appearance.VALVE)
    bench.online(plan=a_plan(actuators=[valve]))
    bench.feed(a_report(1.0))
    bench.feed(a_report(0.0, stopped=True))
    bench.feed(a_report(0.0))
    return bench


def test_the_position_of_a_stopped_valve_is_unknown_until_it_was_driven_open() -> None:
    """The motor stays where it is, but the device counts from closed (protocol 4.5)."""
    bench = stopped_valve()
    report = bench.engine.fleet.report(PUMP)
    assert report is not None
    assert report.level is None
    (opened,) = sent(bench.wish(1.0))
    assert b'"command":"PWM","value":1.0' in encode(opened, kaiser_id="god").payload.replace(b" ", b"")
    bench.tick(6)
    bench.feed(a_report(1.0))
    report = bench.engine.fleet.report(PUMP)
    assert report is not None
    assert report.level == 1.0


def test_a_valve_that_was_stopped_can_still_be_told_to_close() -> None:
    """Rest is never refused."""
    assert levels(stopped_valve().wish(0.0)) == [(PUMP, 0.0)]


def test_a_latch_that_was_restored_is_not_written_again_by_being_read() -> None:
    """Only a change of the latch goes to the disk."""
    bench = EngineBench()
    bench.restore(a_plan(), stop=StopMemory(everything=True))
    assert of_kind(bench.feed(a_heartbeat()), Persist) == []

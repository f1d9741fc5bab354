"""Outputs that are found running, and a latch that is found pressed."""

from msgspec import structs
import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind, Appearance
from custom_components.god_kaiser.core.effects import Keep, Occasion
from custom_components.god_kaiser.core.engine.supervision import ORPHAN_GRACE
from custom_components.god_kaiser.core.safety.estop import StopMemory, StopScope
from tests.builders import BOOT, PUMP, EngineBench, a_heartbeat, a_plan, a_report, an_actuator, levels, of_kind, told

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


@pytest.mark.risk(
    fails="An output runs although nobody here has started it",
    happens="it rests after a moment of grace, and is asked again until it does",
    protects="the supervisor",
)
def test_an_output_that_is_found_running_without_an_owner_is_rested_after_a_moment() -> None:
    """A partial level has no timer on the device, and our answers keep the device from resting."""
    bench = found_running()
    assert levels(bench.tick(ORPHAN_GRACE - 0.1)) == []
    effects = bench.tick(0.1)
    assert levels(effects) == [(PUMP, 0.0)]
    assert [tell.details for tell in told(effects, Occasion.FORCED_TO_REST)] == [{"channel": PUMP, "reasons": "orphan"}]


@pytest.mark.risk(
    fails="A wish ends while Home Assistant is away, and the output was given a longer time for somebody else",
    happens="it rests as soon as its device is heard again",
    protects="the memory on the disk",
)
def test_what_nobody_wants_any_longer_after_a_crash_rests_although_its_time_is_not_over() -> None:
    """A program that joined has let go before the crash; the time that it had brought is nobody's wish."""
    bench = EngineBench()
    plan = a_plan(actuators=[an_actuator(ActuatorKind.PUMP, max_runtime=3600)])
    bench.online(plan=plan)
    bench.energise(level=1.0, duration=60)
    bench.feed(a_report(1.0))
    memory = bench.engine.memory(bench.now)
    (known,) = memory.channels
    assert known.lease_until is not None
    successor = EngineBench()
    successor.seconds = bench.seconds + 90
    longer = structs.replace(known, lease_until=known.lease_until + 3600)
    successor.restore(plan, marked=BOOT, memory=structs.replace(memory, channels=(longer,)))
    seen = levels(successor.feed(a_heartbeat()))
    for _ in range(8):
        seen += levels([*successor.tick(1), *successor.feed(a_report(1.0))])
    assert (PUMP, 0.0) in seen
    assert (PUMP, 1.0) not in seen


def test_an_output_without_an_owner_is_rested_again_until_it_rests() -> None:
    """Whoever does not obey is told so for as long as it runs, and no longer."""
    bench = found_running()
    for _ in range(10):
        assert (PUMP, 0.0) in beating(bench, 120)
    bench.feed(a_report(0.0))
    assert levels(bench.tick(170)) == []


def test_an_output_that_rests_within_its_grace_is_left_alone() -> None:
    """Its device has ended it by itself."""
    bench = found_running()
    bench.tick(ORPHAN_GRACE / 2)
    bench.feed(a_report(0.0))
    assert levels(bench.tick(170)) == []


def test_an_output_that_finds_an_owner_within_its_grace_goes_on() -> None:
    """Somebody wants it to run, for a while."""
    bench = found_running()
    bench.energise(level=0.5, duration=120)
    assert beating(bench, 60) == []
    assert (PUMP, 0.0) in beating(bench, 120)


def test_an_output_that_nobody_planned_is_not_ours_to_rest() -> None:
    """Its former server may still drive it."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[]))
    bench.feed(a_report(1.0))
    assert levels(bench.tick(170)) == []


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
    bench.restore(a_plan(), stop=StopMemory(everything=StopScope(by="anna")))
    assert of_kind(bench.feed(a_heartbeat()), Keep) == []

"""What counts as a start, and what ends a run that nobody looks after any more."""

from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.effects import Effect, Reject
from custom_components.god_kaiser.core.engine.supervision import SWEEP
from custom_components.god_kaiser.core.events import DemandReleased, ShutdownBegun
from custom_components.god_kaiser.core.ids import ChannelId, actuator_channel, sensor_channel
from custom_components.god_kaiser.core.requests import Origin
from custom_components.god_kaiser.core.safety.demands import CLAIM
from custom_components.god_kaiser.core.safety.interlocks.exclusion import Exclusion
from custom_components.god_kaiser.core.safety.interlocks.fresh_sensor import FreshSensor
from custom_components.god_kaiser.core.safety.interlocks.max_on_time import MaxOnTime
from custom_components.god_kaiser.core.safety.interlocks.min_times import MinTimes
from custom_components.god_kaiser.core.safety.interlocks.requirement import Requirement
from custom_components.god_kaiser.core.safety.interlocks.starts_per_hour import StartsPerHour
from custom_components.god_kaiser.core.safety.objections import Ground
from tests.builders import (
    ESP,
    PUMP,
    EngineBench,
    a_heartbeat,
    a_plan,
    a_report,
    a_sensor,
    an_actuator,
    an_answer,
    levels,
    of_kind,
    sent,
)

RELAY, RULE = ActuatorKind.RELAY, Origin.RULE
SUPPLY_PIN, SOURCE_PIN = 17, 18
SUPPLY, SOURCE = actuator_channel(ESP, SUPPLY_PIN), actuator_channel(ESP, SOURCE_PIN)
PLAN = a_plan(
    sensors=[a_sensor()],
    actuators=[
        an_actuator(),
        an_actuator(RELAY, SUPPLY_PIN, name="Supply"),
        an_actuator(RELAY, SOURCE_PIN, name="Source"),
    ],
)


def a_bench() -> EngineBench:
    """Return an engine with three outputs that rest, and say so."""
    bench = EngineBench(offline_after=1e6)
    bench.online(plan=PLAN)
    for pin in (16, SUPPLY_PIN, SOURCE_PIN):
        bench.feed(a_report(0.0, pin, kind=None))
    bench.tick(1)
    return bench


def run(
    bench: EngineBench,
    channel: ChannelId = PUMP,
    *,
    duration: int | None = None,
    origin: Origin = Origin.PERSON,
    owner: str = "",
    standing: bool = False,
) -> None:
    """Start an output, and let its device say that it runs."""
    wished = bench.wish(1.0, channel, duration=duration, origin=origin, owner=owner, standing=standing)
    (command,) = sent(wished)
    bench.tick(0.5)
    bench.feed(an_answer(command.request.id))
    bench.feed(a_report(1.0, int(command.request.channel.rpartition("/")[2]), kind=None))
    bench.tick(5)


def grounds(effects: list[Effect]) -> list[Ground]:
    """Return why a wish was refused."""
    return [reason.ground for reject in of_kind(effects, Reject) for reason in reject.refused.reasons]


# -- What counts as a start ------------------------------------------------------------------------------------------


@pytest.mark.req("SAF-24", "INV-12")
@pytest.mark.parametrize("is_answered", [False, True])
@pytest.mark.parametrize(
    ("interlock", "ground"),
    [(MinTimes(off=300), Ground.REST_TOO_SHORT), (StartsPerHour(limit=1), Ground.TOO_MANY_STARTS)],
)
def test_off_and_on_again_is_a_start_before_the_device_has_said_that_it_rests(
    interlock: MinTimes | StartsPerHour, ground: Ground, is_answered: bool
) -> None:
    """Whoever plays with a switch does not get round what spares a pump."""
    bench = a_bench()
    bench.lay_down(interlock)
    run(bench)
    (rest,) = sent(bench.wish(0.0))
    bench.tick(0.1)
    for answer in [an_answer(rest.request.id)] * is_answered:
        bench.feed(answer)
    assert grounds(bench.wish(1.0)) == [ground]
    assert levels(bench.tick(0.1)) == []


def test_every_start_is_counted_and_going_on_is_none() -> None:
    """Off and on again counts twice, on and on again once."""
    bench = a_bench()
    bench.lay_down(StartsPerHour(limit=2))
    run(bench)
    assert levels(bench.wish(1.0)) == [(PUMP, 1.0)]
    bench.wish(0.0)
    bench.tick(0.1)
    assert levels(bench.wish(1.0)) == [(PUMP, 1.0)]
    bench.wish(0.0)
    bench.tick(0.1)
    assert grounds(bench.wish(1.0)) == [Ground.TOO_MANY_STARTS]


def test_being_told_to_rest_survives_a_restart() -> None:
    """Otherwise a crash would be the way round."""
    bench = a_bench()
    bench.lay_down(MinTimes(off=300))
    run(bench)
    bench.wish(0.0)
    successor = bench.restarted(PLAN, after=5)
    successor.feed(a_heartbeat())
    successor.tick(3)
    assert Ground.REST_TOO_SHORT in grounds(successor.wish(1.0))


def test_a_start_that_the_device_refuses_while_a_rest_is_open_leaves_the_books_as_they_were() -> None:
    """The rest that was told before it still counts."""
    bench = a_bench()
    run(bench)
    bench.wish(0.0)
    bench.tick(0.1)
    usage = bench.engine.around.usage.of(PUMP)
    before = usage.memory(bench.now)
    usage.start(bench.now, bench.engine.around.zone)
    assert (len(usage.starts), usage.is_underway) == (2, True)
    usage.take_back()
    assert usage.memory(bench.now) == before
    usage.take_back()
    assert usage.memory(bench.now) == before


# -- What is known about others --------------------------------------------------------------------------------------


@pytest.mark.req("INV-11")
def test_what_was_told_to_rest_is_open_no_more() -> None:
    """A pump does not start against a valve that is about to close."""
    bench = a_bench()
    bench.lay_down(Requirement(any_of=(SUPPLY,)))
    run(bench, SUPPLY)
    bench.wish(0.0, SUPPLY)
    assert grounds(bench.wish(1.0)) == [Ground.REQUIREMENT_MISSING]


@pytest.mark.req("INV-11")
def test_an_old_report_says_nothing_about_what_was_told_since() -> None:
    """Off and on again: until the valve says anew that it is open, nobody knows."""
    bench = a_bench()
    bench.lay_down(Requirement(any_of=(SUPPLY,)))
    run(bench, SUPPLY)
    bench.wish(0.0, SUPPLY)
    bench.tick(0.1)
    bench.wish(1.0, SUPPLY)
    assert grounds(bench.wish(1.0)) == [Ground.REQUIREMENT_MISSING]
    bench.tick(0.5)
    bench.feed(a_report(1.0, SUPPLY_PIN, kind=RELAY))
    assert levels(bench.wish(1.0)) == [(PUMP, 1.0)]


@pytest.mark.req("INV-13")
def test_a_chain_rests_as_one() -> None:
    """What a forced rest takes away from others is looked at in the same event."""
    bench = a_bench()
    run(bench, SOURCE)
    bench.lay_down(Requirement(any_of=(SOURCE,)), channel=SUPPLY)
    run(bench, SUPPLY)
    bench.lay_down(Requirement(any_of=(SUPPLY,)), channel=PUMP)
    run(bench)
    effects = bench.lay_down(FreshSensor(sensor=sensor_channel(ESP, 39, "flow", "")), channel=SOURCE)
    assert levels(effects) == [(SOURCE, 0.0), (SUPPLY, 0.0), (PUMP, 0.0)]


# -- What ends a run -------------------------------------------------------------------------------------------------


def test_nothing_starts_while_home_assistant_ends() -> None:
    """An automation that answers the rest with a start would leave a pump behind that nobody looks after."""
    bench = a_bench()
    run(bench)
    assert levels(bench.feed(ShutdownBegun())) == [(PUMP, 0.0)]
    assert grounds(bench.wish(1.0)) == [Ground.SHUTTING_DOWN]
    assert grounds(bench.wish(1.0, SUPPLY)) == [Ground.SHUTTING_DOWN]


def test_what_we_have_started_rests_at_the_end_also_where_nobody_has_planned_it() -> None:
    """What somebody else has started on an output that is not ours goes on."""
    bench = EngineBench()
    bench.online(plan=a_plan(actuators=[]))
    bench.feed(a_report(0.0))
    bench.feed(a_report(1.0, SUPPLY_PIN, kind=RELAY))
    bench.energise()
    assert levels(bench.feed(ShutdownBegun())) == [(PUMP, 0.0)]


@pytest.mark.req("SAF-09")
def test_a_shorter_longest_run_holds_for_the_run_that_goes_on() -> None:
    """A plan that changes nothing about it leaves the run alone."""
    bench = EngineBench(offline_after=1e6)
    dimmer = an_actuator(ActuatorKind.PWM, max_runtime=7200)
    bench.online(plan=a_plan(actuators=[dimmer]))
    bench.energise(level=0.5)
    ends = bench.engine.around.leases.ends
    before = ends.due(PUMP)
    bench.approve(a_plan(name="Cellar", actuators=[dimmer]))
    assert ends.due(PUMP) == before
    bench.approve(a_plan(actuators=[replace(dimmer, max_runtime=60)]))
    assert ends.due(PUMP) == bench.now.monotonic + 60


@pytest.mark.req("INV-4", "INV-8")
@pytest.mark.parametrize("is_standing", [False, True])
def test_a_run_of_a_program_that_does_not_come_back_ends(is_standing: bool) -> None:
    """After a restart nobody knows whether the rule behind it still exists: its lease is not renewed."""
    bench = a_bench()
    run(bench, origin=RULE, owner="rule:gone", standing=is_standing, duration=3600)
    successor = bench.restarted(PLAN, after=10)
    successor.feed(a_heartbeat())
    successor.feed(a_report(1.0))
    orders = levels(successor.tick(CLAIM - 1))
    assert orders == []
    assert levels(successor.tick(2)) == [(PUMP, 0.0)]
    assert successor.engine.demands.of(PUMP) == []


@pytest.mark.req("INV-8")
def test_a_program_that_comes_back_goes_on() -> None:
    """It says again what it wants; a person's word needs no repetition."""
    bench = a_bench()
    run(bench, origin=RULE, owner="rule:a", standing=True)
    run(bench, SUPPLY, duration=3600)
    successor = bench.restarted(PLAN, after=10)
    successor.feed(a_heartbeat())
    successor.feed(a_report(1.0))
    successor.feed(a_report(1.0, SUPPLY_PIN, kind=RELAY))
    successor.tick(3)
    successor.wish(1.0, origin=RULE, owner="rule:a", standing=True)
    assert (PUMP, 0.0) not in levels(successor.tick(CLAIM + SWEEP))
    assert [demand.owner for demand in successor.engine.demands.of(SUPPLY)] == ["person"]
    assert levels(successor.feed(DemandReleased(channel=PUMP, owner="rule:a"))) == [(PUMP, 0.0)]


def test_a_program_that_is_not_back_starts_nothing() -> None:
    """Its wish waits for its own word, not for its turn alone."""
    bench = a_bench()
    bench.lay_down(Exclusion(others=(SUPPLY,)), MaxOnTime(per_run=1800))
    run(bench, SUPPLY)
    bench.wish(1.0, origin=RULE, owner="rule:gone", standing=True)
    successor = bench.restarted(PLAN, after=10)
    successor.feed(a_heartbeat())
    successor.feed(a_report(0.0))
    successor.feed(a_report(0.0, SUPPLY_PIN, kind=RELAY))
    assert levels(successor.tick(CLAIM + SWEEP + 1)) == []

"""Every energised output has an end, also where the device has no timer of its own."""

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.effects import Record
from custom_components.god_kaiser.core.events import BrokerConnected, BrokerLost
from custom_components.god_kaiser.core.facts import WillReceived
from custom_components.god_kaiser.core.requests import Origin
from tests.builders import ESP, PUMP, EngineBench, a_plan, a_report, an_actuator, levels, of_kind, sent

REST = [(PUMP, 0.0)]


def a_bench(kind: ActuatorKind = ActuatorKind.PWM, *, max_runtime: int = 600) -> EngineBench:
    """Return an engine with one actuator in session, sending silently no answers."""
    bench = EngineBench(offline_after=1e6)
    bench.online(plan=a_plan(actuators=[an_actuator(kind, max_runtime=max_runtime)]))
    return bench


@pytest.mark.req("SAF-09")
def test_a_partial_level_ends_when_its_duration_is_over() -> None:
    """The device has no timer for it; ours ends the demand."""
    bench = a_bench()
    bench.energise(level=0.5, duration=60)
    assert levels(bench.tick(59.9)) == []
    assert levels(bench.tick(0.1)) == REST


@pytest.mark.req("SAF-09")
def test_full_power_is_ended_by_the_device_first_and_by_us_two_seconds_later() -> None:
    """Its own timer is the better one; ours catches what it misses."""
    bench = a_bench(ActuatorKind.PUMP)
    bench.energise(duration=60)
    assert levels(bench.tick(61.9)) == []
    assert levels(bench.tick(0.2)) == REST


@pytest.mark.req("SAF-09")
def test_full_power_of_an_output_that_runs_partly_is_ended_by_us_in_time() -> None:
    """It is told its level instead of ON, and a level has no timer on the device."""
    bench = a_bench()
    bench.feed(a_report(0.5, kind=ActuatorKind.PWM))
    bench.tick(1)
    bench.energise(duration=60)
    assert levels(bench.tick(60)) == REST


@pytest.mark.req("SAF-09")
def test_without_a_duration_the_longest_runtime_is_the_end() -> None:
    """An ON without a duration still ends."""
    bench = a_bench(ActuatorKind.PUMP, max_runtime=600)
    bench.energise()
    assert levels(bench.tick(601)) == []
    assert levels(bench.tick(2)) == REST


def test_the_end_of_a_lease_is_asked_for_by_the_supervisor_and_recorded() -> None:
    """People see who switched it off and why."""
    bench = a_bench()
    bench.energise(level=0.5, duration=60)
    effects = bench.tick(60)
    (command,) = sent(effects)
    (record,) = of_kind(effects, Record)
    assert (command.request.origin, command.request.asked_by) == (Origin.SUPERVISOR, "lease_ended")
    assert (record.decision.command, record.decision.asked_by) == (command.request.id, "lease_ended")


def test_renewing_moves_the_end() -> None:
    """Longer runs renew before their end."""
    bench = a_bench()
    bench.energise(level=0.5, duration=60)
    bench.tick(50)
    bench.energise(level=0.7, duration=60)
    assert levels(bench.tick(59)) == []
    assert levels(bench.tick(1)) == REST


def test_a_shorter_renewal_moves_the_end_forward() -> None:
    """The last word counts."""
    bench = a_bench()
    bench.energise(level=0.5, duration=600)
    bench.energise(level=0.5, duration=10)
    assert levels(bench.tick(10)) == REST


def test_an_output_that_reports_rest_is_not_asked_again() -> None:
    """The device has ended it by itself."""
    bench = a_bench(ActuatorKind.PUMP)
    bench.energise(duration=60)
    bench.tick(1)
    bench.feed(a_report(1.0))
    bench.tick(59)
    bench.feed(a_report(0.0))
    assert levels(bench.tick(10)) == []


def test_what_was_reported_before_it_was_energised_proves_nothing() -> None:
    """The last report may be older than the command that switched it on."""
    bench = a_bench()
    bench.feed(a_report(0.0))
    bench.tick(1)
    bench.energise(level=0.5, duration=60)
    assert levels(bench.tick(60)) == REST


@pytest.mark.parametrize("level", [0.5, None])
def test_an_output_that_reports_anything_else_is_sent_to_rest(level: float | None) -> None:
    """Unknown is not rest."""
    bench = a_bench()
    bench.energise(level=0.5, duration=60)
    bench.tick(1)
    bench.feed(a_report(level))
    assert levels(bench.tick(59)) == REST


def test_a_rest_that_nobody_has_confirmed_does_not_end_the_lease() -> None:
    """Asked for is not done: the end comes anyway."""
    bench = a_bench()
    bench.energise(level=0.5, duration=60)
    bench.tick(1)
    bench.wish(0.0)
    bench.tick(40)
    assert levels(bench.tick(19)) == REST


def test_a_lease_ends_while_the_device_is_away() -> None:
    """Rest is sent anyway; a late delivery is harmless."""
    bench = a_bench()
    bench.energise(level=0.5, duration=60)
    bench.feed(WillReceived(device=ESP))
    assert levels(bench.tick(60))[:1] == REST


def test_a_lease_ends_while_the_broker_is_away() -> None:
    """And again, until somebody confirms it or it was asked often enough."""
    bench = a_bench()
    bench.energise(level=0.5, duration=60)
    bench.feed(BrokerLost())
    assert levels(bench.tick(60))[:1] == REST
    bench.feed(BrokerConnected())
    assert levels(bench.tick(60)) == REST * 3


def test_the_remaining_time_can_be_asked_for() -> None:
    """A card may show it."""
    bench = a_bench()
    leases = bench.engine._state.leases
    assert leases.ends.due(PUMP) is None
    bench.energise(level=0.5, duration=60)
    assert leases.ends.due(PUMP) == bench.now.monotonic + 60

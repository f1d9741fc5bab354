"""Every energised output has an end, also where the device has no timer of its own."""

from datetime import time

import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.effects import Record
from custom_components.god_kaiser.core.events import BrokerConnected, BrokerLost, WakeReached
from custom_components.god_kaiser.core.facts import WillReceived
from custom_components.god_kaiser.core.ids import DeviceId, actuator_channel
from custom_components.god_kaiser.core.requests import Origin
from custom_components.god_kaiser.core.safety.gate import LEASE
from custom_components.god_kaiser.core.safety.interlocks import Interlock
from custom_components.god_kaiser.core.safety.interlocks.max_on_time import MaxOnTime
from custom_components.god_kaiser.core.safety.interlocks.time_window import TimeWindow
from custom_components.god_kaiser.core.safety.leases import Leases
from custom_components.god_kaiser.core.safety.objections import Ground
from tests.builders import (
    ESP,
    PUMP,
    EngineBench,
    a_heartbeat,
    a_plan,
    a_report,
    an_actuator,
    an_instant,
    decisions,
    grounds,
    levels,
    of_kind,
    sent,
)

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


def running(duration: int | None = 900, *, max_runtime: int = 3600) -> EngineBench:
    """Return an engine with a pump that runs for a while and says so."""
    bench = a_bench(ActuatorKind.PUMP, max_runtime=max_runtime)
    bench.energise(duration=duration)
    bench.tick(1)
    bench.feed(a_report(1.0))
    return bench


def lease_end(bench: EngineBench) -> float | None:
    """Return at which second of the test the pump must rest."""
    due = bench.engine._state.leases.ends.due(PUMP)
    return None if due is None else due - an_instant().monotonic


@pytest.mark.req("SAF-09", "INV-4")
def test_a_longer_run_is_renewed_while_there_is_still_time_to_ask_twice() -> None:
    """The device is told a lease at once; whoever vanishes is not obeyed for long."""
    bench = running()
    start = bench.seconds - 1
    assert levels(bench.tick(LEASE * 0.8 - 1.1)) == []
    effects = bench.tick(0.1)
    (command,) = sent(effects)
    (decision,) = decisions(effects)
    assert (command.request.level, command.request.is_renewal, command.duration) == (1.0, True, LEASE)
    assert (command.request.holder, command.request.origin) == ("person", Origin.PERSON)
    assert (decision.command, decision.owner, decision.is_allowed) == (command.request.id, "person", True)
    assert bench.seconds == pytest.approx(start + LEASE * 0.8)


@pytest.mark.req("SAF-09", "INV-4")
@pytest.mark.parametrize("duration", [301, 302, 360, 599, 900, 901, 3600, None])
def test_a_run_never_grows_by_being_renewed(duration: int | None) -> None:
    """Its last lease ends on the device when the run ends, and ours two seconds later."""
    bench = running(duration)
    start, asked = bench.seconds - 1, duration or 3600
    device_end, end = start + LEASE, start + asked + 2
    for _ in range(asked // 10 + 1):
        effects = bench.tick(10)
        renewals = [command for command in sent(effects) if command.request.level]
        assert all(command.request.is_renewal for command in renewals)
        due = bench.engine._state.leases.device_ends_at(PUMP)
        device_end = device_end if due is None else due - an_instant().monotonic
        assert device_end <= start + asked
        assert (lease_end(bench) or 0.0) <= end
    assert device_end > start + asked - 2
    assert not bench.engine.around.leases.is_live(PUMP)


@pytest.mark.req("SAF-09")
@pytest.mark.parametrize("duration", [LEASE, LEASE - 1, 1])
def test_a_run_within_a_lease_is_not_renewed(duration: int) -> None:
    """The device was told all of it."""
    effects = running(duration).tick(LEASE + 1)
    assert [command.request.level for command in sent(effects)][:1] in ([], [0.0])
    assert not any(command.request.is_renewal for command in sent(effects))


@pytest.mark.req("SAF-09")
@pytest.mark.parametrize("interlock", [MaxOnTime(per_day=200), TimeWindow(start=time(8), end=time(9, 3))])
def test_a_run_that_an_interlock_ends_has_that_end_on_the_device_and_is_not_renewed(interlock: Interlock) -> None:
    """Asking again would change nothing, and the device knows it even if we vanish."""
    bench = a_bench(ActuatorKind.PUMP, max_runtime=3600)
    bench.lay_down(interlock)
    (command,) = sent(bench.wish(1.0, duration=900))
    assert (command.span, LEASE / 2 < command.duration < LEASE) == (900, True)
    bench.tick(1)
    bench.feed(a_report(1.0))
    assert [level for _, level in levels(bench.tick(LEASE)) if level] == []


@pytest.mark.req("SAF-09")
def test_a_partial_level_has_our_timer_only_and_is_not_renewed() -> None:
    """The device has nothing that could be prolonged."""
    bench = a_bench(max_runtime=3600)
    bench.energise(level=0.5, duration=900)
    assert bench.engine.around.leases.device_ends_at(PUMP) is None
    bench.tick(1)
    bench.feed(a_report(0.5, kind=ActuatorKind.PWM))
    assert levels(bench.tick(898)) == []
    assert levels(bench.tick(1)) == REST


@pytest.mark.parametrize("level", [0.5, 0.0])
def test_whatever_comes_after_full_power_takes_its_timer_away(level: float) -> None:
    """A partial level has none, and what was told to rest is not renewed."""
    bench = a_bench(max_runtime=3600)
    leases = bench.engine.around.leases
    bench.energise(duration=900)
    assert leases.device_ends_at(PUMP) == bench.now.monotonic + LEASE
    assert leases.renewals.due(PUMP) is not None
    bench.wish(level, duration=900)
    assert leases.renewals.due(PUMP) is None
    assert (leases.device_ends_at(PUMP) is None) == (level > 0)


@pytest.mark.req("INV-11")
@pytest.mark.parametrize("level", [None, 0.0])
def test_what_is_not_seen_running_is_not_renewed(level: float | None) -> None:
    """To renew what rests would be to start it."""
    bench = a_bench(ActuatorKind.PUMP, max_runtime=3600)
    bench.feed(a_report(0.0))
    bench.tick(1)
    bench.energise(duration=900)
    bench.tick(1)
    bench.feed(a_report(level))
    assert [found for _, found in levels(bench.tick(600)) if found] == []


def test_nothing_is_renewed_for_an_owner_who_has_vanished() -> None:
    """The device ends it when the lease that it was told is over."""
    bench = running()
    bench.engine.demands.drop_all(PUMP)
    assert levels(bench.tick(LEASE)) == []
    bench.feed(a_report(0.0))
    assert levels(bench.tick(900)) == []


def test_a_renewal_that_does_not_get_through_is_tried_again_in_time() -> None:
    """A moment without the broker does not end a run."""
    bench = running()
    bench.tick(200)
    bench.feed(BrokerLost())
    assert levels(bench.tick(40)) == []
    bench.feed(BrokerConnected())
    bench.feed(a_heartbeat())
    bench.feed(a_report(1.0))
    assert levels(bench.tick(20)) == [(PUMP, 1.0)]


def test_a_renewal_that_never_gets_through_is_given_up_with_the_lease() -> None:
    """Then the device has ended the run by itself, and nobody starts it again."""
    bench = running()
    bench.tick(200)
    bench.feed(BrokerLost())
    assert set(grounds(bench.tick(LEASE))) == {Ground.BROKER_UNAVAILABLE}
    bench.feed(BrokerConnected())
    bench.feed(a_heartbeat())
    assert [level for _, level in levels(bench.tick(300)) if level] == []


@pytest.mark.parametrize("standing", [True, False])
def test_whoever_is_woken_too_late_energises_nothing(standing: bool) -> None:
    """The machine was asleep while the run has ended."""
    bench = a_bench(ActuatorKind.PUMP, max_runtime=900)
    bench.wish(1.0, origin=Origin.RULE, standing=standing)
    bench.tick(1)
    bench.feed(a_report(1.0))
    bench.seconds += 5000
    assert levels(bench.feed(WakeReached())) == REST


@pytest.mark.req("INV-5")
@pytest.mark.parametrize(("after", "left"), [(0.0, 599), (100.0, 499), (598.0, 1)])
def test_a_lease_ends_at_its_moment_after_a_restart(after: float, left: float) -> None:
    """People see the same end as before."""
    bench = a_bench()
    bench.energise(level=0.5, duration=600)
    bench.tick(1)
    successor = bench.restarted(a_plan(actuators=[an_actuator(ActuatorKind.PWM, max_runtime=600)]), after=after)
    assert levels(successor.tick(left - 0.01)) == []
    assert levels(successor.tick(0.02))[:1] == REST


@pytest.mark.req("INV-5")
def test_a_lease_that_has_ended_meanwhile_ends_at_once() -> None:
    """Nobody knows whether the output rests."""
    bench = a_bench()
    bench.energise(level=0.5, duration=60)
    successor = bench.restarted(a_plan(actuators=[an_actuator(ActuatorKind.PWM, max_runtime=600)]), after=300)
    assert levels(successor.tick(0))[:1] == REST


@pytest.mark.req("INV-5")
def test_a_run_goes_on_being_renewed_after_a_restart() -> None:
    """Its device has been told a part of it only."""
    successor = running().restarted(a_plan(actuators=[an_actuator(max_runtime=3600)]), after=30)
    successor.feed(a_heartbeat())
    successor.tick(2)
    successor.feed(a_report(1.0))
    renewal = sent(successor.tick(220))[0]
    assert (renewal.request.is_renewal, renewal.request.holder, renewal.duration) == (True, "person", LEASE)


@pytest.mark.req("INV-5")
def test_a_run_that_its_device_ends_by_itself_is_not_renewed_after_a_restart() -> None:
    """It was told all of it."""
    successor = running(LEASE).restarted(a_plan(actuators=[an_actuator(max_runtime=3600)]), after=30)
    successor.feed(a_heartbeat())
    successor.tick(2)
    successor.feed(a_report(1.0))
    assert levels(successor.tick(LEASE - 40)) == []


def test_whose_lease_it_is_is_known_to_who_has_granted_it() -> None:
    """Of one that was restored or adopted, nobody knows, so it may be anybody's."""
    bench = a_bench(ActuatorKind.PUMP)
    leases = bench.engine.around.leases
    assert leases.is_held_by(PUMP, "anybody")
    bench.wish(1.0, origin=Origin.RULE, owner="rule:a", duration=60)
    assert (leases.is_held_by(PUMP, "rule:a"), leases.is_held_by(PUMP, "rule:b")) == (True, False)
    leases.settle(PUMP)
    leases.adopt(PUMP, 60.0, bench.now)
    assert leases.is_held_by(PUMP, "rule:b")
    leases.adopt(PUMP, 600.0, bench.now)
    assert leases.ends.due(PUMP) == bench.now.monotonic + 60


@pytest.mark.parametrize(("seconds", "over"), [(0, False), (57, False), (59.9, True), (62, True)])
def test_a_run_has_run_out_about_when_its_device_ends_it(seconds: float, over: bool) -> None:
    """The device and we do not count exactly alike."""
    bench = a_bench(ActuatorKind.PUMP)
    bench.energise(duration=60)
    at = an_instant(bench.seconds + seconds)
    assert bench.engine.around.leases.has_run_out(PUMP, at) is over
    assert not EngineBench().engine.around.leases.has_run_out(PUMP, at)


def a_restored_lease(seconds: float = 10.0) -> Leases:
    """Return the lease of an earlier run that was taken over after so many seconds; its device knows a part of it."""
    leases = Leases()
    until, device_until = an_instant(900).monotonic, an_instant(300).monotonic
    leases.restore(PUMP, until, device_until, an_instant(seconds))
    return leases


def test_a_run_that_was_found_or_restored_counts_from_the_moment_it_was_taken_over() -> None:
    """What its output has said before proves nothing about it."""
    found = Leases()
    found.adopt(PUMP, 60.0, an_instant(5))
    assert found.granted_at(PUMP) == an_instant(5).monotonic
    restored = a_restored_lease(10)
    assert restored.granted_at(PUMP) == an_instant(10).monotonic
    assert restored.device_ends_at(PUMP) == an_instant(300).monotonic


def test_a_lease_that_has_ended_names_its_last_grant() -> None:
    """What its output says later tells whether it rests."""
    assert a_restored_lease(10).ended(an_instant(900)) == [(PUMP, an_instant(10).monotonic)]


def test_what_is_energised_anew_was_not_out_of_reach() -> None:
    """Only the run that went on when its device was lost may have been rested by it."""
    bench = a_bench()
    bench.energise(duration=300)
    leases = bench.engine.around.leases
    bench.feed(WillReceived(device=DeviceId(ESP), reason="unexpected_disconnect"))
    assert leases.is_unseen(PUMP)
    bench.feed(a_heartbeat())
    bench.tick(2.0)
    bench.energise(duration=300)
    assert not leases.is_unseen(PUMP)


def test_a_lease_that_is_settled_leaves_nothing_behind() -> None:
    """Neither an end here or on the device, nor a renewal: the next run has its own."""
    leases = a_restored_lease()
    assert leases.renewals.due(PUMP) is not None
    leases.settle(PUMP)
    assert (leases.granted_at(PUMP), leases.device_ends_at(PUMP)) == (None, None)
    assert (leases.ends.due(PUMP), leases.renewals.due(PUMP)) == (None, None)


@pytest.mark.parametrize(("until", "is_shorter"), [(99.9, False), (98.0, False), (97.9, True), (10.0, True)])
def test_a_lease_is_shortened_by_more_than_the_moment_that_a_device_comes_first(until: float, is_shorter: bool) -> None:
    """What ends later than the new limit ends with it; an output without a lease has nothing to shorten."""
    leases, now = Leases(), an_instant(0)
    leases.adopt(PUMP, 100.0, now)
    assert leases.shorten(PUMP, now.monotonic + until) is is_shorter
    assert leases.ends.due(PUMP) == now.monotonic + (until if is_shorter else 100.0)
    assert not leases.shorten(actuator_channel(ESP, 99), now.monotonic)
    assert leases.ends.due(actuator_channel(ESP, 99)) is None

"""The engine as a whole: what it remembers, what it forgets, when it wants to be woken."""

import pytest

from custom_components.god_kaiser.core.devices.notices import ConfigPush, HeartbeatAck, Standing
from custom_components.god_kaiser.core.effects import Ending, Introduce, Offer, Retire, Settle, ShowHub
from custom_components.god_kaiser.core.engine.proving import REST_AFTER
from custom_components.god_kaiser.core.events import DeviceForgotten, WakeReached
from custom_components.god_kaiser.core.facts import MetricsReceived
from custom_components.god_kaiser.core.fleet.session import LinkState
from custom_components.god_kaiser.core.fleet.sync import Mark
from custom_components.god_kaiser.core.ids import DeviceId
from custom_components.god_kaiser.core.safety.estop import StopMemory, StopScope
from custom_components.god_kaiser.core.safety.objections import Ground
from tests.builders import (
    BOOT,
    ESP,
    EngineBench,
    a_heartbeat,
    a_plan,
    a_reading,
    a_report,
    grounds,
    levels,
    notices_of,
    of_kind,
)


def test_an_engine_that_knows_nothing_wants_no_wake_up() -> None:
    """And being woken all the same does no harm."""
    bench = EngineBench()
    assert bench.engine.next_wake() is None
    assert bench.feed(WakeReached()) == []


def test_the_next_wake_up_is_the_earliest_of_all_deadlines() -> None:
    """One timer serves them all."""
    bench = EngineBench()
    bench.online()
    start = bench.now.monotonic
    assert bench.engine.next_wake() == start - 2 + 180
    bench.feed(a_reading("sht31_temp", 0, 26_214))
    bench.energise(duration=60)
    assert bench.engine.next_wake() == start + 10
    bench.wish(0.0)
    assert bench.engine.next_wake() == start + 5
    bench.press()
    assert bench.engine.next_wake() == start + REST_AFTER


def test_a_wake_up_that_comes_too_early_changes_nothing() -> None:
    """Clocks are not exact."""
    bench = EngineBench()
    bench.online()
    bench.energise()
    bench.tick(1)
    assert bench.feed(WakeReached()) == []


@pytest.mark.req("SAF-16")
def test_after_a_restart_everything_that_was_remembered_counts_before_the_first_message() -> None:
    """Plans, marks and the latch; nothing is taken for present."""
    bench = EngineBench(connected=False)
    bench.restore(a_plan(), stop=StopMemory(everything=StopScope(by="anna")), marked=BOOT)
    assert bench.engine.latch.holds(ESP)
    assert bench.device().link.state is LinkState.UNKNOWN
    assert bench.sync().mark == Mark(plan=a_plan(), boot_sequence=BOOT)
    assert len(bench.device().sensors) == 1
    assert grounds(bench.wish(1.0)) == [
        Ground.EMERGENCY_STOP_ACTIVE,
        Ground.BROKER_UNAVAILABLE,
    ]


def test_after_a_restart_a_device_in_step_is_answered_and_left_alone() -> None:
    """No card, no push, no command."""
    bench = EngineBench()
    bench.restore(a_plan(), marked=BOOT)
    effects = [*bench.feed(a_heartbeat(sensors=1, actuators=1)), *bench.tick(2)]
    assert [ack.standing for ack in notices_of(effects, HeartbeatAck)] == [Standing.APPROVED]
    assert notices_of(effects, ConfigPush) == []
    assert of_kind(effects, Offer) == []
    assert of_kind(effects, Introduce) == []
    assert levels(effects) == []


def test_after_a_restart_a_device_that_was_never_configured_is() -> None:
    """Its plan has no mark."""
    bench = EngineBench()
    bench.restore(a_plan())
    bench.feed(a_heartbeat())
    assert len(notices_of(bench.tick(2), ConfigPush)) == 1


def test_after_a_restart_the_reports_of_a_device_are_unknown_until_it_speaks() -> None:
    """No fake off."""
    bench = EngineBench()
    bench.restore(a_plan(), marked=BOOT)
    bench.feed(a_heartbeat())
    bench.tick(2)
    assert bench.engine.fleet.reports == {}


@pytest.mark.req("API-01")
def test_a_forgotten_device_is_a_stranger_again() -> None:
    """Nothing that was in flight is waited for, and its next heartbeat offers it anew."""
    bench = EngineBench()
    bench.online()
    command = bench.energise()
    effects = bench.feed(DeviceForgotten(device=ESP))
    assert of_kind(effects, Settle) == [Settle(id=command, ending=Ending.UNCONFIRMED)]
    assert len(of_kind(effects, Retire)) == 2
    assert bench.sync().mark is None
    effects = bench.feed(a_heartbeat())
    assert [ack.standing for ack in notices_of(effects, HeartbeatAck)] == [Standing.PENDING]
    assert of_kind(effects, Offer) == [Offer(ESP)]


def test_the_deadlines_of_a_forgotten_device_pass_without_effect() -> None:
    """Nobody is left to be told, except that what was energised is sent to rest."""
    bench = EngineBench()
    bench.online()
    bench.energise(duration=60)
    bench.feed(a_heartbeat(boot="b2"))
    bench.feed(DeviceForgotten(device=ESP))
    effects = bench.tick(61)
    assert effects == []
    assert [level for _, level in levels(bench.tick(300))] == [0.0] * 4


def test_forgetting_a_device_that_nobody_knows_does_nothing() -> None:
    """It may have vanished a moment ago; the hub counts anew."""
    assert EngineBench().feed(DeviceForgotten(device=DeviceId("ESP_0000FF"))) == [ShowHub()]


def test_a_retained_fact_of_any_kind_is_ignored() -> None:
    """Only the last will of a device is meant to be kept by the broker."""
    bench = EngineBench()
    bench.online()
    assert bench.feed(a_report(1.0, retained=True)) == []
    assert bench.feed(MetricsReceived(device=ESP, retained=True, counters={"x": 1})) == []
    assert bench.device().counters == {}


@pytest.mark.req("API-21")
def test_a_simulated_day_leaves_no_more_behind_than_an_hour() -> None:
    """Readings, reports, heartbeats and commands come and go; the lists keep their size."""
    bench = EngineBench()
    bench.online()
    sizes = []
    for _ in range(24):
        for _ in range(60):
            bench.feed(a_heartbeat(sensors=1, actuators=1))
            bench.feed(a_reading())
            bench.feed(a_report(0.0))
            key = bench.energise(duration=30)
            bench.feed(a_report(1.0))
            bench.tick(30)
            bench.wish(0.0)
            bench.tick(30)
            assert key
        bench.history.clear()
        state = bench.engine._state
        sizes.append(
            (
                len(state.fleet.readings),
                len(state.fleet.reports),
                len(state.ledger._entries),
                len(state.ledger._latest),
                len(state.ledger.timeouts.queue) < 100,
                len(state.silence.queue) < 10,
                len(state.leases._granted),
            )
        )
    assert len(set(sizes)) == 1

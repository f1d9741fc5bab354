"""What was approved can become wrong later: everything energised is watched until it rests."""

from collections.abc import Callable
from datetime import time

from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.devices.model import ActuatorKind
from custom_components.god_kaiser.core.effects import Effect, Occasion, Retire
from custom_components.god_kaiser.core.engine.supervision import SWEEP
from custom_components.god_kaiser.core.events import (
    BrokerLost,
    ChannelForgotten,
    CrashFound,
    DeviceForgotten,
    Event,
    LockOutHung,
    ShutdownBegun,
    StopPressed,
)
from custom_components.god_kaiser.core.facts import StopCleared
from custom_components.god_kaiser.core.ids import ChannelId, actuator_channel, sensor_channel
from custom_components.god_kaiser.core.requests import Origin
from custom_components.god_kaiser.core.safety.interlocks import Interlock
from custom_components.god_kaiser.core.safety.interlocks.exclusion import Exclusion
from custom_components.god_kaiser.core.safety.interlocks.fresh_sensor import FreshSensor
from custom_components.god_kaiser.core.safety.interlocks.level_limit import LevelLimit
from custom_components.god_kaiser.core.safety.interlocks.max_on_time import MaxOnTime
from custom_components.god_kaiser.core.safety.interlocks.requirement import Requirement
from custom_components.god_kaiser.core.safety.interlocks.time_window import TimeWindow
from custom_components.god_kaiser.core.safety.limits import ShutdownPolicy
from custom_components.god_kaiser.core.safety.objections import Ground
from tests.builders import (
    ESP,
    PUMP,
    EngineBench,
    a_heartbeat,
    a_plan,
    a_reading,
    a_report,
    a_sensor,
    a_tag,
    an_actuator,
    an_answer,
    decisions,
    kept,
    levels,
    of_kind,
    sent,
    told,
)

VALVE_PIN = 17
VALVE = actuator_channel(ESP, VALVE_PIN)
TANK = sensor_channel(ESP, 34, "moisture", "")
RUN, REST = [(PUMP, 1.0)], [(PUMP, 0.0)]
RULE = Origin.RULE
PLAN = a_plan(
    sensors=[a_sensor()],
    actuators=[an_actuator(), an_actuator(ActuatorKind.RELAY, VALVE_PIN, name="Valve")],
)


def a_bench(*interlocks: Interlock) -> EngineBench:
    """Return an engine with a pump and the output that it needs, both at rest and known to be."""
    bench = EngineBench(offline_after=1e6)
    bench.online(plan=PLAN)
    bench.feed(a_report(0.0))
    bench.feed(a_report(0.0, VALVE_PIN, kind=ActuatorKind.RELAY))
    bench.feed(a_reading(raw=2350))
    bench.lay_down(*interlocks)
    bench.tick(1)
    return bench


def obeyed(bench: EngineBench, effects: list[Effect]) -> list[Effect]:
    """Let the device obey whatever it is told; return that with what follows from it."""
    bench.tick(0.5)
    followed = list(effects)
    for command in sent(effects):
        bench.feed(an_answer(command.request.id))
        pin = int(command.request.channel.rpartition("/")[2])
        followed += bench.feed(a_report(command.request.level, pin, kind=None))
    return followed


def running(*interlocks: Interlock, standing: bool = False, duration: int | None = None) -> EngineBench:
    """Return the same with the pump running for a rule."""
    bench = a_bench(*interlocks)
    obeyed(bench, bench.wish(1.0, origin=RULE, owner="rule:a", standing=standing, duration=duration))
    assert bench.engine.around.is_running(PUMP)
    return bench


def wetter(bench: EngineBench) -> list[Effect]:
    """Let the sensor show another value."""
    return bench.feed(a_reading(raw=1200))


def closes(bench: EngineBench) -> list[Effect]:
    """Let the other output be seen at rest."""
    return bench.feed(a_report(0.0, VALVE_PIN, kind=ActuatorKind.RELAY))


def opens(bench: EngineBench) -> list[Effect]:
    """Let the other output be seen running."""
    return bench.feed(a_report(1.0, VALVE_PIN, kind=ActuatorKind.RELAY))


def limited(bench: EngineBench) -> list[Effect]:
    """Lay down what the pump does not fulfil."""
    return bench.lay_down(LevelLimit(high=0.5))


def after(seconds: float) -> Callable[[EngineBench], list[Effect]]:
    """Let time pass."""
    return lambda bench: bench.tick(seconds)


@pytest.mark.risk(
    fails="Something changes while an output runs (tank empty, sensor stale, time over)",
    happens="the output rests, with the reason in the journal",
    protects="the supervisor",
)
@pytest.mark.req("SAF-06", "INV-11", "INV-13")
@pytest.mark.parametrize(
    ("interlock", "change", "ground"),
    [
        (FreshSensor(sensor=TANK, high=60.0), wetter, Ground.SENSOR_OUT_OF_RANGE),
        (FreshSensor(sensor=TANK, max_age=60), after(61), Ground.SENSOR_UNKNOWN),
        (Exclusion(others=(VALVE,)), opens, Ground.EXCLUDED),
        (LevelLimit(high=1.0), limited, Ground.LEVEL_LIMIT),
        (MaxOnTime(per_run=100), after(100), Ground.RUN_TOO_LONG),
        (MaxOnTime(per_day=100), after(100), Ground.DAY_USED_UP),
        (TimeWindow(start=time(8), end=time(9, 2)), after(118), Ground.OUTSIDE_TIME_WINDOW),
    ],
)
def test_an_interlock_that_breaks_rests_what_runs_through_the_funnel(
    interlock: Interlock, change: Callable[[EngineBench], list[Effect]], ground: Ground
) -> None:
    """With the reasons and the values that they were judged by, and people are told."""
    bench = running(interlock)
    effects = change(bench)
    (command,) = (command for command in sent(effects) if command.request.channel == PUMP)
    decision = next(decision for decision in decisions(effects) if decision.command == command.request.id)
    tell = next(tell for tell in told(effects, Occasion.FORCED_TO_REST) if tell.details["channel"] == PUMP)
    assert (command.request.level, command.request.origin) == (0.0, Origin.SUPERVISOR)
    assert [reason.ground for reason in decision.reasons] == [ground]
    assert decision.reasons[0].details
    assert (decision.is_allowed, decision.asked_by) == (True, ground)
    assert (tell.device, tell.details) == (ESP, {"channel": PUMP, "reasons": ground})


@pytest.mark.risk(fails="The valve closes while the pump runs", happens="the pump rests", protects="the supervisor")
@pytest.mark.req("SAF-06")
def test_a_pump_rests_when_the_valve_that_it_needs_closes() -> None:
    """It does not wait for the valve to say so: to have told it is enough."""
    bench = a_bench(Requirement(any_of=(VALVE,)))
    obeyed(bench, bench.wish(1.0, VALVE))
    obeyed(bench, bench.wish(1.0, origin=RULE, owner="rule:a"))
    effects = [*bench.wish(0.0, VALVE), *closes(bench)]
    assert (PUMP, 0.0) in levels(effects)


def test_a_change_that_concerns_nobody_asks_nobody() -> None:
    """The pump does not depend on this output, nor on these settings."""
    bench = running(FreshSensor(sensor=TANK))
    assert sent([*opens(bench), *bench.lay_down(LevelLimit(high=0.1), channel=VALVE)][:1]) == []
    assert bench.engine.around.is_running(PUMP)


def test_what_was_wished_once_is_over_when_an_interlock_has_ended_it() -> None:
    """It does not begin again when the interlock would allow it."""
    bench = running(FreshSensor(sensor=TANK, high=60.0))
    effects = wetter(bench)
    assert bench.engine.demands.of(PUMP) == []
    obeyed(bench, effects)
    bench.feed(a_reading(raw=2350))
    assert [level for _, level in levels(bench.tick(300)) if level] == []


def test_a_standing_wish_goes_on_as_soon_as_the_interlock_allows_it() -> None:
    """With the very reading that says so."""
    bench = running(FreshSensor(sensor=TANK, high=60.0), standing=True)
    obeyed(bench, wetter(bench))
    assert [level for _, level in levels(bench.tick(SWEEP * 2)) if level] == []
    assert levels(bench.feed(a_reading(raw=2350)))[:1] == RUN


def test_a_standing_wish_that_has_run_too_long_does_not_go_on_by_itself() -> None:
    """Its owner has to withdraw it, or to ask again."""
    bench = running(MaxOnTime(per_run=100), standing=True)
    obeyed(bench, bench.tick(100))
    assert [level for _, level in levels(bench.tick(600)) if level] == []
    assert levels(bench.wish(1.0, origin=RULE, owner="rule:a", standing=True)) == RUN


def test_a_standing_wish_that_has_run_for_too_long_already_is_over_as_well() -> None:
    """Somebody has laid that down while it ran."""
    bench = running(standing=True)
    bench.tick(200)
    obeyed(bench, bench.lay_down(MaxOnTime(per_run=100)))
    assert [level for _, level in levels(bench.tick(600)) if level] == []


@pytest.mark.req("SAF-09")
def test_a_standing_wish_that_has_had_its_longest_run_waits_until_it_is_made_anew() -> None:
    """Its device ends it a moment before we would."""
    bench = running(standing=True)
    bench.tick(3599.7)
    bench.feed(a_report(0.0))
    assert [level for _, level in levels(bench.tick(600)) if level] == []
    assert [demand.is_spent for demand in bench.engine.demands.of(PUMP)] == [True]
    effects = bench.wish(1.0)
    assert levels(effects) == RUN
    assert decisions(effects)[0].outranked == ()


def test_who_gets_an_output_back_runs_no_longer_than_it_may_by_now() -> None:
    """A person has shortened the longest run meanwhile."""
    bench = running(duration=3000)
    obeyed(bench, bench.wish(0.0))
    actuators = [an_actuator(max_runtime=600), an_actuator(ActuatorKind.RELAY, VALVE_PIN, name="Valve")]
    bench.configure(bench.approve(a_plan(sensors=[a_sensor()], actuators=actuators)))
    bench.feed(a_report(0.0))
    (command,) = sent(bench.let_go("person"))
    assert (command.request.level, command.span) == (1.0, 600)


def test_a_rest_on_its_way_is_not_asked_for_twice() -> None:
    """Its own repetition is enough."""
    bench = running(FreshSensor(sensor=TANK, high=60.0))
    assert levels(wetter(bench)) == REST
    assert levels(wetter(bench)) == []
    assert levels(bench.feed(a_heartbeat())) == []


@pytest.mark.risk(
    fails="A rest is lost or not obeyed",
    happens="it is asked for again for as long as the output runs",
    protects="the ledger and the supervisor",
)
def test_an_output_that_does_not_obey_is_asked_again_for_as_long_as_it_runs() -> None:
    """Every minute, and people are told each time."""
    bench = running(FreshSensor(sensor=TANK, high=60.0))
    wetter(bench)
    for _ in range(5):
        effects = [*bench.tick(SWEEP), *bench.feed(a_report(1.0))]
        assert (PUMP, 0.0) in levels(effects)
    bench.feed(a_report(0.0))
    assert levels(bench.tick(600)) == []


def test_whatever_runs_is_looked_at_in_every_sweep() -> None:
    """Also where nothing has announced that something became wrong."""
    bench = running(standing=True)
    bench.engine.around.lock_outs.hang(PUMP, a_tag(now=bench.now), bench.now)
    effects = bench.tick(SWEEP)
    assert levels(effects)[:1] == REST
    assert bench.engine.demands.of(PUMP) == []
    assert [tell.details["reasons"] for tell in told(effects, Occasion.FORCED_TO_REST)] == ["locked_out"]


def test_nobody_is_woken_for_a_sweep_when_nothing_runs_and_nobody_waits() -> None:
    """A sleeping house stays asleep."""
    bench = running(MaxOnTime(per_day=5000), standing=True)
    state = bench.engine._state
    assert None not in (state.sweeps.next_due(), state.looks.next_due())
    obeyed(bench, bench.let_go("rule:a"))
    assert state.looks.next_due() is None
    bench.tick(SWEEP * 2)
    assert state.sweeps.next_due() is None


@pytest.mark.req("INV-10")
@pytest.mark.parametrize("origin", [RULE, Origin.SEQUENCE, Origin.PERSON])
def test_what_was_wished_once_is_not_energised_again_by_a_sweep(origin: Origin) -> None:
    """Nobody knows whether it ran; whoever still wants it asks."""
    bench = a_bench()
    (command,) = sent(bench.wish(1.0, origin=origin, duration=900))
    bench.feed(an_answer(command.request.id))
    assert levels(bench.tick(SWEEP * 3)) == []


def test_a_standing_wish_is_energised_again_after_its_device_has_ended_it() -> None:
    """It waits for better times, and these are better ones."""
    bench = running(standing=True)
    bench.feed(a_report(0.0))
    assert levels(bench.tick(SWEEP))[:1] == RUN


def test_a_run_that_its_device_has_ended_is_over_for_a_person() -> None:
    """Somebody at the device has switched it off, or it has protected itself."""
    bench = a_bench()
    obeyed(bench, bench.wish(1.0, duration=900))
    bench.tick(5)
    effects = bench.feed(a_report(0.0))
    assert bench.engine.demands.of(PUMP) == []
    assert not bench.engine.around.leases.is_live(PUMP)
    assert kept(effects)[f"channel/{PUMP}"] is not None
    assert levels(bench.tick(900)) == []


def test_what_waits_behind_a_persons_off_is_not_ended_by_the_rest_of_the_device() -> None:
    """The device has done what it was told; the rule waits for its turn."""
    bench = running(duration=900)
    obeyed(bench, bench.wish(0.0))
    assert [demand.owner for demand in bench.engine.demands.of(PUMP)] == ["rule:a", "person"]


@pytest.mark.parametrize("level", [None, 0.0])
def test_what_a_device_says_while_a_command_is_on_its_way_ends_nothing(level: float | None) -> None:
    """It may be older than the command."""
    bench = a_bench()
    bench.wish(1.0, origin=RULE, owner="rule:a")
    bench.tick(0.1)
    bench.feed(a_report(level))
    assert bench.engine.around.leases.is_live(PUMP)
    assert [demand.owner for demand in bench.engine.demands.of(PUMP)] == ["rule:a"]


def test_an_output_that_somebody_has_switched_on_goes_on_for_a_wish_that_waits_for_it() -> None:
    """It gets an end as if we had energised it: that of the wish, and never more than it may run."""
    benches = []
    for duration in (600, None):
        bench = EngineBench(offline_after=1e6)
        bench.restore(PLAN, marked="b1")
        bench.wish(1.0, origin=RULE, owner="rule:a", standing=True, duration=duration)
        bench.feed(a_heartbeat(boot="b1"))
        bench.feed(a_report(1.0))
        benches.append(bench)
    ends = [bench.engine.around.leases.ends.due(PUMP) for bench in benches]
    assert ends == [benches[0].now.monotonic + 600, benches[0].now.monotonic + 3600]
    assert benches[0].engine.around.usage.of(PUMP).on_since == benches[0].now.monotonic


@pytest.mark.req("INV-3", "SAF-20")
@pytest.mark.parametrize("standing", [True, False])
def test_no_demand_survives_the_stop_that_a_device_has_pressed_itself(standing: bool) -> None:
    """Nothing begins again when it is released there."""
    bench = running(standing=standing)
    bench.feed(a_report(0.0, stopped=True))
    assert bench.engine.demands.of(PUMP) == []
    bench.feed(StopCleared(device=ESP))
    bench.feed(a_report(0.0))
    assert [level for _, level in levels(bench.tick(SWEEP * 3)) if level] == []


def test_an_output_that_says_it_is_stopped_and_runs_is_rested() -> None:
    """Whatever has gone wrong there."""
    bench = running(standing=True)
    effects = bench.feed(a_report(1.0, stopped=True))
    assert levels(effects) == REST
    assert bench.engine.demands.of(PUMP) == []


def test_the_level_that_is_judged_is_the_one_that_runs() -> None:
    """A standing wish for more, which waits, does not end what runs within the limits."""
    bench = EngineBench(offline_after=1e6)
    bench.online(plan=a_plan(actuators=[an_actuator(ActuatorKind.PWM)]))
    bench.lay_down(LevelLimit(high=0.5))
    obeyed(bench, bench.wish(0.4, origin=RULE, owner="rule:a", standing=True))
    bench.wish(0.9, origin=RULE, owner="rule:a", standing=True)
    assert levels(bench.tick(SWEEP * 3)) == []
    assert levels(bench.feed(a_report(0.6))) == REST


def test_a_level_that_was_just_told_counts_before_it_is_reported() -> None:
    """What is on its way cannot be taken back."""
    bench = EngineBench(offline_after=1e6)
    bench.online(plan=a_plan(actuators=[an_actuator(ActuatorKind.PWM)]))
    bench.wish(0.9)
    assert levels(bench.lay_down(LevelLimit(high=0.5))) == REST


@pytest.mark.parametrize(
    ("policy", "rested"), [(ShutdownPolicy.REST, [(PUMP, 0.0), (VALVE, 0.0)]), (ShutdownPolicy.LEASE, [(VALVE, 0.0)])]
)
def test_what_runs_rests_when_home_assistant_ends_unless_its_lease_may_run_out(
    policy: ShutdownPolicy, rested: list[tuple[ChannelId, float]]
) -> None:
    """What rests is left alone, and nothing that was rested begins again with the next start."""
    bench = running(standing=True)
    obeyed(bench, bench.wish(1.0, VALVE))
    bench.feed(a_report(1.0, 25, kind=ActuatorKind.RELAY))
    bench.lay_down(on_shutdown=policy)
    effects = bench.feed(ShutdownBegun())
    assert levels(effects) == rested
    assert {decision.asked_by for decision in decisions(effects)} == {"shutdown"}
    waiting = [demand.owner for demand in bench.engine.demands.of(PUMP)]
    assert waiting == ([] if (PUMP, 0.0) in rested else ["rule:a"])


def test_after_a_crash_people_are_told_what_was_running() -> None:
    """And how many it were."""
    bench = running(duration=900)
    (tell,) = told(bench.restarted(PLAN).feed(CrashFound()), Occasion.CRASH_FOUND)
    assert tell.details == {"running": PUMP, "count": 1}
    (tell,) = told(bench.restarted(PLAN).feed(CrashFound(lost=7)), Occasion.CRASH_FOUND)
    assert tell.details["events_lost"] == 7


@pytest.mark.req("INV-5")
def test_a_hold_survives_a_restart() -> None:
    """The rule behind it gets its output back at the moment that people were told."""
    bench = running(standing=True)
    obeyed(bench, bench.wish(0.0))
    successor = bench.restarted(PLAN, after=300)
    successor.feed(a_heartbeat())
    successor.feed(a_report(0.0))
    assert sent(successor.wish(1.0, origin=RULE, owner="rule:a", standing=True)) == []
    assert levels(successor.tick(900 - 300 - 1)) == []
    assert levels(successor.tick(1)) == RUN


@pytest.mark.req("INV-5")
def test_a_standing_wish_survives_a_restart_and_waits_for_its_device() -> None:
    """Nothing is sent before the device is there."""
    bench = a_bench()
    bench.feed(BrokerLost())
    bench.wish(1.0, origin=RULE, owner="rule:a", standing=True)
    successor = bench.restarted(PLAN)
    successor.wish(1.0, origin=RULE, owner="rule:a", standing=True)
    assert levels(successor.tick(SWEEP * 2)) == []
    successor.feed(a_heartbeat())
    assert levels(successor.tick(SWEEP + 2))[:1] == RUN


@pytest.mark.req("INV-5", "INV-3")
@pytest.mark.parametrize("cause", [StopPressed(devices=None), LockOutHung(tag=a_tag(PUMP))])
def test_no_wish_to_run_comes_back_from_before_a_stop_or_a_tag(cause: Event) -> None:
    """A crash has come between it and the disk; who wants rest may go on wanting it."""
    bench = running(standing=True)
    before = bench.engine.memory(bench.now)
    bench.feed(cause)
    after_it = bench.engine.memory(bench.now)
    successor = EngineBench()
    successor.seconds = bench.seconds
    successor.restore(PLAN, memory=replace(after_it, channels=before.channels))
    assert successor.engine.demands.of(PUMP) == []


def test_nothing_is_left_in_the_books_about_a_device_that_is_gone() -> None:
    """But what we have energised still gets its end."""
    bench = running(FreshSensor(sensor=TANK), standing=True)
    effects = bench.feed(DeviceForgotten(device=ESP))
    state = bench.engine._state
    assert (state.demands.channels(), state.orphans.next_due(), state.looks.next_due()) == ([], None, None)
    assert f"channel/{PUMP}" in kept(effects)
    assert state.around.usage.of(PUMP).on_since is None
    assert state.around.limits.interlocks_of(PUMP) == ()
    assert (PUMP, 0.0) in levels(bench.tick(3700))
    assert not state.leases.is_live(PUMP)


def test_nothing_is_left_in_the_books_about_a_planned_output_that_is_gone() -> None:
    """Its neighbours keep theirs."""
    bench = running(standing=True)
    bench.wish(1.0, VALVE, origin=RULE, standing=True)
    effects = bench.approve(a_plan(actuators=[an_actuator(ActuatorKind.RELAY, VALVE_PIN, name="Valve")]))
    assert PUMP in {retired.channel.id for retired in of_kind(effects, Retire)}
    assert bench.engine.demands.channels() == [VALVE]


def test_an_output_that_only_looks_different_keeps_its_demands() -> None:
    """It is still there."""
    bench = running(standing=True)
    lamp = an_actuator(ActuatorKind.RELAY)
    assert of_kind(bench.approve(a_plan(actuators=[lamp])), Retire)
    assert bench.engine.demands.channels() == [PUMP]


def test_an_output_that_nobody_has_planned_is_forgotten_with_its_books() -> None:
    """A person has removed it."""
    bench = a_bench()
    foreign = actuator_channel(ESP, 25)
    bench.feed(a_report(0.0, 25, kind=ActuatorKind.RELAY))
    bench.wish(1.0, foreign, origin=RULE, standing=True)
    bench.feed(ChannelForgotten(channel=foreign))
    assert bench.engine.demands.channels() == []


@pytest.mark.req("INV-3")
def test_the_off_of_a_person_outlasts_what_the_supervisor_ends_for_good() -> None:
    """It keeps others away, also where the output runs on in spite of it."""
    bench = a_bench()
    bench.lay_down(hold=600)
    bench.wish(0.0)
    bench.hang(PUMP)
    bench.tick(60)
    effects = bench.feed(a_report(1.0))
    assert [tell.details["reasons"] for tell in told(effects, Occasion.FORCED_TO_REST)] == [Ground.LOCKED_OUT]
    assert [demand.owner for demand in bench.engine.demands.of(PUMP)] == ["person"]

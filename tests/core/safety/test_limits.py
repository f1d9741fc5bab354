"""What a person has laid down about the safety of outputs, and who depends on whom."""

from hypothesis import given, strategies as st
from msgspec import json
import pytest

from custom_components.god_kaiser.core.ids import ChannelId, DeviceId, actuator_channel, sensor_channel
from custom_components.god_kaiser.core.safety.interlocks.budget import Budget
from custom_components.god_kaiser.core.safety.interlocks.exclusion import Exclusion
from custom_components.god_kaiser.core.safety.interlocks.fresh_sensor import FreshSensor
from custom_components.god_kaiser.core.safety.interlocks.level_limit import LevelLimit
from custom_components.god_kaiser.core.safety.interlocks.max_on_time import MaxOnTime
from custom_components.god_kaiser.core.safety.interlocks.min_times import MinTimes
from custom_components.god_kaiser.core.safety.interlocks.requirement import Requirement
from custom_components.god_kaiser.core.safety.limits import (
    DEFAULT_HOLD,
    ChannelSafety,
    DeviceSafety,
    Limits,
    ShutdownPolicy,
    StopMode,
)
from tests.builders import ESP

OTHER = DeviceId("ESP_0000FF")
A, B, C = (actuator_channel(ESP, pin) for pin in (16, 17, 18))
FAR = actuator_channel(OTHER, 16)
LEVEL = sensor_channel(ESP, 34, "moisture", "")
OUTPUTS = (A, B, C, FAR)


def limits(*safeties: ChannelSafety) -> Limits:
    """Return what was laid down."""
    laid = Limits()
    laid.lay_down(*safeties)
    return laid


def test_an_output_that_nobody_has_thought_about_has_the_usual_settings() -> None:
    """No interlocks, a hold of a quarter of an hour, rest at the end."""
    safety = Limits().of(A)
    assert (safety.channel, safety.interlocks, safety.hold) == (A, (), DEFAULT_HOLD)
    assert (safety.on_shutdown, safety.stop_step) == (ShutdownPolicy.REST, 0)
    assert Limits().interlocks_of(A) == ()
    assert Limits().dependents(A) == frozenset()
    assert Limits().all() == []


def test_what_is_laid_down_replaces_what_was_laid_down_before() -> None:
    """The others keep theirs."""
    first, second = MaxOnTime(per_run=60), MaxOnTime(per_run=90)
    laid = limits(ChannelSafety(channel=A, interlocks=(first,)), ChannelSafety(channel=B, interlocks=(first,)))
    laid.lay_down(ChannelSafety(channel=A, interlocks=(second,), hold=7))
    assert (laid.interlocks_of(A), laid.interlocks_of(B)) == ((second,), (first,))
    assert laid.of(A).hold == 7
    assert [safety.channel for safety in laid.all()] == [A, B]


def test_what_is_dropped_leaves_nothing_behind() -> None:
    """Neither interlocks, nor dependents, nor what it has laid upon others."""
    laid = limits(ChannelSafety(channel=A, interlocks=(Exclusion(others=(B,)), Requirement(any_of=(FAR,)))))
    laid.drop(A)
    laid.drop(A)
    assert laid.all() == []
    assert [laid.interlocks_of(channel) for channel in OUTPUTS] == [()] * 4
    assert [laid.dependents(channel) for channel in OUTPUTS] == [frozenset()] * 4


@pytest.mark.req("INV-13")
def test_an_exclusion_holds_for_both_sides_whoever_has_declared_it() -> None:
    """It comes last, and each output has one that names all the others."""
    laid = limits(
        ChannelSafety(channel=A, interlocks=(Exclusion(others=(B,)), LevelLimit(high=0.5))),
        ChannelSafety(channel=C, interlocks=(Exclusion(others=(A,)), Exclusion(others=(FAR, A)))),
    )
    assert laid.interlocks_of(A) == (LevelLimit(high=0.5), Exclusion(others=(B, C)))
    assert laid.interlocks_of(B) == (Exclusion(others=(A,)),)
    assert laid.interlocks_of(C) == (Exclusion(others=tuple(sorted((A, FAR)))),)
    assert laid.interlocks_of(FAR) == (Exclusion(others=(C,)),)


@pytest.mark.req("INV-13")
@given(st.lists(st.tuples(st.sampled_from(OUTPUTS), st.sets(st.sampled_from(OUTPUTS), max_size=3)), max_size=6))
def test_who_excludes_is_excluded(declared: list[tuple[ChannelId, set[ChannelId]]]) -> None:
    """Whatever was declared, by whom, and in which order."""
    pairs = [(own, other) for own, others in dict(declared).items() for other in others if other != own]
    laid = limits(
        *(ChannelSafety(channel=own, interlocks=(Exclusion(others=tuple(others - {own})),)) for own, others in declared)
    )
    excluded = {
        (channel, other)
        for channel in OUTPUTS
        for interlock in laid.interlocks_of(channel)
        if isinstance(interlock, Exclusion)
        for other in interlock.others
    }
    assert excluded == {*pairs, *((other, own) for own, other in pairs)}
    assert all(laid.dependents(other) >= {own} for own, other in excluded)


def test_whoever_is_mentioned_knows_who_depends_on_it() -> None:
    """So that an event asks only those whom it concerns."""
    laid = limits(
        ChannelSafety(channel=A, interlocks=(FreshSensor(sensor=LEVEL), Requirement(any_of=(B, FAR)))),
        ChannelSafety(channel=C, interlocks=(FreshSensor(sensor=LEVEL), MaxOnTime(per_run=5))),
    )
    assert laid.dependents(LEVEL) == {A, C}
    assert laid.dependents(B) == laid.dependents(FAR) == {A}
    assert laid.dependents(A) == laid.dependents(C) == frozenset()


def test_a_budget_knows_everybody_who_draws_on_it() -> None:
    """And nobody who draws on another one."""
    water, more, power = (
        Budget(budget="water", uses=4, limit=10),
        Budget(budget="water", uses=6, limit=9),
        Budget(budget="power", uses=100, limit=400),
    )
    laid = limits(
        ChannelSafety(channel=A, interlocks=(water, power)),
        ChannelSafety(channel=B, interlocks=(more,)),
    )
    assert laid.shares_of("water") == {A: water, B: more}
    assert laid.shares_of("power") == {A: power}
    assert laid.shares_of("gas") == {}
    laid.lay_down(ChannelSafety(channel=A))
    assert laid.shares_of("water") == {B: more}


def test_the_longest_of_the_least_runs_counts() -> None:
    """Without one a run may end at once."""
    both = (MinTimes(on=30), MinTimes(on=90, off=5), MaxOnTime(per_run=5))
    laid = limits(ChannelSafety(channel=A, interlocks=both))
    assert (laid.least_run(A), laid.least_run(B)) == (90, 0)


def test_a_device_is_stopped_at_once_unless_somebody_has_said_otherwise() -> None:
    """Until it is gone."""
    laid = Limits()
    assert laid.mode_of(ESP) is StopMode.IMMEDIATE
    laid.lay_down_device(DeviceSafety(device=ESP, stop_mode=StopMode.CONTROLLED))
    assert (laid.mode_of(ESP), laid.mode_of(OTHER)) == (StopMode.CONTROLLED, StopMode.IMMEDIATE)
    laid.drop_device(ESP)
    laid.drop_device(ESP)
    assert laid.mode_of(ESP) is StopMode.IMMEDIATE


def test_the_settings_survive_the_disk() -> None:
    """With every interlock in its own shape."""
    safety = ChannelSafety(
        channel=A,
        interlocks=(Exclusion(others=(B,)), FreshSensor(sensor=LEVEL, low=1.0), MinTimes(on=3)),
        hold=0,
        on_shutdown=ShutdownPolicy.LEASE,
        stop_step=2,
    )
    assert json.decode(json.encode(safety), type=ChannelSafety) == safety

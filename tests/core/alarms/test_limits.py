"""Limits of sensors: crossed at once, over only beyond the dead band, and refused where they contradict each other."""

from hypothesis import given, strategies as st
from msgspec.structs import replace
import pytest

from custom_components.god_kaiser.core.alarms.kinds import AlarmKind
from custom_components.god_kaiser.core.alarms.limits import LONGEST_DELAY, AlarmLimits, checked
from custom_components.god_kaiser.core.errors import DefinitionError
from custom_components.god_kaiser.core.ids import ChannelId

CHANNEL = ChannelId("ESP_1/sensor/4/ph")
LIMITS = AlarmLimits(channel=CHANNEL, low_low=1, low=5, high=20, high_high=30, dead_band=2)
NOTHING: frozenset[AlarmKind] = frozenset()


@pytest.mark.parametrize(
    ("value", "crossed"),
    [
        (20.0, set()),
        (20.1, {AlarmKind.SENSOR_HIGH}),
        (31.0, {AlarmKind.SENSOR_HIGH, AlarmKind.SENSOR_HIGH_HIGH}),
        (5.0, set()),
        (4.9, {AlarmKind.SENSOR_LOW}),
        (0.0, {AlarmKind.SENSOR_LOW, AlarmKind.SENSOR_LOW_LOW}),
    ],
)
def test_a_value_crosses_what_it_is_beyond(value: float, crossed: set[AlarmKind]) -> None:
    """A value on the bound is still inside."""
    assert LIMITS.crossed(value, NOTHING) == crossed


def test_within_the_dead_band_it_stays_as_it_was() -> None:
    """18.1 is no reason to call, and none to call off; 18 is."""
    high = frozenset({AlarmKind.SENSOR_HIGH})
    assert LIMITS.crossed(18.1, NOTHING) == NOTHING
    assert LIMITS.crossed(18.1, high) == high
    assert LIMITS.crossed(18.0, high) == NOTHING
    low = frozenset({AlarmKind.SENSOR_LOW})
    assert LIMITS.crossed(6.9, low) == low
    assert LIMITS.crossed(7.0, low) == NOTHING


def test_without_a_dead_band_the_bound_itself_decides() -> None:
    """On the bound it is over."""
    sharp = replace(LIMITS, dead_band=0)
    high = frozenset({AlarmKind.SENSOR_HIGH})
    assert sharp.crossed(20.0, high) == NOTHING
    assert sharp.crossed(20.01, high) == high


@given(values=st.lists(st.floats(-10, 50), max_size=30))
def test_no_value_is_too_high_and_too_low_at_the_same_time(values: list[float]) -> None:
    """Whatever came before."""
    crossed = NOTHING
    for value in values:
        crossed = LIMITS.crossed(value, crossed)
        assert not {AlarmKind.SENSOR_LOW, AlarmKind.SENSOR_HIGH} <= crossed


def test_only_what_is_laid_down_is_watched() -> None:
    """One bound alone is enough, none is nothing."""
    assert AlarmLimits(channel=CHANNEL).crossed(1e9, NOTHING) == NOTHING
    assert AlarmLimits(channel=CHANNEL, low=3).bounds() == {AlarmKind.SENSOR_LOW: 3}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"high": 30.0}, "alarm_limits_crossed"),
        ({"low": 20.0}, "alarm_limits_crossed"),
        ({"low_low": 6.0}, "alarm_limits_crossed"),
        ({"high": float("nan")}, "alarm_limits_not_finite"),
        ({"dead_band": float("inf")}, "alarm_limits_not_finite"),
        ({"dead_band": -0.1}, "alarm_dead_band_too_wide"),
        ({"dead_band": 7.5}, "alarm_dead_band_too_wide"),
        ({"on_delay": -1}, "alarm_delay_out_of_range"),
        ({"off_delay": LONGEST_DELAY + 1}, "alarm_delay_out_of_range"),
    ],
)
def test_limits_that_contradict_each_other_are_refused(changes: dict[str, float], problem: str) -> None:
    """With the reason that has a text."""
    with pytest.raises(DefinitionError) as caught:
        checked(replace(LIMITS, **changes))
    assert caught.value.problem == problem


def test_limits_that_can_be_kept_to_come_back_as_they_are() -> None:
    """Also where only some of them are given."""
    for limits in (LIMITS, replace(LIMITS, low=None, low_low=None, dead_band=100), AlarmLimits(channel=CHANNEL)):
        assert checked(limits) is limits

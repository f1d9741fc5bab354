"""How many energising commands have gone out lately."""

from hypothesis import given, strategies as st
import pytest

from custom_components.god_kaiser.core.ids import ChannelId, DeviceId, actuator_channel, device_of
from custom_components.god_kaiser.core.safety.traffic import FLEET, MOST, WINDOW, Traffic
from tests.builders import ESP, PUMP, an_instant

OTHER = DeviceId("ESP_0000FF")
SECOND, FOREIGN = actuator_channel(ESP, 17), actuator_channel(OTHER, 16)


def sent(*commands: tuple[float, ChannelId]) -> Traffic:
    """Return what was counted after some commands."""
    traffic = Traffic()
    for seconds, channel in commands:
        traffic.note(channel, an_instant(seconds))
    return traffic


@pytest.mark.parametrize(
    ("scope", "moments"), [(PUMP, [0, 30]), (SECOND, [10]), (ESP, [0, 10, 30]), (OTHER, [20]), (FLEET, [0, 10, 20, 30])]
)
def test_a_command_counts_for_its_output_its_device_and_everybody(scope: str, moments: list[float]) -> None:
    """And for nobody else."""
    traffic = sent((0, PUMP), (10, SECOND), (20, FOREIGN), (30, PUMP))
    backwards = [traffic.oldest_of(scope, count) for count in range(1, len(moments) + 1)]
    assert backwards == [an_instant(moment).monotonic for moment in reversed(moments)]
    assert traffic.oldest_of(scope, len(moments) + 1) is None


def test_where_nothing_was_sent_nothing_is_counted() -> None:
    """A refusal leaves no trace."""
    assert Traffic().oldest_of(PUMP, 1) is None


@given(st.lists(st.integers(min_value=1, max_value=4000), min_size=1, max_size=30))
def test_what_is_older_than_the_longest_window_is_forgotten(gaps: list[int]) -> None:
    """Nobody may ask for it, and nothing grows for ever."""
    moments = [sum(gaps[: index + 1]) for index in range(len(gaps))]
    traffic = sent(*((moment, PUMP) for moment in moments))
    recent = [moment for moment in moments if moment > moments[-1] - WINDOW]
    assert traffic.oldest_of(PUMP, len(recent)) == an_instant(recent[0]).monotonic
    assert traffic.oldest_of(PUMP, len(recent) + 1) is None


def test_a_storm_is_counted_up_to_a_limit() -> None:
    """No person lays down a larger one."""
    traffic = sent(*((index / 1000, PUMP) for index in range(MOST + 5)))
    assert traffic.oldest_of(FLEET, MOST) == pytest.approx(an_instant(0.005).monotonic)
    assert traffic.oldest_of(FLEET, MOST + 1) is None


@given(st.lists(st.tuples(st.integers(1, 3000), st.sampled_from([PUMP, SECOND, FOREIGN])), min_size=1, max_size=30))
def test_who_was_told_nothing_for_the_longest_window_is_forgotten(steps: list[tuple[int, ChannelId]]) -> None:
    """Whoever is removed leaves nothing for ever, and gets round no limit by coming back earlier."""
    moments = [float(sum(gap for gap, _ in steps[: index + 1])) for index in range(len(steps))]
    commands = [(moment, channel) for moment, (_, channel) in zip(moments, steps, strict=True)]
    recent = {channel for moment, channel in commands if moment > moments[-1] - WINDOW}
    expected = {*recent, *(device_of(channel) for channel in recent), FLEET}
    assert set(sent(*commands)._sent) == expected

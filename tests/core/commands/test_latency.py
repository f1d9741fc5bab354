"""How fast a device answers."""

from hypothesis import given, strategies as st
import pytest

from custom_components.god_kaiser.core.commands.latency import WINDOW, Latencies, Latency
from tests.builders import ESP

SECONDS = st.lists(st.floats(min_value=0.0, max_value=60.0, allow_nan=False), min_size=1, max_size=3 * WINDOW)


def latency_of(seconds: list[float]) -> Latency:
    """Return what is told about answers that took so long."""
    latencies = Latencies()
    for second in seconds:
        latencies.note(ESP, second)
    latency = latencies.of(ESP)
    assert latency is not None
    return latency


@pytest.mark.parametrize(
    ("seconds", "p50", "p95", "worst"),
    [
        ([0.3], 0.3, 0.3, 0.3),
        ([0.1, 0.2], 0.1, 0.2, 0.2),
        ([float(number) for number in range(1, 101)], 50.0, 95.0, 100.0),
        ([float(number) for number in range(100, 0, -1)], 50.0, 95.0, 100.0),
    ],
)
def test_half_of_all_answers_and_nineteen_of_twenty(seconds: list[float], p50: float, p95: float, worst: float) -> None:
    """The smallest time that this share of all answers did not exceed."""
    assert latency_of(seconds) == Latency(count=len(seconds), p50=p50, p95=p95, worst=worst)


def test_only_the_last_hundred_answers_count() -> None:
    """A bad hour long ago is forgotten."""
    assert latency_of([30.0] * 50 + [0.1] * WINDOW) == Latency(count=WINDOW, p50=0.1, p95=0.1, worst=0.1)


@given(SECONDS)
def test_the_figures_are_measured_times_in_their_order(seconds: list[float]) -> None:
    """Nothing is made up between two answers."""
    latency = latency_of(seconds)
    recent = sorted(seconds[-WINDOW:])
    assert latency.count == len(recent)
    assert recent[0] <= latency.p50 <= latency.p95 <= latency.worst == recent[-1]
    assert {latency.p50, latency.p95} <= set(recent)
    assert sum(second <= latency.p50 for second in recent) * 2 >= len(recent)
    assert sum(second <= latency.p95 for second in recent) * 20 >= 19 * len(recent)

"""How long something took lately."""

from hypothesis import given, strategies as st
import pytest

from custom_components.god_kaiser.core.latency import WINDOW, Latencies, Latency
from tests.builders import ESP

SECONDS = st.lists(st.floats(min_value=0.0, max_value=60.0, allow_nan=False), min_size=1, max_size=3 * WINDOW)


def latency_of(seconds: list[float]) -> Latency:
    """Return what is told about times like these."""
    latencies: Latencies[str] = Latencies()
    for second in seconds:
        latencies.note(ESP, second)
    latency = latencies.of(ESP)
    assert latency is not None
    return latency


@pytest.mark.parametrize(
    ("seconds", "p50", "p95", "slowest"),
    [
        ([0.3], 0.3, 0.3, 0.3),
        ([0.1, 0.2], 0.1, 0.2, 0.2),
        ([float(number) for number in range(1, 101)], 50.0, 95.0, 100.0),
        ([float(number) for number in range(100, 0, -1)], 50.0, 95.0, 100.0),
    ],
)
def test_half_of_all_times_and_nineteen_of_twenty(seconds: list[float], p50: float, p95: float, slowest: float) -> None:
    """The smallest time that this share of all times did not exceed."""
    expected = Latency(last=seconds[-1], p50=p50, p95=p95, max=slowest, count=len(seconds))
    assert latency_of(seconds) == expected


def test_only_the_last_hundred_times_count() -> None:
    """A bad hour long ago is forgotten."""
    recent = Latency(last=0.1, p50=0.1, p95=0.1, max=0.1, count=WINDOW)
    assert latency_of([30.0] * 50 + [0.1] * WINDOW) == recent


def test_each_has_times_of_its_own_until_it_is_forgotten() -> None:
    """Who was never measured has none."""
    latencies: Latencies[str | None] = Latencies()
    latencies.note(None, 0.5)
    latencies.note(ESP, 0.1)
    latencies.drop(ESP)
    latencies.drop("ESP_0000FF")
    assert latencies.of(ESP) is None
    assert latencies.of(None) == Latency(last=0.5, p50=0.5, p95=0.5, max=0.5, count=1)


@given(SECONDS)
def test_the_figures_are_measured_times_in_their_order(seconds: list[float]) -> None:
    """Nothing is made up between two answers."""
    latency = latency_of(seconds)
    recent = sorted(seconds[-WINDOW:])
    assert (latency.count, latency.last) == (len(recent), seconds[-1])
    assert recent[0] <= latency.p50 <= latency.p95 <= latency.max == recent[-1]
    assert {latency.p50, latency.p95} <= set(recent)
    assert sum(second <= latency.p50 for second in recent) * 2 >= len(recent)
    assert sum(second <= latency.p95 for second in recent) * 20 >= 19 * len(recent)

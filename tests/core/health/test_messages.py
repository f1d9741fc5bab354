"""Links, clocks, answers and commands between a hub and its devices."""

from datetime import datetime, timedelta

import pytest

from custom_components.god_kaiser.core.devices.model import Quality, Reading
from custom_components.god_kaiser.core.health.messages import (
    FLAPPING_WITHIN,
    STALE_AFTER,
    Transitions,
    broker,
    flapping,
    skewed,
    slower,
    stale,
)
from custom_components.god_kaiser.core.ids import ChannelId, CommandId, DeviceId
from custom_components.god_kaiser.core.latency import Drift, Latencies
from tests.builders import ESP, PUMP, START, an_instant

OTHER = DeviceId("ESP_0000FF")


def a_value(told: datetime | None, *, at: float = 0.0, pin: int = 34) -> Reading:
    """Return a reading with the time that its device gives."""
    return Reading(
        channel=ChannelId(f"{ESP}/sensor/{pin}/moisture"),
        sensor_type="moisture",
        value=1.0,
        quality=Quality.GOOD,
        at=an_instant(at),
        measured_at=told,
    )


def test_a_broker_that_is_away_is_found() -> None:
    """And one that is there is not."""
    assert broker(is_connected=True) == []
    assert [each.code.value for each in broker(is_connected=False)] == ["broker_away"]


def test_three_transitions_within_ten_minutes_are_flapping() -> None:
    """Two are none, and what is older is forgotten."""
    transitions = Transitions()
    for device, at in ((ESP, 0.0), (OTHER, 10.0), (ESP, 20.0)):
        transitions.note(device, at)
    assert flapping(transitions.lately(30.0)) == []
    transitions.note(ESP, 40.0)
    (found,) = flapping(transitions.lately(50.0))
    assert (found.code, found.subject, found.details["count"]) == ("link_flapping", ESP, 3)
    assert flapping(transitions.lately(FLAPPING_WITHIN + 1.0)) == []
    assert transitions.lately(2 * FLAPPING_WITHIN) == {}


@pytest.mark.parametrize(("off", "is_found"), [(0, False), (120, False), (121, True), (-119, False), (-3600, True)])
def test_a_clock_may_be_two_minutes_off(off: int, is_found: bool) -> None:
    """In both directions."""
    found = skewed([a_value(START + timedelta(seconds=off))])
    assert [each.details["seconds"] for each in found] == [off] * is_found


def test_the_last_reading_with_a_time_counts() -> None:
    """A clock that was set meanwhile is no finding any more."""
    wrong = START - timedelta(hours=1)
    right = START + timedelta(seconds=60)
    assert skewed([a_value(wrong), a_value(right, at=60.0, pin=35), a_value(None, at=90.0, pin=36)]) == []
    assert skewed([a_value(right, at=60.0, pin=35), a_value(wrong)]) == []
    assert skewed([a_value(None)]) == []


@pytest.mark.parametrize(
    ("before", "lately", "is_found"), [(0.1, 0.9, False), (0.5, 1.4, False), (0.4, 1.25, True), (2.0, 5.0, False)]
)
def test_answers_that_take_three_times_as_long(before: float, lately: float, is_found: bool) -> None:
    """And at least a second."""
    found = slower({ESP: Drift(before=before, lately=lately)})
    assert [each.code.value for each in found] == ["answers_slower"] * is_found


def test_a_drift_needs_thirty_answers() -> None:
    """The last ten are compared with those before by what is usual, not by the worst."""
    latencies: Latencies[DeviceId] = Latencies()
    for _ in range(19):
        latencies.note(ESP, 0.1)
    latencies.note(ESP, 30.0)
    for _ in range(9):
        latencies.note(ESP, 2.0)
    assert latencies.drifts() == {}
    latencies.note(ESP, 2.0)
    assert latencies.drifts() == {ESP: Drift(before=0.1, lately=2.0)}


@pytest.mark.req("ROB-20")
def test_a_command_that_has_not_ended_after_five_minutes() -> None:
    """Every command ends by itself before."""
    ages = {CommandId("a"): (PUMP, STALE_AFTER), CommandId("b"): (PUMP, STALE_AFTER + 1.0)}
    assert [(each.code.value, each.subject) for each in stale(ages)] == [("stale_command", "b")]

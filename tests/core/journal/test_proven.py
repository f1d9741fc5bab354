"""When the clock on the wall is believed."""

from datetime import timedelta

import pytest

from custom_components.god_kaiser.core.instant import Instant
from custom_components.god_kaiser.core.journal.proven import ProvenClock
from tests.builders import an_instant

DAY = 86_400.0


def at(seconds: float, ahead: float = 0.0) -> Instant:
    """Return a moment of the machine at which the clock on the wall is so far ahead."""
    moment = an_instant(seconds)
    return Instant(utc=moment.utc + timedelta(seconds=ahead), monotonic=moment.monotonic)


def noted(seconds: float) -> float:
    """Return when something was noted, in seconds since 1970."""
    return an_instant(seconds).utc.timestamp()


@pytest.mark.parametrize(
    ("away", "is_believed"), [(0.0, True), (29 * DAY, True), (31 * DAY, False), (-1800.0, True), (-7200.0, False)]
)
def test_a_clock_that_goes_on_from_what_was_noted_last_is_believed(away: float, is_believed: bool) -> None:
    """One that is a month further, or has gone back, only after a day."""
    clock = ProvenClock()
    clock.begin(at(40 * DAY), noted(40 * DAY - away))
    assert clock.is_proven(at(40 * DAY + 1)) is is_believed
    assert clock.is_proven(at(41 * DAY + 1))


def test_nothing_is_believed_before_it_has_begun() -> None:
    """A journal that could not be opened; without anything noted there is nothing to compare with."""
    clock = ProvenClock()
    assert not clock.is_proven(at(100.0))
    clock.begin(at(100.0), None)
    assert clock.is_proven(at(101.0))


def test_a_clock_that_jumps_is_believed_after_a_day() -> None:
    """Each jump counts anew; whoever corrects it by minutes does no harm."""
    clock = ProvenClock()
    clock.begin(at(0.0), None)
    assert clock.is_proven(at(3600.0, 1200.0))
    assert not clock.is_proven(at(7200.0, 400 * DAY))
    assert not clock.is_proven(at(7200.0 + DAY - 1, 400 * DAY))
    assert not clock.is_proven(at(7200.0 + DAY, 0.0))
    assert clock.is_proven(at(7200.0 + 2 * DAY, 0.0))

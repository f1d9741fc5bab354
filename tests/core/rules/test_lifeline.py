"""Since when rules are looked after without a gap: what is on the disk from then on is as true as the last sign of life."""

from datetime import timedelta

import pytest

from custom_components.god_kaiser.core.instant import Instant
from custom_components.god_kaiser.core.rules.lifeline import Lifeline
from custom_components.god_kaiser.core.rules.state import LONGEST_GAP, RuleMemory
from tests.builders import an_instant

BEGIN = an_instant()
UTC = BEGIN.utc.timestamp()


def later(seconds: float, *, jumped: float = 0.0) -> Instant:
    """Return a moment so much later, after people's clock was set."""
    return Instant(utc=BEGIN.utc + timedelta(seconds=seconds + jumped), monotonic=BEGIN.monotonic + seconds)


def row(written: float) -> RuleMemory:
    """Return what was written about a rule so many seconds after the beginning."""
    return RuleMemory(rule="water", seen_at=UTC + written)


def after(sign: RuleMemory | None, seconds: float) -> Lifeline:
    """Return the life that begins so many seconds after the first one."""
    return Lifeline(sign, later(seconds))


def test_without_a_sign_a_row_is_as_old_as_it_is() -> None:
    """So it is at the first start ever."""
    assert after(None, 0.0).seen_at(row(-5.0)) == UTC - 5.0


def test_a_sign_vouches_for_what_was_written_in_its_life() -> None:
    """And not for what was written before it."""
    sign = after(None, 0.0).sign(later(600.0))
    assert after(sign, 610.0).seen_at(row(0.0)) == UTC + 600.0
    assert after(sign, 610.0).seen_at(row(605.0)) == UTC + 605.0
    assert after(sign, 610.0).seen_at(row(-1.0)) == UTC - 1.0


@pytest.mark.parametrize(("gap", "reaches"), [(LONGEST_GAP, True), (LONGEST_GAP + 1, False), (-1.0, False)])
def test_a_life_goes_on_over_a_short_gap(gap: float, reaches: bool) -> None:
    """What the first life has written is vouched for by a sign of the second one."""
    second = after(after(None, 0.0).sign(later(600.0)), 600.0 + gap)
    sign = second.sign(later(2000.0))
    assert (after(sign, 2010.0).seen_at(row(10.0)) == UTC + 2000.0) is reaches


@pytest.mark.parametrize("jumped", [3600.0, -3600.0])
def test_when_people_set_their_clock_what_was_written_before_is_not_vouched_for(jumped: float) -> None:
    """Its moments are those of another clock."""
    life = after(None, 0.0)
    life.sign(later(60.0))
    sign = life.sign(later(120.0, jumped=jumped))
    again = Lifeline(sign, later(130.0, jumped=jumped))
    assert again.seen_at(row(10.0)) == UTC + 10.0
    assert again.seen_at(row(121.0 + jumped)) == UTC + 121.0 + jumped
    last = again.sign(later(190.0, jumped=jumped))
    assert Lifeline(last, later(200.0, jumped=jumped)).seen_at(row(121.0 + jumped)) == UTC + 190.0 + jumped

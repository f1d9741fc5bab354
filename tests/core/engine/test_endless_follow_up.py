"""What follows from one event may circle for ever because of a mistake: the next event, a stop perhaps, is heard all the same."""

from typing import Any

import pytest

from custom_components.god_kaiser.core.effects import ShowHub
from custom_components.god_kaiser.core.engine import MOST_TURNS
from custom_components.god_kaiser.core.events import SafetyChanged, StopPressed
from custom_components.god_kaiser.core.rules.happenings import RuleHappening
from custom_components.god_kaiser.core.safety.interlocks.min_times import MinTimes
from custom_components.god_kaiser.core.safety.limits import ChannelSafety
from tests.core.engine.ruling import VALVE, House, a_rule, on
from tests.core.engine.test_rule_otherwise import LINE, WARM, doubt, warm


@pytest.mark.req("LOG-10")
def test_a_rule_that_goes_on_and_on_for_one_event_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another rule does what it always does, and what the one that circles holds rests when its least time is over."""
    house = House()
    house.feed(SafetyChanged(safety=ChannelSafety(channel=VALVE, interlocks=(MinTimes(on=300),))))
    house.save(a_rule(when=WARM, then=[LINE], otherwise=[on(VALVE)]))
    house.save(a_rule("other"))
    for degrees in (30.0, 20.0):
        warm(house, degrees)
    # A rule that takes what only runs on for something that it holds lets go of it again and again.
    monkeypatch.setattr(house.engine.rules.acts, "holds", house.engine.rules.acts.has)
    doubt(house)
    assert house.state().degraded == "acts_too_often"
    assert [each.rule for each in house.told if each.happening is RuleHappening.DEGRADED] == ["water"]
    assert not house.state("other").degraded
    house.play(300.0)
    assert house.levels[VALVE] == 0.0


def test_whatever_circles_a_stop_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where no rule is to blame."""
    house = House()
    turns = 0

    def follow_up(*_given: Any) -> list[ShowHub]:
        nonlocal turns
        turns += 1
        return [ShowHub()]

    monkeypatch.setattr(house.engine.programs, "follow_up", follow_up)
    house.feed(StopPressed(devices=None))
    assert turns == 2 * MOST_TURNS
    assert house.engine.latch.is_latched

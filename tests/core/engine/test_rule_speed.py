"""How much work a reading is: as much as follows from it. `scripts/bench rules` tells how long it takes."""

import pytest

from custom_components.god_kaiser.core.effects import Send
from scripts.benchmarks.rules import SENSORS, a_house, a_reading, rule
from tests.work import counted


def work_of(rules: int, elsewhere: int = 0) -> int:
    """Return how many calls a reading takes with which so many rules act, beside others that do not mention its sensor."""
    others = [rule(rules + number, SENSORS[1], 25.0) for number in range(elsewhere)]
    engine, now = a_house([*(rule(number, SENSORS[0], 25.0) for number in range(rules)), *others])
    acts = a_reading(SENSORS[0], 20.0)
    with counted() as work:
        effects = engine.handle(acts, now.later(60.0))
    assert any(isinstance(effect, Send) for effect in effects)
    return work.calls


@pytest.mark.req("API-22")
def test_a_hundred_rules_are_ten_times_the_work_of_ten() -> None:
    """All of them cross their border with one reading; none is compared with all the others."""
    assert work_of(100) < 12 * work_of(10)


@pytest.mark.req("API-22")
def test_rules_about_something_else_cost_a_reading_nothing() -> None:
    """What a reading takes grows with what fires, not with what there is."""
    assert work_of(10, elsewhere=1_000) < 1.1 * work_of(10)

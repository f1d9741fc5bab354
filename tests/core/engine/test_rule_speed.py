"""A hundred rules whose sensor has moved take no time that anybody notices."""

from statistics import median
from time import thread_time

import pytest

from custom_components.god_kaiser.core.effects import Send
from scripts.benchmarks.rules import SENSORS, a_house, a_reading, rule

ROUNDS = 20


@pytest.mark.req("API-22")
def test_a_hundred_rules_look_and_act_within_a_tenth_of_a_second() -> None:
    """All of them cross their border with one reading, and their outputs are told; the median of twenty rounds of work."""
    engine, now = a_house([rule(number, SENSORS[0], 25.0) for number in range(100)])
    taken: list[float] = []
    sent = 0
    for number in range(ROUNDS):
        now = now.later(60.0)
        acts, releases = a_reading(SENSORS[0], 20.0), a_reading(SENSORS[0], 40.0)
        began = thread_time()
        effects = engine.handle(acts, now)
        taken.append(thread_time() - began)
        sent += sum(isinstance(effect, Send) for effect in effects) if number == 0 else 0
        engine.handle(releases, now.later(1.0))
    assert sent > 0
    assert median(taken) < 0.1

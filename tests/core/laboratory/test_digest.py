"""What tells two situations apart for a check."""

from msgspec.structs import replace

from custom_components.god_kaiser.core.laboratory.bench import Bench
from custom_components.god_kaiser.core.laboratory.digest import digest_of
from tests.builders import START
from tests.core.engine.ruling import PUMP, SOIL, VALVE, a_rule, on
from tests.core.laboratory.staging import a_scene


def test_what_a_rule_has_still_to_begin_makes_a_difference() -> None:
    """The pump follows when the valve is open, or it does not follow any more: the outputs look the same before."""
    rule = a_rule(then=[on(VALVE), on()], stop_on_error=True)
    bench = Bench(a_scene(rule), START)
    bench.say(SOIL, 20.0)
    before = digest_of(bench)
    assert digest_of(bench) == before
    assert bench.engine.rules.acts.break_off(rule)
    assert digest_of(bench) != before


def test_what_a_stop_has_taken_makes_a_difference() -> None:
    """The pulse that is over comes again, or it does not come again before the answer was no."""
    rule = a_rule(then=[on(duration=20)], cooldown=60)
    bench = Bench(a_scene(rule), START)
    bench.say(SOIL, 20.0)
    before = digest_of(bench)
    states = bench.engine.rules.book.states
    states[rule.id] = replace(states[rule.id], taken=(PUMP,))
    assert digest_of(bench) != before

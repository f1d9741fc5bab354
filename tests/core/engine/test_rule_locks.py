"""Rules that lock outputs out: the latch that only a person can undo."""

from typing import Any

import pytest

from custom_components.god_kaiser.core.rules.errors import RuleError
from custom_components.god_kaiser.core.rules.executions import Outcome
from custom_components.god_kaiser.core.rules.why_not import WhyNot
from custom_components.god_kaiser.core.safety.lockouts import LockOut
from tests.builders import kept
from tests.core.engine.ruling import PUMP, SOIL, House, a_rule, levels_of
from tests.core.engine.tent import FAN, Tent, a_rule as a_tent_rule

FLOODED = {"kind": "reading", "sensor": SOIL, "operator": ">", "value": 95.0}
ANY = {"kind": "reading", "sensor": SOIL, "operator": ">=", "value": 0.0}
LOCK = {"kind": "lock", "output": PUMP, "reason": "The bed is flooded"}


def guarded(**more: Any) -> House:
    """Return a house whose pump always runs, unless the bed is flooded."""
    house = House()
    house.save(a_rule(when=ANY), a_rule("guard", **{"when": FLOODED, "then": [LOCK], "name": "Guard", **more}))
    house.moisture(50.0)
    house.play(2.0)
    return house


def tag_of(house: House) -> LockOut | None:
    """Return the tag on the pump."""
    return house.engine.around.lock_outs.on(PUMP)


def test_a_rule_locks_out_what_another_one_runs() -> None:
    """The pump rests at once, for everybody; the tag says who has hung it and why, has no end, and is written down."""
    house = guarded()
    assert levels_of(house.trace) == [1.0]
    effects = house.moisture(99.0)
    house.play(2.0)
    assert levels_of(house.trace) == [1.0, 0.0]
    tag = tag_of(house)
    assert tag is not None
    assert (tag.by, tag.reason, tag.user, tag.until) == ("Guard", "The bed is flooded", "", None)
    assert kept(effects)[f"tag/{PUMP}"] == tag
    house.wish(1.0, PUMP)
    house.moisture(50.0)
    house.play(600.0)
    assert levels_of(house.trace) == [1.0, 0.0]


def test_a_lock_out_is_recorded_like_any_other_act() -> None:
    """The execution has an outcome, and is told and counted as soon as the tag hangs."""
    house = guarded()
    house.moisture(99.0)
    (done,) = [each for each in house.executions.values() if each.rule == "guard"]
    assert [record.outcome for record in done.actions_executed] == [Outcome.DONE]
    assert [event.happening.value for event in house.told if event.rule == "guard"] == ["rule.fired", "rule.executed"]
    assert house.state("guard").counts.succeeded == 1


def test_only_a_person_undoes_it_and_nothing_starts_by_itself() -> None:
    """When the tag is gone the pump may run again: for who asks anew."""
    house = guarded()
    house.moisture(99.0)
    house.moisture(50.0)
    house.play(2.0)
    house.take_off(PUMP)
    house.play(60.0)
    assert levels_of(house.trace) == [1.0, 0.0]
    house.save(a_rule(when=ANY, enabled=False), a_rule(when=ANY))
    house.play(2.0)
    assert levels_of(house.trace) == [1.0, 0.0, 1.0]


@pytest.mark.parametrize(("seconds", "by"), [(None, "anna"), (60.0, "Guard")])
def test_the_tag_of_a_person_stays_unless_it_would_end(seconds: float | None, by: str) -> None:
    """Whoever works there keeps the tag; one that ends by itself is no latch."""
    house = guarded()
    house.hang(PUMP, seconds=seconds)
    house.moisture(99.0)
    tag = tag_of(house)
    assert tag is not None
    assert (tag.by, tag.until) == (by, None)


def test_deleting_or_switching_off_the_guard_leaves_the_tag() -> None:
    """Who takes the guard away has not looked yet; and saving it does not touch the pump that another rule runs."""
    house = guarded()
    house.save(a_rule("guard", when=FLOODED, then=[LOCK], name="Watch"))
    house.play(2.0)
    assert levels_of(house.trace) == [1.0]
    house.moisture(99.0)
    house.remove("guard")
    assert tag_of(house) is not None


def test_what_may_be_locked_out_is_not_handed_to_its_device() -> None:
    """Without Home Assistant nobody would hang the tag, however unimportant the guard is."""
    lock = {"kind": "lock", "output": FAN, "reason": "Smoke"}
    smoke = {"kind": "entity", "entity_id": "binary_sensor.smoke"}
    tent = Tent(a_tent_rule(), a_tent_rule("smoke", when=smoke, then=[lock], priority=900))
    assert tent.served.offline.of("cool", tent.now).reasons == (WhyNot.WANTS_REST,)


@pytest.mark.parametrize(
    ("lock", "problem"),
    [
        ({"output": "pump"}, "rule_no_output"),
        ({"reason": " "}, "rule_bad_text"),
        ({"reason": "x" * 501}, "rule_bad_text"),
    ],
)
def test_a_lock_needs_an_output_and_a_reason(lock: dict[str, str], problem: str) -> None:
    """What nobody could understand later is refused at save."""
    with pytest.raises(RuleError) as caught:
        a_rule(then=[LOCK | lock])
    assert (caught.value.problem, caught.value.place) == (problem, "then / 1")

"""What rules do once: it is done until the answer is no, whatever happens to the sensor or to Home Assistant meanwhile."""

from typing import Any

import pytest

from custom_components.god_kaiser.core.engine.rule_trials import Given
from custom_components.god_kaiser.core.events import (
    CommandWished,
    Event,
    LockOutHung,
    RuleAnswered,
    RunsSuspended,
    ShutdownBegun,
)
from custom_components.god_kaiser.core.rules.explaining import Why
from tests.builders import a_request, a_tag
from tests.core.engine.ruling import AIR, PUMP, VALVE, House, a_rule, levels_of, on

LOG = {"kind": "log", "text": "cold"}
COLD = {"kind": "reading", "sensor": AIR, "operator": "<", "value": 18.0}
SILENT = 200.0
type Fields = dict[str, Any]


def live(house: House, seconds: float, degrees: float | None = 10.0) -> None:
    """Let the air be as cold as this for a while, or its sensor say nothing; Home Assistant does what rules ask it for."""
    for _ in range(int(seconds // 20)):
        for plan in house.plans:
            house.beat(plan.device)
        if degrees is not None:
            house.air(degrees)
        for job in house.jobs:
            house.feed(RuleAnswered(key=job.key, number=job.number, is_done=True, reason=""))
        house.play(20.0)


def again(house: House, rule: Fields) -> House:
    """Return the house as the next run of Home Assistant finds it."""
    house.play(1.0)
    after = House(disk=house.disk, at=house.seconds + 5.0, is_new=False)
    after.levels, after.jobs = dict(house.levels), house.jobs
    after.restore(*after.plans, memory=house.engine.memory(house.now), marked="ESP_A1B2C3-b1-r1")
    after.begin(a_rule(**rule))
    for plan in after.plans:
        after.beat(plan.device)
    for channel, level in after.levels.items():
        after.feed_report(channel, level)
    after.play(2.5)
    return after


def interrupted(house: House, rule: Fields, how: str) -> House:
    """Let a rule that counts let go without a no."""
    match how:
        case "silence":
            live(house, SILENT, None)
            return house
        case "silence and crash":
            live(house, SILENT, None)
        case "shutdown":
            house.feed(ShutdownBegun())
        case "unload":
            house.feed(RunsSuspended())
    house.trace.clear()
    return again(house, rule)


def interrupted_mixed(how: str) -> House:
    """Return a house whose rule has given a dose and written a line, held a valve, and then let go without a no."""
    rule: Fields = {"when": COLD, "then": [on(duration=20), on(VALVE), LOG]}
    house = House()
    house.save(a_rule(**rule))
    live(house, 100.0)
    return interrupted(house, rule, how)


HOWS = ["silence", "silence and crash", "shutdown", "unload"]


@pytest.mark.parametrize("how", HOWS)
def test_what_is_done_once_comes_again_only_after_a_no(how: str) -> None:
    """A dose and a message: for neither the sensor nor Home Assistant may matter."""
    rule: Fields = {"when": COLD, "then": [on(duration=20), LOG]}
    house = House()
    house.save(a_rule(**rule))
    live(house, 100.0)
    assert (levels_of(house.trace), len(house.jobs)) == ([1.0, 0.0], 1)
    after = interrupted(house, rule, how)
    after.trace.clear()
    live(after, 300.0)
    assert (levels_of(after.trace), len(after.jobs), after.state().is_active) == ([], 1, True)
    live(after, 20.0, 25.0)
    live(after, 40.0)
    assert (levels_of(after.trace), len(after.jobs)) == ([1.0, 0.0], 2)


@pytest.mark.parametrize("how", HOWS)
def test_what_is_held_is_held_again(how: str) -> None:
    """Beside a dose that is not given once more; the valve rests in between."""
    after = interrupted_mixed(how)
    live(after, 100.0)
    assert (after.levels[VALVE], after.levels[PUMP], len(after.jobs)) == (1.0, 0.0, 1)
    assert levels_of(after.trace, VALVE)[-2:] == ([0.0, 1.0] if how == "silence" else [1.0])


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (CommandWished(request=a_request(0.0, VALVE)), Why.OUTRANKED),
        (LockOutHung(tag=a_tag(VALVE)), Why.REFUSED),
    ],
)
def test_a_test_knows_what_is_done_already(event: Event, why: Why) -> None:
    """The message is no reason to act any more: the valve alone would be held again, and somebody else has it."""
    rule = a_rule(when=COLD, then=[LOG, on(VALVE)])
    house = House()
    house.save(rule)
    live(house, 100.0)
    live(house, SILENT, None)
    house.feed(event)
    assert house.engine.rules.answers.test(rule, Given(readings={AIR: 10.0}), house.now).why is why


@pytest.mark.parametrize("how", HOWS)
def test_what_comes_again_and_again_keeps_its_pace(how: str) -> None:
    """The next dose is due a cooldown after the last one, and no sooner for an interruption."""
    rule: Fields = {"when": COLD, "then": [on(duration=20)], "cooldown": 600}
    house = House()
    house.save(a_rule(**rule))
    live(house, 100.0)
    after = interrupted(house, rule, how)
    after.trace.clear()
    live(after, 240.0)
    assert levels_of(after.trace) == []
    live(after, 400.0)
    assert levels_of(after.trace) == [1.0, 0.0]


def test_whoever_makes_another_rule_of_it_begins_anew() -> None:
    """Other actions, or off and on, while nobody knows the answer."""
    for steps in ([{"then": [on(duration=30)]}], [{"enabled": False}, {}]):
        rule: Fields = {"when": COLD, "then": [on(duration=20)]}
        house = House()
        house.save(a_rule(**rule))
        live(house, 100.0)
        live(house, SILENT, None)
        house.save(*(a_rule(**rule | step) for step in steps))
        live(house, 60.0)
        assert levels_of(house.trace) == [1.0, 0.0, 1.0, 0.0]


@pytest.mark.parametrize("how", HOWS)
def test_what_cannot_be_held_again_brings_back_nothing_that_is_done(how: str) -> None:
    """The valve does not obey when the answer is known again: the rule tries again with the valve alone."""
    after = interrupted_mixed(how)
    after.trace.clear()
    after.deaf.add(VALVE)
    live(after, 100.0)
    after.deaf.clear()
    live(after, 400.0)
    assert (after.levels[VALVE], levels_of(after.trace), len(after.jobs)) == (1.0, [], 1)


def test_a_rule_that_has_given_up_while_nobody_knew_its_answer_does_not_count() -> None:
    """Neither its answer nor a no is followed before a person has looked at it; then it begins anew."""
    rule = a_rule(when=COLD, then=[LOG], otherwise=[on(VALVE)])
    house = House()
    house.save(rule)
    live(house, 100.0)
    live(house, SILENT, None)
    house.engine.rules.mover.give_up("water", "acts_too_often", house.now)
    live(house, 60.0)
    assert not house.state().is_active
    live(house, 60.0, 25.0)
    assert levels_of(house.trace, VALVE) == []
    house.save(rule)
    live(house, 60.0)
    assert len(house.jobs) == 2

"""Rules that are changed while they count: what they want as before goes on, and nothing of it is done twice."""

from typing import Any

import pytest

from custom_components.god_kaiser.core.events import CommandWished, RuleAnswered
from custom_components.god_kaiser.core.ids import ChannelId
from tests.builders import a_request
from tests.core.engine.ruling import PUMP, VALVE, House, a_rule, dry, levels_of, on

LOG = {"kind": "log", "text": "dry"}
RUN = {"kind": "run", "sequence": "flush"}


def damp(house: House, percent: float, seconds: float = 5.0) -> None:
    """Let the soil be as moist as this for a while; Home Assistant does what rules ask it for."""
    done = len(house.jobs)
    for _ in range(max(1, int(seconds // 20))):
        house.moisture(percent)
        while len(house.jobs) > done:
            job = house.jobs[done]
            house.feed(RuleAnswered(key=job.key, number=job.number, is_done=True, reason=""))
            done += 1
        house.play(min(seconds, 20.0))


@pytest.mark.parametrize("then", [[on()], [on(duration=100)]], ids=["held", "pulse"])
def test_another_priority_moves_no_output(then: list[dict[str, Any]]) -> None:
    """What a rule has of an output weighs otherwise from now on, and runs as long as before (pitfall C32)."""
    house = House()
    house.save(a_rule(then=then))
    damp(house, 20.0, 40.0)
    house.save(a_rule(then=then, priority="high"))
    damp(house, 20.0, 40.0)
    assert (levels_of(house.trace), house.engine.demands.of(PUMP)[0].priority) == ([1.0], 200)
    damp(house, 50.0, 100.0)
    assert levels_of(house.trace) == [1.0, 0.0]


@pytest.mark.parametrize("cause", ["then", "otherwise"])
def test_another_priority_counts_at_once(cause: str) -> None:
    """Also for what is held otherwise: who has become the more important one has the output."""
    house = House()
    strong = {"then": [LOG], "otherwise": [], cause: [on(level=0.9)], "when": dry(30.0 if cause == "then" else 10.0)}
    house.save(a_rule("other", then=[on(level=0.4)]), a_rule("strong", priority="low", **strong))
    damp(house, 5.0, 5.0)
    damp(house, 20.0, 5.0)
    assert house.levels[PUMP] == 0.4
    house.save(a_rule("strong", priority="high", **strong))
    house.play(5.0)
    assert house.levels[PUMP] == 0.9
    house.save(a_rule("strong", priority="low", **strong))
    house.play(5.0)
    assert (house.levels[PUMP], 0.0 in levels_of(house.trace)) == (0.4, False)


@pytest.mark.parametrize(
    "change",
    [{"priority": "high"}, {"then": [LOG, RUN, on(duration=20), on(VALVE)]}],
    ids=["priority", "then"],
)
@pytest.mark.parametrize("more", [{}, {"stop_on_error": True}], ids=["at once", "one by one"])
def test_what_is_done_is_not_done_again(change: dict[str, Any], more: dict[str, Any]) -> None:
    """Nobody is told twice, no sequence begins anew and no dose is given once more because something else is changed."""
    house = House()
    rule: dict[str, Any] = {"then": [LOG, RUN, on(duration=20)], **more}
    house.save(a_rule(**rule))
    damp(house, 20.0, 60.0)
    assert (levels_of(house.trace), len(house.jobs)) == ([1.0, 0.0], 2)
    house.save(a_rule(**rule | change))
    damp(house, 20.0, 60.0)
    assert (levels_of(house.trace), len(house.jobs)) == ([1.0, 0.0], 2)
    assert levels_of(house.trace, VALVE) == ([1.0] if "then" in change else [])


def test_what_has_run_for_as_long_as_it_may_runs_again_for_another_rule() -> None:
    """Another priority is another wish."""
    house = House()
    house.save(a_rule())
    damp(house, 20.0, 4000.0)
    assert levels_of(house.trace)[-1] == 0.0
    house.save(a_rule(priority="high"))
    house.play(5.0)
    assert levels_of(house.trace)[-1] == 1.0


def test_what_has_not_begun_is_done_by_the_changed_rule() -> None:
    """Where actions follow one another, what still waited for its turn is no second time."""
    house = House()
    rule: dict[str, Any] = {"then": [RUN, LOG], "stop_on_error": True}
    house.save(a_rule(**rule))
    house.moisture(20.0)
    assert [job.action for job in house.jobs] == [a_rule(**rule).then[0]]
    house.save(a_rule(**rule | {"then": [RUN, LOG, on(VALVE)]}))
    assert [job.action for job in house.jobs] == [*a_rule(**rule).then]


def test_what_comes_to_nothing_takes_nothing_from_what_runs() -> None:
    """A second output that does not obey is no reason to let go of the first one."""
    house = House()
    house.save(a_rule())
    damp(house, 20.0, 20.0)
    house.deaf.add(VALVE)
    house.save(a_rule(then=[on(), on(VALVE)]))
    damp(house, 20.0, 200.0)
    assert 0.0 not in levels_of(house.trace)


def test_a_dose_stays_done_when_something_else_is_changed() -> None:
    """The record of the change does not name it, and a stop that comes later has taken nothing from the rule."""
    house = House()
    house.save(a_rule(then=[on(duration=20)]))
    damp(house, 20.0, 60.0)
    house.save(a_rule(then=[on(duration=20), LOG]))
    damp(house, 20.0, 60.0)
    house.press()
    damp(house, 20.0, 60.0)
    assert (house.state().told, levels_of(house.trace)[0]) == ((), 1.0)


@pytest.mark.parametrize("change", [{"priority": "high"}, {"then": [LOG, {**LOG, "text": "very dry"}]}])
def test_nothing_follows_what_has_failed_for_a_change(change: dict[str, Any]) -> None:
    """Where actions follow one another another rule begins with the one that has failed."""
    house = House()
    rule: dict[str, Any] = {"then": [LOG, RUN], "stop_on_error": True}
    house.save(a_rule(**rule))
    house.moisture(20.0)
    failed = house.jobs[0]
    house.feed(RuleAnswered(key=failed.key, number=failed.number, is_done=False, reason="not_found"))
    house.save(a_rule(**rule | change))
    assert [job.action for job in house.jobs] == [failed.action, failed.action]


@pytest.mark.parametrize(("more", "deaf"), [(on(VALVE), {VALVE}), (on(VALVE, duration=20), set())])
def test_what_a_change_adds_in_vain_brings_back_nothing_that_is_done(
    more: dict[str, Any], deaf: set[ChannelId]
) -> None:
    """The second output does not obey, or belongs to a person: the first dose stays given, and counts."""
    house = House()
    rule: dict[str, Any] = {"then": [on(duration=20), LOG]}
    house.save(a_rule(**rule))
    damp(house, 20.0, 60.0)
    house.deaf |= deaf
    if not deaf:
        house.feed(CommandWished(request=a_request(0.0, VALVE)))
    house.save(a_rule(**rule | {"then": [*rule["then"], more]}))
    damp(house, 20.0, 1200.0)
    house.deaf.clear()
    damp(house, 20.0, 600.0)
    assert (levels_of(house.trace), len(house.jobs)) == ([1.0, 0.0], 1)
    assert house.state().fired

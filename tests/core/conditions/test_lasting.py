"""What must have been true for some time: without a gap, and not a moment less."""

from datetime import timedelta
from math import inf, nan
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.god_kaiser.core.conditions import LONGEST, singles, turns_at
from custom_components.god_kaiser.core.devices.model import Quality
from custom_components.god_kaiser.core.rules.rulebook import named
from custom_components.god_kaiser.core.truth import Truth
from tests.core.conditions.asking import FALSE, SOIL, TRUE, UNKNOWN, Asker, asked, problem_of

DRY = {"kind": "reading", "sensor": SOIL, "operator": "<", "value": 30}


def lasting(seconds: float = 60, of: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Return the question whether the soil has been dry for so long."""
    return {"kind": "lasting", "of": of or DRY, "seconds": seconds, **more}


def test_it_becomes_true_when_its_time_has_come() -> None:
    """Not before, exactly then, and it stays so."""
    asker = Asker()
    answers = []
    for percent in (40, 20):
        asker.soil(percent)
        asker.ask(**lasting())
    for seconds in (0, 59.9, 0.1, 600):
        asker.bench.tick(seconds)
        answers.append(asker.ask(**lasting()))
    assert answers == [FALSE, FALSE, TRUE, TRUE]


@pytest.mark.req("INV-11")
def test_what_was_so_already_may_have_lasted_for_any_time() -> None:
    """Nobody knows it before it was watched for so long, and then it has: neither of it nor of its opposite anything follows."""
    asker = Asker()
    question = named(asked(kind="not", of=lasting()))
    assert asker.answer(question) is UNKNOWN
    asker.soil(20)
    for seconds, answer in ((0, UNKNOWN), (59.9, UNKNOWN), (0.1, FALSE)):
        asker.bench.tick(seconds)
        assert asker.answer(question) is answer
    asker.soil(40)
    assert asker.answer(question) is TRUE
    asker.soil(20)
    for seconds, answer in ((0, TRUE), (59.9, TRUE), (0.1, FALSE)):
        asker.bench.tick(seconds)
        assert asker.answer(question) is answer


@pytest.mark.req("INV-11")
@pytest.mark.parametrize(("gap", "answer"), [((40, Quality.GOOD), FALSE), ((20, Quality.SUSPECT), UNKNOWN)])
def test_a_gap_begins_it_anew(gap: tuple[float, Quality], answer: Truth) -> None:
    """What was true before it does not count; whether it lasts is known only where the answer was seen to be no."""
    asker = Asker()
    asker.soil(20)
    asker.ask(**lasting())
    asker.bench.tick(59)
    asker.soil(*gap)
    assert asker.ask(**lasting()) is answer
    assert asker.state.lasting == {}
    asker.soil(20)
    assert asker.ask(**lasting()) is answer
    asker.bench.tick(59)
    assert asker.ask(**lasting()) is answer
    asker.bench.tick(1)
    assert asker.ask(**lasting()) is TRUE


def test_it_says_when_it_will_be_true() -> None:
    """While it waits; neither before nor afterwards, and not while nobody knows."""
    asker = Asker()
    question = named(asked(**lasting()))

    def turn() -> object:
        asker.answer(question)
        asker.world.look_as(asker.state)
        return turns_at(question, asker.world, asker.now)

    assert turn() is None
    asker.soil(20)
    ripe = asker.now.utc + timedelta(seconds=60)
    assert turn() == ripe
    asker.bench.tick(20)
    assert turn() == ripe
    asker.bench.tick(40)
    assert turn() is None
    asker.soil(40)
    assert turn() is None
    assert turns_at(question, asker.bench.engine.programs.world, asker.now) is None


def test_the_first_turn_of_a_tree_counts() -> None:
    """Whichever part of it turns first."""
    asker = Asker()
    asker.soil(20)
    morning = {"kind": "time", "after": "09:00:30", "before": "12:00"}
    tree = named(asked(kind="any", of=[lasting(), lasting(20), {"kind": "not", "of": morning}]))
    asker.answer(tree)
    asker.world.look_as(asker.state)
    assert turns_at(tree, asker.world, asker.now) == asker.now.utc + timedelta(seconds=20)
    asker.bench.tick(25)
    assert turns_at(tree, asker.world, asker.now) == asker.now.utc.replace(hour=9, minute=0, second=30)


def test_two_of_them_do_not_share_their_clocks() -> None:
    """Pitfall C9: one inside the other, and one beside the other, each with a time of its own."""
    asker = Asker()
    question = named(asked(kind="all", of=[lasting(60), {"kind": "not", "of": lasting(90, lasting(30))}]))
    for percent in (40, 20):
        asker.soil(percent)
        asker.answer(question)
    answers = []
    for _ in range(14):
        answers.append(asker.answer(question))
        asker.bench.tick(10)
    # From 60 s on the first one; the other one after 30 s and 90 s more.
    assert answers == [FALSE] * 6 + [TRUE] * 6 + [FALSE] * 2
    assert len(asker.state.lasting) == 3


def test_runs_have_no_memory() -> None:
    """Who asks without one learns nothing."""
    asker = Asker()
    asker.soil(20)
    assert asked(**lasting()).truth(asker.bench.engine.programs.world, asker.now) is UNKNOWN


@pytest.mark.parametrize("seconds", [0, -1, nan, inf, LONGEST + 1])
def test_no_time_at_all_and_no_end_are_refused(seconds: float) -> None:
    """Nothing lasts for a time that is none, and nobody waits for longer than a day."""
    problem, details = problem_of(**lasting(seconds))
    assert (problem, details["high"]) == ("condition_seconds", LONGEST)


def test_what_is_inside_is_checked_and_its_source_matters() -> None:
    """It hides nothing."""
    assert problem_of(**lasting(of={"kind": "all", "of": []}))[0] == "condition_group_empty"
    question = asked(**lasting())
    assert question.sources == (SOIL,)
    assert [type(each).__name__ for each in singles(question)] == ["ReadingIs"]


@given(steps=st.lists(st.tuples(st.sampled_from([20.0, 40.0, None]), st.integers(1, 50)), max_size=25))
def test_against_a_search_backwards(steps: list[tuple[float | None, int]]) -> None:
    """It is true exactly when every answer of the last minute was yes, and the first of them is a minute old."""
    asker, question = Asker(), named(asked(**lasting()))
    seen: list[tuple[float, bool]] = []
    for percent, seconds in steps:
        asker.soil(percent or 20.0, Quality.GOOD if percent else Quality.ERROR)
        seen.append((asker.bench.seconds, percent == 20.0))
        run = 0
        while run < len(seen) and seen[-1 - run][1]:
            run += 1
        expected = run > 0 and asker.bench.seconds - seen[-run][0] >= 60
        assert (asker.answer(question) is TRUE) is expected
        asker.bench.tick(seconds)
